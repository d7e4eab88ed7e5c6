"""The page on which a browser pays the sandbox: an amount, two buttons, no script."""

from html import escape

from starlette.responses import HTMLResponse

from deploy.sandbox.payments import Payment

_SAID = {
    "pending": "Nothing is charged: this firm is made up.",
    "authorised": "Paid. You may close this page.",
    "succeeded": "Paid. You may close this page.",
    "failed": "Not paid. You may close this page and try again.",
    "voided": "The order is no longer waiting for this payment.",
    "expired": "Too late: the order has let go of its units.",
}

_STYLE = """
body { font: 17px/1.5 system-ui, sans-serif; background: #eef2f6; color: #14202b; margin: 0;
  display: grid; place-items: center; min-height: 100vh }
main { background: #fff; padding: 2rem; border-radius: 1rem; max-width: 22rem; width: 80vw;
  box-shadow: 0 1rem 3rem #14202b22; text-align: center }
h1 { font-size: 1rem; font-weight: 600; color: #51606e; margin: 0 0 1rem }
strong { display: block; font-size: 2.25rem; margin: 0 0 1rem }
button { font: inherit; font-weight: 600; width: 100%; padding: .8rem; margin-top: .6rem; border: 0;
  border-radius: .7rem; background: #14606e; color: #fff; cursor: pointer }
button.no { background: #e3e9ee; color: #14202b }
"""

_BUTTONS = """
<form method="post" action="page?succeed"><button>Pay</button></form>
<form method="post" action="page?fail"><button class="no">Decline</button></form>
"""


def page(payment: Payment, status: str) -> HTMLResponse:
    """What is to be paid, and what came of it."""
    asked = payment.asked
    amount = f"{asked.currency} {asked.amount // 100:,}.{asked.amount % 100:02}"
    buttons = _BUTTONS if status == "pending" else ""
    return HTMLResponse(
        "<!doctype html><html lang=en><meta charset=utf-8>"
        "<meta name=viewport content='width=device-width'>"
        f"<title>Sandbox Pay</title><style>{_STYLE}</style>"
        f"<main><h1>Sandbox Pay · {escape(asked.merchant_order[-6:])}</h1>"
        f"<strong>{amount}</strong><p>{_SAID.get(status, status)}</p>{buttons}</main>"
    )

"""What the doors of orders have in common: who may come in, and how an order is shown to whom."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel

from services.orders.life import Status
from services.orders.order import Order, Payment, Refund, Return, Sent
from services.orders.queries import Eyes
from shared.events.ids import Id
from shared.events.money import Money, RateSnapshot
from shared.events.orders import Attribution, Import, Line
from shared.platform.change.cause import Cause
from shared.platform.web.auth import Caller, allow, public
from shared.platform.web.idempotency import because
from shared.platform.web.problem import Problem

ANY_ORDER = {"organiser", "operator"}

Asked = Annotated[Cause, because]
Buyer = Annotated[Caller, allow("buyer")]
Cashier = Annotated[Caller, allow("cashier")]
Anybody = Annotated[Caller, public]
House = Annotated[Caller, allow("organiser", "operator")]
Sender = Annotated[Caller, allow("merchant", "organiser", "operator")]
Reader = Annotated[Caller, allow("buyer", "merchant", "organiser", "operator", "cashier")]
Keeper = Annotated[Caller, allow("merchant", "organiser", "operator", "cashier")]


class OrderView(BaseModel):
    """An order as its reader may see it: a merchant sees its own lines and no buyer."""

    order_id: Id
    status: Status
    festival_id: str
    channel: str
    lines: list[Line]
    total: Money | None
    buyer_id: str | None
    session_id: str | None
    booth_id: str | None
    placed_at: datetime
    hold_until: datetime
    due: datetime | None
    grace_until: datetime | None
    return_until: datetime | None
    payments: list[Payment]
    refunds: list[Refund]
    parcels: list[Sent]
    returns: list[Return]
    entry: Import | None = None
    rate: RateSnapshot | None = None
    attribution: Attribution | None = None


def eyes(caller: Caller) -> Eyes | None:
    """Which orders *caller* may see; None for all."""
    if caller.roles & ANY_ORDER:
        return None
    return Eyes(caller.subject, caller.merchant_id if "merchant" in caller.roles else None)


def only_merchant(caller: Caller) -> str | None:
    """The one merchant whose goods *caller* may see or send; None for all."""
    if caller.roles & (ANY_ORDER | {"cashier"}):
        return None
    return caller.merchant_id or ""


def acting(caller: Caller) -> str | None:
    """For which merchant *caller* acts; None for the house, which acts for all."""
    if caller.roles & ANY_ORDER:
        return None
    if caller.merchant_id is None:
        raise Problem(403, "merchant-missing", "The access token does not say for which merchant.")
    return caller.merchant_id


def view(order: Order, caller: Caller) -> OrderView:
    """The whole order for who bought it and the organisers, a merchant's lines for the merchant."""
    placed = order.terms
    whole = placed.buyer_id == caller.subject or bool(caller.roles & ANY_ORDER)
    lines = [line for line in placed.lines if whole or line.merchant_id == caller.merchant_id]
    skus = {line.sku for line in lines}
    return OrderView.model_validate(
        {
            "order_id": order.id,
            "status": order.status,
            "festival_id": placed.festival_id,
            "channel": placed.channel,
            "lines": lines,
            "total": placed.total if whole else None,
            "buyer_id": placed.buyer_id if whole else None,
            "session_id": placed.session_id,
            "booth_id": placed.booth_id,
            "placed_at": placed.placed_at,
            "hold_until": placed.hold_until,
            "due": order.due,
            "grace_until": order.grace_until,
            "return_until": order.return_until,
            "payments": order.payments if whole else (),
            "refunds": order.refunds if whole else (),
            "parcels": [
                sent for sent in order.parcels if any(each.sku in skus for each in sent.units)
            ],
            "returns": [
                back for back in order.returns if any(each.sku in skus for each in back.units)
            ],
            "entry": placed.entry if whole else None,
            "rate": placed.rate,
            "attribution": placed.attribution,
        },
        from_attributes=True,
    )

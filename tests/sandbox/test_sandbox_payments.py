import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from deploy.sandbox.callbacks import LANE_WIDTH
from tests.sandbox.world import Merchant, Sandbox
from tests.support.eventually import eventually


async def test_the_buyer_pays_and_the_merchant_hears_it_signed(
    sandbox: Sandbox, merchant: Merchant
) -> None:
    asked = (await sandbox.ask(merchant, 4800)).json()
    assert asked["status"] == "pending"
    response = await sandbox.http.post(asked["pay_url"], headers={"Authorization": ""})
    assert (response.json()["status"], response.json()["captured"]) == ("succeeded", 4800)

    heard = (await eventually(lambda: merchant.heard))[0]
    assert heard.is_signed()
    assert heard.is_fresh()
    assert heard.says == {
        "notify_id": response.json()["notify_id"],
        "payment_id": asked["payment_id"],
        "merchant_order": asked["merchant_order"],
        "status": "succeeded",
        "amount": 4800,
        "currency": "MOP",
        "occurred_at": response.json()["occurred_at"],
    }


async def test_a_failed_payment_takes_no_money_and_says_so(
    sandbox: Sandbox, merchant: Merchant
) -> None:
    payment_id = await sandbox.paid(merchant, outcome="fail")
    heard = (await eventually(lambda: merchant.heard))[0]
    assert heard.says["status"] == "failed"
    payment = await sandbox.payment(payment_id)
    assert (payment["status"], payment["captured"]) == ("failed", 0)


async def test_one_key_makes_one_payment_and_serves_no_other_body(
    sandbox: Sandbox, merchant: Merchant
) -> None:
    key, order = str(uuid4()), str(uuid4())
    answers = await asyncio.gather(
        *(sandbox.ask(merchant, key=key, merchant_order=order) for _ in range(5))
    )
    assert len({answer.json()["payment_id"] for answer in answers}) == 1
    await sandbox.pay(answers[0].json()["payment_id"])
    again = await sandbox.ask(merchant, key=key, merchant_order=order)
    assert (again.status_code, again.content) == (201, answers[0].content)

    other = await sandbox.ask(merchant, 4801, key=key, merchant_order=order)
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")
    found = await sandbox.look(f"/payments?merchant_order={order}")
    assert [payment["captured"] for payment in found["payments"]] == [4800]


async def test_copies_of_a_callback_are_one_notification(
    sandbox: Sandbox, merchant: Merchant
) -> None:
    await sandbox.paid(merchant, callbacks=5)
    heard = await eventually(lambda: merchant.all(5))
    assert len({one.body for one in heard}) == 1
    assert len({one.headers["x-sandbox-nonce"] for one in heard}) == 5
    assert all(one.is_signed() and one.is_fresh() for one in heard)


async def test_a_lost_callback_never_comes_but_the_query_tells(
    sandbox: Sandbox, merchant: Merchant
) -> None:
    lost = await sandbox.paid(merchant, lost=True)
    told = await sandbox.paid(merchant)
    await eventually(lambda: merchant.about(told))

    async def nothing_is_on_its_way() -> bool:
        return (await sandbox.look("/"))["callbacks"]["pending"] == 0

    await eventually(nothing_is_on_its_way)
    assert merchant.about(lost) == []
    payment = await sandbox.payment(lost)
    assert (payment["status"], payment["captured"]) == ("succeeded", 4800)


async def test_a_callback_comes_again_until_the_merchant_takes_it(
    sandbox: Sandbox, merchant: Merchant
) -> None:
    merchant.answers.extend([500, 302, 404, 200])
    await sandbox.paid(merchant)
    heard = await eventually(lambda: merchant.all(4))
    assert len({one.body for one in heard}) == 1

    later = await sandbox.paid(merchant)
    await eventually(lambda: merchant.about(later))
    assert len(merchant.heard) == 5, "a callback that was taken came again"


async def test_a_late_callback_leaves_when_it_was_told_to(
    sandbox: Sandbox, merchant: Merchant
) -> None:
    start = asyncio.get_running_loop().time()
    late = await sandbox.paid(merchant, delay_ms=400)
    prompt = await sandbox.paid(merchant)
    assert (await sandbox.payment(late))["status"] == "succeeded"
    heard = await eventually(lambda: merchant.about(late))
    assert heard[0].at - start >= 0.4
    assert merchant.heard[0].says["payment_id"] == prompt


async def test_shuffled_copies_come_each_in_its_own_time(
    sandbox: Sandbox, merchant: Merchant
) -> None:
    await sandbox.paid(merchant, callbacks=20, shuffle=True, delay_ms=400)
    heard = await eventually(lambda: merchant.all(20))
    came = [one.at for one in heard]
    assert max(came) - min(came) > 0.1


async def test_a_merchant_that_hangs_keeps_nobody_else_waiting(
    sandbox: Sandbox, merchant: Merchant
) -> None:
    async with Merchant.listening() as hanging:
        hanging.hangs = True
        await asyncio.gather(*(sandbox.paid(hanging) for _ in range(LANE_WIDTH + 20)))
        await eventually(lambda: len(hanging.heard) >= LANE_WIDTH)
        assert len(hanging.heard) == LANE_WIDTH, "no more than so many may knock at one door"
        paid = await sandbox.paid(merchant)
        await eventually(lambda: merchant.about(paid), within=2)
        hanging.hangs = False


async def test_refunds_never_exceed_what_was_captured(sandbox: Sandbox, merchant: Merchant) -> None:
    payment_id = await sandbox.paid(merchant, 1000)
    answers = await asyncio.gather(*(sandbox.refund(payment_id, 300) for _ in range(10)))
    assert sorted(answer.status_code for answer in answers) == [201] * 3 + [409] * 7
    refused = next(answer for answer in answers if answer.status_code == 409)
    assert refused.json()["code"] == "refund_above_captured"
    assert refused.headers["content-type"] == "application/problem+json"

    assert (await sandbox.refund(payment_id, 101)).status_code == 409
    assert (await sandbox.refund(payment_id, 100)).status_code == 201
    payment = await sandbox.payment(payment_id)
    assert (payment["captured"], payment["refunded"]) == (1000, 1000)
    assert len(payment["refunds"]) == 4


async def test_one_key_refunds_once(sandbox: Sandbox, merchant: Merchant) -> None:
    payment_id = await sandbox.paid(merchant, 1000)
    first, again = [await sandbox.refund(payment_id, 600, "broken-tart") for _ in range(2)]
    assert first.status_code == again.status_code == 201
    assert first.content == again.content
    assert (await sandbox.refund(payment_id, 400, "broken-tart")).status_code == 422
    assert (await sandbox.payment(payment_id))["refunded"] == 600


async def test_a_payment_moves_only_forward(sandbox: Sandbox, merchant: Merchant) -> None:
    pending = await sandbox.asked(merchant)
    assert (await sandbox.refund(pending, 1)).status_code == 409
    for _ in range(2):
        voided = await sandbox.http.post(f"/payments/{pending}/void")
        assert (voided.status_code, voided.json()["status"]) == (200, "voided")
    assert (await sandbox.pay(pending)).json()["code"] == "not_pending"

    paid = await sandbox.paid(merchant)
    assert (await sandbox.pay(paid)).status_code == 409
    void = await sandbox.http.post(f"/payments/{paid}/void")
    assert (void.status_code, void.json()["code"]) == (409, "already_captured")


async def test_an_expired_payment_takes_no_money(sandbox: Sandbox, merchant: Merchant) -> None:
    expires_at = datetime.now(UTC) - timedelta(seconds=1)
    payment_id = await sandbox.asked(merchant, expires_at=expires_at.isoformat())
    assert (await sandbox.pay(payment_id)).status_code == 409
    assert (await sandbox.payment(payment_id))["status"] == "expired"
    in_time = datetime.now(UTC) + timedelta(minutes=5)
    payment_id = await sandbox.asked(merchant, expires_at=in_time.isoformat())
    assert (await sandbox.pay(payment_id)).status_code == 200


async def test_an_error_on_demand_may_hide_that_the_money_was_asked_for(
    sandbox: Sandbox, merchant: Merchant
) -> None:
    await sandbox.http.post("/faults", json={"http_error_percent": 100, "seed": 7})
    orders = [str(uuid4()) for _ in range(20)]
    for order in orders:
        assert (await sandbox.ask(merchant, key=order, merchant_order=order)).status_code == 503
    await sandbox.http.delete("/faults")
    known = [
        len((await sandbox.look(f"/payments?merchant_order={order}"))["payments"])
        for order in orders
    ]
    assert set(known) == {0, 1}, "some calls must have acted before they failed, some not"
    for order in orders:
        assert (await sandbox.ask(merchant, key=order, merchant_order=order)).status_code == 201
        found = await sandbox.look(f"/payments?merchant_order={order}")
        assert len(found["payments"]) == 1


async def test_the_same_seed_brings_the_same_trouble(sandbox: Sandbox, merchant: Merchant) -> None:
    faults = {"fail_percent": 40, "duplicate_percent": 40, "lost_percent": 30, "seed": 60}
    rounds: list[list[tuple[str, int]]] = []
    for _ in range(2):
        assert (await sandbox.http.post("/faults", json=faults)).status_code == 200
        assert (await sandbox.look("/faults"))["seed"] == 60
        paid = [await sandbox.paid(merchant) for _ in range(25)]

        async def all_came() -> bool:
            return (await sandbox.look("/"))["callbacks"]["pending"] == 0

        await eventually(all_came)
        rounds.append(
            [((await sandbox.payment(one))["status"], len(merchant.about(one))) for one in paid]
        )
    assert rounds[0] == rounds[1]
    assert {status for status, _ in rounds[0]} == {"succeeded", "failed"}
    assert {callbacks for _, callbacks in rounds[0]} == {0, 1, 2}


async def test_a_stranger_may_not_ask_in_the_merchants_name(
    sandbox: Sandbox, merchant: Merchant
) -> None:
    payment_id = await sandbox.asked(merchant)
    for method, path in (
        ("POST", "/payments"),
        ("GET", f"/payments/{payment_id}"),
        ("GET", "/payments?merchant_order=x"),
        ("POST", f"/payments/{payment_id}/void"),
        ("POST", f"/payments/{payment_id}/refunds"),
    ):
        for given in ("", "Bearer wrong", "Bearer é"):
            headers = {"Authorization": given.encode("latin-1").decode("latin-1")}
            answer = await sandbox.http.request(
                method,
                path,
                headers=[(k.encode(), v.encode("latin-1")) for k, v in headers.items()],
            )
            assert (answer.status_code, answer.json()["code"]) == (401, "wrong_key")


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"amount": 0}, 422),
        ({"amount": 48.5}, 422),
        ({"amount": "4800"}, 422),
        ({"amount": True}, 422),
        ({"currency": "mop"}, 422),
        ({"callback_url": "ftp://shop/"}, 422),
        ({"callback_url": "http://[broken/"}, 422),
        ({"merchant_order": ""}, 422),
        ({"merchant_order": "x" * 70_000}, 413),
        ({"expires_at": "tomorrow"}, 422),
        ({"expires_at": "0001-01-01T00:00:00+14:00"}, 422),
        ({"gift": True}, 422),
    ],
)
async def test_a_wish_that_is_not_as_agreed_is_refused(
    sandbox: Sandbox, merchant: Merchant, wrong: dict[str, Any], status: int
) -> None:
    answer = await sandbox.ask(merchant, **wrong)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status


async def test_every_refusal_is_problem_json(sandbox: Sandbox) -> None:
    for method, path, status in (
        ("GET", "/nowhere", 404),
        ("PATCH", "/payments", 405),
        ("GET", "/payments/pay_none", 404),
        ("POST", "/payments/pay_none/pay", 404),
        ("GET", "/payments", 422),
        ("GET", "/ledger/entries?cursor=first", 422),
        ("GET", "/mail?limit=100000", 422),
        ("POST", "/payments", 422),
    ):
        answer = await sandbox.http.request(method, path)
        assert answer.status_code == status, (method, path, answer.text)
        assert answer.headers["content-type"] == "application/problem+json"
    answer = await sandbox.http.post("/payments", content=b'{"amount')
    assert (answer.status_code, answer.json()["code"]) == (400, "not_json")
    assert (await sandbox.look("/livez")) == {"status": "ok"}


async def test_a_buyer_with_a_browser_pays_once_however_often_the_button_is_pressed(
    sandbox: Sandbox, merchant: Merchant
) -> None:
    asked = (await sandbox.ask(merchant, 4800)).json()
    page = await sandbox.http.get(asked["pay_url"])
    assert page.headers["content-type"].startswith("text/html")
    assert "MOP 48.00" in page.text
    press = asked["pay_url"].removesuffix("pay") + "page?"
    for button in ("succeed", "fail", "succeed"):
        answer = await sandbox.http.post(press + button, headers={"Authorization": ""})
        assert "Paid." in answer.text
    await eventually(lambda: merchant.heard)
    assert [heard.says["status"] for heard in merchant.heard] == ["succeeded"]

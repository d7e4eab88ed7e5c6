"""What comes in at the door of payment providers: true, forged, old, again, too much."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import orjson
import pytest

from shared.platform.change import ledger as memory
from tests.rules.orders.psp_world import Asked, Letter, Teller, pem_of, public_pem_of, sign
from tests.rules.orders.test_psp_mpay import AMOUNT, CLIENT, antom, notice
from tests.services.orders.conftest import Orders, opened, wish
from tests.services.orders.test_life_doors import refusal
from tests.support.eventually import eventually
from tests.support.serving import Client


@pytest.fixture(scope="module")
async def by_key(stack: dict[str, Any], token: Callable[..., str]) -> AsyncIterator[Orders]:
    """Orders that believes the sandbox's RSA key alone, and takes money when it wants it."""
    async with httpx.AsyncClient() as http:
        keys = (await http.get(f"{stack['sandbox']['payments']}/keys")).text
    told = {"payments_public_keys": keys, "payments_capture": "manual"}
    async with opened(stack, token, hold_seconds=600, **told) as orders:
        yield orders


async def begun(orders: Orders) -> tuple[Client, str, str]:
    """A buyer who is about to pay: (who, order, payment)."""
    buyer, sku = orders.client("buyer"), await orders.stocks(3)
    order = (await buyer.post("/orders", wish(sku))).json()["order_id"]
    return buyer, order, (await buyer.post(f"/orders/{order}/payments")).json()["payment_id"]


def kept(orders: Orders, order: str) -> dict[str, Any]:
    """An order as it is kept."""
    return orders.kept["orders"].find_one({"_id": order}) or {}


def says(order: str, payment: str, status: str = "succeeded") -> dict[str, Any]:
    told = {"payment_id": payment, "merchant_order": order, "status": status}
    return told | {"amount": 4800, "currency": "MOP"}


async def stands(buyer: Client, order: str) -> tuple[str, list[str]]:
    shown = (await buyer.get(f"/orders/{order}")).json()
    return shown["status"], [payment["status"] for payment in shown["payments"]]


async def comes_to(buyer: Client, order: str, status: str, *payments: str) -> None:
    async def there() -> bool:
        return await stands(buyer, order) == (status, [*payments])

    await eventually(there, within=20)


async def ledger(orders: Orders, payment: str) -> dict[str, Any]:
    """What the provider's book says of a payment."""
    headers = {"Authorization": f"Bearer {orders.key}"}
    async with httpx.AsyncClient(headers=headers) as http:
        return (await http.get(f"{orders.provider}/payments/{payment}")).json()


async def test_a_nonce_that_is_played_again_is_answered_as_taken_and_does_nothing(
    orders: Orders,
) -> None:
    buyer, order, payment = await begun(orders)
    nonce = uuid4().hex
    assert (await orders.is_told(says(order, payment, "pending"), nonce)).status_code == 204
    for _ in range(2):
        assert (await orders.is_told(says(order, payment), nonce)).status_code == 204
    assert await stands(buyer, order) == ("placed", ["started"])
    assert (await orders.is_told(says(order, payment))).status_code == 204
    assert await stands(buyer, order) == ("confirmed", ["captured"])


async def test_a_callback_that_tells_another_amount_than_came_is_not_believed(
    orders: Orders,
) -> None:
    buyer, order, payment = await begun(orders)
    await orders.pays(payment, outcome="succeed", wrong_amount=True)
    await comes_to(buyer, order, "confirmed", "captured")
    buyer, order, payment = await begun(orders)
    assert (await buyer.post(f"/orders/{order}/cancellation")).status_code == 200
    await orders.pays(payment, outcome="succeed", wrong_amount=True)

    async def gone_back() -> bool:
        return (await ledger(orders, payment))["refunded"] == 4800

    await eventually(gone_back, within=20)


async def test_an_order_remembers_a_notice_together_with_its_effect_and_nobody_else_does(
    orders: Orders,
) -> None:
    _, order, payment = await begun(orders)
    nonce = uuid4().hex
    for _ in range(2):  # of an order that nobody knows: it is not taken, however often it comes
        answer = await orders.is_told(says(f"o-{nonce}", payment), nonce)
        assert (answer.status_code, answer.content) == (503, b"")
    assert "heard" in kept(orders, order)
    assert kept(orders, order)["heard"] == []
    for _ in range(3):
        assert (await orders.is_told(says(order, payment), nonce)).status_code == 204
    assert len(kept(orders, order)["heard"]) == 1


async def test_of_two_notices_with_one_nonce_that_come_at_once_one_is_acted_on(
    orders: Orders,
) -> None:
    buyer, order, payment = await begun(orders)
    nonce = uuid4().hex
    answers = await asyncio.gather(
        *(orders.is_told(says(order, payment, as_is), nonce) for as_is in ("pending", "failed"))
    )
    assert {answer.status_code for answer in answers} == {204}
    assert len(kept(orders, order)["heard"]) == 1
    assert (await stands(buyer, order))[1] in (["started"], ["failed"])
    assert (await orders.is_told(says(order, payment, "failed"))).status_code == 204
    assert (await stands(buyer, order))[1] == ["failed"]


async def test_a_callback_signed_with_another_key_changes_nothing(by_key: Orders) -> None:
    buyer, order, payment = await begun(by_key)
    body, stamp = orjson.dumps(says(order, payment)), str(int(datetime.now(UTC).timestamp()))
    headers = {
        "x-sandbox-timestamp": stamp,
        "x-sandbox-nonce": "n",
        "x-sandbox-signature": sign(f"{stamp}.n.".encode() + body, "thief"),
    }
    async with httpx.AsyncClient() as thief:
        path = f"{by_key.url}/payments/callbacks/sandbox"
        forged = await thief.post(path, content=body, headers=headers)
        bare = await thief.post(path, content=body)
    by_secret = await by_key.is_told(says(order, payment))
    for answer in (forged, bare, by_secret):
        assert answer.status_code == 403
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["type"] == "urn:feira:problem:callback-forged"
    assert await stands(buyer, order) == ("placed", ["started"])
    assert kept(by_key, order)["heard"] == []


async def test_true_callbacks_signed_by_key_take_the_money_that_was_set_aside(
    by_key: Orders,
) -> None:
    buyer, order, payment = await begun(by_key)
    await by_key.pays(payment, outcome="succeed", callbacks=3, shuffle=True)
    await comes_to(buyer, order, "confirmed", "captured")
    assert (await ledger(by_key, payment))["captured"] == 4800


async def test_money_set_aside_for_an_order_that_is_over_is_let_go(by_key: Orders) -> None:
    buyer, order, payment = await begun(by_key)
    await buyer.post(f"/orders/{order}/cancellation")
    await by_key.pays(payment, outcome="succeed")
    await comes_to(buyer, order, "cancelled", "failed")
    seen = await ledger(by_key, payment)
    assert (seen["status"], seen["captured"]) == ("voided", 0)


async def test_lies_and_old_news_are_turned_away_and_what_is_played_again_is_taken(
    orders: Orders,
) -> None:
    async def counts() -> dict[str, int]:
        async with httpx.AsyncClient() as http:
            return (await http.get(orders.provider)).json()["callbacks"]

    before = await counts()
    buyer, order, payment = await begun(orders)
    await orders.pays(payment, outcome="fail", forged=True, stale=True, replay=True)
    await comes_to(buyer, order, "placed", "failed")

    async def tried() -> bool:
        now = await counts()
        refused = now["tricks_refused"] - before["tricks_refused"]
        return refused == 2 and now["replayed"] > before["replayed"]

    await eventually(tried)
    assert (await counts())["tricks_taken"] == before["tricks_taken"]
    assert await stands(buyer, order) == ("placed", ["failed"])


async def test_only_the_provider_that_is_spoken_to_has_a_door_and_a_low_one(
    orders: Orders,
) -> None:
    async with httpx.AsyncClient(base_url=f"{orders.url}/payments/callbacks") as http:
        other = await http.post("/alipay", content=b"sign=x")
        large = await http.post("/sandbox", content=b"x" * (64 * 1024 + 1))
        almost = await http.post("/sandbox", content=b"x" * (64 * 1024))
    assert (other.status_code, other.json()["type"]) == (404, "urn:feira:problem:callback-unknown")
    assert (large.status_code, almost.status_code) == (413, 403)


async def test_a_provider_that_falls_silent_after_it_has_acted_loses_nobodys_money(
    stack: dict[str, Any], token: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.orders.outside.DEADLINE", 0.5)
    monkeypatch.setattr("services.orders.timers.LOOK_AFTER", timedelta(seconds=1))
    monkeypatch.setattr("services.orders.timers.LOOK_EVERY", 1.0)
    told: dict[str, Any] = {"payments_capture": "manual", "hold_seconds": 4}
    trouble = {"timeout_percent": 30, "timeout_ms": 2_000, "lost_percent": 30, "seed": 37}
    async with opened(stack, token, **told) as orders, httpx.AsyncClient() as http:
        buyers = [orders.client("buyer") for _ in range(10)]
        sku, paid = await orders.stocks(20), dict[str, str]()
        await http.post(f"{orders.provider}/faults", json=trouble)
        try:

            async def buys(buyer: Client) -> None:
                order = (await buyer.post("/orders", wish(sku))).json()["order_id"]
                asked = await buyer.post(f"/orders/{order}/payments", key="k")
                if asked.status_code == 503:
                    asked = await buyer.post(f"/orders/{order}/payments", key="k")
                if asked.status_code == 201:
                    paid[order] = asked.json()["payment_id"]
                    await orders.pays(paid[order])

            await asyncio.gather(*map(buys, buyers))
            ends = {"status": {"$in": ["confirmed", "expired"]}}
            settled = {"payments.status": {"$ne": "started"}, "refunds.status": {"$ne": "due"}}

            def over() -> bool:
                found = {"_id": {"$in": [*paid]}, **ends, **settled}
                return orders.kept["orders"].count_documents(found) == len(paid)

            await eventually(over, within=60)
        finally:
            await http.delete(f"{orders.provider}/faults")
        assert paid
        for order, payment in paid.items():
            seen = await ledger(orders, payment)
            confirmed = {"_id": order, "status": "confirmed"}
            due = 4800 * orders.kept["orders"].count_documents(confirmed)
            assert seen["captured"] - seen["refunded"] == due


async def test_another_provider_is_spoken_to_in_its_own_words(
    stack: dict[str, Any], token: Callable[..., str]
) -> None:
    def says(asked: Asked) -> Mapping[str, Any]:
        if asked.path.endswith("/pay"):
            return {"normalUrl": "https://mpay.example/pay/1"}
        wanted = orjson.loads(asked.body)["paymentRequestId"]
        return {"paymentStatus": "PROCESSING", "paymentRequestId": wanted, "paymentAmount": AMOUNT}

    async with Teller.listening(antom(says)) as teller:
        told = {
            "payments_provider": "mpay",
            "payments": teller.url,
            "payments_key": pem_of("ours"),
            "payments_key_id": "1",
            "payments_public_keys": f"2\n{public_pem_of('theirs')}",
            "payments_account": CLIENT,
            "payments_return": "https://feira.example/thanks",
        }
        async with opened(stack, token, hold_seconds=600, **told) as orders:
            buyer, order, payment = await begun(orders)

            async def tells(letter: Letter) -> httpx.Response:
                async with httpx.AsyncClient() as http:
                    path = f"{orders.url}/payments/callbacks/mpay"
                    return await http.post(path, content=letter.body, headers=letter.headers)

            price: dict[str, Any] = {"paymentAmount": {"value": "4800", "currency": "MOP"}}
            now = datetime.now(UTC).isoformat()
            truth = notice(stamp=now, paymentRequestId=payment, **price)
            assert (await tells(notice(stamp=now, signer="thief", **price))).status_code == 403
            assert await stands(buyer, order) == ("placed", ["started"])
            for _ in range(2):
                answer = await tells(truth)
                assert (answer.status_code, answer.json()["result"]["resultStatus"]) == (200, "S")
                assert answer.headers["content-type"] == "application/json"
            assert await stands(buyer, order) == ("confirmed", ["captured"])
            strange = await tells(notice(stamp=now, **price))
            assert (strange.status_code, strange.json()["result"]["resultStatus"]) == (503, "U")


async def test_who_pays_is_looked_at_for_an_order_that_was_placed_a_moment_ago(
    orders: Orders, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "MOMENT", 60.0)
    buyer, sku = orders.client("buyer"), await orders.stocks(3)
    order = (await buyer.post("/orders", wish(sku))).json()["order_id"]
    stranger = await orders.client("buyer").post(f"/orders/{order}/payments")
    assert refusal(stranger) == (404, "order.unknown")
    assert (await buyer.post(f"/orders/{order}/payments")).status_code == 201

"""A payment provider that is away, talks nonsense, or will not give money back."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest

from services.orders.outside import Unreachable
from services.orders.psp.sandbox import Sandbox
from shared.events.money import Money
from shared.platform.clock import utc_now
from tests.services.orders.conftest import Orders, opened, wish
from tests.support.eventually import eventually
from tests.support.serving import free_port

NONSENSE = [
    b"",
    b"<html>down for maintenance</html>",
    b'{"payments": "none"}',
    b'{"payment_id": "not / an id", "pay_url": "x", "refund_id": ""}',
    b'{"payments": [{"payment_id": "p", "merchant_order": "o", "status": "succeeded"}]}',
]


@asynccontextmanager
async def answering(body: bytes, status: bytes = b"200 OK") -> AsyncGenerator[str]:
    """Something on a port that answers every request alike."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
        await reader.readexactly(int(length or 0))
        size = str(len(body)).encode()
        writer.write(
            b"HTTP/1.1 %b\r\nContent-Length: %b\r\nConnection: close\r\n\r\n%b"
            % (status, size, body)
        )
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def everything_asked(provider: Sandbox) -> list[object]:
    """What comes of each thing a provider may be asked."""
    money, until = Money(amount=1, currency="MOP"), utc_now() + timedelta(minutes=1)
    return await asyncio.gather(
        provider.authorise("o", money, until, "k"),
        provider.capture("p", money, "k"),
        provider.void("p"),
        provider.refund("p", money, money, "late", "k"),
        provider.query("p"),
        provider.query_refund("p", "r"),
        return_exceptions=True,
    )


@pytest.mark.parametrize("body", NONSENSE)
async def test_what_cannot_be_understood_is_no_answer(body: bytes) -> None:
    async with answering(body) as url:
        provider = Sandbox(url, "key", "secret", "http://us/callbacks")
        came = await everything_asked(provider)
        await provider.stop()
    assert all(isinstance(one, Unreachable) for one in came), came


async def test_a_refusal_is_no_answer_whatever_it_says() -> None:
    async with answering(b'{"payments": []}', b"599 Nobody Knows") as url:
        provider = Sandbox(url, "key", "secret", "http://us/callbacks")
        came = await everything_asked(provider)
        await provider.stop()
    assert all(isinstance(one, Unreachable) for one in came), came


async def test_a_buyer_is_asked_to_come_again_when_the_provider_talks_nonsense(
    stack: dict[str, Any], token: Callable[..., str]
) -> None:
    async with (
        answering(b'{"well": "hello"}') as nonsense,
        opened(stack, token, hold_seconds=600, payments=nonsense) as orders,
    ):
        buyer, sku = orders.client("buyer"), await orders.stocks(2)
        order = (await buyer.post("/orders", wish(sku))).json()["order_id"]
        answer = await buyer.post(f"/orders/{order}/payments")
        assert (answer.status_code, answer.json()["type"]) == (503, "urn:feira:problem:busy")


async def test_the_proxies_of_the_environment_are_not_used(
    orders: Orders, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    provider = Sandbox(orders.provider, "key", "secret", "http://us/callbacks")
    with pytest.raises(Unreachable, match="401"):  # the provider itself: it does not know the key
        await provider.query("o")
    await provider.stop()


async def test_a_callback_that_is_signed_but_makes_no_sense_is_turned_away(orders: Orders) -> None:
    told = {"payment_id": "p", "merchant_order": "o", "status": "succeeded", "currency": "MOP"}
    for amount in (-1, 10**16, "much"):
        assert (await orders.is_told(told | {"amount": amount})).status_code == 403


async def test_money_for_an_order_that_ended_without_the_provider_is_found_and_goes_back(
    hasty: Orders, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.orders.timers.LOOK_AFTER", timedelta(seconds=1))
    monkeypatch.setattr("services.orders.timers.LOOK_EVERY", 1.0)
    sku, buyer = await hasty.stocks(2), hasty.client("buyer")
    order = (await buyer.post("/orders", wish(sku))).json()["order_id"]
    payment = (await buyer.post(f"/orders/{order}/payments")).json()["payment_id"]
    async with httpx.AsyncClient(base_url=hasty.provider) as provider:
        await provider.post("/faults", json={"http_error_percent": 100})
        try:
            await hasty.pays(payment, outcome="succeed", lost=True)
            gone = {"_id": order, "status": "expired"}
            await eventually(lambda: hasty.kept["orders"].find_one(gone))
        finally:
            await provider.delete("/faults")
    back = {"_id": order, "refunds.status": "paid"}
    await eventually(lambda: hasty.kept["orders"].find_one(back))
    assert await hasty.pool(sku) == (2, 0, 0, 0)


async def test_a_payment_the_provider_does_not_know_holds_up_no_other_of_its_order(
    orders: Orders, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.orders.timers.LOOK_AFTER", timedelta(seconds=1))
    monkeypatch.setattr("services.orders.timers.LOOK_EVERY", 1.0)
    sku, buyer = await orders.stocks(1), orders.client("buyer")
    order = (await buyer.post("/orders", wish(sku))).json()["order_id"]
    first, payment = [
        (await buyer.post(f"/orders/{order}/payments")).json()["payment_id"] for _ in range(2)
    ]
    # What is looked for is named otherwise from now on: the provider knows no such payment.
    named = {"_id": order, "payments.0.id": first}
    orders.kept["orders"].update_one(named, {"$set": {"payments.0.id": f"alien-{order}"}})
    await orders.pays(payment, outcome="succeed", lost=True)
    confirmed = {"_id": order, "status": "confirmed"}
    await eventually(lambda: orders.kept["orders"].find_one(confirmed), within=15)


async def test_money_nobody_will_take_back_holds_up_nobody_elses(
    orders: Orders, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.orders.queries.AT_ONCE", 3)
    sku = await orders.stocks(9)
    stuck: list[str] = []
    for n in range(4):  # paid for with payments that the provider knows nothing of
        order = await _cancelled(orders, sku)
        told = {"payment_id": f"alien-{order}", "merchant_order": order, "status": "succeeded"}
        answer = await orders.is_told(told | {"amount": 4800 + n, "currency": "MOP"})
        assert answer.status_code == 204
        stuck.append(order)

    def tries() -> list[int]:
        found = orders.kept["orders"].find({"_id": {"$in": stuck}})
        return [order["refund_tries"] for order in found]

    await eventually(lambda: min(tries()) >= 2)
    buyer = orders.client("buyer")
    order = (await buyer.post("/orders", wish(sku))).json()["order_id"]
    payment = (await buyer.post(f"/orders/{order}/payments")).json()["payment_id"]
    await buyer.post(f"/orders/{order}/cancellation")
    await orders.pays(payment, outcome="succeed")
    paid = {"_id": order, "refunds.status": "paid"}
    await eventually(lambda: orders.kept["orders"].find_one(paid), within=10)
    assert max(tries()) <= 6, "in so short a time nobody is asked more often"

    async def named() -> dict[str, Any]:
        report = await orders.client("operator").get("/orders/attention?late_minutes=0")
        return {order["order_id"]: order for order in report.json()["owing"]}

    needy = await named()
    assert needy.keys() >= set(stuck)
    assert order not in needy
    [first] = [wait for wait in needy[stuck[0]]["waits"] if "send back" in wait["on"]]
    assert first["why"] == "order-cancelled"
    assert "404" in needy[stuck[0]]["trouble"]


async def test_money_that_cannot_be_sent_back_is_put_off_again_when_more_is_due(
    orders: Orders,
) -> None:
    order = await _cancelled(orders, await orders.stocks(1))

    async def comes(payment: str) -> None:
        """Money comes that the provider itself knows nothing of."""
        told = {"payment_id": f"{payment}-{order}", "merchant_order": order, "status": "succeeded"}
        assert (await orders.is_told(told | {"amount": 4800, "currency": "MOP"})).is_success

    def put_off() -> bool:
        found = orders.kept["orders"].find_one({"_id": order, "refund_tries": {"$gte": 1}})
        return found is not None

    await comes("one")
    await eventually(put_off)
    await comes("two")
    two = {"_id": order, "refunds.1.status": "due"}
    assert orders.kept["orders"].find_one(two)
    await eventually(put_off, within=10)


async def _cancelled(orders: Orders, sku: str) -> str:
    buyer = orders.client("buyer")
    order = (await buyer.post("/orders", wish(sku))).json()["order_id"]
    assert (await buyer.post(f"/orders/{order}/cancellation")).status_code == 200
    return order

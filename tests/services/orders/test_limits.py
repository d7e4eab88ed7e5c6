"""What one buyer may have, and what there is not: refused, whoever asks how often."""

import asyncio
from collections import Counter
from typing import Any

import httpx

from shared.events.ids import new_id
from tests.services.orders.conftest import FESTIVAL, Orders, wish
from tests.support.eventually import eventually


def code(answer: httpx.Response) -> str:
    return answer.json()["type"].rpartition(":")[2]


def refusal(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, code(answer)


async def test_what_is_listed_but_was_never_delivered_is_sold_out(orders: Orders) -> None:
    sku = f"sku-{new_id()}"
    await orders.lists(sku, 4800, "online")
    answer = await orders.client("buyer").post("/orders", wish(sku))
    assert refusal(answer) == (409, "stock.sold-out")
    assert answer.json()["short"] == [{"sku": sku, "wanted": 1, "free": 0}]


async def test_an_order_that_comes_to_more_than_money_can_count_is_refused(orders: Orders) -> None:
    sku = await orders.stocks(10, price=10**15 - 1)
    answer = await orders.client("buyer").post("/orders", wish(sku, 2))
    assert refusal(answer) == (422, "order.too-dear")
    assert await orders.pool(sku) == (10, 0, 0, 0)


async def test_a_listing_limits_each_buyer_in_however_many_orders(orders: Orders) -> None:
    sku = await orders.stocks(20)
    await orders.lists(sku, 4800, "online", per_buyer=3)
    greedy = orders.client("buyer")
    answers = await asyncio.gather(*(greedy.post("/orders", wish(sku, 1)) for _ in range(5)))
    assert Counter(map(_outcome, answers)) == {"201": 3, "listing.limit": 2}
    assert (await orders.client("buyer").post("/orders", wish(sku, 3))).status_code == 201
    one = next(answer for answer in answers if answer.status_code == 201).json()["order_id"]
    assert (await greedy.post(f"/orders/{one}/cancellation")).status_code == 200
    again = [await greedy.post("/orders", wish(sku, 1)) for _ in range(2)]
    assert list(map(_outcome, again)) == ["201", "listing.limit"]
    assert again[1].json()["yours"] == 3


async def test_a_booth_limits_each_sale_for_nobody_knows_the_buyers(orders: Orders) -> None:
    sku = await orders.stocks(20)
    await orders.lists(sku, 4800, "booth", per_buyer=2)
    cashier = orders.client("cashier")
    for _ in range(3):
        assert (await cashier.post("/booths/b1/sales", wish(sku, 2))).status_code == 201
    assert refusal(await cashier.post("/booths/b1/sales", wish(sku, 3))) == (429, "listing.limit")


async def test_nobody_keeps_units_from_others_in_more_and_more_unpaid_orders(
    hasty: Orders,
) -> None:
    sku, buyer = await hasty.stocks(20), hasty.client("buyer")
    answers = await asyncio.gather(*(buyer.post("/orders", wish(sku)) for _ in range(4)))
    assert Counter(map(_outcome, answers)) == {"201": 2, "order.open-limit": 2}
    assert {answer.status_code for answer in answers} == {201, 429}
    first, second = [a.json()["order_id"] for a in answers if a.status_code == 201]
    assert (await hasty.client("buyer").post("/orders", wish(sku))).status_code == 201

    assert (await buyer.post(f"/orders/{first}/cancellation")).status_code == 200
    third = (await buyer.post("/orders", wish(sku))).json()["order_id"]
    assert refusal(await buyer.post("/orders", wish(sku))) == (429, "order.open-limit")

    payment = (await buyer.post(f"/orders/{third}/payments")).json()["payment_id"]
    await hasty.pays(payment, outcome="succeed")
    await eventually(lambda: _stands(hasty, third, "confirmed"))
    assert (await buyer.post("/orders", wish(sku))).status_code == 201

    await eventually(lambda: _stands(hasty, second, "expired"))
    assert (await buyer.post("/orders", wish(sku))).status_code == 201


async def test_units_that_come_back_unpaid_may_be_taken_again(hasty: Orders) -> None:
    sku, room = await hasty.stocks(20), await hasty.room()
    deal = await hasty.deal(sku, room, units=5, per_buyer=1)
    line: dict[str, Any] = {"sku": sku, "quantity": 1, "deal_id": deal}
    basket = {"festival_id": FESTIVAL, "session_id": room, "lines": [line]}
    buyer = hasty.client("buyer")
    order = (await buyer.post("/orders", basket)).json()["order_id"]
    assert refusal(await buyer.post("/orders", basket)) == (429, "deal.limit")
    await eventually(lambda: _stands(hasty, order, "expired"))
    assert (await buyer.post("/orders", basket)).status_code == 201


async def test_nothing_is_bought_in_a_room_that_is_not_open(orders: Orders) -> None:
    sku = await orders.stocks(5, channel="live")
    buyer = orders.client("buyer")
    made_up = await buyer.post("/orders", wish(sku, session_id="made-up"))
    assert refusal(made_up) == (409, "session.not-live")
    room = await orders.room("approved")
    assert refusal(await buyer.post("/orders", wish(sku, session_id=room))) == refusal(made_up)
    for status, sells in (("live", True), ("paused", True), ("ended", False)):
        await orders.room(status, id=room)
        answer = await buyer.post("/orders", wish(sku, session_id=room))
        assert answer.is_success == sells, (status, answer.text)
    assert await orders.pool(sku) == (3, 0, 2, 0)


async def test_a_room_sells_for_its_own_festival_alone(orders: Orders) -> None:
    sku, room = await orders.stocks(5, channel="live"), await orders.room()
    elsewhere = wish(sku, session_id=room) | {"festival_id": "another"}
    answer = await orders.client("buyer").post("/orders", elsewhere)
    assert refusal(answer) == (409, "session.not-live")


async def test_a_booth_sells_nothing_out_of_a_live_room(orders: Orders) -> None:
    sku, room = await orders.stocks(5, channel="live"), await orders.room()
    deal = await orders.deal(sku, room, units=2)
    cashier = orders.client("cashier")
    out_of_a_deal = wish(sku)
    out_of_a_deal["lines"][0]["deal_id"] = deal
    for sale in (wish(sku, session_id=room), out_of_a_deal):
        answer = await cashier.post("/booths/b1/sales", sale)
        assert refusal(answer) == (422, "booth.off-shelf")


def _outcome(answer: httpx.Response) -> str:
    return "201" if answer.status_code == 201 else code(answer)


def _stands(orders: Orders, order_id: str, status: str) -> object:
    return orders.kept["orders"].find_one({"_id": order_id, "status": status})

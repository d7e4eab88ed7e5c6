"""Selling: one pool for all who buy, through orders' own doors."""

import asyncio
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import httpx

from services.orders.ordering.payment import MOST_TRIES
from shared.events.catalog import StockDelivered
from shared.events.ids import new_id
from shared.events.livestream import DealClosed, DealRequested
from shared.events.money import Money
from tests.services.orders.conftest import FESTIVAL, Orders, wish
from tests.support.eventually import eventually
from tests.support.serving import Client


async def placed(buyer: Client, sku: str, quantity: int = 1) -> dict[str, Any]:
    answer = await buyer.post("/orders", wish(sku, quantity))
    assert answer.status_code == 201, answer.text
    return answer.json()


async def paying(orders: Orders, buyer: Client, sku: str) -> tuple[str, str]:
    """An order placed, and a payment begun for it."""
    order = await placed(buyer, sku)
    answer = await buyer.post(f"/orders/{order['order_id']}/payments")
    assert answer.status_code == 201, answer.text
    return order["order_id"], answer.json()["payment_id"]


async def status(buyer: Client, order_id: str) -> str:
    return (await buyer.get(f"/orders/{order_id}")).json()["status"]


async def test_an_order_holds_its_units_at_the_listed_price_until_a_time_it_names(
    orders: Orders,
) -> None:
    sku = await orders.stocks(10, price=4800)
    order = await placed(orders.client("buyer"), sku, 3)
    assert order["total"] == {"amount": 14_400, "currency": "MOP"}
    assert datetime.fromisoformat(order["hold_until"]) > datetime.now(UTC)
    assert await orders.pool(sku) == (7, 0, 3, 0)


async def test_what_costs_nothing_is_sold_nowhere(orders: Orders) -> None:
    gift = await orders.stocks(10, price=0)
    for door, role in (("/orders", "buyer"), ("/booths/b1/sales", "cashier")):
        no = await orders.client(role).post(door, wish(gift))
        assert (no.status_code, no.json()["type"]) == (422, "urn:feira:problem:order.free"), door
    await orders.lists(gift, 4, "booth")
    no = await orders.client("cashier").post("/booths/b1/sales", wish(gift))
    assert no.json()["type"] == "urn:feira:problem:order.free", "4 avos are no coin"
    assert await orders.pool(gift) == (10, 0, 0, 0)


async def test_booth_and_live_room_never_sell_the_same_unit(orders: Orders) -> None:
    sku = await orders.stocks(20)
    cashiers = [orders.client("cashier") for _ in range(4)]
    buyers = [orders.client("buyer") for _ in range(4)]
    answers = await asyncio.gather(
        *(cashier.post("/booths/b1/sales", wish(sku)) for cashier in cashiers for _ in range(6)),
        *(buyer.post("/orders", wish(sku)) for buyer in buyers for _ in range(6)),
    )
    assert Counter(answer.status_code for answer in answers) == {201: 20, 409: 28}
    no = next(answer for answer in answers if answer.status_code == 409)
    assert no.headers["content-type"] == "application/problem+json"
    assert no.json()["short"] == [{"sku": sku, "wanted": 1, "free": 0}]
    over_the_counter = sum(answer.status_code == 201 for answer in answers[:24])
    places = await orders.places(sku)
    assert (places["free"], places["shipped"], places["sold"]) == (0, over_the_counter, 0)
    assert places["held"] == 20 - over_the_counter


async def test_all_lines_are_held_or_none_and_every_short_one_is_named(orders: Orders) -> None:
    plenty, few, none = [await orders.stocks(units) for units in (9, 2, 1)]
    basket = {
        "festival_id": FESTIVAL,
        "lines": [
            {"sku": plenty, "quantity": 1},
            {"sku": few, "quantity": 2},
            {"sku": few, "quantity": 1},
            {"sku": none, "quantity": 2},
        ],
    }
    answer = await orders.client("buyer").post("/orders", basket)
    assert answer.status_code == 409
    assert {line["sku"] for line in answer.json()["short"]} == {few, none}
    assert await orders.pool(plenty) == (9, 0, 0, 0)


async def test_a_double_click_buys_once_and_another_wish_under_the_same_key_is_refused(
    orders: Orders,
) -> None:
    sku, buyer = await orders.stocks(5), orders.client("buyer")
    answers = await asyncio.gather(
        *(buyer.post("/orders", wish(sku), key="click-1") for _ in range(5))
    )
    assert len({answer.json()["order_id"] for answer in answers}) == 1
    other = await buyer.post("/orders", wish(sku, 2), key="click-1")
    assert (other.status_code, await orders.pool(sku)) == (422, (4, 0, 1, 0))


async def test_a_payment_confirms_its_order_however_often_the_provider_says_so(
    orders: Orders,
) -> None:
    sku, buyer = await orders.stocks(5), orders.client("buyer")
    order_id, payment_id = await paying(orders, buyer, sku)
    await orders.pays(payment_id, outcome="succeed", callbacks=3)
    await eventually(lambda: _is(buyer, order_id, "confirmed"))
    assert await orders.pool(sku) == (4, 0, 0, 1)


async def test_a_failed_payment_leaves_the_units_for_another_try(orders: Orders) -> None:
    sku, buyer = await orders.stocks(5), orders.client("buyer")
    order_id, payment_id = await paying(orders, buyer, sku)
    await orders.pays(payment_id, outcome="fail")

    async def failed() -> bool:
        order = (await buyer.get(f"/orders/{order_id}")).json()
        return [payment["status"] for payment in order["payments"]] == ["failed"]

    await eventually(failed)
    again = (await buyer.post(f"/orders/{order_id}/payments")).json()["payment_id"]
    await orders.pays(again, outcome="succeed", callbacks=1)
    await eventually(lambda: _is(buyer, order_id, "confirmed"))


async def test_who_never_pays_gives_the_units_back_within_seconds(hasty: Orders) -> None:
    sku, buyer = await hasty.stocks(2), hasty.client("buyer")
    order_id, _ = await paying(hasty, buyer, sku)
    await eventually(lambda: _is(buyer, order_id, "expired"))
    assert await hasty.pool(sku) == (2, 0, 0, 0)
    order = (await buyer.get(f"/orders/{order_id}")).json()
    assert [payment["status"] for payment in order["payments"]] == ["failed"]


async def test_who_begins_to_pay_again_is_answered_as_before_even_once_it_is_paid(
    orders: Orders,
) -> None:
    sku, buyer = await orders.stocks(5), orders.client("buyer")
    order = (await placed(buyer, sku))["order_id"]
    path = f"/orders/{order}/payments"
    first = await buyer.post(path, key="pay-for-the-tarts")
    assert first.status_code == 201, first.text
    await orders.pays(first.json()["payment_id"], outcome="succeed")
    confirmed = {"_id": order, "status": "confirmed"}
    await eventually(lambda: orders.kept["orders"].find_one(confirmed))
    again = await buyer.post(path, key="pay-for-the-tarts")
    assert (again.status_code, again.json()) == (201, first.json())
    assert (await buyer.post(path)).status_code == 409, "another wish is another matter"


async def test_no_more_payments_are_begun_than_may_be_however_many_ask_at_once(
    orders: Orders,
) -> None:
    sku, buyer = await orders.stocks(5), orders.client("buyer")
    order = (await placed(buyer, sku))["order_id"]
    path = f"/orders/{order}/payments"
    answers = await asyncio.gather(*(buyer.post(path) for _ in range(MOST_TRIES + 10)))
    assert Counter(answer.status_code for answer in answers) == {201: MOST_TRIES, 429: 10}
    assert len((await orders.order(order))["payments"]) == MOST_TRIES


async def test_a_payment_whose_callback_is_lost_is_found_before_the_units_are_given_back(
    hasty: Orders,
) -> None:
    sku, buyer = await hasty.stocks(2), hasty.client("buyer")
    order_id, payment_id = await paying(hasty, buyer, sku)
    await hasty.pays(payment_id, outcome="succeed", lost=True)
    await eventually(lambda: _is(buyer, order_id, "confirmed"))


async def test_money_for_an_order_that_is_gone_goes_back(orders: Orders) -> None:
    sku, buyer = await orders.stocks(2), orders.client("buyer")
    order_id, payment_id = await paying(orders, buyer, sku)
    assert (await buyer.post(f"/orders/{order_id}/cancellation")).json()["status"] == "cancelled"
    await orders.pays(payment_id, outcome="succeed", callbacks=2)

    async def refunded() -> bool:
        order = (await buyer.get(f"/orders/{order_id}")).json()
        return [refund["status"] for refund in order["refunds"]] == ["paid"]

    await eventually(refunded)
    assert await orders.pool(sku) == (2, 0, 0, 0)


async def test_a_callback_that_the_provider_did_not_sign_is_turned_away(orders: Orders) -> None:
    async with httpx.AsyncClient() as thief:
        answer = await thief.post(
            f"{orders.url}/payments/callbacks/sandbox",
            json={"payment_id": "p", "status": "succeeded"},
        )
    assert (answer.status_code, answer.json()["type"]) == (
        403,
        "urn:feira:problem:callback-forged",
    )


async def test_a_room_sells_no_more_of_a_deal_than_was_set_aside_and_gives_back_the_rest(
    orders: Orders,
) -> None:
    sku, session = await orders.stocks(10, price=6800), await orders.room()
    deal = await orders.deal(sku, session, units=4)
    guest = orders.client("buyer")

    async def stands(expected: str) -> bool:
        return (await guest.get(f"/deals/{deal}")).json()["status"] == expected

    assert await stands("shown")
    assert await orders.pool(sku) == (6, 4, 0, 0)
    basket = {
        "festival_id": FESTIVAL,
        "session_id": session,
        "lines": [{"sku": sku, "quantity": 1, "deal_id": deal}],
    }
    greedy = orders.client("buyer")
    first = [await greedy.post("/orders", basket) for _ in range(3)]
    assert [answer.status_code for answer in first] == [201, 201, 429]
    assert first[0].json()["total"]["amount"] == 4000
    assert (await orders.client("buyer").post("/orders", basket)).status_code == 201
    closed = DealClosed(deal_id=deal, session_id=session, sku=sku, reason="host")
    await orders.hears(closed, times=3)
    await eventually(lambda: stands("settled"))
    assert await orders.pool(sku) == (7, 0, 3, 0)
    assert (
        (await orders.client("buyer").post("/orders", basket)).json()["type"].endswith("deal.over")
    )


async def test_a_deal_for_more_than_there_is_is_refused(orders: Orders) -> None:
    sku, deal = await orders.stocks(3), new_id()
    await orders.hears(
        DealRequested(
            deal_id=deal,
            session_id="s",
            sku=sku,
            festival_id=FESTIVAL,
            units=4,
            price=Money(amount=1, currency="MOP"),
            per_buyer=1,
            seconds=60,
        )
    )
    organiser = orders.client("organiser")

    async def refused() -> bool:
        answer = await organiser.get(f"/deals/{deal}")
        return answer.is_success and answer.json()["status"] == "refused"

    await eventually(refused)
    assert await orders.pool(sku) == (3, 0, 0, 0)


async def test_nobody_sees_what_is_not_theirs(orders: Orders) -> None:
    sku = await orders.stocks(5, merchant="m07")
    buyer = orders.client("buyer", "ana")
    order = await placed(buyer, sku)
    path = f"/orders/{order['order_id']}"
    assert (await orders.client("buyer", "rui").get(path)).status_code == 404
    assert (await orders.client("merchant", "m", merchant_id="m01").get(path)).status_code == 404
    theirs = (await orders.client("merchant", "m", merchant_id="m07").get(path)).json()
    assert (theirs["buyer_id"], theirs["total"], len(theirs["lines"])) == (None, None, 1)
    assert (await orders.client("organiser").get(path)).json()["buyer_id"] == "ana"
    assert (
        await orders.client("merchant", "x", merchant_id="m01").get(f"/stock/{sku}")
    ).status_code == 404


async def test_an_intake_heard_three_times_is_received_once(orders: Orders) -> None:
    sku = f"sku-{new_id()}"
    delivered = StockDelivered(sku=sku, intake_id="i-1", merchant_id="m01", units=7)
    await orders.hears(delivered, times=3, id=new_id())
    await orders.hears(StockDelivered(sku=sku, intake_id="i-2", merchant_id="m01", units=1))
    operator = orders.client("operator")

    async def received() -> bool:
        answer = await operator.get(f"/stock/{sku}")
        return answer.is_success and answer.json()["received"] == 8

    await eventually(received)


async def _is(buyer: Client, order_id: str, expected: str) -> bool:
    return await status(buyer, order_id) == expected

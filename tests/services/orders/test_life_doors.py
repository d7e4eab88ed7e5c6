"""The life of an order through orders' own doors: paid, sent, received, returned, paid back."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from pymongo.read_concern import ReadConcern

from services.orders.ordering.policy import Policy
from services.orders.settings import OrdersSettings
from shared.events.ids import new_id
from tests.services.orders.conftest import FESTIVAL, Orders, opened, wish
from tests.support.eventually import eventually
from tests.support.serving import Client

REFUNDS_OF_ONE = 100_000
"""What one person gives back alone, as `OrdersSettings.refund_limit` has it."""


def code(answer: httpx.Response) -> str:
    return answer.json()["type"].rpartition(":")[2]


def refusal(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, code(answer)


async def placed(buyer: Client, *lines: tuple[str, int]) -> str:
    """An order of so many units of some SKUs."""
    wanted = [{"sku": sku, "quantity": quantity} for sku, quantity in lines]
    answer = await buyer.post("/orders", {"festival_id": FESTIVAL, "lines": wanted})
    assert answer.status_code == 201, answer.text
    return answer.json()["order_id"]


async def paid(orders: Orders, buyer: Client, *lines: tuple[str, int]) -> str:
    """The same, and paid for."""
    order_id = await placed(buyer, *lines)
    begun = await buyer.post(f"/orders/{order_id}/payments")
    await orders.pays(begun.json()["payment_id"], outcome="succeed")
    await stands(orders, order_id, "confirmed")
    return order_id


async def stands(orders: Orders, order_id: str, status: str) -> dict[str, Any]:
    """Wait until the order is *status*, as whoever asks for it would see it."""
    kept = orders.kept.get_collection("orders", read_concern=ReadConcern("majority"))

    def there() -> dict[str, Any] | None:
        return kept.find_one({"_id": order_id, "status": status})

    return await eventually(there)


async def sent(
    orders: Orders, order_id: str, *lines: tuple[str, int], by: Client | None = None
) -> httpx.Response:
    """Units of an order leave."""
    return await (by or orders.client("operator")).post(
        f"/orders/{order_id}/parcels",
        {
            "units": [{"sku": sku, "quantity": quantity} for sku, quantity in lines],
            "carrier": "SF",
            "waybill": f"SF-{new_id()}",
        },
    )


async def delivered(
    orders: Orders, buyer: Client, *lines: tuple[str, int], order_id: str = ""
) -> str:
    """An order that is paid for, sent in one parcel and with its buyer."""
    order_id = order_id or await paid(orders, buyer, *lines)
    parcel = await sent(orders, order_id, *lines)
    assert parcel.status_code == 201, parcel.text
    path = f"/orders/{order_id}/parcels/{parcel.json()['id']}/delivery"
    answer = await orders.client("operator").post(path)
    assert answer.json()["status"] == "delivered", answer.text
    return order_id


async def sent_back(orders: Orders, order_id: str) -> list[tuple[str, int]]:
    """Wait until no refund of an order is due; why what went back."""

    async def settled() -> list[dict[str, Any]] | None:
        refunds = (await orders.order(order_id))["refunds"]
        return refunds if all(back["status"] == "paid" for back in refunds) else None

    return [(back["reason"], back["amount"]["amount"]) for back in await eventually(settled)]


async def test_an_order_tells_its_life_from_placing_to_the_end_of_the_time_to_return(
    stack: dict[str, Any], token: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    week = OrdersSettings.policy.fget
    assert week

    def a_second(settings: OrdersSettings) -> Policy:
        return replace(week(settings), return_within=timedelta(seconds=1))

    monkeypatch.setattr(OrdersSettings, "policy", property(a_second))
    async with opened(stack, token, hold_seconds=600) as orders:
        await _a_whole_life(orders)


async def _a_whole_life(orders: Orders) -> None:
    sku, buyer = await orders.stocks(5), orders.client("buyer")
    order_id = await paid(orders, buyer, (sku, 2))
    timeline = (await buyer.get(f"/orders/{order_id}/timeline")).json()
    assert [(w["on"], w["late"]) for w in timeline["waits"]] == [("the goods to leave", False)]
    await delivered(orders, buyer, (sku, 2), order_id=order_id)
    await stands(orders, order_id, "completed")
    timeline = (await buyer.get(f"/orders/{order_id}/timeline")).json()
    assert [(row["what"], row["status"]) for row in timeline["rows"]] == [
        ("placed", "placed"),
        ("payment-started", "placed"),
        ("confirmed", "confirmed"),
        ("shipped", "shipped"),
        ("delivered", "delivered"),
        ("completed", "completed"),
    ]
    assert (timeline["rows"][0]["why"], timeline["waits"]) == ("online", [])
    moments = [row["at"] for row in timeline["rows"]]
    assert moments == sorted(moments)
    places = await orders.places(sku)
    assert (places["free"], places["sold"], places["shipped"]) == (3, 0, 2)
    stranger = await orders.client("buyer").get(f"/orders/{order_id}/timeline")
    assert refusal(stranger) == (404, "order.unknown")


async def test_who_withdraws_soon_after_paying_has_the_money_back_and_the_units_are_free(
    orders: Orders,
) -> None:
    sku, buyer = await orders.stocks(5), orders.client("buyer")
    order_id = await paid(orders, buyer, (sku, 2))
    answer = await buyer.post(f"/orders/{order_id}/cancellation", {"reason": "bought twice"})
    assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
    assert await orders.pool(sku) == (5, 0, 0, 0)
    assert await sent_back(orders, order_id) == [("cancelled", 9600)]
    rows = (await buyer.get(f"/orders/{order_id}/timeline")).json()["rows"]
    assert [row["why"] for row in rows if row["what"] == "cancelled"] == ["bought twice"]


async def test_once_a_part_has_left_nobody_withdraws(orders: Orders) -> None:
    sku, buyer = await orders.stocks(5), orders.client("buyer")
    order_id = await paid(orders, buyer, (sku, 2))
    assert (await sent(orders, order_id, (sku, 1))).status_code == 201
    answer = await buyer.post(f"/orders/{order_id}/cancellation")
    assert refusal(answer) == (409, "order.illegal-move")
    assert answer.json()["needs"] == ["placed", "confirmed"]


async def test_what_cannot_be_done_with_an_order_is_refused_naming_where_it_could(
    orders: Orders,
) -> None:
    sku, buyer = await orders.stocks(5), orders.client("buyer")
    waiting = await placed(buyer, (sku, 1))
    no = await sent(orders, waiting, (sku, 1))
    assert refusal(no) == (409, "order.illegal-move")
    assert (no.json()["fact_status"], no.json()["needs"]) == (
        "placed",
        ["confirmed", "released", "part-shipped"],
    )
    await buyer.post(f"/orders/{waiting}/cancellation")
    for path in ("payments", "cancellation"):
        no = await buyer.post(f"/orders/{waiting}/{path}")
        assert refusal(no) == (409, "order.illegal-move")
        assert no.json()["fact_status"] == "cancelled"
        assert "placed" in no.json()["needs"]
    back = {"units": [{"sku": sku, "quantity": 1}], "reason": "dry"}
    no = await buyer.post(f"/orders/{waiting}/returns", back)
    assert refusal(no) == (409, "return.not-sent")
    unknown = await buyer.post("/orders/nothing/cancellation")
    assert refusal(unknown) == (404, "order.unknown")


async def test_two_merchants_each_send_their_own_part_of_an_order(orders: Orders) -> None:
    bread, wine = await orders.stocks(5, merchant="m21"), await orders.stocks(5, merchant="m22")
    buyer = orders.client("buyer")
    baker = orders.client("merchant", "baker", merchant_id="m21")
    vintner = orders.client("merchant", "vintner", merchant_id="m22")
    order_id = await paid(orders, buyer, (bread, 2), (wine, 1))

    no = await sent(orders, order_id, (bread, 3), (wine, 1), by=baker)
    assert refusal(no) == (422, "parcel.units")
    assert no.json()["over"] == [{"sku": bread, "short": 1}, {"sku": wine, "short": 1}]
    first = await sent(orders, order_id, (bread, 2), by=baker)
    assert first.status_code == 201, first.text
    await stands(orders, order_id, "part-shipped")
    assert refusal(await sent(orders, order_id, (bread, 1), by=baker)) == (422, "parcel.units")
    second = await sent(orders, order_id, (wine, 1), by=vintner)
    await stands(orders, order_id, "shipped")
    stranger = orders.client("merchant", "x", merchant_id="m23")
    assert refusal(await sent(orders, order_id, (wine, 1), by=stranger)) == (404, "order.unknown")

    theirs = (await vintner.get(f"/orders/{order_id}")).json()
    assert [parcel["id"] for parcel in theirs["parcels"]] == [second.json()["id"]]
    house = orders.client("operator")
    for parcel, status in ((second, "shipped"), (first, "delivered")):
        path = f"/orders/{order_id}/parcels/{parcel.json()['id']}/delivery"
        for _ in range(2):  # the carrier may say it twice
            assert (await house.post(path)).json()["status"] == status
    assert [(await orders.places(sku))["shipped"] for sku in (bread, wine)] == [2, 1]


async def test_goods_come_back_some_for_sale_again_some_damaged_and_their_price_with_them(
    orders: Orders,
) -> None:
    sku, buyer = await orders.stocks(5, merchant="m24"), orders.client("buyer")
    order_id = await delivered(orders, buyer, (sku, 3))
    wanted = {"units": [{"sku": sku, "quantity": 2}], "reason": "too sweet"}
    asked = await buyer.post(f"/orders/{order_id}/returns", wanted)
    assert (asked.status_code, asked.json()["status"]) == (201, "requested")
    path = f"/orders/{order_id}/returns/{asked.json()['id']}"
    damaged = {"damaged": [{"sku": sku, "quantity": 1}]}

    stranger = orders.client("merchant", "x", merchant_id="m25")
    assert refusal(await stranger.post(f"{path}/approval")) == (404, "order.unknown")
    merchant = orders.client("merchant", "m", merchant_id="m24")
    assert refusal(await merchant.post(f"{path}/arrival", damaged)) == (409, "return.illegal-move")
    assert (await merchant.post(f"{path}/approval")).json()["status"] == "approved"
    received = await merchant.post(f"{path}/arrival", damaged, key="arrived")
    assert received.json()["status"] == "received"
    again = await merchant.post(f"{path}/arrival", damaged, key="arrived")
    assert again.json() == received.json(), "asked again it has happened once"

    places = await orders.places(sku)
    assert (places["free"], places["shipped"], places["damaged"]) == (3, 1, 1)
    assert await sent_back(orders, order_id) == [("return", 9600)]
    no = await buyer.post(f"/orders/{order_id}/returns", wanted)
    assert refusal(no) == (409, "return.units")
    assert no.json()["over"] == [{"sku": sku, "short": 1}]
    one = wanted | {"units": [{"sku": sku, "quantity": 1}]}
    last = await buyer.post(f"/orders/{order_id}/returns", one)
    path = f"/orders/{order_id}/returns/{last.json()['id']}"
    refused = await merchant.post(f"{path}/refusal", {"reason": "opened"})
    assert refused.json()["status"] == "refused"


async def test_much_money_goes_back_only_when_two_people_agree(orders: Orders) -> None:
    sku, buyer = await orders.stocks(5, price=REFUNDS_OF_ONE), orders.client("buyer")
    order_id = await paid(orders, buyer, (sku, 3))
    eva, leo = orders.client("operator", "eva"), orders.client("organiser", "leo")
    path = f"/orders/{order_id}/refunds"

    small = {"amount": {"amount": REFUNDS_OF_ONE, "currency": "MOP"}, "reason": "late"}
    assert (await eva.post(path, small)).json()["status"] == "due"
    large = {"units": [{"sku": sku, "quantity": 2}], "reason": "cork"}
    asked = (await eva.post(path, large)).json()
    assert (asked["status"], asked["amount"]["amount"]) == ("asked", 2 * REFUNDS_OF_ONE)
    no = await eva.post(path, small)
    assert (refusal(no), no.json()["left"]) == ((429, "refund.above-captured"), 0)
    for answer in ("approval", "denial"):
        wish = {"reason": "no"} if answer == "denial" else None
        no = await eva.post(f"{path}/{asked['id']}/{answer}", wish)
        assert refusal(no) == (403, "refund.second-person")
    denied = await leo.post(f"{path}/{asked['id']}/denial", {"reason": "not cork"})
    assert denied.json()["status"] == "denied"
    again = (await leo.post(path, large)).json()
    agreed = await eva.post(f"{path}/{again['id']}/approval")
    assert agreed.json()["status"] in ("due", "paid")

    async def all_gone() -> bool:
        refunds = (await orders.order(order_id))["refunds"]
        return sorted(back["status"] for back in refunds) == ["denied", "paid", "paid"]

    await eventually(all_gone)
    assert (await orders.order(order_id))["status"] == "confirmed", "money moves, the order stays"
    assert refusal(await buyer.post(path, small)) == (403, "role-missing")


async def test_money_that_was_not_asked_for_is_put_aside_reported_and_decided_about(
    orders: Orders,
) -> None:
    sku, buyer = await orders.stocks(5), orders.client("buyer")
    house, ids = orders.client("organiser"), list[tuple[str, str]]()
    for over in (50, -50, 70):
        order_id = await placed(buyer, (sku, 1))
        told = {"payment_id": f"odd-{new_id()[-12:]}", "merchant_order": order_id}
        told |= {"status": "succeeded", "amount": 4800 + over, "currency": "MOP"}
        for _ in range(2):  # the provider may say it twice
            assert (await orders.is_told(told)).status_code == 204
        ids.append((order_id, told["payment_id"]))
    report = (await house.get("/orders/attention")).json()
    needy = {order["order_id"]: order["waits"] for order in report["undecided"]}
    for order_id, payment in ids:
        assert f"somebody to decide about payment {payment}" in [w["on"] for w in needy[order_id]]
        assert (await orders.order(order_id))["status"] == "placed"

    async def decide(number: int, decision: str) -> httpx.Response:
        order_id, payment = ids[number]
        path = f"/orders/{order_id}/payments/{payment}/decision"
        return await house.post(path, {"decision": decision})

    accepted = (await decide(0, "accept")).json()
    assert accepted["status"] == "confirmed"
    assert [(r["reason"], r["amount"]["amount"]) for r in accepted["refunds"]] == [("overpaid", 50)]
    assert [p["amount"]["amount"] for p in accepted["payments"]] == [4850]
    assert refusal(await decide(1, "accept")) == (409, "payment.too-little")
    for number in (1, 2):
        given_back = (await decide(number, "refund")).json()
        assert (given_back["status"], given_back["refunds"][0]["reason"]) == (
            "placed",
            "quarantined",
        )
        assert refusal(await decide(number, "refund")) == (404, "payment.not-quarantined")
    report = (await house.get("/orders/attention")).json()
    assert not {order["order_id"] for order in report["undecided"]} & {order for order, _ in ids}
    assert (await buyer.get("/orders/attention")).status_code == 403


async def test_an_order_that_should_have_moved_on_is_reported_with_what_it_waits_for(
    orders: Orders,
) -> None:
    sku, buyer = await orders.stocks(5), orders.client("buyer")
    order_id = await paid(orders, buyer, (sku, 1))
    house = orders.client("operator")

    async def stuck() -> list[dict[str, Any]]:
        report = (await house.get("/orders/attention")).json()
        return [order for order in report["stuck"] if order["order_id"] == order_id]

    assert await stuck() == []
    long_over = [{"$set": {"due": "$placed.placed_at"}}, {"$set": {"due": _an_hour_before("$due")}}]
    orders.kept["orders"].update_one({"_id": order_id}, long_over)
    [found] = await stuck()
    assert (found["status"], [(w["on"], w["late"]) for w in found["waits"]]) == (
        "confirmed",
        [("the goods to leave", True)],
    )


def _an_hour_before(moment: str) -> dict[str, Any]:
    return {"$dateSubtract": {"startDate": moment, "unit": "hour", "amount": 1}}


async def test_units_paid_back_before_they_left_are_free_or_unfit_and_do_not_leave(
    orders: Orders,
) -> None:
    sku, buyer, house = await orders.stocks(10), orders.client("buyer"), orders.client("operator")
    order_id = await paid(orders, buyer, (sku, 4))
    some = [{"sku": sku, "quantity": 2}]
    back = {"units": some, "damaged": [{"sku": sku, "quantity": 1}], "reason": "broken"}
    given = await house.post(f"/orders/{order_id}/refunds", back)
    assert (given.status_code, given.json()["amount"]["amount"]) == (201, 9_600), given.text
    places = await orders.places(sku)
    assert [places[place] for place in ("free", "sold", "damaged")] == [7, 2, 1]
    assert refusal(await sent(orders, order_id, (sku, 3))) == (422, "parcel.units")
    await delivered(orders, buyer, (sku, 2), order_id=order_id)
    assert (await orders.order(order_id))["cancelled"] == some
    rows = (await buyer.get(f"/orders/{order_id}/timeline")).json()["rows"]
    assert ("part-cancelled", "confirmed", "broken") in [
        (row["what"], row["status"], row["why"]) for row in rows
    ]
    found = (await house.get("/stock/reconciliation")).json()["differences"]
    assert [each for each in found if each["sku"] == sku] == []
    late = await house.post(f"/orders/{order_id}/refunds", back | {"units": some})
    assert refusal(late) == (422, "refund.damaged"), "these have left"


async def test_a_count_is_written_down_by_who_has_seen_how_the_pool_stands_now(
    orders: Orders,
) -> None:
    sku, house = await orders.stocks(10), orders.client("operator")
    seen = (await house.get(f"/stock/{sku}")).headers["etag"]
    path, found = f"/stock/{sku}/corrections", {"units": -2, "reason": "counted on Monday"}
    assert refusal(await house.post(path, found)) == (428, "version-missing")
    await placed(orders.client("buyer"), (sku, 1))
    stale = await house.ask("POST", path, found, If_Match=seen)
    assert stale.status_code == 412
    assert await orders.pool(sku) == (9, 0, 1, 0)

    seen = (await house.get(f"/stock/{sku}")).headers["etag"]
    done = await house.ask("POST", path, found, If_Match=seen)
    assert (done.status_code, done.json()["free"], done.json()["received"]) == (201, 7, 8)
    assert done.headers["etag"] != seen
    lost = {"units": -8, "reason": "counted on Tuesday"}
    no = await house.ask("POST", path, lost, If_Match=done.headers["etag"])
    assert (refusal(no), no.json()["free"]) == ((409, "stock.not-free"), 7)
    merchant = orders.client("merchant", "m", merchant_id="m01")
    assert (await merchant.ask("POST", path, found, If_Match="*")).status_code == 403


async def test_units_are_given_to_a_deal_taken_back_and_found_unfit_for_sale(
    orders: Orders,
) -> None:
    sku, room = await orders.stocks(10), await orders.room()
    deal, house = await orders.deal(sku, room, units=2), orders.client("operator")

    async def move(units: int, source: str, target: str, **of: str) -> httpx.Response:
        wanted = {"units": units, "source": source, "target": target, "reason": "asked for"} | of
        return await house.ask("POST", f"/stock/{sku}/transfers", wanted, If_Match="*")

    async def in_the_deal() -> tuple[int, int]:
        standing = (await house.get(f"/deals/{deal}")).json()
        return standing["units"], standing["left"]

    moved = await move(3, "free", "deal", deal_id=deal)
    assert (moved.status_code, moved.json()["free"], moved.json()["allocated"]) == (201, 5, 5)
    assert await in_the_deal() == (5, 5)
    line = {"sku": sku, "quantity": 2, "deal_id": deal}
    basket = {"festival_id": FESTIVAL, "session_id": room, "lines": [line]}
    assert (await orders.client("buyer").post("/orders", basket)).status_code == 201
    assert refusal(await move(4, "deal", "free", deal_id=deal)) == (409, "stock.not-there")
    assert (await move(3, "deal", "free", deal_id=deal)).status_code == 201
    assert await in_the_deal() == (2, 0)
    assert await orders.pool(sku) == (8, 0, 2, 0)

    unfit = await move(2, "free", "damaged")
    assert (unfit.json()["free"], unfit.json()["damaged"]) == (6, 2)
    assert (await move(1, "damaged", "free")).json()["damaged"] == 1
    assert refusal(await move(2, "damaged", "free")) == (409, "stock.not-there")
    for way in (("free", "free"), ("damaged", "deal"), ("free", "deal")):
        assert refusal(await move(1, *way)) == (422, "stock.no-way")
    unknown = await move(1, "free", "deal", deal_id="nothing")
    assert refusal(unknown) == (404, "deal.unknown")


async def test_what_was_bought_in_a_room_says_of_which_pin_it_came(orders: Orders) -> None:
    sku, room = await orders.stocks(5, channel="live"), await orders.room()
    buyer = orders.client("buyer")
    bought = await buyer.post("/orders", wish(sku, session_id=room, device="phone"))
    came = bought.json()["attribution"]
    assert (came["rule"], came["session_id"], came["device"]) == ("shelf", room, "phone")
    rows = (await buyer.get(f"/orders/{bought.json()['order_id']}/timeline")).json()["rows"]
    assert rows[0]["why"] == f"session {room} (shelf)"


async def test_a_merchant_sees_nothing_of_its_buyer_and_of_other_merchants_goods(
    orders: Orders,
) -> None:
    bread, wine = await orders.stocks(9, merchant="m21"), await orders.stocks(9, merchant="m22")
    buyer = orders.client("buyer")
    wanted = [{"sku": bread, "quantity": 1}]
    basket = wish(wine, device="phone-7")
    basket["lines"] += wanted
    order_id = (await buyer.post("/orders", basket)).json()["order_id"]
    path = f"/orders/{order_id}"
    begun = await buyer.post(f"{path}/payments")
    await orders.pays(begun.json()["payment_id"], outcome="succeed")
    await stands(orders, order_id, "confirmed")
    await delivered(orders, buyer, (bread, 1), (wine, 1), order_id=order_id)
    back = {"units": wanted, "reason": "it made me ill"}
    assert (await buyer.post(f"{path}/returns", back)).status_code == 201
    money = {"amount": {"amount": 100, "currency": "MOP"}, "reason": "goodwill"}
    given = await orders.client("operator").post(f"{path}/refunds", money)
    assert given.status_code == 201

    merchant = orders.client("merchant", "m", merchant_id="m22")
    mine, story = (await merchant.get(path)).json(), (await merchant.get(f"{path}/timeline")).json()
    [parcel] = mine["parcels"]
    assert [each["sku"] for each in parcel["units"]] == [wine]
    assert (mine["returns"], mine["refunds"], mine["payments"]) == ([], [], [])
    assert mine["attribution"]["device"] is None
    whats = [row["what"] for row in story["rows"]]
    assert whats == ["placed", "confirmed", "shipped", "delivered", "return-requested"]
    for secret in ("made me ill", "goodwill", "phone-7", bread, given.json()["payment_id"]):
        assert secret not in str([mine, story]), secret
    whole = (await buyer.get(f"{path}/timeline")).json()
    assert "it made me ill" in str(whole)

"""Trade through orders' doors: coupons, other currencies, compared prices, what adds up."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from shared.events.catalog import StockDelivered
from shared.events.livestream import DealRequested
from shared.events.money import Money
from tests.services.orders.conftest import FESTIVAL, Orders, wish
from tests.support.eventually import eventually
from tests.support.serving import Client


def code(answer: Any) -> str:
    return answer.json()["type"].rpartition(":")[2]


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def terms(**more: Any) -> dict[str, Any]:
    """Ten off for everybody, twenty times."""
    now = datetime.now(UTC)
    return {
        "festival_id": FESTIVAL,
        "scope": "shop",
        "funded_by": "platform",
        "currency": "MOP",
        "minus": 1000,
        "total": 20,
        "per_buyer": 5,
        "valid_from": (now - timedelta(hours=1)).isoformat(),
        "valid_until": (now + timedelta(hours=1)).isoformat(),
        **more,
    }


async def coupon(orders: Orders, by: Client | None = None, **more: Any) -> str:
    """A coupon that is issued."""
    coupon_id = f"c-{uuid4().hex[:8]}"
    issuer = by or orders.client("organiser")
    answer = await issuer.put(f"/coupons/{coupon_id}", terms(**more))
    assert answer.status_code == 200, answer.text
    return coupon_id


async def left(orders: Orders, coupon_id: str) -> int:
    return (await orders.client("buyer").get(f"/coupons/{coupon_id}")).json()["left"]


async def pays(orders: Orders, buyer: Client, order_id: str) -> None:
    begun = (await buyer.post(f"/orders/{order_id}/payments")).json()
    await orders.pays(begun["payment_id"], outcome="succeed")
    confirmed = {"_id": order_id, "status": "confirmed"}
    await eventually(lambda: orders.kept["orders"].find_one(confirmed))


async def test_a_coupon_lowers_what_is_paid_and_is_given_back_when_the_order_is_cancelled(
    orders: Orders,
) -> None:
    sku, ten_off = await orders.stocks(5, price=4800), await coupon(orders)
    buyer = orders.client("buyer")
    order = (await buyer.post("/orders", wish(sku, 2, coupons=[ten_off]))).json()
    assert order["total"] == {"amount": 8600, "currency": "MOP"}
    [off] = order["lines"][0]["discounts"]
    assert (off["coupon_id"], off["amount"]["amount"]) == (ten_off, 1000)
    assert await left(orders, ten_off) == 19
    await buyer.post(f"/orders/{order['order_id']}/cancellation")
    assert await left(orders, ten_off) == 20


async def test_the_last_coupon_is_used_once_however_many_want_it(orders: Orders) -> None:
    sku, last = await orders.stocks(20), await coupon(orders, total=1)
    buyers = [orders.client("buyer") for _ in range(6)]
    answers = await asyncio.gather(
        *(buyer.post("/orders", wish(sku, coupons=[last])) for buyer in buyers)
    )
    assert sorted(answer.status_code for answer in answers) == [201, *[409] * 5]
    assert {code(answer) for answer in answers if answer.is_error} == {"coupon.sold-out"}
    assert await left(orders, last) == 0
    assert (await orders.pool(sku))[2] == 1, "who got no coupon holds no units"


async def test_a_product_coupon_comes_before_the_shop_coupon(orders: Orders) -> None:
    sku = await orders.stocks(5, price=10_000)
    shop = await coupon(orders, minus=1000, from_amount=8500)
    product = await coupon(
        orders, scope="product", merchant_id="m01", skus=[sku], minus=None, pay_percent=85
    )
    order = (
        await orders.client("buyer").post("/orders", wish(sku, coupons=[shop, product]))
    ).json()
    assert order["total"]["amount"] == 7500
    two = await orders.client("buyer").post(
        "/orders", wish(sku, coupons=[shop, await coupon(orders)])
    )
    assert (two.status_code, code(two)) == (422, "coupon.stack")


async def test_a_merchant_issues_its_own_coupons_at_its_own_cost(orders: Orders) -> None:
    merchant = orders.client("merchant", "m", merchant_id="m07")
    for more in ({}, {"funded_by": "merchant", "merchant_id": "m01"}):
        no = await merchant.put(f"/coupons/c-{uuid4().hex[:8]}", terms(**more))
        assert (no.status_code, code(no)) == (403, "coupon.not-yours")
    own = await coupon(orders, merchant, funded_by="merchant", merchant_id="m07")
    assert (await merchant.ask("DELETE", f"/coupons/{own}")).status_code == 204
    no = await orders.client("buyer").post(
        "/orders", wish(await orders.stocks(1, merchant="m07"), coupons=[own])
    )
    assert (no.status_code, code(no)) == (409, "coupon.over")


async def test_days_of_a_coupon_count_from_when_a_buyer_claims_it(orders: Orders) -> None:
    sku, days = await orders.stocks(5), await coupon(orders, days_from_claim=3)
    buyer = orders.client("buyer")
    no = await buyer.post("/orders", wish(sku, coupons=[days]))
    assert (no.status_code, code(no)) == (409, "coupon.unclaimed")
    assert (await buyer.post(f"/coupons/{days}/claims")).status_code == 204
    assert (await buyer.post("/orders", wish(sku, coupons=[days]))).status_code == 201


async def held(buyer: Client, *ids: str) -> list[dict[str, Any]]:
    """What a buyer has claimed, of those coupons."""
    answer = await buyer.get(f"/coupon-claims?festival_id={FESTIVAL}")
    assert answer.status_code == 200, answer.text
    claims = {each["coupon_id"]: each for each in answer.json()["items"]}
    return [claims[coupon_id] for coupon_id in ids if coupon_id in claims]


async def test_a_buyer_finds_what_they_claimed_and_how_it_stands_and_nobody_else_does(
    orders: Orders,
) -> None:
    sku, buyer = await orders.stocks(5, price=4800), orders.client("buyer", f"b-{uuid4().hex[:8]}")
    fixed = await coupon(orders, per_buyer=1, total=2)
    days = await coupon(orders, days_from_claim=3)
    for coupon_id in (fixed, days, fixed):
        assert (await buyer.post(f"/coupons/{coupon_id}/claims")).status_code == 204
    assert await left(orders, fixed) == 2, "a claim reserves nothing, and twice is once"
    mine, with_days = await held(buyer, fixed, days)
    assert (mine["state"], mine["used"], mine["left"]) == ("usable", 0, 1)
    assert instant(mine["until"]) == instant(mine["terms"]["valid_until"])
    assert (with_days["state"], with_days["used"], with_days["left"]) == ("usable", 0, 5)
    claimed = instant(with_days["claimed_at"])
    assert instant(with_days["until"]) - claimed == timedelta(days=3)
    other = orders.client("buyer", f"b-{uuid4().hex[:8]}")
    assert await held(other, fixed, days) == []

    order = (await buyer.post("/orders", wish(sku, coupons=[fixed]))).json()
    [mine] = await held(buyer, fixed)
    assert (mine["state"], mine["used"], mine["left"]) == ("used", 1, 0)
    assert await left(orders, fixed) == 1, "the order counts, and the claim does not"
    await buyer.post(f"/orders/{order['order_id']}/cancellation")
    [mine] = await held(buyer, fixed)
    assert (mine["state"], mine["used"], mine["left"]) == ("usable", 0, 1)
    organiser = orders.client("organiser")
    assert (await organiser.ask("DELETE", f"/coupons/{fixed}")).status_code == 204
    [mine] = await held(buyer, fixed)
    assert mine["state"] == "withdrawn"
    no = await other.post(f"/coupons/{fixed}/claims")
    assert (no.status_code, code(no)) == (409, "coupon.over")
    for reader in (organiser, orders.client("merchant", merchant_id="m01")):
        theirs = await reader.get(f"/coupon-claims?festival_id={FESTIVAL}")
        assert theirs.status_code == 403


async def test_claims_come_page_by_page(orders: Orders) -> None:
    buyer = orders.client("buyer", f"b-{uuid4().hex[:8]}")
    ids = sorted([await coupon(orders) for _ in range(3)])
    for coupon_id in ids:
        await buyer.post(f"/coupons/{coupon_id}/claims")
    seen: list[str] = []
    cursor = ""
    for _ in range(2):
        asked = f"/coupon-claims?festival_id={FESTIVAL}&limit=2{cursor}"
        page = (await buyer.get(asked)).json()
        seen += [each["coupon_id"] for each in page["items"]]
        cursor = f"&cursor={page['next']}"
    assert (seen, page["next"]) == (ids, None)


async def test_an_order_is_paid_in_another_currency_at_a_rate_that_stays_with_it(
    orders: Orders,
) -> None:
    sku, buyer = await orders.stocks(5, price=6800), orders.client("buyer")
    operator = orders.client("operator")
    said = {"rate": "0.8950", "source": "test", "as_of": datetime.now(UTC).isoformat()}
    assert (await operator.put("/rates/MOP/CNY", said)).status_code == 200
    order = (await buyer.post("/orders", wish(sku, 2, currency="CNY"))).json()
    assert order["total"] == {"amount": 2 * 6086, "currency": "CNY"}
    assert order["rate"]["rates"][0]["rate"] == "0.8950"
    later = said | {"rate": "0.9000", "as_of": datetime.now(UTC).isoformat()}
    assert (await operator.put("/rates/MOP/CNY", later)).status_code == 200
    await pays(orders, buyer, order["order_id"])
    hkd = (await buyer.post("/orders", wish(sku, currency="HKD"))).json()
    assert hkd["total"] == {"amount": 6602, "currency": "HKD"}, "68.00 / 1.03, half-up"


async def test_a_price_is_compared_with_what_was_really_paid_in_the_same_venue(
    orders: Orders,
) -> None:
    sku, buyer = await orders.stocks(9, price=6000, channel="live"), orders.client("buyer")
    room = await orders.room()

    async def told(compared: int) -> dict[str, Any]:
        deal_id = f"d-{uuid4().hex[:8]}"
        asked = DealRequested(
            deal_id=deal_id,
            session_id=room,
            sku=sku,
            festival_id=FESTIVAL,
            units=1,
            price=Money(amount=5000, currency="MOP"),
            per_buyer=1,
            seconds=60,
            compared_price=Money(amount=compared, currency="MOP"),
        )
        await orders.hears(asked)
        return await eventually(lambda: orders.kept["deals"].find_one({"_id": deal_id}))

    assert (await told(6000))["status"] == "refused", "it was never sold here"
    order = (await buyer.post("/orders", wish(sku, session_id=room))).json()
    await pays(orders, buyer, order["order_id"])
    asked = f"/prices/{sku}/compared?festival_id={FESTIVAL}&channel=live&currency=MOP"
    merchant = orders.client("merchant", merchant_id="m01")
    assert (await merchant.get(asked)).json() == {"highest": {"amount": 6000, "currency": "MOP"}}
    assert (await told(6001))["status"] == "refused"
    assert (await told(6000))["status"] == "funded"


async def test_the_pool_agrees_with_all_that_moved_it_and_what_does_not_is_named(
    orders: Orders,
) -> None:
    sku, buyer = await orders.stocks(20), orders.client("buyer")
    operator = orders.client("operator")
    room = await orders.room()
    await orders.deal(sku, room, units=3)
    await buyer.post("/orders", wish(sku, 2))
    order = (await buyer.post("/orders", wish(sku, 4))).json()
    await pays(orders, buyer, order["order_id"])
    await orders.client("cashier").post("/booths/b1/sales", wish(sku))
    sent = {"units": [{"sku": sku, "quantity": 3}], "carrier": "SF", "waybill": "w"}
    assert (await operator.post(f"/orders/{order['order_id']}/parcels", sent)).status_code == 201
    tag = (await operator.get(f"/stock/{sku}")).headers["etag"]
    broken = {"units": 1, "source": "free", "target": "damaged", "reason": "dropped"}
    moved = await operator.ask("POST", f"/stock/{sku}/transfers", broken, If_Match=tag)
    assert moved.status_code == 201, moved.text
    lost = {"units": -1, "reason": "counted"}
    tag = moved.headers["etag"]
    assert (
        await operator.ask("POST", f"/stock/{sku}/corrections", lost, If_Match=tag)
    ).status_code == 201

    async def differing() -> list[dict[str, Any]]:
        found = (await operator.get("/stock/reconciliation")).json()
        return [each for each in found["differences"] if each["sku"] == sku]

    stock = (await operator.get(f"/stock/{sku}")).json()
    places = ("received", "free", "allocated", "held", "sold", "shipped", "damaged")
    assert [stock[place] for place in places] == [19, 8, 3, 2, 1, 4, 1]
    assert await differing() == []
    orders.kept["stock"].update_one({"_id": sku}, {"$inc": {"free": 1, "held": -1}})
    assert {(each["place"], each["pool"] - each["rows"]) for each in await differing()} == {
        ("free", 1),
        ("held", -1),
    }
    orders.kept["stock"].update_one({"_id": sku}, {"$inc": {"free": -1, "held": 1}})


@pytest.mark.parametrize(
    ("source", "target", "more"),
    [("free", "free", {}), ("deal", "damaged", {"deal_id": "d"}), ("free", "deal", {})],
)
async def test_units_do_not_go_just_any_way(
    orders: Orders, source: str, target: str, more: dict[str, Any]
) -> None:
    sku, operator = await orders.stocks(2), orders.client("operator")
    asked = {"units": 1, "source": source, "target": target, "reason": "r", **more}
    no = await operator.ask("POST", f"/stock/{sku}/transfers", asked, If_Match="*")
    assert (no.status_code, code(no)) == (422, "stock.no-way")


async def test_a_deal_is_given_units_of_its_own_product_alone(orders: Orders) -> None:
    other, sku, operator = (
        await orders.stocks(5),
        await orders.stocks(5),
        orders.client("operator"),
    )
    deal = await orders.deal(sku, await orders.room(), units=2)
    asked = {"units": 1, "source": "free", "target": "deal", "deal_id": deal, "reason": "r"}
    no = await operator.ask("POST", f"/stock/{other}/transfers", asked, If_Match="*")
    assert (no.status_code, code(no)) == (404, "deal.unknown")
    assert (await orders.pool(other), await orders.pool(sku)) == ((5, 0, 0, 0), (3, 2, 0, 0))


async def test_deliveries_whose_names_read_alike_once_they_are_joined_are_told_apart(
    orders: Orders,
) -> None:
    sku = f"sku-{uuid4().hex[:8]}"
    for which, intake in ((sku, "a:b"), (f"{sku}:a", "b")):
        said = StockDelivered(sku=which, intake_id=intake, merchant_id="m01", units=3)
        await orders.hears(said)
    found = {"sku": {"$in": [sku, f"{sku}:a"]}, "received": 3}
    await eventually(lambda: orders.kept["movements"].count_documents(found) == 2)

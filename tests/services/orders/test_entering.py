"""A wish that enters the mainland, through the doors: for whom, in how many orders, within what."""

from datetime import UTC, datetime, timedelta
from typing import Any

from shared.events.catalog import Description, ProductState
from tests.services.orders.conftest import FESTIVAL, TITLES, Orders
from tests.services.orders.test_real_names import number, registered
from tests.services.orders.test_trade import code, coupon, left
from tests.support.eventually import eventually
from tests.support.serving import Client

COOKIES, SALT = "190531", "250100"
"""Salt is not on the positive list: it enters by general trade alone."""


async def goods(orders: Orders, hs_code: str) -> str:
    """Five units of something of which customs can be told what it is."""
    sku = await orders.stocks(5, price=6800)
    said = Description(
        merchant_id="m01",
        names=TITLES,
        category="food",
        hs_code=hs_code,
        origin="MO",
        net_content="200 g",
        weight_g=250,
    )
    await orders.hears(ProductState(sku=sku, product=said))
    await eventually(lambda: orders.kept["products"].find_one({"_id": sku}))
    return sku


async def rated(orders: Orders) -> None:
    """What a pataca costs is known."""
    as_of = datetime.now(UTC) - timedelta(seconds=1)
    said = {"rate": "0.8950", "source": "test", "as_of": as_of.isoformat()}
    answer = await orders.client("operator").put("/rates/MOP/CNY", said)
    assert answer.status_code == 200 or code(answer) == "rate.older", answer.text


async def receives(buyer: Client) -> str:
    """Where a buyer's goods are to go."""
    told = {"name": "李明", "phone": "+8613800138000", "address": "北京市朝阳区一号"}
    answer = await buyer.post("/consignees", told)
    assert answer.status_code == 201, answer.text
    return answer.json()["consignee_token"]


async def wish(buyer: Client, person: str, *skus: str, **more: Any) -> dict[str, Any]:
    return {
        "festival_id": FESTIVAL,
        "lines": [{"sku": sku, "quantity": 1} for sku in skus],
        "entry": {"person": person, "consignee": await receives(buyer), "general_trade": True},
        **more,
    }


def year(orders: Orders, person: str) -> dict[str, int]:
    """What each order of a person takes of their year."""
    known = orders.kept["quotas"].find_one({"_id": {"$regex": f"^{person}/"}})
    return {order: entry["amount"] for order, entry in known["orders"].items()} if known else {}


async def test_goods_of_two_ways_are_two_orders_and_what_is_cancelled_gives_the_year_back(
    orders: Orders,
) -> None:
    await rated(orders)
    cookies, salt = await goods(orders, COOKIES), await goods(orders, SALT)
    buyer = orders.client("buyer")
    person = await registered(buyer, number())
    answer = await buyer.post("/orders", await wish(buyer, person, cookies, salt))
    assert answer.status_code == 201, answer.text
    by_way = {it["entry"]["duty"]["channel"]: it for it in answer.json()["orders"]}
    assert by_way.keys() == {"CBEC_DIRECT_9610", "GENERAL_TRADE_0110"}
    cross = by_way["CBEC_DIRECT_9610"]
    assert [line["sku"] for line in cross["lines"]] == [cookies]
    assert year(orders, person) == {cross["order_id"]: 6086}
    for order in by_way.values():
        assert (await buyer.post(f"/orders/{order['order_id']}/cancellation")).status_code == 200
    assert year(orders, person) == {}
    for sku in (cookies, salt):
        assert await orders.pool(sku) == (5, 0, 0, 0)


async def test_a_coupon_that_one_more_order_may_use_is_not_used_by_a_wish_of_two(
    orders: Orders,
) -> None:
    await rated(orders)
    cookies, salt = await goods(orders, COOKIES), await goods(orders, SALT)
    buyer = orders.client("buyer")
    person = await registered(buyer, number())
    one = await coupon(orders, currency="CNY", total=1)
    two = await coupon(orders, currency="CNY", total=2)
    no = await buyer.post("/orders", await wish(buyer, person, cookies, salt, coupons=[one]))
    assert (no.status_code, code(no)) == (409, "coupon.sold-out")
    assert (await orders.pool(salt), await left(orders, one)) == ((5, 0, 0, 0), 1)
    assert (
        await buyer.post("/orders", await wish(buyer, person, cookies, coupons=[one]))
    ).status_code == 201
    split = await buyer.post("/orders", await wish(buyer, person, cookies, salt, coupons=[two]))
    assert len(split.json()["orders"]) == 2
    assert await left(orders, two) == 0


async def test_nobody_buys_on_the_year_of_a_person_they_are_not(orders: Orders) -> None:
    await rated(orders)
    cookies = await goods(orders, COOKIES)
    person = await registered(orders.client("buyer"), number())
    stranger = orders.client("buyer")
    no = await stranger.post("/orders", await wish(stranger, person, cookies))
    assert (no.status_code, code(no)) == (404, "person.unknown")
    assert (year(orders, person), await orders.pool(cookies)) == ({}, (5, 0, 0, 0))

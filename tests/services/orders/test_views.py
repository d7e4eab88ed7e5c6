"""Who sees what: orders by those they concern, deals once they are shown."""

from shared.events.livestream import DealClosed
from tests.services.orders.conftest import Orders, wish
from tests.support.eventually import eventually


async def test_who_buys_and_sells_sees_their_own_orders_whole_and_of_others_their_lines(
    orders: Orders,
) -> None:
    bread, wine = await orders.stocks(9, merchant="m11"), await orders.stocks(9, merchant="m12")
    both = orders.client("buyer", "vera", roles=["buyer", "merchant"], merchant_id="m11")
    bought = (await both.post("/orders", wish(wine))).json()["order_id"]
    basket = wish(bread)
    basket["lines"].append({"sku": wine, "quantity": 1})
    sold = (await orders.client("buyer", "ines").post("/orders", basket)).json()["order_id"]
    await orders.client("buyer").post("/orders", wish(wine))

    first = (await both.get("/orders?limit=1")).json()
    second = (await both.get(f"/orders?limit=1&cursor={first['next']}")).json()
    assert second["next"] is None
    [mine], [theirs] = first["items"], second["items"]
    assert (mine["order_id"], mine["buyer_id"], len(mine["lines"])) == (bought, "vera", 1)
    assert mine["total"]["amount"] == 4800
    assert (theirs["order_id"], theirs["buyer_id"], theirs["total"]) == (sold, None, None)
    assert [line["sku"] for line in theirs["lines"]] == [bread]
    for order, merchant in ((mine, "m12"), (theirs, "m11")):
        page = (await both.get(f"/orders/{order['order_id']}")).json()
        assert [one["merchant_id"] for one in page.pop("sellers")] == [merchant]
        assert page == order


async def test_a_deal_that_was_never_shown_is_seen_by_those_who_run_its_room(
    orders: Orders,
) -> None:
    sku, room = await orders.stocks(9), await orders.room(host="host-mei")
    deal = await orders.deal(sku, room, units=2, shown=False)
    strangers = [
        orders.client("buyer"),
        orders.client("host", "host-rui"),
        orders.client("merchant", "m", merchant_id="m01"),
    ]
    insiders = [orders.client("host", "host-mei"), *map(orders.client, ("organiser", "operator"))]
    path = f"/deals/{deal}"
    for stranger in strangers:
        no = await stranger.get(path)
        assert no.status_code == 404
        nothing = (await stranger.get("/deals/nothing")).json()
        assert no.json() | {"instance": ""} == nothing | {"instance": ""}
    for insider in insiders:
        assert (await insider.get(path)).json()["status"] == "funded"
    await orders.hears(DealClosed(deal_id=deal, session_id=room, sku=sku, reason="session"))
    await eventually(lambda: orders.kept["deals"].find_one({"_id": deal, "status": "settled"}))
    assert (await strangers[0].get(path)).status_code == 404


async def test_a_deal_that_was_shown_is_seen_by_everybody(orders: Orders) -> None:
    sku, room = await orders.stocks(9), await orders.room()
    deal = await orders.deal(sku, room, units=2)
    answer = await orders.client("buyer").get(f"/deals/{deal}")
    assert (answer.json()["status"], answer.json()["left"]) == ("shown", 2)

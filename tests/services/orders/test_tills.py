"""Tills on the real stack: shared stock, lost answers, late news, and cash that is counted."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import uuid4

import httpx
import pytest

from shared.events.catalog import Description, MerchantRegistered, ProductState
from shared.events.text import Text
from tests.services.orders.conftest import FESTIVAL, Orders, opened, wish
from tests.support.eventually import eventually
from tests.support.serving import Client


def mop(amount: int) -> dict[str, Any]:
    return {"amount": amount, "currency": "MOP"}


@dataclass
class Till:
    """A till with a shift, and the device at it."""

    id: str
    cashier: Client
    fence: int

    def __post_init__(self) -> None:
        self._names = count()

    async def leases(self, sku: str, units: int, **how: Any) -> dict[str, Any]:
        answer = await self.cashier.post(
            f"/tills/{self.id}/leases", {"sku": sku, "units": units, **how}
        )
        assert answer.status_code == 201, answer.text
        self.fence = answer.json()["fence"]
        return answer.json()

    def sale(self, sku: str, units: int = 1, price: int = 4_800, **told: Any) -> dict[str, Any]:
        """Something the device sold; nobody is told yet."""
        return {
            "sale_id": f"s{next(self._names)}",
            "fence": self.fence,
            "lines": [{"sku": sku, "quantity": units, "unit_price": mop(price)}],
            "sold_at": datetime.now(UTC).isoformat(),
            "tendered": mop(units * price + 5),
            **told,
        }

    async def tells(self, *sales: dict[str, Any]) -> list[dict[str, Any]]:
        answer = await self.cashier.post(f"/tills/{self.id}/sales", list(sales))
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def stands(self) -> dict[str, Any]:
        return (await self.cashier.get(f"/tills/{self.id}")).json()


async def opens(orders: Orders, till_id: str = "", cashier: str = "") -> Till:
    """A till whose shift begins now with 500.00 in the drawer."""
    till_id = till_id or f"till-{uuid4().hex[:8]}"
    client = orders.client("cashier", cashier)
    answer = await client.post(f"/tills/{till_id}/shifts", shift())
    assert answer.status_code == 201, answer.text
    return Till(till_id, client, answer.json()["fence"])


def shift(float_: int = 50_000) -> dict[str, Any]:
    return {
        "festival_id": FESTIVAL,
        "booth_id": "b7",
        "device": "pad-1",
        "opening_float": mop(float_),
    }


@pytest.fixture(scope="module")
async def brisk(stack: dict[str, Any], token: Callable[..., str]) -> AsyncIterator[Orders]:
    """Orders that takes leases back as soon as they are over."""
    async with opened(stack, token, hold_seconds=600, lease_grace_seconds=0) as orders:
        yield orders


async def leased(orders: Orders, sku: str) -> tuple[int, int, int]:
    """free, leased, shipped."""
    pool = (await orders.client("operator").get(f"/stock/{sku}")).json()
    return pool["free"], pool["leased"], pool["shipped"]


async def test_two_tills_and_live_buyers_never_sell_the_same_unit(orders: Orders) -> None:
    sku = await orders.stocks(30)
    first, second = await opens(orders), await opens(orders)
    await first.leases(sku, 8)
    await second.leases(sku, 7)
    buyers = [orders.client("buyer") for _ in range(4)]

    async def buys(buyer: Client) -> int:
        return (await buyer.post("/orders", wish(sku))).status_code

    async def sells(till: Till, sales: list[dict[str, Any]]) -> int:
        return sum([told["status"] == "sold" for told in await till.tells(*sales)])

    bought = asyncio.gather(*(buys(buyer) for buyer in buyers for _ in range(6)))
    sold = asyncio.gather(
        *(
            sells(till, [till.sale(sku) for _ in range(6)])
            for till in (first, second)
            for _ in range(3)
        )
    )
    held, over_the_counter = Counter(await bought)[201], sum(await sold)
    assert held + over_the_counter == 30
    assert over_the_counter >= 15
    assert await leased(orders, sku) == (0, 0, over_the_counter)


async def test_a_batch_told_again_in_other_groupings_by_many_at_once_sells_once(
    orders: Orders,
) -> None:
    sku = await orders.stocks(40)
    till = await opens(orders)
    await till.leases(sku, 20)
    sales = [till.sale(sku, 1 + n % 3) for n in range(12)]
    units = sum(sale["lines"][0]["quantity"] for sale in sales)

    async def tells(seed: int) -> dict[str, dict[str, Any]]:
        """All sales, some of them twice, cut into batches of one's own."""
        shuffled = random.Random(seed).sample(sales * 2, len(sales) * 2)
        size = 3 + seed
        told: dict[str, dict[str, Any]] = {}
        for start in range(0, len(shuffled), size):
            for answer in await till.tells(*shuffled[start : start + size]):
                assert told.setdefault(answer["sale_id"], answer) == answer
        return told

    first, *others = await asyncio.gather(*(tells(seed) for seed in range(5)))
    assert all(other == first for other in others)
    assert {told["status"] for told in first.values()} == {"sold"}
    assert len({told["order_id"] for told in first.values()}) == len(sales)
    assert len({told["receipt"] for told in first.values()}) == len(sales)
    assert await leased(orders, sku) == (40 - max(20, units), max(0, 20 - units), units)
    stands = await till.stands()
    assert (stands["sales"], stands["expected"]) == (12, mop(50_000 + units * 4_800))


async def test_another_sale_under_the_same_id_is_refused(orders: Orders) -> None:
    sku, till = await orders.stocks(5), await opens(orders)
    sale = till.sale(sku)
    await till.tells(sale)
    [told] = await till.tells(sale | {"tendered": mop(10_000)})
    assert (told["status"], told["code"]) == ("refused", "idempotency.key-reused")
    assert await leased(orders, sku) == (4, 0, 1)


async def test_a_refused_sale_names_every_failing_line_and_stays_refused(orders: Orders) -> None:
    few, none, till = await orders.stocks(2), await orders.stocks(1), await opens(orders)
    lines = [
        {"sku": few, "quantity": 3, "unit_price": mop(4_800)},
        {"sku": none, "quantity": 1, "unit_price": mop(4_700)},
    ]
    sale = till.sale(few, lines=lines, tendered=mop(30_000))
    [told] = await till.tells(sale)
    assert (told["status"], told["code"]) == ("refused", "sale.lines")
    assert told["lines"] == [
        {"sku": few, "reason": "stock.sold-out", "wanted": 3, "there": 2},
        {
            "sku": none,
            "reason": "sale.price",
            "wanted": 1,
            "charged": mop(4_700),
            "listed": mop(4_800),
        },
    ]
    await orders.lists(none, 4_700, "booth")
    price = {"_id": f"{FESTIVAL}/{none}/booth", f"offers.{none}-booth.price.amount": 4_700}
    await eventually(lambda: orders.kept["shelves"].find_one(price))
    assert await till.tells(sale) == [told]
    assert await leased(orders, few) == (2, 0, 0)


async def test_a_lease_that_is_over_is_free_again_within_seconds(brisk: Orders) -> None:
    sku, till = await brisk.stocks(10), await opens(brisk)
    granted = await till.leases(sku, 6, seconds=1)
    [told] = await till.tells(till.sale(sku, 2))
    assert told["status"] == "sold"

    async def ended() -> bool:
        return await leased(brisk, sku) == (8, 0, 2)

    await eventually(ended)
    late = datetime.now(UTC) - datetime.fromisoformat(granted["expires_at"])
    assert late < timedelta(seconds=5)
    assert (await till.stands())["leases"] == []


async def test_what_was_sold_offline_is_booked_late_from_what_is_free_or_not_at_all(
    brisk: Orders,
) -> None:
    sku, till = await brisk.stocks(6), await opens(brisk)
    await till.leases(sku, 5, seconds=1)
    offline = [till.sale(sku, 3), till.sale(sku, 2)]

    async def ended() -> bool:
        return (await till.stands())["leases"] == []

    await eventually(ended)
    assert (await brisk.client("buyer").post("/orders", wish(sku, 3))).status_code == 201
    told = await till.tells(*offline)
    assert [answer["status"] for answer in told] == ["sold", "refused"]
    assert told[1]["lines"] == [{"sku": sku, "reason": "stock.sold-out", "wanted": 2, "there": 0}]
    assert await leased(brisk, sku) == (0, 0, 3)


async def test_a_lease_that_is_over_but_not_ended_sells_what_was_sold_offline(
    orders: Orders,
) -> None:
    sku, till = await orders.stocks(5), await opens(orders)
    granted = await till.leases(sku, 5, seconds=1)
    sale = till.sale(sku, 4)
    over = datetime.fromisoformat(granted["expires_at"])
    await eventually(lambda: datetime.now(UTC) > over)
    assert (await orders.client("buyer").post("/orders", wish(sku))).status_code == 409
    [told] = await till.tells(sale)
    assert (told["status"], await leased(orders, sku)) == ("sold", (0, 1, 4))


async def test_a_foreign_cashier_does_nothing_at_a_till_and_does_not_see_it(
    orders: Orders,
) -> None:
    sku, till = await orders.stocks(5), await opens(orders)
    lease = await till.leases(sku, 2)
    eva, place = orders.client("cashier"), f"/tills/{till.id}"
    answers = [
        await eva.post(f"{place}/sales", [till.sale(sku)]),
        await eva.post(f"{place}/leases", {"sku": sku, "units": 1}),
        await eva.ask("DELETE", f"{place}/leases/{lease['lease_id']}"),
        await eva.post(f"{place}/closing", {"counted": mop(0)}),
    ]
    assert [answer.status_code for answer in answers] == [403] * 4
    assert (await eva.get(place)).status_code == 404
    assert (await eva.post(f"{place}/shifts", shift())).status_code == 409
    assert (await orders.client("organiser").get(place)).json()["open"]
    assert (await leased(orders, sku))[1] == 2


async def test_a_cashier_has_one_till(orders: Orders) -> None:
    till = await opens(orders, cashier="rui-at-one")
    other = await till.cashier.post("/tills/another/shifts", shift())
    assert (other.status_code, other.json()["till_id"]) == (409, till.id)
    await till.cashier.post(f"/tills/{till.id}/closing", {"counted": mop(50_000)})
    again = await till.cashier.post("/tills/another/shifts", shift())
    assert again.status_code == 201


async def test_closing_frees_every_lease_and_tells_the_difference(orders: Orders) -> None:
    tarts, wine, till = await orders.stocks(9), await orders.stocks(4), await opens(orders)
    await till.leases(tarts, 5)
    await till.leases(wine, 3)
    await till.tells(till.sale(tarts, 2), till.sale(wine))
    closing, key = f"/tills/{till.id}/closing", f"close-{till.id}"
    counted = {"counted": mop(50_000 + 3 * 4_800 - 250)}
    answer = await till.cashier.post(closing, counted, key=key)
    assert answer.status_code == 200, answer.text
    closed = answer.json()
    assert (closed["difference"], closed["shift"]["expected"]) == (-250, mop(64_400))
    assert {lease["sku"]: lease["returned"] for lease in closed["leases"]} == {tarts: 3, wine: 2}
    assert (await till.cashier.post(closing, counted, key=key)).json() == closed
    assert await leased(orders, tarts) == (7, 0, 2)
    [told] = await till.tells(till.sale(tarts))
    assert (told["status"], told["code"]) == ("refused", "till.closed")
    stands = await till.stands()
    assert (stands["open"], stands["difference"]) == (False, -250)


async def test_a_lease_is_given_back_once_however_often_it_is_asked(orders: Orders) -> None:
    sku, till = await orders.stocks(5), await opens(orders)
    place = f"/tills/{till.id}/leases/{(await till.leases(sku, 4))['lease_id']}"
    first = await till.cashier.ask("DELETE", place, key=f"back-{till.id}")
    again = await till.cashier.ask("DELETE", place, key=f"back-{till.id}")
    assert (first.status_code, first.json()) == (200, again.json())
    assert (await till.cashier.ask("DELETE", place)).status_code == 404
    assert await leased(orders, sku) == (5, 0, 0)


async def test_cash_goes_back_out_of_the_till_it_came_into(orders: Orders) -> None:
    sku, till = await orders.stocks(5, price=1_235), await opens(orders)
    [told] = await till.tells(till.sale(sku, price=1_235))
    assert (await till.stands())["expected"] == mop(51_240)
    refunds = f"/orders/{told['order_id']}/refunds"
    wanted = {"reason": "torn", "amount": mop(1_235)}
    back = await orders.client("organiser").post(refunds, wanted)
    assert (back.status_code, back.json()["status"]) == (201, "paid"), back.text
    assert (await till.stands())["expected"] == mop(50_000)


async def test_cash_goes_back_at_any_open_till_of_the_festival_and_its_drawer_pays(
    orders: Orders,
) -> None:
    sku, till, other = await orders.stocks(5), await opens(orders), await opens(orders)
    [told] = await till.tells(till.sale(sku, 2))
    closed = await till.cashier.post(f"/tills/{till.id}/closing", {"counted": mop(59_600)})
    assert closed.status_code == 200, closed.text
    house, refunds = orders.client("organiser"), f"/orders/{told['order_id']}/refunds"
    wanted = {"reason": "torn", "amount": mop(4_804)}
    no = await house.post(refunds, wanted)
    assert (no.status_code, no.json()["type"]) == (409, "urn:feira:problem:till.closed")
    back = await house.post(refunds, wanted | {"till_id": other.id})
    assert (back.status_code, back.json()["coins"]) == (201, 4_800), back.text
    rest = await house.post(refunds, wanted | {"amount": mop(4_796), "till_id": other.id})
    assert (rest.status_code, rest.json()["coins"]) == (201, 4_800), rest.text
    assert (await other.stands())["expected"] == mop(40_400)
    assert (await till.stands())["expected"] == mop(59_600)
    unpaid = (await orders.client("buyer").post("/orders", wish(sku))).json()["order_id"]
    no = await house.post(f"/orders/{unpaid}/refunds", wanted | {"till_id": other.id})
    assert (no.status_code, no.json()["type"]) == (422, "urn:feira:problem:refund.not-cash")


async def test_what_was_sold_at_one_till_is_brought_back_to_another(orders: Orders) -> None:
    sku, till, other = await orders.stocks(5), await opens(orders), await opens(orders)
    [told] = await till.tells(till.sale(sku, 3, 4_800))
    order = await orders.order(told["order_id"])
    sold_at, until = (
        datetime.fromisoformat(order[moment]) for moment in ("placed_at", "return_until")
    )
    assert until == sold_at + timedelta(days=7)
    path = f"/tills/{other.id}/returns"
    back = {
        "order_id": told["order_id"],
        "units": [{"sku": sku, "quantity": 2}],
        "damaged": [{"sku": sku, "quantity": 1}],
        "reason": "burnt",
    }
    for _ in range(2):  # the answer is lost, and asked for again
        taken = await other.cashier.post(path, back, key="burnt-tarts")
        assert (taken.status_code, taken.json()["cash"]) == (201, mop(9_600)), taken.text
    assert (await other.stands())["expected"] == mop(40_400)
    assert (await till.stands())["expected"] == mop(64_400)
    places = await orders.places(sku)
    assert [places[place] for place in ("free", "shipped", "damaged")] == [3, 1, 1]
    too_many = await other.cashier.post(path, back)
    assert (too_many.status_code, too_many.json()["type"]) == (
        409,
        "urn:feira:problem:return.units",
    )
    mine = await till.cashier.post(path, back)
    assert (mine.status_code, mine.json()["type"]) == (403, "urn:feira:problem:till.not-yours")
    online = (await orders.client("buyer").post("/orders", wish(sku))).json()["order_id"]
    no = await other.cashier.post(path, back | {"order_id": online})
    assert (no.status_code, no.json()["type"]) == (404, "urn:feira:problem:order.unknown")


async def test_a_receipt_is_read_in_every_language_by_whom_it_concerns(orders: Orders) -> None:
    sku, till = await orders.stocks(5, merchant="m-lisboa"), await opens(orders)
    names = {"pt": "Pastel de nata", "zh-Hant": "葡式蛋撻", "zh-Hans": "葡式蛋挞", "en": "Egg tart"}
    product = Description(
        merchant_id="m-lisboa",
        names=Text.model_validate(names),
        category="food",
        hs_code="190590",
        origin="MO",
        net_content="60 g",
        weight_g=60,
    )
    await orders.hears(ProductState(sku=sku, product=product))
    seller = Text.model_validate(dict.fromkeys(names, "Pastelaria Lisboa, Lda."))
    await orders.hears(
        MerchantRegistered(
            merchant_id="m-lisboa",
            names=seller,
            category="food",
            country="MO",
            address="1 Demonstration Street",
            contact="+853 0000 0000",
        )
    )
    await eventually(lambda: orders.kept["products"].find_one({"_id": sku}))
    await eventually(lambda: orders.kept["sellers"].find_one({"_id": "m-lisboa"}))
    [told] = await till.tells(till.sale(sku, 2))
    place = f"/orders/{told['order_id']}/receipt"
    found_at = {"address": "1 Demonstration Street", "contact": "+853 0000 0000"}
    page = (await orders.client("organiser").get(f"/orders/{told['order_id']}")).json()
    legal = {"merchant_id": "m-lisboa", "legal_name": seller.model_dump(by_alias=True)}
    assert page["sellers"] == [legal | found_at]
    for lang, name in names.items():
        receipt = (await till.cashier.get(f"{place}?lang={lang}")).json()
        assert (receipt["locale"], receipt["number"]) == (lang, told["receipt"])
        assert receipt["lines"][0]["name"] == name
        assert receipt["sellers"] == [
            {"merchant_id": "m-lisboa", "name": "Pastelaria Lisboa, Lda."} | found_at
        ]
        paper = await till.cashier.ask("GET", f"{place}?lang={lang}", accept="text/plain")
        assert paper.headers["content-type"] == "text/plain; charset=utf-8"
        assert (paper.text, name in paper.text) == (receipt["text"], True)
    assert (await orders.client("organiser").get(place)).status_code == 200
    for role in ("cashier", "buyer"):
        assert (await orders.client(role).get(place)).status_code == 404
    stranger = orders.client("merchant", merchant_id="m-lisboa")
    assert (await stranger.get(place)).status_code == 403


async def test_what_is_no_sale_at_all_is_turned_away(orders: Orders) -> None:
    till = await opens(orders)
    place = f"/tills/{till.id}/sales"
    bad: list[Any] = [[], [till.sale("x", 0)], [till.sale("x") | {"sold_at": "yesterday"}], {}]
    answers: list[httpx.Response] = [await till.cashier.post(place, batch) for batch in bad]
    assert [answer.status_code for answer in answers] == [422] * 4


async def test_names_that_read_alike_once_they_are_joined_are_told_apart(orders: Orders) -> None:
    name, sku = f"till-{uuid4().hex[:8]}", await orders.stocks(2)
    one, other = await opens(orders, name), await opens(orders, f"{name}:sale:a")
    for till, sale_id in ((one, "a:sale:b"), (other, "b")):
        [told] = await till.tells(till.sale(sku, sale_id=sale_id))
        assert told["status"] == "sold"
    assert await leased(orders, sku) == (0, 0, 2)

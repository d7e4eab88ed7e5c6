"""Over the border with real customs and a real carrier: declared once, held, released, carried."""

from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from shared.platform.clock import utc_now
from tests.services.orders.conftest import Orders, opened
from tests.services.orders.mainland import (
    COOKIES,
    GRACELESS,
    OIL,
    PANEL,
    SALT,
    WINE,
    Border,
    border,
    unknown_consignee,
)
from tests.support.eventually import eventually
from tests.support.serving import free_port

Token = Callable[..., str]


@pytest.fixture(scope="module")
async def shop(stack: dict[str, Any], token: Token) -> AsyncIterator[Orders]:
    async with opened(stack, token, hold_seconds=600, **GRACELESS) as orders:
        yield orders


@pytest.fixture
async def at(shop: Orders, stack: dict[str, Any]) -> AsyncIterator[Border]:
    async with border(shop, stack) as there:
        yield there


async def test_cookies_oil_and_wine_are_taxed_paid_declared_released_carried_and_delivered(
    at: Border,
) -> None:
    skus = [await at.offers(product) for product in (COOKIES, OIL, WINE)]
    buyer = await at.buyer()
    placed = (await at.asks(buyer, *skus)).json()
    assert placed["total"] == {"amount": 316_83 + 20_00 + 41_55, "currency": "CNY"}
    duty = placed["entry"]["duty"]["lines"]
    assert [line["freight"] for line in duty] == [3_84, 6_67, 9_49]
    order_id = await at.pays(buyer, *skus)
    await at.stands(order_id, "released")
    assert (await at.at_customs(order_id))["status"] == "released"
    await at.moves(order_id)
    sent = await at.stands(order_id, "shipped")
    assert {unit["sku"] for unit in sent["parcels"][0]["units"]} == set(skus)
    assert (await at.orders.places(skus[0]))["shipped"] == 1
    await at.moves(order_id, 6)
    await at.stands(order_id, "delivered")
    told = await at.timeline(order_id)
    assert [row["what"] for row in told["rows"]] == [
        "placed",
        "payment-started",
        "confirmed",
        "declared",
        "released",
        "shipped",
        "delivered",
    ]
    came = [leg["code"] for leg in told["route"] if not leg["code"].startswith("9")]
    assert came == ["50", "30", "36", "31", "130", "44", "80"]
    assert at.year(buyer) == 2 * (316_83 + 20_00), "the other order waits for its money"


async def test_another_payer_holds_the_order_and_the_field_is_named_until_it_is_mended(
    at: Border,
) -> None:
    buyer, sku = await at.buyer(), await at.offers(COOKIES)
    await at.trouble("customs", other_payer_percent=100)
    order_id = await at.pays(buyer, sku)
    await at.stands(order_id, "customs-held")
    [why] = at.holds(order_id)
    assert why == "customs.DOCUMENTS_DIFFER: buyerIdNumber, buyerName"
    waiting = (await at.timeline(order_id))["waits"]
    assert waiting[0]["on"] == "documents that customs accepts"
    await at.well()
    waybill = (await at.stands(order_id, "customs-held"))["crossing"]["waybill"]
    answer = await at.declares(order_id)
    assert answer.status_code == 200, answer.text
    released = await at.stands(order_id, "released")
    assert released["crossing"]["waybill"] == waybill, "the parcel is the same one"


async def test_what_an_importer_has_cleared_elsewhere_is_sent_once_somebody_says_so(
    at: Border,
) -> None:
    buyer, sku = await at.buyer(), await at.offers(SALT)
    order_id = await at.pays(buyer, sku, general_trade=True)
    await at.stands(order_id, "customs-held")
    assert at.holds(order_id) == ["entry.general-trade"]
    house, path = at.orders.client("organiser"), f"/orders/{order_id}/clearance"
    told = {"number": "530220251234567890", "released_at": utc_now().isoformat()}
    assert (await buyer.client.post(path, told)).status_code == 403
    future = told | {"released_at": (utc_now() + timedelta(days=1)).isoformat()}
    no = await house.post(path, future)
    assert (no.status_code, no.json()["type"]) == (422, "urn:feira:problem:entry.released-at")
    done = await house.post(path, told)
    assert (done.status_code, done.json()["status"]) == (200, "released"), done.text
    rows = [(row["what"], row["why"]) for row in (await at.timeline(order_id))["rows"][-2:]]
    assert rows[0] == ("declared", "by an importer of record, as 530220251234567890")
    assert rows[1][0] == "released"
    goods = {"units": [{"sku": sku, "quantity": 1}], "carrier": "SF", "waybill": "SF-1"}
    sent = await house.post(f"/orders/{order_id}/parcels", goods)
    assert sent.status_code == 201, sent.text
    came = await house.post(f"/orders/{order_id}/parcels/{sent.json()['id']}/delivery")
    assert came.json()["status"] == "delivered"


async def test_what_customs_turns_away_is_paid_back_and_free_again_and_so_is_the_year(
    at: Border,
) -> None:
    buyer, sku = await at.buyer(), await at.offers(COOKIES, units=2)
    await at.trouble("customs", reject_percent=100, reject_code="NOT_ON_THE_LIST")
    order_id = await at.pays(buyer, sku, quantity=2)
    await at.stands(order_id, "rejected")
    paid = (await at.orders.order(order_id))["total"]["amount"]

    def back() -> int:
        refunds = (at.orders.kept["orders"].find_one({"_id": order_id}) or {})["refunds"]
        return sum(each["amount"]["amount"] for each in refunds if each["status"] == "paid")

    await eventually(lambda: back() == paid)
    assert (await at.orders.pool(sku), at.year(buyer)) == ((2, 0, 0, 0), 0)
    rows = (await at.timeline(order_id))["rows"]
    assert ("rejected", "customs.NOT_ON_THE_LIST") in [(row["what"], row["why"]) for row in rows]


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("who", ["carrier", "customs"])
async def test_whoever_is_away_and_whatever_was_done_all_the_same_it_is_declared_once(
    stack: dict[str, Any],
    token: Token,
    who: str,
    after: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    """The service is stopped while somebody is away, and begins anew with what it has kept."""
    database = f"orders_{uuid4().hex[:8]}"
    told = GRACELESS | {"database": database, "port": free_port()}
    async with (
        opened(stack, token, 600, **told) as orders,
        border(orders, stack, mend=False) as at,
    ):
        buyer, sku = await at.buyer(), await at.offers(COOKIES)
        fault = "http_after_percent" if after else "http_before_percent"
        await at.trouble(who, **{fault: 100})
        order_id = await at.pays(buyer, sku)
        looked: dict[str, Any] = {
            "_id": order_id,
            "status": "confirmed",
            "crossing.looks": {"$gte": 2},
        }
        await eventually(lambda: orders.kept["orders"].find_one(looked))
        kept = orders.kept["orders"].find_one({"_id": order_id}) or {}
        assert kept["crossing"]["waybill"] == ""
        looks = kept["crossing"]["looks"]
    async with opened(stack, token, 600, **told) as orders, border(orders, stack) as at:
        looked["crossing.looks"] = {"$gt": looks}
        await eventually(lambda: orders.kept["orders"].find_one(looked))
        await at.well()
        await at.stands(order_id, "released")
        assert (at.declarations(order_id), at.holds(order_id)) == (1, [])
        kept = orders.kept["persons"].find_one({"_id": buyer.person}) or {}
        assert kept["disclosures"] == 1, "asked for once, however often it was tried"


async def test_an_answer_that_is_lost_is_asked_for(at: Border) -> None:
    buyer, sku = await at.buyer(), await at.offers(COOKIES)
    await at.trouble("customs", lost_percent=100, delay_ms=1_500)
    await at.trouble("carrier", lost_percent=100)
    order_id = await at.pays(buyer, sku)
    await at.stands(order_id, "released")
    await at.moves(order_id, 7)
    await at.stands(order_id, "delivered")


async def test_an_inspection_is_heard_of_and_so_is_what_the_officer_decides(at: Border) -> None:
    buyer, sku = await at.buyer(), await at.offers(COOKIES)
    await at.trouble("customs", hold_percent=100)
    order_id = await at.pays(buyer, sku)
    await at.stands(order_id, "customs-held")
    assert at.holds(order_id) == ["customs.INSPECTION"]
    await at.moves(order_id, 3, pushes=3)
    await at.decides(order_id, "released")
    sent = await at.stands(order_id, "shipped")
    assert len(sent["parcels"]) == 1, "picked up long ago, and told three times"
    await at.moves(order_id, 4, pushes=2)
    delivered = await at.stands(order_id, "delivered")
    assert [step["what"] for step in delivered["history"]].count("delivered") == 1


async def test_who_was_forgotten_meanwhile_holds_the_order_until_they_say_it_again(
    stack: dict[str, Any], token: Token
) -> None:
    slow = GRACELESS | {"grace_seconds": 2}
    async with opened(stack, token, 600, **slow) as orders, border(orders, stack) as at:
        sku = await at.offers(COOKIES)
        ana, bea = await at.buyer(), await at.buyer()
        nameless, homeless = await at.pays(ana, sku), await at.pays(bea, sku)
        for order_id in (nameless, homeless):
            await at.stands(order_id, "confirmed")
        await ana.client.ask("DELETE", f"/persons/{ana.person}")
        await bea.client.ask("DELETE", f"/consignees/{bea.consignee}")
        for order_id, why in ((nameless, "person.erased"), (homeless, "consignee.erased")):
            await at.stands(order_id, "customs-held")
            assert at.holds(order_id) == [why]
        again = await at.declares(homeless)
        assert (again.status_code, again.json()["type"]) == (
            409,
            "urn:feira:problem:consignee.erased",
        )
        path = f"/consignees/{bea.consignee}"
        assert (await ana.client.put(path, bea.receiver)).status_code == 404
        assert (await bea.client.put(path, bea.receiver)).status_code == 204
        key = uuid4().hex
        house = orders.client("operator")
        for _ in range(2):
            answer = await house.post(f"/orders/{homeless}/declaration", key=key)
            assert answer.status_code == 200, answer.text
        await at.stands(homeless, "released")
        assert at.declarations(homeless) == 1
        given_up = {"reason": "buyer does not answer"}
        assert (await house.post(f"/orders/{nameless}/rejection", given_up)).status_code == 200
        paid_back = {"_id": nameless, "status": "rejected", "refunds.status": "paid"}
        await eventually(lambda: orders.kept["orders"].find_one(paid_back))
        assert at.year(ana) == 0


async def test_nobody_receives_what_is_ordered_for_a_stranger(at: Border) -> None:
    ana, bea, sku = await at.buyer(), await at.buyer(), await at.offers(COOKIES)
    for consignee in (bea.consignee, unknown_consignee()):
        ana.consignee = consignee
        answer = await at.asks(ana, sku)
        assert answer.status_code == 404, answer.text
        assert answer.json()["type"] == "urn:feira:problem:consignee.unknown"


async def test_above_a_persons_year_nothing_is_to_be_had_by_whichever_account(at: Border) -> None:
    ana, panel = await at.buyer(), await at.offers(PANEL)
    for _ in range(4):
        assert (await at.asks(ana, panel)).status_code == 201
    bea = await at.buyer(id_number=ana.id_number)
    fifth = await at.asks(bea, panel)
    assert (fifth.status_code, fifth.json()["type"]) == (429, "urn:feira:problem:cbec.annual-limit")


async def test_what_comes_back_in_time_gives_tax_and_year_back(at: Border) -> None:
    buyer, sku = await at.buyer(), await at.offers(WINE)
    order_id = await at.pays(buyer, sku)
    await at.stands(order_id, "released")
    await at.moves(order_id, 7)
    await at.stands(order_id, "delivered")
    wanted = {"units": [{"sku": sku, "quantity": 1}], "reason": "corked"}
    asked = await buyer.client.post(f"/orders/{order_id}/returns", wanted)
    assert asked.status_code == 201, asked.text
    house = at.orders.client("operator")
    path = f"/orders/{order_id}/returns/{asked.json()['id']}"
    assert (await house.post(f"{path}/approval")).status_code == 200
    assert (await house.post(f"{path}/arrival", {})).status_code == 200
    order = await at.orders.order(order_id)
    taxed = order["entry"]["duty"]["lines"][0]
    tax = taxed["tariff"] + taxed["consumption_tax"] + taxed["vat"]
    back = sum(each["amount"]["amount"] for each in order["refunds"])
    assert (tax > 0, back, at.year(buyer)) == (True, 150_36 + tax, 0)


async def test_what_neither_customs_nor_the_carrier_sent_is_turned_away(shop: Orders) -> None:
    async with httpx.AsyncClient(base_url=shop.url) as nobody:
        for path in ("/customs/callbacks", "/carrier/callbacks"):
            answer = await nobody.post(path, json={"orderNo": "x"})
            assert (answer.status_code, answer.json()["type"]) == (
                403,
                "urn:feira:problem:callback-forged",
            )

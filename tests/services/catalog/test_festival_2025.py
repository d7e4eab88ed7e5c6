"""The festival of 2025 as it is on paper, put into catalog and read back."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import deploy.demo
from shared.events.catalog import Offer
from tests.services.catalog.conftest import Catalog

PAPERS = Path(deploy.demo.__file__).parent / "data"

FESTIVAL: dict[str, Any] = json.loads((PAPERS / "festival_2025.json").read_text("utf-8"))
GOODS: dict[str, Any] = json.loads((PAPERS / "macau_products.json").read_text("utf-8"))
ID = FESTIVAL["festival"]["festival_id"]
[ZONE] = FESTIVAL["zones"]
ACTIVITIES = [*FESTIVAL["opening"], *FESTIVAL["main_activities"], *FESTIVAL["promotions"]]


def plain(value: Any) -> Any:
    """A field that carries its own source, without it."""
    return value["value"] if isinstance(value, dict) else value


def mop(price: str) -> dict[str, Any]:
    return {"amount": int(Decimal(price) * 100), "currency": "MOP"}


def organisation(party: dict[str, Any]) -> dict[str, Any]:
    return {"names": party["names"], "role": party["role"]}


def memorandum() -> dict[str, Any]:
    mou = FESTIVAL["mou"]
    return {
        "titles": mou["titles"],
        "parties": mou["signatories"],
        "witnesses": mou["witnesses"],
        "commitments": [
            {"code": one["code"], "titles": one["titles"]} for one in mou["commitments"]
        ],
    }


def plan() -> dict[str, Any]:
    said = FESTIVAL["festival"]
    days = {name: plain(said[name]) for name in ("starts_on", "ends_on", "timezone")}
    return {"titles": said["titles"], **days}


def item(activity: dict[str, Any]) -> dict[str, Any]:
    times = {name: plain(activity[name]) for name in ("starts_at", "ends_at")}
    return {"kind": activity["kind"], "titles": activity["titles"], **times}


def layout() -> dict[str, Any]:
    opens, closes = plain(ZONE["opening_hours"]).split("-")
    return {
        "titles": ZONE["titles"],
        "opens_at": f"{plain(ZONE['first_day'])}T{opens}:00+08:00",
        "closes_at": f"{plain(ZONE['last_day'])}T{closes}:00+08:00",
        "capacity": plain(ZONE["product_count"]),
    }


def profile(merchant: dict[str, Any]) -> dict[str, Any]:
    found = {name: merchant[name] for name in ("names", "category", "country")}
    return found | {"address": "1 Demonstration Street", "contact": merchant["contact_email"]}


def particulars(product: dict[str, Any]) -> dict[str, Any]:
    names = [
        "merchant_id",
        "names",
        "category",
        "gtin",
        "hs_code",
        "origin",
        "net_content",
        "weight_g",
    ]
    return {name: product[name] for name in names} | {"flags": product["compliance_flags"]}


def listings() -> dict[str, dict[str, Any]]:
    """Every product at the booth and on the shelf while the zone is open, and live in sessions."""
    zone = layout()
    window = {"valid_from": zone["opens_at"], "valid_until": zone["closes_at"]}
    found: dict[str, dict[str, Any]] = {}
    for product in GOODS["products"]:
        for channel in ("booth", "online"):
            found[f"{product['sku']}.{channel}"] = {
                "festival_id": ID,
                "sku": product["sku"],
                "channel": channel,
                "price": mop(product["price_mop"]),
                **window,
            }
    for session in FESTIVAL["sessions"]:
        for slot in session["lineup"]:
            found[f"{slot['sku']}.{session['session_id']}"] = {
                "festival_id": ID,
                "sku": slot["sku"],
                "channel": "live",
                "price": mop(slot["live_price_mop"]),
                "valid_from": session["starts_at"],
                "valid_until": session["ends_at"],
                "max_per_buyer": slot["max_per_buyer"],
            }
    return found


async def everything(catalog: Catalog, path: str) -> list[dict[str, Any]]:
    """A whole list, page by page, as its links lead."""
    found: list[dict[str, Any]] = []
    following: str | None = path
    while following:
        answer = await catalog.client("").get(following)
        assert answer.status_code == 200, answer.text
        found += answer.json()["items"]
        following = answer.links.get("next", {}).get("url")
    return found


@pytest.fixture(scope="module")
async def fair(catalog: Catalog) -> Catalog:
    """A catalog with all that is on paper in it."""
    organiser = catalog.client()
    for party in FESTIVAL["parties"]:
        await catalog.has(f"/organisations/{party['party_id']}", organisation(party))
    await catalog.has(f"/agreements/{FESTIVAL['mou']['mou_id']}", memorandum())
    await catalog.has(f"/festivals/{ID}", plan())
    for activity in ACTIVITIES:
        await catalog.has(f"/festivals/{ID}/activities/{activity['activity_id']}", item(activity))
    await catalog.has(f"/festivals/{ID}/zones/{ZONE['zone_id']}", layout())
    for merchant in GOODS["merchants"]:
        await catalog.has(f"/merchants/{merchant['merchant_id']}", profile(merchant))
    for product in GOODS["products"]:
        owner = catalog.merchant(product["merchant_id"])
        answer = await owner.put(f"/products/{product['sku']}", particulars(product))
        assert answer.status_code == 201, answer.text
        chosen = {"sku": product["sku"]}
        answer = await organiser.post(f"/zones/{ZONE['zone_id']}/products", chosen)
        assert answer.status_code == 201, answer.text
    for listing_id, terms in listings().items():
        await catalog.has(f"/listings/{listing_id}", terms)
    return catalog


async def test_the_programme_of_one_nine_and_twelve_is_published(fair: Catalog) -> None:
    answer = await fair.client().post(f"/festivals/{ID}/publication")
    assert answer.status_code == 200, answer.text
    programme = (await fair.client("").get(f"/festivals/{ID}/programme")).json()
    kinds = [activity["kind"] for activity in programme["activities"]]
    assert [kinds.count(kind) for kind in ("opening", "main", "promotion")] == [1, 9, 12]
    assert programme["titles"] == FESTIVAL["festival"]["titles"]
    titles = {activity["activity_id"]: activity["titles"] for activity in programme["activities"]}
    assert titles == {activity["activity_id"]: activity["titles"] for activity in ACTIVITIES}
    assert programme["activities"][0]["starts_at"] == "2025-05-24T01:00:00Z"


async def test_the_memorandum_is_concluded_by_both_associations(fair: Catalog) -> None:
    mou = FESTIVAL["mou"]
    for party in mou["signatories"]:
        signing = {"party": party, "office": "President"}
        answer = await fair.client().post(f"/agreements/{mou['mou_id']}/signatures", signing)
        assert answer.status_code == 201, answer.text
    found = (await fair.client().get(f"/agreements/{mou['mou_id']}")).json()
    assert found["status"] == "concluded"
    assert {name: found[name] for name in memorandum()} == memorandum()


async def test_the_sixty_are_selected_and_the_selection_closes(fair: Catalog) -> None:
    path = f"/zones/{ZONE['zone_id']}"
    answer = await fair.client().post(f"{path}/selection/closing")
    assert (answer.status_code, answer.json()["selected"]) == (200, 60), answer.text
    shown = await everything(fair, f"{path}/products?limit=25")
    assert [product["sku"] for product in shown] == [one["sku"] for one in GOODS["products"]]


async def test_every_merchant_and_product_reads_as_it_is_on_paper(fair: Catalog) -> None:
    merchants = await everything(fair, "/merchants?limit=7")
    not_yet = {"verified": False, "next_verification_at": None}
    assert {one.pop("merchant_id"): one for one in merchants} == {
        merchant["merchant_id"]: profile(merchant) | not_yet for merchant in GOODS["merchants"]
    }
    products = await everything(fair, "/products?limit=7")
    assert {one.pop("sku"): one for one in products} == {
        product["sku"]: particulars(product) for product in GOODS["products"]
    }


async def test_products_are_found_by_merchant_and_category(fair: Catalog) -> None:
    for name in ("merchant_id", "category"):
        wanted = {product[name] for product in GOODS["products"]}
        for value in wanted:
            found = await everything(fair, f"/products?{name}={value}&limit=3")
            assert {product["sku"] for product in found} == {
                product["sku"] for product in GOODS["products"] if product[name] == value
            }


async def test_every_price_of_booth_shelf_and_room_reads_as_it_is_on_paper(fair: Catalog) -> None:
    found = await everything(fair, f"/listings?festival_id={ID}&limit=50")
    assert len(found) == 60 * 2 + 59
    merchants = {product["sku"]: product["merchant_id"] for product in GOODS["products"]}
    for listing in found:
        paper = listings()[listing["listing_id"]]
        owner = merchants[paper["sku"]]
        assert Offer.model_validate(listing) == Offer(merchant_id=owner, **paper)
    live = await everything(fair, f"/listings?festival_id={ID}&channel=live")
    assert len(live) == 59

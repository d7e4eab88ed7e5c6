"""The doors of catalog: who may do what, and what a wish comes to."""

import asyncio
from collections import Counter
from typing import Any

import httpx
import pytest

from shared.events.ids import new_id
from tests.services.catalog.conftest import Catalog, item, new_name, particulars, plan, terms, text
from tests.support.serving import Client


def problem(answer: httpx.Response) -> str:
    """What is wrong, as the answer says it."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return answer.json()["type"].removeprefix("urn:feira:problem:")


async def test_what_is_put_can_be_read_back_in_four_languages(catalog: Catalog) -> None:
    await catalog.has_merchants()
    sku = new_name("sku")
    names = {"pt": "Pastel de nata", "zh-Hant": "蛋撻", "zh-Hans": "蛋挞", "en": "Egg tart"}
    answer = await catalog.client().put(f"/products/{sku}", particulars(names=names))
    assert (answer.status_code, answer.headers["ETag"]) == (201, '"1"')
    found = await catalog.client("").get(f"/products/{sku}")
    assert found.json() == answer.json() == {"sku": sku, **particulars(names=names)}


async def test_a_thing_that_stands_is_replaced_only_by_who_has_seen_it(catalog: Catalog) -> None:
    sku, organiser = await catalog.has_product(), catalog.client()

    async def revise(weight: int, **headers: str) -> httpx.Response:
        wish = particulars(weight_g=weight)
        return await organiser.put(f"/products/{sku}", wish, **headers)

    blind = await revise(1)
    assert (blind.status_code, problem(blind)) == (412, "version.missing")
    assert blind.json()["version"] == 1
    assert problem(await revise(1, If_Match="")) == "version.missing"
    seen = await revise(2, If_Match='"1"')
    assert (seen.status_code, seen.headers["ETag"]) == (200, '"2"')
    stale = await revise(3, If_Match='"1"')
    assert (stale.status_code, problem(stale)) == (412, "version.stale")
    bold = await revise(4, If_Match="*")
    assert (bold.status_code, bold.headers["ETag"]) == (200, '"3"')
    assert bold.json()["weight_g"] == 4


async def test_putting_what_stands_already_changes_nothing(catalog: Catalog) -> None:
    sku = await catalog.has_product()
    again = await catalog.client().put(f"/products/{sku}", particulars())
    assert (again.status_code, again.headers["ETag"]) == (200, '"1"')


async def test_a_wish_sent_twice_acts_once_and_its_key_serves_no_other(catalog: Catalog) -> None:
    await catalog.has_merchants()
    sku, key, organiser = new_name("sku"), new_id(), catalog.client()
    for _ in range(2):
        answer = await organiser.put(f"/products/{sku}", particulars(), key=key)
        assert (answer.status_code, answer.headers["ETag"]) == (201, '"1"')
    lighter = particulars(weight_g=1)
    other = await organiser.put(f"/products/{sku}", lighter, key=key, If_Match="*")
    assert (other.status_code, problem(other)) == (422, "idempotency.key-reused")


async def test_a_merchant_cannot_touch_anothers_product(catalog: Catalog) -> None:
    await catalog.has_merchants("m02")
    festival, sku = await catalog.has_festival(), await catalog.has_product("m01")
    stranger = catalog.merchant("m02")
    listing = new_name("listing")
    await catalog.has(f"/listings/{listing}", terms(festival, sku))
    attempts = [
        stranger.put(f"/products/{sku}", particulars("m02"), If_Match="*"),
        stranger.put(f"/products/{sku}", particulars("m01", weight_g=1), If_Match="*"),
        stranger.put(f"/products/{new_name('sku')}", particulars("m01")),
        stranger.put(f"/listings/{new_name('listing')}", terms(festival, sku, (2, 3))),
        stranger.put(f"/listings/{listing}", terms(festival, sku, (0, 2)), If_Match="*"),
        stranger.ask("DELETE", f"/listings/{listing}"),
        stranger.put(f"/intakes/{new_name('intake')}", {"sku": sku, "units": 1}),
    ]
    for answer in await asyncio.gather(*attempts):
        assert (answer.status_code, problem(answer)) == (403, "merchant.another")
    found = await catalog.client("").get(f"/products/{sku}")
    assert (found.headers["ETag"], found.json()["merchant_id"]) == ('"1"', "m01")


async def test_a_merchant_minds_its_own_business(catalog: Catalog) -> None:
    await catalog.has_merchants("m01")
    festival, sku, owner = await catalog.has_festival(), new_name("sku"), catalog.merchant("m01")
    listing, intake = new_name("listing"), new_name("intake")
    for answer in (
        await owner.put(f"/products/{sku}", particulars("m01")),
        await owner.put(f"/listings/{listing}", terms(festival, sku)),
        await owner.put(f"/intakes/{intake}", {"sku": sku, "units": 7}),
    ):
        assert answer.status_code == 201, answer.text
    withdrawn = await owner.ask("DELETE", f"/listings/{listing}")
    assert withdrawn.status_code == 204


async def test_a_merchant_sees_its_own_intakes(catalog: Catalog) -> None:
    for merchant in ("m01", "m02"):
        sku = await catalog.has_product(merchant)
        await catalog.has(f"/intakes/{new_name('intake')}", {"sku": sku, "units": 1})
    answer = await catalog.merchant("m02").get("/intakes")
    assert {intake["merchant_id"] for intake in answer.json()["items"]} == {"m02"}
    other = await catalog.merchant("m01").get(f"/intakes?sku={sku}")
    assert other.json()["items"] == []
    everybody = await catalog.client().get("/intakes")
    assert {intake["merchant_id"] for intake in everybody.json()["items"]} == {"m01", "m02"}


CHANGES = [
    ("PUT", "/organisations/x"),
    ("PUT", "/agreements/x"),
    ("POST", "/agreements/x/signatures"),
    ("PUT", "/merchants/x"),
    ("POST", "/merchants/x/verification"),
    ("PUT", "/festivals/x"),
    ("PUT", "/festivals/x/activities/y"),
    ("DELETE", "/festivals/x/activities/y"),
    ("POST", "/festivals/x/publication"),
    ("POST", "/festivals/x/opening"),
    ("POST", "/festivals/x/closing"),
    ("PUT", "/festivals/x/zones/y"),
    ("POST", "/zones/x/products"),
    ("DELETE", "/zones/x/products/y"),
    ("POST", "/zones/x/selection/closing"),
    ("PUT", "/products/x"),
    ("PUT", "/listings/x"),
    ("DELETE", "/listings/x"),
    ("PUT", "/intakes/x"),
]
GUARDED = [*CHANGES, ("GET", "/festivals/x/report"), ("GET", "/festivals/x/activities")]


@pytest.mark.parametrize("role", ["buyer", "host", "cashier", "operator", "integrator"])
async def test_nobody_but_organiser_and_merchant_changes_anything(
    catalog: Catalog, role: str
) -> None:
    client = catalog.client(role)
    for method, path in CHANGES:
        answer = await client.ask(method, path, {})
        assert answer.status_code == 403, (method, path, answer.text)


async def test_a_merchant_does_not_do_the_organisers_work(catalog: Catalog) -> None:
    for method, path in GUARDED:
        if not path.startswith(("/products", "/listings", "/intakes")):
            answer = await catalog.merchant().ask(method, path, {})
            assert answer.status_code == 403, (method, path, answer.text)


async def test_a_stranger_may_look_and_not_touch(catalog: Catalog) -> None:
    stranger, festival = catalog.client(""), await catalog.has_festival()
    for method, path in GUARDED:
        answer = await stranger.ask(method, path, {})
        assert answer.status_code == 401, (method, path, answer.text)
    zone = await catalog.has_zone(festival)
    looks = (
        f"/festivals/{festival}/zones/{zone}",
        f"/zones/{zone}/products",
        "/festivals",
        "/products",
        "/listings",
        "/merchants",
    )
    for path in looks:
        assert (await stranger.get(path)).status_code == 200, path


async def test_a_merchant_whose_token_names_no_merchant_is_turned_away(catalog: Catalog) -> None:
    nobody = catalog.client("merchant", merchant_id=None)
    answer = await nobody.put("/products/x", particulars())
    assert (answer.status_code, problem(answer)) == (403, "merchant-missing")


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"gtin": "2900010000016"}, "product.gtin"),
        ({"hs_code": "990000"}, "product.hs-code"),
        ({"names": {"en": "Egg tart"}}, "invalid"),
        ({"weight_g": 0}, "invalid"),
        ({"colour": "yellow"}, "invalid"),
        ({"merchant_id": "m99"}, "merchant.unknown"),
    ],
)
async def test_a_description_that_cannot_be_true_is_refused(
    catalog: Catalog, wrong: dict[str, Any], code: str
) -> None:
    await catalog.has_merchants()
    wish = {**particulars(), **wrong}
    answer = await catalog.client().put(f"/products/{new_name('sku')}", wish)
    assert (answer.status_code, problem(answer)) == (422, code)


@pytest.mark.parametrize(
    "path",
    [
        "/products/ghost",
        "/listings/ghost",
        "/merchants/ghost",
        "/festivals/ghost",
        "/festivals/ghost/programme",
        "/festivals/ghost/report",
        "/festivals/ghost/zones/ghost",
        "/zones/ghost/products",
        "/organisations/ghost",
        "/agreements/ghost",
    ],
)
async def test_what_is_not_there_is_missing(catalog: Catalog, path: str) -> None:
    answer = await catalog.client().get(path)
    assert answer.status_code == 404
    assert problem(answer).endswith(".unknown")


async def test_an_agreement_is_valid_when_the_last_party_has_signed(catalog: Catalog) -> None:
    organiser, agreement = catalog.client(), f"/agreements/{new_name('mou')}"
    for name in ("beijing", "macau", "dsedt"):
        await catalog.has(f"/organisations/{name}", {"names": text(name), "role": "party"})
    draft = {"titles": text("MoU"), "parties": ["beijing", "macau"], "witnesses": ["dsedt"]}
    drafted = await organiser.put(agreement, draft)
    assert (drafted.status_code, drafted.json()["missing"]) == (201, ["beijing", "macau"])

    async def sign(party: str) -> httpx.Response:
        wish = {"party": party, "office": "President"}
        return await organiser.post(f"{agreement}/signatures", wish)

    assert (await sign("macau")).json()["status"] == "partially-signed"
    assert problem(await sign("macau")) == "agreement.signed-already"
    assert problem(await sign("dsedt")) == "agreement.no-party"
    concluded = (await sign("beijing")).json()
    assert (concluded["status"], concluded["missing"]) == ("concluded", [])
    assert [one["office"] for one in concluded["signatures"]] == ["President", "President"]
    late = await organiser.put(agreement, {**draft, "witnesses": []}, If_Match="*")
    assert (late.status_code, problem(late)) == (409, "agreement.signed")


async def drafted(catalog: Catalog, festival: str, mains: int) -> None:
    kinds = ["opening", *["main"] * mains, "promotion"]
    for day, kind in enumerate(kinds):
        path = f"/festivals/{festival}/activities/a-{day}"
        await catalog.has(path, item(kind, day))


async def test_a_programme_that_is_not_one_and_nine_is_refused_with_its_counts(
    catalog: Catalog,
) -> None:
    festival = await catalog.has_festival()
    await drafted(catalog, festival, mains=8)
    answer = await catalog.client().post(f"/festivals/{festival}/publication")
    assert (answer.status_code, problem(answer)) == (409, "programme.incomplete")
    said = answer.json()
    assert (said["openings"], said["main_activities"], said["promotions"]) == (1, 8, 1)
    hidden = await catalog.client("").get(f"/festivals/{festival}/programme")
    assert (hidden.status_code, problem(hidden)) == (404, "programme.unpublished")


async def test_a_festival_is_announced_published_opened_and_closed(catalog: Catalog) -> None:
    organiser, festival = catalog.client(), await catalog.has_festival()
    await drafted(catalog, festival, mains=9)
    early = await organiser.post(f"/festivals/{festival}/opening")
    assert problem(early) == "festival.unpublished"
    for step, status in (
        ("publication", "published"),
        ("opening", "open"),
        ("closing", "closed"),
    ):
        answer = await organiser.post(f"/festivals/{festival}/{step}")
        assert (answer.status_code, answer.json()["status"]) == (200, status)
    programme = (await catalog.client("").get(f"/festivals/{festival}/programme")).json()
    assert [activity["activity_id"] for activity in programme["activities"]] == [
        f"a-{day}" for day in range(11)
    ]
    late = await organiser.put(f"/festivals/{festival}/activities/late", item("promotion"))
    assert problem(late) == "festival.closed"


async def test_activities_are_replaced_by_who_has_seen_the_draft(catalog: Catalog) -> None:
    organiser, festival = catalog.client(), await catalog.has_festival()
    path = f"/festivals/{festival}/activities/a-0"
    first = await organiser.put(path, item("main"))
    blind = await organiser.put(path, item("opening"))
    assert (blind.status_code, problem(blind)) == (412, "version.missing")
    seen = await organiser.put(path, item("opening"), If_Match=first.headers["ETag"])
    assert seen.status_code == 200
    assert [one["kind"] for one in seen.json()["activities"]] == ["opening"]
    assert (await organiser.ask("DELETE", path)).status_code == 204
    draft = await organiser.get(f"/festivals/{festival}/activities")
    assert draft.json()["activities"] == []


async def test_only_the_programme_that_was_seen_is_published(catalog: Catalog) -> None:
    organiser, festival = catalog.client(), await catalog.has_festival()
    await drafted(catalog, festival, mains=9)
    path = f"/festivals/{festival}/publication"
    seen = (await organiser.get(f"/festivals/{festival}/activities")).headers["ETag"]
    await catalog.has(f"/festivals/{festival}/activities/more", item("promotion"))
    stale = await organiser.ask("POST", path, If_Match=seen)
    assert (stale.status_code, problem(stale)) == (412, "version.stale")
    assert (await organiser.ask("POST", path)).status_code == 200


async def test_sixty_one_asked_for_at_once_fill_sixty_places(catalog: Catalog) -> None:
    await catalog.has_merchants()
    organiser, zone = catalog.client(), await catalog.has_zone(await catalog.has_festival())
    skus = [new_name("sku") for _ in range(61)]
    await asyncio.gather(*(catalog.has(f"/products/{sku}", particulars()) for sku in skus))

    early = await organiser.post(f"/zones/{zone}/selection/closing")
    assert (problem(early), early.json()["missing"]) == ("selection.incomplete", 60)

    async def select(sku: str) -> httpx.Response:
        return await organiser.post(f"/zones/{zone}/products", {"sku": sku})

    answers = await asyncio.gather(*(select(sku) for sku in skus))
    assert Counter(answer.status_code for answer in answers) == {201: 60, 409: 1}
    [full] = [answer for answer in answers if answer.status_code == 409]
    assert problem(full) == "selection.full"
    assert await _selected(catalog.client(""), zone) <= set(skus)
    closed = await organiser.post(f"/zones/{zone}/selection/closing")
    assert (closed.json()["status"], closed.json()["selected"]) == ("filled", 60)


async def _selected(client: Client, zone: str) -> set[str]:
    """Every SKU the zone shows, read in pages of 25, each of them once."""
    found: list[str] = []
    path: str | None = f"/zones/{zone}/products?limit=25"
    while path:
        page = (await client.get(path)).json()
        found += [product["sku"] for product in page["items"]]
        path = page["next"] and f"/zones/{zone}/products?limit=25&cursor={page['next']}"
    assert len(found) == len(set(found)) == 60
    return set(found)


async def test_a_product_is_selected_once_and_can_be_dropped(catalog: Catalog) -> None:
    organiser, sku = catalog.client(), await catalog.has_product()
    zone = await catalog.has_zone(await catalog.has_festival(), capacity=2)
    path = f"/zones/{zone}/products"
    assert (await organiser.post(path, {"sku": sku})).json()["selected"] == 1
    assert problem(await organiser.post(path, {"sku": sku})) == "selection.twice"
    assert problem(await organiser.post(path, {"sku": "ghost"})) == "product.unknown"
    assert (await organiser.ask("DELETE", f"{path}/{sku}")).status_code == 204
    assert (await organiser.get(path)).json()["items"] == []


async def test_a_choice_whose_answer_was_lost_can_be_sent_again(catalog: Catalog) -> None:
    sku, key = await catalog.has_product(), new_id()
    path = f"/zones/{await catalog.has_zone(await catalog.has_festival())}/products"
    for _ in range(2):
        answer = await catalog.client().post(path, {"sku": sku}, key=key)
        assert (answer.status_code, answer.json().get("selected")) == (201, 1)


async def test_two_prices_asked_for_at_once_do_not_share_the_shelf(catalog: Catalog) -> None:
    organiser, festival = catalog.client(), await catalog.has_festival()
    sku = await catalog.has_product()
    names = [new_name("listing") for _ in range(8)]
    answers = await asyncio.gather(
        *(organiser.put(f"/listings/{name}", terms(festival, sku, (0, 4))) for name in names)
    )
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 7}
    shown = (await catalog.client("").get(f"/listings?sku={sku}")).json()["items"]
    assert len(shown) == 1
    [overlap, *_] = [answer for answer in answers if answer.status_code == 409]
    assert (problem(overlap), overlap.json()["listing_id"]) == (
        "listing.overlap",
        shown[0]["listing_id"],
    )
    for other in (terms(festival, sku, (4, 5)), terms(festival, sku, channel="live")):
        answer = await organiser.put(f"/listings/{new_name('listing')}", other)
        assert answer.status_code == 201, answer.text


async def test_a_withdrawn_listing_frees_its_shelf_and_leaves_the_list(catalog: Catalog) -> None:
    organiser, festival = catalog.client(), await catalog.has_festival()
    sku, listing = await catalog.has_product(), new_name("listing")
    first = await organiser.put(f"/listings/{listing}", terms(festival, sku))
    path = f"/listings/{listing}"
    stale = await organiser.ask("DELETE", path, If_Match='"7"')
    assert stale.status_code == 412
    for _ in range(2):
        gone = await organiser.ask("DELETE", path)
        assert gone.status_code == 204
    assert (await organiser.get(f"/listings?sku={sku}")).json()["items"] == []
    assert (await organiser.get(path)).json() == {**first.json(), "withdrawn": True}
    back = await organiser.put(path, terms(festival, sku), If_Match="*")
    assert problem(back) == "listing.withdrawn"
    assert (
        await organiser.put(f"/listings/{new_name('listing')}", terms(festival, sku))
    ).status_code == 201


async def test_listings_are_found_by_product_channel_and_festival(catalog: Catalog) -> None:
    festival, sku = await catalog.has_festival(), await catalog.has_product()
    for channel in ("booth", "live", "online"):
        wish = terms(festival, sku, channel=channel)
        await catalog.has(f"/listings/{sku}-{channel}", wish)
    client = catalog.client("")
    for query, expected in (
        (f"sku={sku}&channel=live", 1),
        (f"sku={sku}", 3),
        (f"festival_id={festival}", 3),
        (f"festival_id={festival}&channel=booth&sku={sku}", 1),
        (f"festival_id=other&sku={sku}", 0),
    ):
        assert len((await client.get(f"/listings?{query}")).json()["items"]) == expected, query


async def test_the_same_intake_twice_takes_effect_once(catalog: Catalog) -> None:
    organiser, sku = catalog.client(), await catalog.has_product()
    path, wish = f"/intakes/{new_name('intake')}", {"sku": sku, "units": 12}
    first, again = await organiser.put(path, wish), await organiser.put(path, wish)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    other = await organiser.put(path, {"sku": sku, "units": 13})
    assert (other.status_code, problem(other)) == (409, "intake.taken")
    found = (await organiser.get(f"/intakes?sku={sku}")).json()["items"]
    assert [intake["units"] for intake in found] == [12]


async def test_times_are_kept_as_instants_wherever_they_were_written(catalog: Catalog) -> None:
    festival, sku = await catalog.has_festival(), await catalog.has_product()
    path = f"/listings/{new_name('listing')}"
    wish = terms(festival, sku)
    here = {**wish, "valid_from": "2025-05-24T12:00:00.0001+08:00"}
    shown = await catalog.has(path, here)
    assert shown["valid_from"] == "2025-05-24T04:00:00Z"
    again = await catalog.client().put(path, wish)
    assert (again.status_code, again.headers["ETag"]) == (200, '"1"')


@pytest.mark.parametrize(
    "moment",
    ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2025-05-24T12:00:00", "noon"],
)
async def test_a_time_that_cannot_be_kept_is_refused(catalog: Catalog, moment: str) -> None:
    festival, sku = await catalog.has_festival(), await catalog.has_product()
    wish = {**terms(festival, sku), "valid_until": moment}
    answer = await catalog.client().put(f"/listings/{new_name('listing')}", wish)
    assert (answer.status_code, problem(answer)) == (422, "invalid")


async def test_a_festival_has_a_title_in_each_language_and_days_in_order(catalog: Catalog) -> None:
    for wrong in (
        plan(titles={"en": "Festival"}),
        plan(ends_on="2025-05-23"),
        plan(timezone="Beijing"),
    ):
        answer = await catalog.client().put(f"/festivals/{new_name('festival')}", wrong)
        assert (answer.status_code, problem(answer)) == (422, "invalid")


async def test_names_with_dots_and_colons_are_names_like_others(catalog: Catalog) -> None:
    await catalog.has_merchants()
    sku, festival = f"A.b:c_{new_name('x')}", await catalog.has_festival()
    await catalog.has(f"/products/{sku}", particulars())
    await catalog.has(f"/listings/{new_name('l')}", terms(festival, sku))
    overlap = await catalog.client().put(f"/listings/{new_name('l')}", terms(festival, sku))
    assert problem(overlap) == "listing.overlap"
    found = await catalog.client("").get(f"/listings?sku={sku}")
    assert len(found.json()["items"]) == 1

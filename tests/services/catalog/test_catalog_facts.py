"""What catalog says on Kafka: the right fact, once, in an envelope that anybody can read."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.events import catalog as language
from shared.events.ids import new_id
from tests.services.catalog.conftest import Catalog, item, new_name, particulars, terms
from tests.support.bus import Ear, Record, header, listening

FESTIVAL = language.FestivalEvent.topic


async def about(ear: Ear, key: str, count: int) -> list[Record]:
    """All that is said of one thing, at least *count* records of it."""

    def ours() -> list[Record]:
        return [record for record in ear.heard if record.key == key.encode()]

    while len(ours()) < count:
        await ear.until(len(ear.heard) + 1)
    await ear.silence()
    return ours()


def said(records: list[Record], topic: str = "") -> list[tuple[str, dict[str, Any]]]:
    """What was said on a topic: the last word of each type, and the fact."""
    return [
        (header(record, "ce_type").rpartition(".")[2], json.loads(record.value or b"{}"))
        for record in records
        if not topic or record.topic == topic
    ]


async def test_a_published_programme_is_told_once_in_a_cloudevents_envelope(
    catalog: Catalog,
) -> None:
    async with listening(catalog.kafka, [FESTIVAL]) as ear:
        festival = await catalog.has_festival()
        for day, kind in enumerate(["opening", *["main"] * 9, "promotion", "promotion"]):
            await catalog.has(f"/festivals/{festival}/activities/a-{day}", item(kind, day))
        trace = f"00-{'a' * 32}-{'b' * 16}-01"
        asked = await catalog.client().ask(
            "POST",
            f"/festivals/{festival}/publication",
            X_Correlation_Id="the-wish",
            traceparent=trace,
        )
        assert asked.status_code == 200
        announced, published = await about(ear, festival, 2)
    envelope = {name: value.decode() for name, value in published.headers}
    assert envelope["content-type"] == "application/json"
    assert envelope["ce_specversion"] == "1.0"
    assert envelope["ce_type"] == "feira.catalog.festival.programme-published"
    assert envelope["ce_source"] == "/feira/catalog/0"
    assert envelope["ce_subject"] == envelope["ce_partitionkey"] == festival
    assert envelope["ce_correlationid"] == "the-wish"
    assert envelope["ce_causationid"] == f"request:{asked.headers['X-Request-Id']}"
    assert envelope["traceparent"] == trace
    assert envelope["ce_sequence"] > header(announced, "ce_sequence")
    age = datetime.now(UTC) - datetime.fromisoformat(envelope["ce_time"])
    assert timedelta(seconds=-5) < age < timedelta(minutes=1)
    fact = language.ProgrammePublished.read(published.value or b"")
    assert [activity.kind for activity in fact.activities].count("main") == 9
    assert len(fact.activities) == 12


async def test_drafts_are_nobodys_business(catalog: Catalog) -> None:
    async with listening(catalog.kafka, [FESTIVAL]) as ear:
        festival = await catalog.has_festival()
        path = f"/festivals/{festival}/activities/a"
        await catalog.has(path, item("main"))
        assert (await catalog.client().ask("DELETE", path)).status_code == 204
        assert [word for word, _ in said(await about(ear, festival, 1))] == ["announced"]


async def test_a_product_and_how_it_stands_are_told_at_each_change(catalog: Catalog) -> None:
    facts, state = language.ProductEvent.topic, language.ProductState.topic
    async with listening(catalog.kafka, [facts, state]) as ear:
        sku = await catalog.has_product()
        lighter = particulars(weight_g=1)
        await catalog.client().put(f"/products/{sku}", lighter, If_Match="*")
        await catalog.client().put(f"/products/{sku}", lighter, If_Match="*")
        heard = await about(ear, sku, 4)
    assert [word for word, _ in said(heard, facts)] == ["submitted", "revised"]
    stood = said(heard, state)
    assert [fact["product"]["weight_g"] for _, fact in stood] == [420, 1]
    assert stood[-1][1]["product"]["names"].keys() == {"pt", "zh-Hant", "zh-Hans", "en"}


async def test_a_listing_is_told_from_its_opening_to_its_end(catalog: Catalog) -> None:
    facts, state = language.ListingEvent.topic, language.ListingState.topic
    festival, sku, listing = await catalog.has_festival(), await catalog.has_product(), new_id()
    async with listening(catalog.kafka, [facts, state]) as ear:
        await catalog.has(f"/listings/{listing}", terms(festival, sku))
        cheaper = terms(festival, sku, price={"amount": 100, "currency": "MOP"})
        await catalog.client().put(f"/listings/{listing}", cheaper, If_Match='"1"')
        await catalog.client().ask("DELETE", f"/listings/{listing}")
        heard = await about(ear, listing, 6)
    happened = said(heard, facts)
    assert [word for word, _ in happened] == ["opened", "changed", "withdrawn"]
    assert {fact["offer"]["merchant_id"] for _, fact in happened} == {"m01"}
    stood = said(heard, state)
    assert [(fact["offer"]["price"]["amount"], fact["withdrawn"]) for _, fact in stood] == [
        (4800, False),
        (100, False),
        (100, True),
    ]


async def test_units_handed_over_twice_under_one_name_are_told_once(catalog: Catalog) -> None:
    sku, intake = await catalog.has_product(), new_name("intake")
    async with listening(catalog.kafka, [language.StockDelivered.topic]) as ear:
        for _ in range(3):
            await catalog.has(f"/intakes/{intake}", {"sku": sku, "units": 12})
        [(word, fact)] = said(await about(ear, sku, 1))
    assert word == "delivered"
    assert (fact["intake_id"], fact["merchant_id"], fact["units"]) == (intake, "m01", 12)


async def test_a_selection_is_told_under_its_zone_in_order(catalog: Catalog) -> None:
    zone = await catalog.has_zone(await catalog.has_festival(), capacity=1)
    wrong, right = await catalog.has_product(), await catalog.has_product()
    organiser, path = catalog.client(), f"/zones/{zone}"
    async with listening(catalog.kafka, [language.SelectionEvent.topic]) as ear:
        await organiser.post(f"{path}/products", {"sku": wrong})
        await organiser.ask("DELETE", f"{path}/products/{wrong}")
        await organiser.post(f"{path}/products", {"sku": right})
        await organiser.post(f"{path}/selection/closing")
        heard = said(await about(ear, zone, 4))
    assert [word for word, _ in heard] == [
        "product-selected",
        "product-dropped",
        "product-selected",
        "closed",
    ]
    assert heard[-1][1]["skus"] == [right]


async def test_an_agreement_is_told_as_concluded_with_its_last_signature(catalog: Catalog) -> None:
    agreement = new_name("mou")
    async with listening(catalog.kafka, [language.AgreementEvent.topic]) as ear:
        names = particulars()["names"]
        for party in ("beijing", "macau"):
            await catalog.has(f"/organisations/{party}", {"names": names, "role": "party"})
        draft = {"titles": names, "parties": ["beijing", "macau"]}
        await catalog.has(f"/agreements/{agreement}", draft)
        for party in ("beijing", "macau"):
            signing = {"party": party, "office": "President"}
            await catalog.client().post(f"/agreements/{agreement}/signatures", signing)
        heard = said(await about(ear, agreement, 4))
    assert [word for word, _ in heard] == ["drafted", "signed", "signed", "concluded"]
    assert {fact.get("office") for word, fact in heard if word == "signed"} == {"President"}

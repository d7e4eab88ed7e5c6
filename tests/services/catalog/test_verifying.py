"""Merchants at catalog's doors: found by buyers, looked at by organisers, missed by the clock."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from pymongo import MongoClient

from services.catalog.app import assemble
from services.catalog.kept import MERCHANTS
from services.catalog.merchant import Merchant, Profile, months_after
from services.catalog.queries import COLLECTIONS, Queries
from services.catalog.settings import CatalogSettings
from shared.events.catalog import MerchantEvent
from shared.platform.mongo import Mongo
from tests.services.catalog.conftest import Catalog, new_name, profile
from tests.services.catalog.test_catalog_facts import about, said
from tests.support.bus import listening
from tests.support.serving import Client, serving, settings_for

NOW = datetime.now(UTC).replace(microsecond=0)
HOUR = timedelta(hours=1)


async def test_a_merchant_is_looked_at_by_an_organiser_and_told_until_when(
    catalog: Catalog,
) -> None:
    merchant_id = new_name("merchant")
    at = f"/merchants/{merchant_id}"
    organiser = catalog.client()
    assert (await organiser.post(f"{at}/verification", {})).status_code == 404
    nowhere = {name: said for name, said in profile().items() if name != "contact"}
    assert (await organiser.put(at, nowhere)).status_code == 422
    joined = await catalog.has(at, profile())
    assert (joined["verified"], joined["next_verification_at"]) == (False, None)
    assert (await catalog.merchant(merchant_id).post(f"{at}/verification", {})).status_code == 403
    async with listening(catalog.kafka, [MerchantEvent.topic]) as ear:
        done = await organiser.post(f"{at}/verification", {}, key="look-1")
        assert done.status_code == 200, done.text
        again = await organiser.post(f"{at}/verification", {}, key="look-1")
        assert again.json() == done.json()
        [(kind, fact)] = said(await about(ear, merchant_id, 1))
    due = datetime.fromisoformat(done.json()["next_verification_at"])
    assert done.json()["verified"]
    assert months_after(NOW, 6) <= due <= months_after(datetime.now(UTC), 6)
    assert kind == "verified"
    assert datetime.fromisoformat(fact["next_verification_at"]) == due
    too_late = {"next_verification_at": (due + HOUR).isoformat()}
    no = await organiser.post(f"{at}/verification", too_late)
    assert (no.status_code, no.json()["type"]) == (422, "urn:feira:problem:merchant.verification")
    shown = (await catalog.client("").get(at)).json()
    assert (shown["address"], shown["contact"]) == (profile()["address"], profile()["contact"])
    assert shown["verified"]


async def test_a_merchant_nobody_has_looked_at_in_time_is_told_of_once(
    stack: dict[str, Any],
    kafka: str,
    mongo_url: str,
    database: str,
    token: Callable[..., str],
) -> None:
    late, fine = new_name("merchant"), new_name("merchant")
    known = Profile.model_validate(profile())
    with MongoClient[dict[str, Any]](mongo_url) as client:
        planted = [
            Merchant(late, "registered", known, True, NOW - HOUR),
            Merchant(fine, "registered", known, True, NOW + HOUR),
        ]
        client[database][MERCHANTS.name].insert_many([MERCHANTS.dump(m.id, 1, m) for m in planted])
    service = assemble(settings_for(CatalogSettings, stack["env"], database=database))
    twin = assemble(settings_for(CatalogSettings, stack["env"], database=database))
    async with (
        listening(kafka, [MerchantEvent.topic]) as ear,
        serving(service) as url,
        serving(twin),
    ):
        [(kind, fact)] = said(await about(ear, late, 1))
        assert (kind, datetime.fromisoformat(fact["next_verification_at"])) == (
            "verification-expired",
            NOW - HOUR,
        )
        assert [record for record in ear.heard if record.key == fine.encode()] == []
        anybody = Client(url, "")
        assert [
            (await anybody.get(f"/merchants/{m}")).json()["verified"] for m in (late, fine)
        ] == [
            False,
            True,
        ]
        organiser = Client(url, token("organiser", "ana"))
        again = await organiser.post(f"/merchants/{late}/verification", {})
        assert again.json()["verified"]
        kinds = [kind for kind, _ in said(await about(ear, late, 2))]
        assert kinds == ["verification-expired", "verified"]
        for one in (anybody, organiser):
            await one.close()


async def test_the_clock_looks_at_no_merchant_that_is_not_due(
    mongo_url: str, database: str
) -> None:
    mongo = Mongo(mongo_url, database, collections=COLLECTIONS)
    await mongo.start()
    known = Profile.model_validate(profile())
    merchants = [
        Merchant(f"m-{n}", "registered", known, n % 2 > 0, NOW - HOUR / 2 + (n - 10) * HOUR)
        for n in range(400)
    ]
    with MongoClient[dict[str, Any]](mongo_url) as client:
        kept = client[database]
        kept[MERCHANTS.name].insert_many([MERCHANTS.dump(m.id, 1, m) for m in merchants])
        kept.command({"profile": 2})
        found = await Queries(mongo).unverified()
        kept.command({"profile": 0})
        [plan] = list(kept["system.profile"].find({"op": "query"}))
    await mongo.stop()
    assert {merchant.id for merchant in found} == {"m-1", "m-3", "m-5", "m-7", "m-9"}
    assert "COLLSCAN" not in plan["planSummary"]
    assert plan["docsExamined"] <= len(found) + 1

"""What time brings up in livestream, and its lists: found by an index; heard by each database."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from pymongo import MongoClient

from services.livestream.app import assemble
from services.livestream.directing.session import Lot, Session
from services.livestream.kept import DEALS, SESSIONS
from services.livestream.queries import COLLECTIONS, Queries
from services.livestream.settings import LivestreamSettings
from services.livestream.showing.deal import Deal
from shared.events.ids import new_id
from shared.platform.mongo import Mongo
from tests.services.livestream.studio import described
from tests.support.bus import say, speaking
from tests.support.eventually import eventually
from tests.support.serving import serving, settings_for

NOW = datetime.now(UTC).replace(microsecond=0)
MANY, DUE = 1_000, 60


def a_deal(number: int) -> Deal:
    status = ("requested", "funded", "shown", "closed", "settled")[number % 5]
    ends_at = NOW + timedelta(minutes=number - DUE) if number % 5 > 1 else None
    return Deal(f"d-{number:04d}", status, f"s-{number % 50:04d}", ends_at=ends_at)


def a_session(number: int) -> Session:
    stages = ("requested", "funded", "shown", "over", "over", "over", "over", "over")
    return Session(
        f"s-{number:04d}",
        "approved",
        festival_id=f"f{number % 4}",
        starts_at=NOW + timedelta(hours=number - DUE - 2),
        ends_at=NOW + timedelta(hours=number - DUE),
        lots=tuple(
            Lot(f"d-{number}-{n}", "tart", 1, stages[(number + n) % 8]) for n in range(number % 3)
        ),
    )


async def test_no_timer_and_no_list_looks_at_more_than_it_finds(
    mongo_url: str, database: str
) -> None:
    mongo = Mongo(mongo_url, database, collections=COLLECTIONS)
    await mongo.start()
    queries, middle = Queries(mongo), (NOW, f"s-{DUE:04d}")
    with MongoClient[dict[str, Any]](mongo_url) as client:
        kept = client[database]
        deals, sessions = map(a_deal, range(MANY)), map(a_session, range(MANY))
        kept["deals"].insert_many([DEALS.dump(deal.id, 1, deal) for deal in deals])
        kept["sessions"].insert_many([SESSIONS.dump(one.id, 1, one) for one in sessions])
        kept.command({"profile": 2})
        found = [
            await queries.due_deals(),
            await queries.over_sessions(),
            await queries.open_deals("s-0001"),
            await queries.deals("s-0001", "", 20),
            await queries.sessions(None, 20),
            await queries.sessions(middle, 20),
            await queries.sessions(middle, 20, festival_id="f1"),
        ]
        kept.command({"profile": 0})
        plans = list(kept["system.profile"].find({"op": "query"}))
    await mongo.stop()
    assert len(plans) == len(found)
    for things, plan in zip(found, plans, strict=True):
        assert things
        assert "COLLSCAN" not in plan["planSummary"], plan["command"]
        assert not plan.get("hasSortStage"), plan["command"]
    for things, plan in zip(found[:2] + found[4:], plans[:2] + plans[4:], strict=True):
        assert plan["docsExamined"] <= len(things) + 2, plan["command"]
    over = [a_session(number) for number in range(DUE)]
    assert {one.id for one in found[1]} == {one.id for one in over if one.open_lots}


async def test_each_database_hears_everything_for_itself(
    stack: dict[str, Any], kafka: str, mongo_url: str, token: Callable[..., str]
) -> None:
    databases = [f"test_{uuid4().hex[:12]}" for _ in range(2)]
    first, second = (
        assemble(settings_for(LivestreamSettings, stack["env"], database=name))
        for name in databases
    )
    sku = f"tart-{new_id()}"
    with MongoClient[dict[str, Any]](mongo_url) as client:
        async with serving(first), serving(second), speaking(kafka) as bus:
            await say(bus, [described(sku)])
            for name in databases:
                goods = client[name]["goods"]
                await eventually(lambda goods=goods: goods.find_one({"_id": sku}))
        for name in databases:
            client.drop_database(name)

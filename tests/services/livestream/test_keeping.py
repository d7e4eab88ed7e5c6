"""What time does to a session: hosts and labels missed, books closed, evidence deleted."""

import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from pymongo import MongoClient
from pymongo.uri_parser import parse_uri

from services.livestream.app import assemble
from services.livestream.chat.message import Message
from services.livestream.chat.queries import AT_ONCE
from services.livestream.directing.presence import Presence
from services.livestream.directing.session import Session
from services.livestream.kept import MESSAGES, PRESENCES, RETENTIONS, SALES, SESSIONS, TIMELINES
from services.livestream.queries import COLLECTIONS, Queries
from services.livestream.record.export import EvidenceView
from services.livestream.record.retention import Retention, Sold
from services.livestream.record.sale import Sale
from services.livestream.record.timeline import Pinned, Timeline
from services.livestream.settings import LivestreamSettings
from shared.events.ids import new_id
from shared.events.livestream import SessionEvent
from shared.events.orders import OrderCompleted
from shared.events.text import Text
from shared.platform.change.aggregate import Aggregate
from shared.platform.mongo import Mongo
from tests.services.livestream.studio import TITLES, Studio, paid, plan
from tests.support.bus import header, listening
from tests.support.eventually import eventually
from tests.support.proxy import wire
from tests.support.serving import Client, serving, settings_for

NOW = datetime.now(UTC).replace(microsecond=0)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def a_session(id: str, status: Any, **changes: Any) -> Session:
    facts: dict[str, Any] = {
        "festival_id": "beijing-2025",
        "titles": Text.model_validate(TITLES),
        "host_id": "host-mei",
        "starts_at": NOW - HOUR,
        "ends_at": NOW + HOUR,
        "started_at": NOW - HOUR,
    }
    return Session(id, status, **facts | changes)


def plant(kept: Any, kind: Aggregate[Any], *states: Any) -> None:
    kept[kind.name].insert_many([kind.dump(state.id, 1, state) for state in states])


async def test_time_pauses_ends_archives_and_deletes_what_is_due(
    stack: dict[str, Any], kafka: str, mongo_url: str, database: str
) -> None:
    dropped, unlabelled, forgotten, sold, deleted, held = (new_id() for _ in range(6))
    long_ago = NOW - 4 * 365 * DAY
    ended = {"ended_at": NOW - 2 * DAY, "ends_at": NOW - 2 * DAY}
    with MongoClient[dict[str, Any]](mongo_url) as client:
        kept = client[database]
        plant(
            kept,
            SESSIONS,
            a_session(dropped, "live"),
            a_session(unlabelled, "live", host_type="ai"),
            a_session(forgotten, "paused", ends_at=NOW - HOUR),
            a_session(sold, "ended", **ended),
            a_session(deleted, "archived", ended_at=long_ago),
            a_session(held, "archived", ended_at=long_ago),
        )
        plant(
            kept,
            PRESENCES,
            Presence(dropped, silent_at=NOW - HOUR, watched=True),
            Presence(
                unlabelled,
                silent_at=NOW + HOUR,
                labelled_at=NOW - HOUR,
                unlabelled_at=NOW - HOUR,
                ai=True,
                watched=True,
                label_watched=True,
            ),
        )
        old = {"ended_at": long_ago, "retain_until": "2020-01-01", "delete_at": NOW - DAY}
        plant(
            kept,
            RETENTIONS,
            Retention(sold, ended_at=NOW - 2 * DAY, look_at=NOW - DAY, waiting=True),
            Retention(deleted, **old, keeping=True),
            Retention(held, **old, hold="case-1"),
        )
        plant(kept, SALES, Sale("order-1", sold, open=False, last_at=NOW - DAY))
        pins = (Pinned("x", 1, 0, 1),)
        plant(kept, TIMELINES, Timeline(deleted, pins), Timeline(held, pins))
        plant(
            kept,
            MESSAGES,
            *(Message(f"{one}-{n}", one, n, text="olá") for one in (deleted, held) for n in (1, 2)),
        )
        service = assemble(settings_for(LivestreamSettings, stack["env"], database=database))
        async with listening(kafka, [SessionEvent.topic]) as ear, serving(service):

            def said() -> dict[str, str]:
                return {
                    (record.key or b"").decode(): header(record, "ce_type").rpartition(".")[2]
                    for record in ear.heard
                }

            wanted = {
                dropped: "paused",
                unlabelled: "ai-label-missed",
                forgotten: "ended",
                sold: "archived",
                deleted: "evidence-deleted",
            }

            await ear.until(len(wanted))
            assert {key: kind for key, kind in said().items() if key in wanted} == wanted
            assert held not in said()
        last = {(r.key or b"").decode(): json.loads(r.value or b"") for r in ear.heard}
        assert last[dropped]["reason"] == "host-dropped"
        until = last[sold]["retain_until"]
        assert until[:4] == str((NOW - DAY).year + 3)
        assert kept["timelines"].find_one({"_id": deleted})["pins"] == []  # type: ignore[index]
        assert kept["timelines"].find_one({"_id": held})["pins"]  # type: ignore[index]
        texts = {one["_id"]: one["text"] for one in kept["messages"].find()}
        assert {texts[f"{deleted}-{n}"] for n in (1, 2)} == {""}
        assert {texts[f"{held}-{n}"] for n in (1, 2)} == {"olá"}
        assert kept["sessions"].find_one({"_id": sold})["retain_until"] == until  # type: ignore[index]


async def test_what_a_session_sold_is_followed_until_its_orders_are_over(
    studio: Studio, mongo_url: str, database: str
) -> None:
    session_id = new_id()
    order = paid(session_id, "x", 1)
    mongo = Mongo(mongo_url, database, collections=COLLECTIONS)
    await mongo.start()
    queries = Queries(mongo)

    def is_known(*, open: bool) -> Callable[[], Any]:
        async def known() -> bool:
            found = await queries.sold(session_id)
            return found.open == open and (open or found.last_at is not None)

        return known

    await studio.says(order)
    await eventually(is_known(open=True))
    completed = NOW.replace(microsecond=0)
    await studio.says(OrderCompleted(order_id=order.order_id, at=completed))
    await eventually(is_known(open=False))
    assert await queries.sold(session_id) == Sold(open=False, last_at=completed)
    assert await queries.sold("nobody") == Sold()
    await mongo.stop()


async def test_a_hundred_thousand_messages_are_exported_some_at_a_time(
    studio: Studio, mongo_url: str, database: str
) -> None:
    session_id, said = await studio.live(), 100_000
    with MongoClient[dict[str, Any]](mongo_url) as client:
        kept = client[database]
        for begin in range(1, said, 10_000):
            numbers = range(begin, begin + 10_000)
            plant(
                kept,
                MESSAGES,
                *(Message(f"{session_id}-{n}", session_id, n, "a", text="olá") for n in numbers),
            )
        kept.command({"profile": 2})
        found = await studio.host.get(f"/sessions/{session_id}/evidence")
        kept.command({"profile": 0})
        asked = {"ns": f"{database}.{MESSAGES.name}", "op": {"$in": ["query", "getmore"]}}
        reads = list(kept["system.profile"].find(asked))
    assert found.headers["content-type"] == "application/json"
    assert "content-length" not in found.headers  # it is sent while it is read
    export = EvidenceView.model_validate_json(found.content)
    assert [one.sequence for one in export.chat] == list(range(1, said + 1))
    assert len(reads) > 100  # the profile keeps the last of them only
    assert all(read["nreturned"] <= AT_ONCE >= read["docsExamined"] for read in reads)


async def test_an_export_that_fails_half_way_is_broken_off_and_does_not_say_it_is_complete(
    stack: dict[str, Any], token: Callable[..., str], mongo_url: str, database: str
) -> None:
    session_id, said, words = new_id(), 5_000, "olá " * 150
    path = f"/sessions/{session_id}/evidence"
    address = "{}:{}".format(*parse_uri(mongo_url)["nodelist"][0])
    async with wire(address) as to_mongo:
        through = f"mongodb://127.0.0.1:{to_mongo.port}/?directConnection=true"
        env = stack["env"]
        settings = settings_for(
            LivestreamSettings, env, database=database, mongo=SecretStr(through)
        )
        async with serving(assemble(settings)) as url:
            host = Client(url, token("host", "host-mei"))
            assert (await host.put(f"/sessions/{session_id}", plan("host-mei"))).is_success
            with MongoClient[dict[str, Any]](mongo_url) as client:
                plant(
                    client[database],
                    MESSAGES,
                    *(
                        Message(f"{session_id}-{n}", session_id, n, "a", text=words)
                        for n in range(1, said + 1)
                    ),
                )
            got = bytearray()

            async def read() -> None:
                async with host.stream(path) as answer:
                    assert answer.status_code == 200, "nothing was wrong when this was said"
                    async for piece in answer.aiter_raw():
                        if not got:
                            to_mongo.cut()
                        got.extend(piece)

            with pytest.raises(httpx.RemoteProtocolError, match="incomplete"):
                await read()
            assert b'"chat":[' in got
            assert b'"complete"' not in got
            to_mongo.mend()

            async def whole() -> EvidenceView | None:
                answer = await host.get(path)
                return (
                    EvidenceView.model_validate_json(answer.content) if answer.is_success else None
                )

            export = await eventually(whole)
            assert export
            assert (export.complete, export.messages, len(export.chat)) == (True, said, said)
            await host.close()


def many(kind: Callable[[int], Any], count: int = 400) -> Iterable[Any]:
    return map(kind, range(count))


async def test_no_timer_looks_through_what_is_not_due(mongo_url: str, database: str) -> None:
    mongo = Mongo(mongo_url, database, collections=COLLECTIONS)
    await mongo.start()
    queries, due = Queries(mongo), 40

    def presence(n: int) -> Presence:
        at = NOW + (n - due) * HOUR - HOUR / 2
        return Presence(f"s-{n}", silent_at=at, unlabelled_at=at, watched=True, label_watched=True)

    def retention(n: int) -> Retention:
        at = NOW + (n - due) * HOUR - HOUR / 2
        return Retention(f"s-{n}", look_at=at, delete_at=at, waiting=n % 2 > 0, keeping=n % 2 < 1)

    def session(n: int) -> Session:
        status = ("live", "paused", "ended", "approved")[n % 4]
        return a_session(f"s-{n:03d}", status, ends_at=NOW - HOUR + (n - due) * HOUR)

    with MongoClient[dict[str, Any]](mongo_url) as client:
        kept = client[database]
        plant(kept, PRESENCES, *many(presence))
        plant(kept, RETENTIONS, *many(retention))
        plant(kept, SESSIONS, *many(session))
        kept.command({"profile": 2})
        found = [
            await queries.silent_hosts(),
            await queries.missed_labels(),
            await queries.archivable(),
            await queries.deletable(),
            await queries.over_sessions(),
        ]
        kept.command({"profile": 0})
        plans = list(kept["system.profile"].find({"op": "query"}))
    await mongo.stop()
    assert [len(things) for things in found] == [41, 41, 20, 21, 21]
    for things, look in zip(found, plans, strict=True):
        assert "COLLSCAN" not in look["planSummary"], look["command"]
        assert look["docsExamined"] <= len(things) + 2, look["command"]

"""The unit of work when MongoDB fails it, or somebody in the fold does."""

import asyncio
import time
from collections.abc import Awaitable, Generator
from contextlib import contextmanager
from typing import Any

import pytest
from pymongo import MongoClient

from shared.events.base import MAX_VALUE_BYTES
from shared.platform.change.aggregate import Aggregate
from shared.platform.change.cause import Cause
from shared.platform.change.fold import Misspoken, Outcome
from shared.platform.mongo import Away
from shared.refusal import Busy
from tests.support.bakery import (
    RECEIPTS,
    TARTS,
    Bakery,
    ReceiptWritten,
    Tart,
    TartsBaked,
    pages,
    running,
    tart,
)
from tests.support.eventually import eventually

NOT_AUTHORISED = 13


@contextmanager
def failing(mongo_url: str, database: str, *commands: str, **how: Any) -> Generator[None]:
    """Let MongoDB fail *commands* of one service until the block ends."""
    fault = {"failCommands": commands, "appName": f"feira-{database}", **how}
    switch: dict[str, Any] = {"configureFailPoint": "failCommand"}
    with MongoClient[dict[str, Any]](mongo_url) as client:
        client.admin.command({**switch, "mode": "alwaysOn", "data": fault})
        try:
            yield
        finally:
            client.admin.command({**switch, "mode": "off"})


@pytest.mark.parametrize("command", ["update", "insert", "commitTransaction"])
@pytest.mark.parametrize("mishap", [{"errorCode": 112}, {"closeConnection": True}])
async def test_a_server_that_fails_in_the_middle_costs_time_but_nothing_else(
    mongo_url: str, database: str, command: str, mishap: dict[str, Any]
) -> None:
    fault = {
        "failCommands": [command],
        "errorLabels": ["TransientTransactionError"] if "errorCode" in mishap else [],
        "appName": f"feira-{database}",
        **mishap,
    }
    async with running(mongo_url, database) as (mongo, bakery):
        await bakery.bake("egg", 50, Cause("bake"))
        with MongoClient[dict[str, Any]](mongo_url) as client:
            client.admin.command(
                {"configureFailPoint": "failCommand", "mode": {"times": 2}, "data": fault}
            )
            await asyncio.gather(*(bakery.sell("egg", Cause(f"b-{n}")) for n in range(50)))
            client.admin.command({"configureFailPoint": "failCommand", "mode": "off"})
        assert (await tart(mongo))["sold"] == 50
        assert await mongo["receipts"].count_documents({}) == 50
        causes = [change["cause"] for page in await pages(mongo) for change in page["changes"]]
        assert len(causes) == len(set(causes)) == 51


async def test_a_lane_held_by_the_dead_is_free_again_within_seconds(
    mongo_url: str, database: str
) -> None:
    """A service killed in the middle of a commit leaves a transaction nobody will end."""
    async with running(mongo_url, database) as (mongo, bakery):
        await bakery.bake("egg", 1, Cause("bake"))
        with MongoClient[dict[str, Any]](mongo_url) as dead, dead.start_session() as session:
            session.start_transaction()
            lanes = dead[database]["lanes"]
            lanes.update_one({"_id": 0}, {"$inc": {"turn": 1}}, session=session)
            async with asyncio.timeout(10):
                await bakery.sell("egg", Cause("sell", patient=True))
        assert [page["turn"] for page in await pages(mongo)] == [1, 2]


async def test_nobody_waits_beyond_their_deadline_though_mongodb_was_never_there() -> None:
    nowhere = "mongodb://127.0.0.1:1/?replicaSet=none"
    async with running(nowhere, "bakery", patience=0.5) as (_, bakery):
        began = time.monotonic()
        answers = await asyncio.gather(
            *(bakery.sell("egg", Cause(f"b-{n}")) for n in range(20)), return_exceptions=True
        )
        assert {type(answer) for answer in answers} == {Busy}
        assert time.monotonic() - began < 2


async def test_who_cannot_be_told_whether_it_was_done_is_not_told_that_it_was_not(
    mongo_url: str, database: str
) -> None:
    async with running(mongo_url, database, patience=0.3) as (mongo, bakery):
        await bakery.bake("egg", 1, Cause("bake"))
        with (
            failing(mongo_url, database, "commitTransaction", closeConnection=True),
            pytest.raises(Away),
        ):
            await bakery.sell("egg", Cause("sell"))
        [sold, _] = await eventually(lambda: again(bakery))
        assert sold.type == "feira.bakery.tart.sold"
        assert (await tart(mongo))["sold"] == 1


async def again(bakery: Bakery) -> Outcome:
    """The same wish once more, as a caller would who was told to come back."""
    try:
        return await bakery.sell("egg", Cause("sell"))
    except (Away, Busy):
        return ()


async def test_what_an_operator_can_mend_is_waited_for_and_no_fault_of_the_change(
    mongo_url: str, database: str
) -> None:
    async with running(mongo_url, database, patience=0.5) as (mongo, bakery):
        await bakery.bake("egg", 2, Cause("bake"))
        with failing(mongo_url, database, "insert", errorCode=NOT_AUTHORISED):
            patient = asyncio.ensure_future(bakery.sell("egg", Cause("event", patient=True)))
            with pytest.raises((Away, Busy)):
                await bakery.sell("egg", Cause("request"))
            assert not patient.done()
        await patient
        assert (await tart(mongo))["sold"] == 1


async def test_a_state_too_large_to_be_said_fails_its_asker_alone(
    mongo_url: str, database: str
) -> None:
    heavy = Aggregate(
        TARTS.name,
        Tart,
        new=Tart,
        evolve=TARTS.evolve,
        tell=lambda state: ReceiptWritten(order=state.id, tart="x" * MAX_VALUE_BYTES),
    )
    async with running(mongo_url, database, patience=30) as (mongo, bakery):
        await bakery.bake("egg", 100, Cause("bake"))
        fact = TartsBaked(tart="stone", units=1)
        bad = bakery.uow.change([heavy("stone")], lambda _: [fact], Cause("bad"))
        answers = await asyncio.gather(
            bad, *(bakery.sell("egg", Cause(f"b-{n}")) for n in range(7)), return_exceptions=True
        )
        assert [isinstance(answer, Misspoken) for answer in answers] == [True] + [False] * 7
        assert (await tart(mongo))["sold"] == 7


async def test_those_around_one_who_cannot_be_written_keep_their_order(
    mongo_url: str, database: str
) -> None:
    async with running(mongo_url, database) as (mongo, bakery):
        await bakery.bake("egg", 100, Cause("bake"))
        bad = [TARTS("egg"), RECEIPTS.fresh("o-bad")]
        unsaid = ReceiptWritten(order="o-bad", tart="\ud800")
        asked: list[Awaitable[Outcome]] = []
        for n in range(40):
            asked.append(bakery.sell("egg", Cause(f"b-{n}"), order=f"o-{n}"))
            if n == 30:
                asked.append(bakery.uow.change(bad, lambda _: [unsaid], Cause("bad")))
        answers = await asyncio.gather(*asked, return_exceptions=True)
        assert [n for n, answer in enumerate(answers) if isinstance(answer, Exception)] == [31]
        said = [
            event["key"]
            for page in await pages(mongo)
            for event in page["events"]
            if "receipt" in event["topic"]
        ]
        assert said == [f"o-{n}" for n in range(40)]


async def test_another_number_of_lanes_than_there_is_data_for_is_refused_and_told(
    mongo_url: str, database: str
) -> None:
    async with running(mongo_url, database, lanes=2) as (_, bakery):
        await bakery.bake("egg", 1, Cause("bake"))
    async with running(mongo_url, database, lanes=3, patience=0.5) as (_, bakery):
        await eventually(lambda: "has 2 lanes" in (bakery.uow.trouble() or ""))
        with pytest.raises(Busy):
            await bakery.bake("egg", 1, Cause("bake more"))

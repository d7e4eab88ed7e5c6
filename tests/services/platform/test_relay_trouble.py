"""The relay in trouble: deaths, freezes, twins, an absent Kafka. Nothing is lost or overtaken."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any
from uuid import uuid4

import pytest
from prometheus_client import REGISTRY
from pymongo import MongoClient

from shared.platform.bus import lease as lease_module
from shared.platform.bus import relay as relay_module
from shared.platform.bus.lease import LEASES, Lease, LeaseLost
from shared.platform.bus.relay import Relay
from shared.platform.change.cause import Cause
from shared.platform.change.unit_of_work import UnitOfWork
from shared.platform.mongo import Mongo
from tests.support.bakery import Bakery
from tests.support.bus import Ear, header, listening, make_topics
from tests.support.eventually import eventually
from tests.support.kitchen import (
    first_heard,
    ids,
    journal,
    lease_of,
    open_kitchen,
    relaying,
    said,
)
from tests.support.proxy import Wire, reroute, wire


@pytest.fixture(autouse=True, scope="module")
async def _topics(kafka: str) -> None:
    await make_topics(kafka)


@pytest.fixture
async def kitchen(mongo_url: str, database: str) -> AsyncIterator[tuple[Mongo, UnitOfWork, Bakery]]:
    async with open_kitchen(mongo_url, database) as parts:
        yield parts


@pytest.fixture
def tart() -> str:
    """A sort of tart no other test knows: the topics are shared."""
    return f"tart-{uuid4().hex[:8]}"


@pytest.fixture
async def cable(kafka: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Wire]:
    """What relays are connected to Kafka by in this test."""
    async with wire(kafka) as laid:
        reroute(monkeypatch, laid, "aiokafka-producer")
        yield laid


@pytest.fixture
def short_lease(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (lease_module, relay_module):
        monkeypatch.setattr(module, "LEASE_SECONDS", 1.5)


def gauge(name: str, lane: int = 0) -> float:
    return REGISTRY.get_sample_value(f"feira_relay_{name}", {"lane": str(lane)}) or 0.0


async def heard_in_order(ear: Ear, mongo: Mongo, within: float = 15.0) -> int:
    """Every fact of the journal was heard, each key's in order; returns how many repeats."""
    happened = await said(mongo)

    async def all_there() -> bool:
        await ear.silence(50)
        return set(ids(ear.heard)) >= set(happened)

    await eventually(all_there, within=within)
    assert set(ids(ear.heard)) == set(happened)
    order: dict[Any, list[str]] = {}
    for record in first_heard(ear.heard):
        order.setdefault((record.topic, record.key), []).append(header(record, "ce_sequence"))
    assert all(sequences == sorted(sequences) for sequences in order.values())
    return len(ear.heard) - len(happened)


async def kill(relay: Relay) -> None:
    """End *relay* as a power cut would: nothing is finished, nothing let go."""
    for task in relay._tasks:
        task.cancel()
    await asyncio.gather(*relay._tasks, return_exceptions=True)
    await relay._sender.drop()


async def test_a_relay_that_dies_before_it_wrote_down_its_position_repeats_but_loses_nothing(
    kitchen: tuple[Mongo, UnitOfWork, Bakery],
    kafka: str,
    tart: str,
    short_lease: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mongo, uow, bakery = kitchen
    await bakery.bake(tart, 100, Cause("bake"))
    async with listening(kafka, late=True) as ear:
        for life in range(3):
            await asyncio.gather(*(bakery.sell(tart, Cause(f"b-{life}-{n}")) for n in range(20)))
            at_the_save = asyncio.Event()

            async def die(
                _lease: Lease, _mongo: Mongo, reached: asyncio.Event = at_the_save
            ) -> None:
                reached.set()
                await asyncio.Event().wait()

            with monkeypatch.context() as patch:
                patch.setattr(Lease, "save", die)
                doomed = Relay(mongo, kafka)
                await doomed.start()
                await asyncio.wait_for(at_the_save.wait(), 10)
                await kill(doomed)
            assert (await lease_of(mongo))["turn"] == 0
        async with relaying(mongo, kafka, uow):
            repeats = await heard_in_order(ear, mongo)
            assert repeats > 60  # three lives said the first sales, and none remembered


async def test_a_frozen_relay_whose_lane_was_taken_over_moves_no_position_when_it_thaws(
    kitchen: tuple[Mongo, UnitOfWork, Bakery],
    kafka: str,
    tart: str,
    short_lease: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mongo, uow, bakery = kitchen
    await bakery.bake(tart, 100, Cause("bake"))
    await asyncio.gather(*(bakery.sell(tart, Cause(f"b-{n}")) for n in range(20)))
    zombie = Relay(mongo, kafka)
    frozen, thaw = asyncio.Event(), asyncio.Event()
    save, saves, thawed = Lease.save, list[tuple[int, int]](), list[LeaseLost]()

    async def freeze_then_save(lease: Lease, mongo: Mongo) -> None:
        """What the zombie sent has been acknowledged, and there its process stands still."""
        if lease.holder == zombie._me:
            frozen.set()
            await thaw.wait()
        try:
            await save(lease, mongo)
        except LeaseLost as lost:
            thawed.append(lost)
            raise
        saves.append((lease.epoch, lease.position))

    monkeypatch.setattr(Lease, "save", freeze_then_save)
    async with listening(kafka, late=True) as ear:
        await zombie.start()
        await asyncio.wait_for(frozen.wait(), 10)
        async with relaying(mongo, kafka, uow):
            await bakery.sell(tart, Cause("meanwhile"))
            await eventually(lambda: any(turn == 3 for _, turn in saves))
            thaw.set()
            await eventually(lambda: thawed)
            await bakery.sell(tart, Cause("afterwards"))
            await heard_in_order(ear, mongo)
            await zombie.stop()
        assert {epoch for epoch, _ in saves} == {2}
        assert (await lease_of(mongo))["turn"] == 4


async def test_a_process_stopped_past_its_lease_wakes_up_to_find_a_twin_at_work(
    kitchen: tuple[Mongo, UnitOfWork, Bakery],
    *,
    mongo_url: str,
    database: str,
    kafka: str,
    tart: str,
    short_lease: None,
) -> None:
    mongo, uow, bakery = kitchen
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.support.relay_process", mongo_url, database, kafka, "1.5"
    )
    try:
        async with listening(kafka) as ear:
            await bakery.bake(tart, 1000, Cause("bake"))
            await eventually(lambda: mongo[LEASES].find_one({"turn": 1}))
            selling = asyncio.gather(*(bakery.sell(tart, Cause(f"b-{n}")) for n in range(300)))
            await asyncio.sleep(0.01)  # in the middle of something, wherever that is
            os.kill(process.pid, signal.SIGSTOP)
            await selling
            async with relaying(mongo, kafka, uow) as twin:
                await eventually(lambda: mongo[LEASES].find_one({"owner": twin._me}))
                await heard_in_order(ear, mongo)
                os.kill(process.pid, signal.SIGCONT)
                for n in range(50):
                    await bakery.sell(tart, Cause(f"late-{n}"))
                await heard_in_order(ear, mongo)
                lease = await lease_of(mongo)
                assert (lease["owner"], lease["epoch"]) == (twin._me, 2)
            assert (await lease_of(mongo))["turn"] == len(await journal(mongo))
    finally:
        process.kill()
        await process.wait()


@pytest.mark.parametrize("absence", ["cut", "freeze"])
async def test_while_kafka_is_away_facts_wait_and_then_all_of_them_come(
    kitchen: tuple[Mongo, UnitOfWork, Bakery],
    *,
    kafka: str,
    tart: str,
    cable: Wire,
    short_lease: None,
    absence: str,
) -> None:
    mongo, uow, bakery = kitchen
    async with (
        listening(kafka) as ear,
        relaying(mongo, kafka, uow) as relay,
        AsyncExitStack() as second,
    ):
        await bakery.bake(tart, 100, Cause("bake"))
        await ear.until(2)
        await second.enter_async_context(relaying(mongo, kafka, uow))
        getattr(cable, absence)()
        for n in range(20):
            await bakery.sell(tart, Cause(f"b-{n}"))
        await eventually(lambda: gauge("backlog_turns") >= 20)
        await eventually(lambda: gauge("oldest_seconds") > 2)  # longer than a lease lasts
        assert relay.trouble() is None
        cable.mend()
        await heard_in_order(ear, mongo)
        await eventually(lambda: gauge("backlog_turns") == 0)
        assert (await lease_of(mongo))["epoch"] == 1  # the twin stood by all the while


async def test_a_relay_that_starts_before_kafka_does_tells_how_far_it_is_behind(
    kitchen: tuple[Mongo, UnitOfWork, Bakery],
    kafka: str,
    tart: str,
    cable: Wire,
) -> None:
    mongo, uow, bakery = kitchen
    cable.cut()
    for n in range(5):
        await bakery.bake(tart, 1, Cause(f"bake-{n}"))
    async with listening(kafka, late=True) as ear, relaying(mongo, kafka, uow):
        await eventually(lambda: gauge("backlog_turns") == 5)
        cable.mend()
        await heard_in_order(ear, mongo)


async def test_a_relay_told_to_stop_while_kafka_is_away_leaves_the_lane_to_its_twin(
    kitchen: tuple[Mongo, UnitOfWork, Bakery],
    kafka: str,
    tart: str,
    cable: Wire,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mongo, uow, bakery = kitchen
    async with listening(kafka) as ear:
        async with relaying(mongo, kafka, uow):
            await bakery.bake(tart, 100, Cause("bake"))
            await ear.until(2)
            cable.freeze()
            await bakery.sell(tart, Cause("b-1"))
        cable.cut()  # what the one that left still had in its hands is gone with it
        reroute(monkeypatch, cable, "nobody")
        async with relaying(mongo, kafka, uow):
            await heard_in_order(ear, mongo, within=5)  # a lease lasts 10 seconds


async def test_a_producer_the_broker_will_no_longer_hear_is_replaced(
    kitchen: tuple[Mongo, UnitOfWork, Bakery], kafka: str, tart: str
) -> None:
    mongo, uow, bakery = kitchen
    async with listening(kafka) as ear, relaying(mongo, kafka, uow) as relay:
        await bakery.bake(tart, 100, Cause("bake"))
        await ear.until(2)
        for n in range(3):
            producer = relay._sender._producer
            assert producer
            for place in producer._txn_manager._sequence_numbers:
                producer._txn_manager._sequence_numbers[place] += 100
            await bakery.sell(tart, Cause(f"b-{n}"))
            await heard_in_order(ear, mongo)
            assert relay._sender._producer is not producer


async def test_a_turn_missing_from_the_journal_holds_the_lane_and_raises_the_alarm(
    kitchen: tuple[Mongo, UnitOfWork, Bakery], kafka: str, tart: str
) -> None:
    mongo, uow, bakery = kitchen
    for n in range(5):
        await bakery.bake(tart, 1, Cause(f"bake-{n}"))
    lost = await mongo["journal"].find_one_and_delete({"turn": 3})
    async with listening(kafka, late=True) as ear, relaying(mongo, kafka, uow):
        await eventually(lambda: gauge("missing_turn") == 3)
        await ear.exactly(4)
        assert (await lease_of(mongo))["turn"] == 2
        await mongo["journal"].insert_one(lost)
        assert await heard_in_order(ear, mongo) == 0
        await eventually(lambda: gauge("missing_turn") == 0)


async def test_a_relay_that_is_held_up_by_a_missing_turn_still_leaves_when_told(
    kitchen: tuple[Mongo, UnitOfWork, Bakery], kafka: str, tart: str
) -> None:
    mongo, uow, bakery = kitchen
    for n in range(3):
        await bakery.bake(tart, 1, Cause(f"bake-{n}"))
    await mongo["journal"].delete_one({"turn": 2})
    async with asyncio.timeout(4):
        async with relaying(mongo, kafka, uow):
            await eventually(lambda: mongo[LEASES].find_one({"turn": 1}))
    await Lease.take(mongo, 0, "twin")
    assert (await lease_of(mongo))["owner"] == "twin"


@pytest.mark.parametrize("command", ["find", "update", "findAndModify"])
async def test_a_database_that_stumbles_delays_facts_and_no_more(
    kitchen: tuple[Mongo, UnitOfWork, Bakery],
    *,
    mongo_url: str,
    database: str,
    kafka: str,
    tart: str,
    command: str,
) -> None:
    mongo, uow, bakery = kitchen
    fault = {"failCommands": [command], "closeConnection": True, "appName": f"feira-{database}"}
    async with listening(kafka) as ear, relaying(mongo, kafka, uow):
        with MongoClient[dict[str, Any]](mongo_url) as client:
            client.admin.command(
                {"configureFailPoint": "failCommand", "mode": {"times": 4}, "data": fault}
            )
            await bakery.bake(tart, 50, Cause("bake"))
            await asyncio.gather(*(bakery.sell(tart, Cause(f"b-{n}")) for n in range(20)))
            await heard_in_order(ear, mongo)
            client.admin.command({"configureFailPoint": "failCommand", "mode": "off"})


async def test_a_journal_that_can_no_longer_be_followed_is_followed_anew(
    kitchen: tuple[Mongo, UnitOfWork, Bakery],
    *,
    mongo_url: str,
    database: str,
    kafka: str,
    tart: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mongo, _, bakery = kitchen
    history_lost = {
        "failCommands": ["getMore"],
        "errorCode": 286,
        "errorLabels": ["NonResumableChangeStreamError"],
        "appName": f"feira-{database}",
    }
    monkeypatch.setattr(relay_module, "POLL_SECONDS", 60.0)
    relay = Relay(mongo, kafka)
    relay.follow = True
    async with listening(kafka) as ear:
        await relay.start()
        with MongoClient[dict[str, Any]](mongo_url) as client:
            client.admin.command(
                {"configureFailPoint": "failCommand", "mode": {"times": 1}, "data": history_lost}
            )
            for n in range(40):
                await bakery.bake(tart, 1, Cause(f"bake-{n}"))
                await asyncio.sleep(0.05)
            client.admin.command({"configureFailPoint": "failCommand", "mode": "off"})
        await heard_in_order(ear, mongo, within=5)
        assert relay.trouble() is None
        await relay.stop()

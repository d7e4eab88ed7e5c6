"""The subscriber in trouble: crashes, rebalances, an absent Kafka or MongoDB. Effects come once."""

import asyncio
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from pymongo import MongoClient
from structlog.testing import capture_logs

from shared.platform.bus import subscriber as subscriber_module
from shared.platform.bus.dead_letters import DeadLetters
from shared.platform.bus.subscriber import Subscriber
from shared.platform.bus.topics import dead_letters
from shared.platform.change.cause import Cause
from tests.support.bakery import TartEvent, TartsBaked
from tests.support.bus import (
    envelope,
    lag,
    listening,
    say,
)
from tests.support.cafe import Cafe, baked, hearing
from tests.support.eventually import eventually
from tests.support.proxy import reroute, wire

DEAD = dead_letters("bakery")


def member(kafka: str, group: str, cafe: Cafe, batch: int = 500) -> Subscriber:
    subscriber = Subscriber(kafka, "bakery", group=group, batch=batch)
    subscriber.on(TartsBaked)(cafe.note)
    return subscriber


async def all_heard(kafka: str, group: str) -> None:
    async def none_left() -> bool:
        return await lag(kafka, group, [TartEvent.topic]) == 0

    await eventually(none_left, within=30, pause=0.1)


async def test_what_was_done_but_not_committed_comes_again_and_is_not_done_again(
    cafe: Cafe,
    kafka: str,
    group: str,
    voice: AIOKafkaProducer,
    *,
    tart: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    heard: list[int] = []

    def note(event: TartsBaked, cause: Cause) -> Any:
        heard.append(event.units)
        return cafe.note(event, cause)

    async def die_before(_subscriber: Subscriber, _records: Any) -> None:
        """Where the offsets would be committed, the power goes."""

    await say(voice, baked(tart, 1, 2, 3))
    for _ in range(2):
        doomed = Subscriber(kafka, "bakery", group=group)
        doomed.on(TartsBaked)(note)
        with monkeypatch.context() as patch:
            patch.setattr(Subscriber, "_commit", die_before)
            so_far = len(heard)
            async with hearing(doomed):
                await eventually(lambda so_far=so_far: len(heard) >= so_far + 3, within=20)
    survivor = Subscriber(kafka, "bakery", group=group)
    survivor.on(TartsBaked)(note)
    async with hearing(survivor):
        await all_heard(kafka, group)
    assert heard == [1, 2, 3] * 3
    assert await cafe.diary(tart) == [1, 2, 3]


async def test_offsets_that_cannot_be_committed_are_counted_and_cost_a_repeat_at_most(
    cafe: Cafe,
    kafka: str,
    group: str,
    voice: AIOKafkaProducer,
    *,
    tart: str,
) -> None:
    subscriber = member(kafka, group, cafe)
    failures = iter([KafkaError("generation"), KafkaError("generation")])
    before = subscriber_module.UNCOMMITTED._value.get()
    async with hearing(subscriber):
        consumer = subscriber._source.consumer
        commit = consumer.commit

        async def fail_twice(ends: Any) -> None:
            if error := next(failures, None):
                raise error
            await commit(ends)

        consumer.commit = fail_twice
        for n in range(4):
            await say(voice, baked(tart, n))
            await eventually(lambda n=n: _has(cafe, tart, n + 1))
        await all_heard(kafka, group)
    assert await cafe.diary(tart) == [0, 1, 2, 3]
    assert subscriber_module.UNCOMMITTED._value.get() == before + 2


async def test_a_batch_does_not_wait_for_the_commit_of_the_one_before_and_the_next_but_one_does(
    cafe: Cafe, kafka: str, group: str, voice: AIOKafkaProducer, *, tart: str
) -> None:
    subscriber = member(kafka, group, cafe)
    may_go_on, asked = asyncio.Event(), 0
    async with hearing(subscriber):
        consumer = subscriber._source.consumer
        commit = consumer.commit

        async def commit_later(ends: Any) -> None:
            nonlocal asked
            asked += 1
            await may_go_on.wait()
            await commit(ends)

        consumer.commit = commit_later
        for n in range(2):
            await say(voice, baked(tart, n))
            await eventually(lambda n=n: _has(cafe, tart, n + 1))
        await say(voice, baked(tart, 2))
        assert await lag(kafka, group, [TartEvent.topic]) == 3
        assert asked == 1
        may_go_on.set()
        await all_heard(kafka, group)
    assert await cafe.diary(tart) == [0, 1, 2]
    assert asked >= 2


async def _has(cafe: Cafe, tart: str, count: int) -> bool:
    return len(await cafe.diary(tart)) >= count


async def test_members_come_and_go_under_load_and_every_event_acts_once_and_in_order(
    cafe: Cafe, kafka: str, group: str, voice: AIOKafkaProducer, *, tart: str
) -> None:
    tarts = [f"{tart}-{n}" for n in range(30)]
    each, stop = 0, asyncio.Event()

    async def keep_saying() -> None:
        nonlocal each
        while not stop.is_set():
            await say(voice, [TartsBaked(tart=one, units=each) for one in tarts])
            each += 1
            await asyncio.sleep(0.05)

    async with hearing(member(kafka, group, cafe, batch=20)):
        talk = asyncio.create_task(keep_saying())
        for _ in range(3):
            async with hearing(member(kafka, group, cafe, batch=20)):
                await asyncio.sleep(0.3)
        stop.set()
        await talk
        await all_heard(kafka, group)
    for one in tarts:
        assert await cafe.diary(one) == list(range(each))


async def test_a_batch_in_hand_is_finished_before_its_partitions_go_to_another(
    cafe: Cafe, kafka: str, group: str, voice: AIOKafkaProducer, *, tart: str
) -> None:
    tarts = [f"{tart}-{n}" for n in range(24)]
    heard: dict[str, list[str]] = {"first": [], "second": []}
    begun, go_on = asyncio.Event(), asyncio.Event()

    def listener(name: str) -> Subscriber:
        subscriber = Subscriber(kafka, "bakery", group=group)

        @subscriber.on(TartsBaked)
        async def note(event: TartsBaked, cause: Cause) -> None:
            heard[name].append(event.tart)
            begun.set()
            await go_on.wait()
            await cafe.note(event, cause)

        return subscriber

    second = listener("second")
    async with hearing(listener("first")) as first:
        await say(voice, [fact for one in tarts for fact in baked(one, 1)])
        await asyncio.wait_for(begun.wait(), 10)
        joining = asyncio.create_task(second.start())
        coordinator = first._source.consumer._coordinator
        await eventually(coordinator._rejoin_needed_fut.done, within=20)
        await asyncio.sleep(0.2)  # time enough to hand over what is not finished
        go_on.set()
        await joining
        await all_heard(kafka, group)
        await second.stop()
    assert not set(heard["first"]) & set(heard["second"])
    for one in tarts:
        assert await cafe.diary(one) == [1]


async def test_a_batch_that_outlives_its_partitions_disturbs_neither_its_events_nor_the_member(
    cafe: Cafe,
    kafka: str,
    group: str,
    voice: AIOKafkaProducer,
    *,
    tart: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(subscriber_module, "DRAIN_SECONDS", 0.1)
    tarts = [f"{tart}-{n}" for n in range(24)]
    slow = Subscriber(kafka, "bakery", group=group)
    begun, go_on = asyncio.Event(), asyncio.Event()

    @slow.on(TartsBaked)
    async def note_slowly(event: TartsBaked, cause: Cause) -> None:
        begun.set()
        await go_on.wait()
        await cafe.note(event, cause)

    async with hearing(slow):
        await say(voice, [fact for one in tarts for fact in baked(one, 1)])
        await asyncio.wait_for(begun.wait(), 10)
        slow._source.consumer.unsubscribe()  # all its partitions go, with the batch in its hands
        async with hearing(member(kafka, group, cafe)):
            with capture_logs() as logs:
                go_on.set()
                await asyncio.wait_for(slow._idle.wait(), 10)
            assert not [entry for entry in logs if entry["log_level"] == "error"]
            await say(voice, [fact for one in tarts for fact in baked(one, 2)])
            await all_heard(kafka, group)
    for one in tarts:
        assert await cafe.diary(one) == [1, 2]


async def test_a_batch_in_which_the_subscriber_itself_fails_is_taken_again(
    cafe: Cafe,
    kafka: str,
    group: str,
    voice: AIOKafkaProducer,
    *,
    tart: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    put, faults = DeadLetters.put, iter([ZeroDivisionError("of ours")])

    async def fail_once(letters: DeadLetters, record: Any, error: BaseException) -> None:
        if fault := next(faults, None):
            raise fault
        await put(letters, record, error)

    monkeypatch.setattr(DeadLetters, "put", fail_once)
    poison = baked(tart, 2)[0]
    async with listening(kafka, [DEAD]) as ear:
        await say(voice, baked(tart, 1))
        await voice.send_and_wait(
            TartEvent.topic, b"?", key=tart.encode(), headers=envelope(poison)
        )
        await say(voice, baked(tart, 3))
        async with hearing(member(kafka, group, cafe)):
            await all_heard(kafka, group)
        await ear.exactly(1)
    assert await cafe.diary(tart) == [1, 3]


async def test_a_member_told_to_stop_finishes_the_batch_in_hand_and_commits_it(
    cafe: Cafe, kafka: str, group: str, voice: AIOKafkaProducer, *, tart: str
) -> None:
    subscriber = Subscriber(kafka, "bakery", group=group)
    begun = asyncio.Event()
    heard: list[int] = []

    @subscriber.on(TartsBaked)
    async def note(event: TartsBaked, cause: Cause) -> None:
        heard.append(event.units)
        begun.set()
        await asyncio.sleep(0.3)
        await cafe.note(event, cause)

    async with hearing(subscriber):
        consumer = subscriber._source.consumer
        commit = consumer.commit

        async def commit_slowly(ends: Any) -> None:
            await asyncio.sleep(0.5)
            await commit(ends)

        consumer.commit = commit_slowly
        await say(voice, baked(tart, 1, 2, 3))
        await asyncio.wait_for(begun.wait(), 10)
    done = await cafe.diary(tart)
    assert done == heard
    assert await lag(kafka, group, [TartEvent.topic]) == 3 - len(done)


async def test_kafka_may_be_away_when_a_service_starts_and_again_later(
    cafe: Cafe,
    kafka: str,
    group: str,
    voice: AIOKafkaProducer,
    *,
    tart: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with wire(kafka) as cable:
        reroute(monkeypatch, cable, "feira-bakery")
        cable.cut()
        subscriber = member(kafka, group, cafe)
        starting = asyncio.create_task(subscriber.start())
        await say(voice, baked(tart, 1))
        await starting
        assert subscriber.trouble()
        cable.mend()
        await eventually(lambda: _has(cafe, tart, 1), within=20)
        assert subscriber.trouble() is None
        cable.cut()
        await say(voice, baked(tart, 2, 3))
        await asyncio.sleep(0.5)
        cable.mend()
        await eventually(lambda: _has(cafe, tart, 3), within=30)
        await all_heard(kafka, group)
        await subscriber.stop()
    assert await cafe.diary(tart) == [1, 2, 3]


async def test_one_told_to_stop_before_it_ever_reached_kafka_leaves_nothing_behind(
    cafe: Cafe, kafka: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with wire(kafka) as cable:
        reroute(monkeypatch, cable, "feira-bakery")
        cable.cut()
        subscriber = member(kafka, "never", cafe)
        await subscriber.start()
        async with asyncio.timeout(2):
            await subscriber.stop()


async def test_a_database_that_stumbles_delays_effects_and_no_more(
    cafe: Cafe,
    mongo_url: str,
    database: str,
    kafka: str,
    group: str,
    *,
    voice: AIOKafkaProducer,
    tart: str,
) -> None:
    fault = {
        "failCommands": ["insert", "commitTransaction"],
        "closeConnection": True,
        "appName": f"feira-{database}",
    }
    async with listening(kafka, [DEAD]) as ear, hearing(member(kafka, group, cafe)):
        with MongoClient[dict[str, Any]](mongo_url) as client:
            client.admin.command(
                {"configureFailPoint": "failCommand", "mode": {"times": 6}, "data": fault}
            )
            await say(voice, baked(tart, *range(30)))
            await all_heard(kafka, group)
            client.admin.command({"configureFailPoint": "failCommand", "mode": "off"})
        await ear.exactly(0)
    assert await cafe.diary(tart) == list(range(30))

"""The subscriber: what it makes of a bus on which anybody may say anything."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaProducer

from shared.events.base import Event
from shared.events.ids import new_id
from shared.events.partition import partition_of
from shared.platform import trail
from shared.platform.bus.lag import LAG
from shared.platform.bus.subscriber import Subscriber
from shared.platform.bus.topics import dead_letters
from shared.platform.change.cause import Cause
from shared.platform.trail import Trail
from shared.refusal import Busy
from tests.support.bakery import ReceiptWritten, TartEvent, TartsBaked
from tests.support.bus import (
    TOPICS,
    Headers,
    envelope,
    header,
    lag,
    listening,
    say,
    unreadable,
)
from tests.support.cafe import Cafe, baked, hearing, open_cafe
from tests.support.eventually import eventually

DEAD = dead_letters("bakery")
LARGEST = 4 * 1024 * 1024 - 100
"""What just fits into a record of the local broker, and no longer does with an error beside it."""


@asynccontextmanager
async def hearing_with(
    handler: Callable[..., Any], kafka: str, group: str, *kinds: type[Event]
) -> AsyncIterator[Subscriber]:
    subscriber = Subscriber(kafka, "bakery", group=group)
    subscriber.on(*(kinds or (TartsBaked,)))(handler)
    async with hearing(subscriber):
        yield subscriber


async def all_heard(kafka: str, group: str, topics: list[str] | None = None) -> None:
    async def none_left() -> bool:
        return await lag(kafka, group, topics or [TartEvent.topic]) == 0

    await eventually(none_left, within=20, pause=0.1)


async def test_what_nobody_can_understand_stops_nothing_and_is_kept_whole(
    cafe: Cafe, kafka: str, group: str, voice: AIOKafkaProducer, tart: str
) -> None:
    [fact] = baked(tart, 2)
    good = envelope(fact)
    poison: list[tuple[bytes | None, Headers]] = [
        (b"\xff\xfe{not json", good),
        (None, good),
        (b"", good),
        (b'{"tart": "egg", "units": {"$ne": 0}}', good),
        (b"[" * 100_000, good),
        (fact.write(), []),
        (fact.write(), [("ce_id", b""), ("ce_type", fact.type.encode())]),
        (fact.write(), [("ce_id", b"x" * 5_000), ("ce_type", fact.type.encode())]),
        (fact.write(), [("ce_id", b"\xff\xfe"), ("ce_type", fact.type.encode())]),
        (fact.write(), [("ce_id", None), ("ce_type", fact.type.encode())]),  # type: ignore[list-item]
        (fact.write(), [("ce_type", fact.type.encode())]),
        (fact.write(), [("ce_id", new_id().encode())]),
    ]
    foreign: list[tuple[bytes | None, Headers]] = [
        (b"\xff", [("ce_id", b"1"), ("ce_type", b"feira.bakery.tart.sung")]),
        (b"\xff", [("ce_id", b"2"), ("ce_type", b"com.example.thing")]),
    ]
    odd: list[tuple[bytes | None, Headers]] = [
        (
            baked(tart, 3)[0].write(),
            [
                *envelope(fact),
                ("reply_to", dead_letters("bakery").encode()),
                ("correlation_id", b"\xff\xff"),
                ("content-type", b"application/x-nonsense"),
                ("null", None),  # type: ignore[list-item]
                ("traceparent", b"\xfe"),
            ],
        )
    ]
    async with listening(kafka, [DEAD]) as ear, hearing_with(cafe.note, kafka, group):
        await say(voice, baked(tart, 1))
        for value, headers in [*poison, *foreign, *odd]:
            await voice.send_and_wait(
                TartEvent.topic,
                value,
                key=tart.encode(),
                partition=partition_of(tart),
                headers=headers,
            )
        await say(voice, baked(tart, 4))
        await all_heard(kafka, group)
        assert await cafe.diary(tart) == [1, 3, 4]
        letters = await ear.exactly(len(poison))
    kept = [
        (letter.value, [(n, v) for n, v in letter.headers if not n.startswith("feira-")])
        for letter in letters
    ]
    assert sorted(kept, key=repr) == sorted(poison, key=repr)
    for letter in letters:
        assert letter.key == tart.encode()
        assert header(letter, "feira-topic") == TartEvent.topic
        assert int(header(letter, "feira-partition")) == partition_of(tart)
        assert int(header(letter, "feira-offset")) >= 0
        assert header(letter, "feira-error").startswith("Poison: ")


async def test_a_record_with_nothing_in_it_at_all_is_a_dead_letter_too(
    cafe: Cafe, kafka: str, group: str, voice: AIOKafkaProducer, tart: str
) -> None:
    nothing = voice.create_batch()
    nothing.append(timestamp=None, key=None, value=None)
    async with listening(kafka, [DEAD]) as ear, hearing_with(cafe.note, kafka, group):
        place = partition_of(tart)
        await (await voice.send_batch(nothing, TartEvent.topic, partition=place))
        await say(voice, baked(tart, 1))
        await all_heard(kafka, group)
        await ear.exactly(1)
    assert await cafe.diary(tart) == [1]


async def test_a_record_the_client_library_cannot_read_does_not_hold_its_partition(
    cafe: Cafe, kafka: str, group: str, voice: AIOKafkaProducer, tart: str
) -> None:
    others = [f"{tart}-{n}" for n in range(40)]
    async with listening(kafka, [DEAD]) as ear, hearing_with(cafe.note, kafka, group):
        await say(voice, baked(tart, 1, 2))
        await unreadable(voice, TartEvent.topic, partition_of(tart))
        await say(voice, [fact for other in others for fact in baked(other, 5, 6)])
        await say(voice, baked(tart, 3, 4))
        await all_heard(kafka, group)
        assert await cafe.diary(tart) == [1, 2, 3, 4]
        for other in others:
            assert await cafe.diary(other) == [5, 6]
        [letter] = await ear.exactly(1)
    assert header(letter, "feira-partition") == str(partition_of(tart))


async def test_a_dead_letter_too_large_to_keep_whole_says_where_the_original_is(
    cafe: Cafe, kafka: str, group: str, voice: AIOKafkaProducer, tart: str
) -> None:
    voice._max_request_size = 2 * LARGEST
    async with listening(kafka, [DEAD]) as ear, hearing_with(cafe.note, kafka, group):
        sent = await voice.send_and_wait(
            TartEvent.topic, b"x" * LARGEST, key=tart.encode(), partition=partition_of(tart)
        )
        await say(voice, baked(tart, 1))
        await all_heard(kafka, group)
        [letter] = await ear.exactly(1)
    assert await cafe.diary(tart) == [1]
    assert header(letter, "feira-offset") == str(sent.offset)
    assert letter.value == b""
    assert header(letter, "feira-cut") == str(LARGEST)


async def test_the_same_event_however_often_it_comes_acts_once(
    cafe: Cafe, kafka: str, group: str, voice: AIOKafkaProducer, tart: str
) -> None:
    async with hearing_with(cafe.note, kafka, group):
        await say(voice, baked(tart, 1, 1, 1, 2, 2), ids=["a", "a", "a", "b", "b"])
        await all_heard(kafka, group)
        await say(voice, baked(tart, 1, 2, 3), ids=["a", "b", "c"])
        await all_heard(kafka, group)
    assert await cafe.diary(tart) == [1, 2, 3]


async def test_everything_three_times_and_in_any_order_leads_to_the_same_state(
    cafe: Cafe, kafka: str, group: str, voice: AIOKafkaProducer, tart: str
) -> None:
    told = [
        (event, new_id())
        for other in range(20)
        for event in baked(f"{tart}-{other}", *range(1, 11))
    ]
    thrice = told * 3
    random.Random(7).shuffle(thrice)
    async with hearing_with(cafe.note, kafka, group):
        await say(voice, [event for event, _ in thrice], ids=[name for _, name in thrice])
        await all_heard(kafka, group)
    for other in range(20):
        assert sorted(await cafe.diary(f"{tart}-{other}")) == list(range(1, 11))


async def test_a_handler_that_always_fails_gives_up_its_event_and_no_other(
    cafe: Cafe, kafka: str, group: str, voice: AIOKafkaProducer, tart: str
) -> None:
    tries: Counter[int] = Counter()

    def clumsy(event: TartsBaked, cause: Cause) -> Any:
        tries[event.units] += 1
        if event.units == 13:
            raise ZeroDivisionError("oven")
        return cafe.note(event, cause)

    async with listening(kafka, [DEAD]) as ear, hearing_with(clumsy, kafka, group):
        await say(voice, [*baked(tart, 1, 13, 2), *baked(f"{tart}-b", 5), *baked(tart, 3)])
        await all_heard(kafka, group)
        [letter] = await ear.exactly(1)
    assert (await cafe.diary(tart), await cafe.diary(f"{tart}-b")) == ([1, 2, 3], [5])
    assert letter.value == baked(tart, 13)[0].write()
    assert header(letter, "feira-error") == "ZeroDivisionError: oven"
    assert tries == {1: 1, 13: 4, 2: 1, 5: 1, 3: 1}


async def test_a_handler_that_recovers_gives_nothing_up(
    cafe: Cafe, kafka: str, group: str, voice: AIOKafkaProducer, tart: str
) -> None:
    tries: list[int] = []

    async def shaky(event: TartsBaked, cause: Cause) -> None:
        tries.append(event.units)
        if len(tries) < 4:
            raise ConnectionError("carrier")
        await cafe.note(event, cause)

    async with listening(kafka, [DEAD]) as ear, hearing_with(shaky, kafka, group):
        await say(voice, baked(tart, 1))
        await all_heard(kafka, group)
        await ear.exactly(0)
    assert await cafe.diary(tart) == [1]


async def test_who_is_busy_is_asked_again_until_it_is_not_and_no_event_overtakes_another(
    cafe: Cafe, kafka: str, group: str, voice: AIOKafkaProducer, tart: str
) -> None:
    turned_away: Counter[int] = Counter()

    def busy(event: TartsBaked, cause: Cause) -> Any:
        if event.units % 3 == 0 and turned_away[event.units] < 6:
            turned_away[event.units] += 1
            raise Busy
        return cafe.note(event, cause)

    async with listening(kafka, [DEAD]) as ear, hearing_with(busy, kafka, group):
        await say(voice, [*baked(tart, 1, 2, 3, 4, 5), *baked(f"{tart}-b", 1, 2)])
        await eventually(lambda: turned_away[3] >= 1)
        assert await cafe.diary(f"{tart}-b") in ([], [1, 2])
        await all_heard(kafka, group)
        await ear.exactly(0)
    assert await cafe.diary(tart) == [1, 2, 3, 4, 5]
    assert turned_away[3] == 6


async def test_a_unit_of_work_that_takes_only_a_few_at_a_time_still_gets_all_in_order(
    mongo_url: str, database: str, kafka: str, group: str, voice: AIOKafkaProducer, *, tart: str
) -> None:
    async with (
        open_cafe(mongo_url, database, max_waiting=15) as small,
        hearing_with(small.note, kafka, group),
    ):
        await say(voice, baked(tart, *range(60)))
        await all_heard(kafka, group)
        assert await small.diary(tart) == list(range(60))


async def test_an_event_may_mean_nothing_here_or_two_things(
    cafe: Cafe, kafka: str, group: str, voice: AIOKafkaProducer, tart: str
) -> None:
    subscriber = Subscriber(kafka, "bakery", group=group)
    heard: list[str] = []

    @subscriber.on(ReceiptWritten)
    def ignore(event: ReceiptWritten, cause: Cause) -> None:
        heard.append(event.order)

    @subscriber.on(TartsBaked)
    def note(event: TartsBaked, cause: Cause) -> Any:
        return cafe.note(event, cause)

    @subscriber.on(TartsBaked)
    def note_again(event: TartsBaked, cause: Cause) -> Any:
        return cafe.note(TartsBaked(tart=f"{event.tart}-too", units=event.units), cause)

    async with hearing(subscriber):
        await say(voice, [*baked(tart, 1, 2), ReceiptWritten(order="o-1", tart=tart)])
        await all_heard(kafka, group, TOPICS[:3])
    assert heard == ["o-1"]
    assert await cafe.diary(tart) == await cafe.diary(f"{tart}-too") == [1, 2]


def test_two_handlers_of_one_event_need_names_to_be_told_apart(kafka: str) -> None:
    subscriber = Subscriber(kafka, "bakery")
    subscriber.on(TartsBaked)(lambda _event, _cause: None)
    with pytest.raises(ValueError, match="lambda"):
        subscriber.on(TartsBaked)(lambda _event, _cause: None)


async def test_a_group_that_begins_now_or_at_the_beginning(
    cafe: Cafe, kafka: str, voice: AIOKafkaProducer, tart: str
) -> None:
    await say(voice, baked(tart, 1))
    heard: dict[bool, list[int]] = {True: [], False: []}
    for replay in (True, False):
        group = f"new-{replay}-{uuid4().hex}"
        subscriber = Subscriber(kafka, "bakery", group=group, replay=replay)

        @subscriber.on(TartsBaked)
        def hear(event: TartsBaked, cause: Cause, of: list[int] = heard[replay]) -> None:
            if event.tart == tart:
                of.append(event.units)

        async with hearing(subscriber):
            if replay:
                await eventually(lambda: heard[True], within=60)
            for n in range(2, 200):
                if heard[replay]:
                    break
                await say(voice, baked(tart, n))
                await asyncio.sleep(0.05)
    assert heard[True][0] == 1
    assert heard[False][0] > 1


async def test_a_later_event_of_a_key_does_not_overtake_one_that_is_tried_again(
    kafka: str, group: str, voice: AIOKafkaProducer, tart: str
) -> None:
    heard: list[int] = []
    tries = 0

    def note(event: TartsBaked, _: Cause) -> None:
        nonlocal tries
        if event.units == 1 and (tries := tries + 1) < 3:
            raise ZeroDivisionError
        heard.append(event.units)

    async with hearing_with(note, kafka, group):
        await say(voice, baked(tart, 1, 2, 3))
        await eventually(lambda: len(heard) == 3)
    assert heard == [1, 2, 3]


async def test_how_far_it_is_behind_is_told_while_it_cannot_go_on(
    kafka: str, group: str, voice: AIOKafkaProducer, tart: str
) -> None:
    stuck = True

    def note(_event: TartsBaked, _cause: Cause) -> None:
        if stuck:
            raise Busy

    def behind() -> float:
        return sum(
            sample.value
            for metric in LAG.collect()
            for sample in metric.samples
            if sample.labels["topic"] == TartEvent.topic
        )

    async with hearing_with(note, kafka, group):
        await say(voice, baked(tart, 1))
        await eventually(lambda: stuck)
        await say(voice, baked(tart, *range(2, 9)))
        await eventually(lambda: behind() >= 7)
        stuck = False
        await eventually(lambda: behind() == 0)
    assert behind() == 0
    assert not [metric.samples for metric in LAG.collect() if metric.samples]


async def test_what_a_handler_logs_can_be_traced_to_the_wish_it_began_with(
    kafka: str, group: str, voice: AIOKafkaProducer, tart: str
) -> None:
    trails: list[Trail | None] = []

    def note(_event: TartsBaked, _cause: Cause) -> None:
        trails.append(trail.current.get())

    trace = f"00-{'a' * 32}-{'b' * 16}-01"
    [fact] = baked(tart, 1)
    async with hearing_with(note, kafka, group):
        headers = [
            *envelope(fact, "e-1"),
            ("ce_correlationid", b"wish-1"),
            ("traceparent", trace.encode()),
        ]
        await voice.send_and_wait(fact.topic, fact.write(), key=b"key", headers=headers)
        await eventually(lambda: trails)
    assert trails == [Trail("e-1", "wish-1", trace)]

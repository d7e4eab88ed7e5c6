"""The tap: every process hears everything from now on, whatever strangers put on the bus."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient

from shared.events.base import Event
from shared.events.partition import partition_of
from shared.platform.bus.tap import Tap
from tests.support.bakery import TartsBaked
from tests.support.bus import envelope, make_topics, say, speaking
from tests.support.eventually import eventually
from tests.support.proxy import reroute, wire


@pytest.fixture(autouse=True, scope="module")
async def _topics(kafka: str) -> None:
    await make_topics(kafka)


class Ears:
    """Remembers what a tap heard."""

    def __init__(self, tap: Tap) -> None:
        self.tap = tap
        self.heard: list[int] = []
        tap.on(TartsBaked)(self.hear)

    def hear(self, event: Event) -> None:
        assert isinstance(event, TartsBaked)
        self.heard.append(event.units)


@asynccontextmanager
async def tapping(kafka: str) -> AsyncGenerator[Ears]:
    tap = Tap(kafka, "bakery")
    ears = Ears(tap)
    assert tap.trouble()
    await tap.start()
    await eventually(lambda: tap.trouble() is None)
    try:
        yield ears
    finally:
        await tap.stop()


def baked(*units: int) -> list[TartsBaked]:
    return [TartsBaked(tart=f"tart-{n}", units=n) for n in units]


async def test_every_process_hears_everything_said_since_it_was_there(kafka: str) -> None:
    async with speaking(kafka) as bus:
        await say(bus, baked(1, 2))
        async with tapping(kafka) as first:
            await say(bus, baked(*range(10, 30)))
            async with tapping(kafka) as second:
                await say(bus, baked(*range(30, 50)))
                await eventually(lambda: len(second.heard) >= 20)
                await eventually(lambda: len(first.heard) >= 40)
    assert sorted(first.heard) == list(range(10, 50))
    assert sorted(second.heard) == list(range(30, 50))


async def test_facts_of_one_key_are_heard_in_order(kafka: str) -> None:
    async with speaking(kafka) as bus, tapping(kafka) as ears:
        await say(bus, [TartsBaked(tart="pastel", units=n) for n in range(200)])
        await eventually(lambda: len(ears.heard) == 200)
    assert ears.heard == list(range(200))


async def test_what_strangers_write_deafens_nobody(kafka: str) -> None:
    async def write(bus: AIOKafkaProducer, value: bytes | None, headers: object) -> None:
        place = partition_of("pastel")
        await bus.send_and_wait(
            TartsBaked.topic,
            value,
            key=b"pastel",
            partition=place,
            headers=headers,  # type: ignore[arg-type]
        )

    async with speaking(kafka) as bus, tapping(kafka) as ears:

        def trip(event: TartsBaked) -> None:
            if event.units == 2:
                raise RuntimeError("stumbled")

        ears.tap.on(TartsBaked)(trip)
        fine = envelope(baked(1)[0])
        await write(bus, b"{", fine)
        await write(bus, None, fine)
        await write(bus, b"\xff\xfe", [("ce_id", b"\xff"), ("reply_to", b"feira.bakery.tart.v1")])
        await write(bus, b"{}", [("ce_id", b"1"), ("ce_type", b"feira.bakery.tart.unknown")])
        await say(bus, [TartsBaked(tart="pastel", units=n) for n in (1, 2, 3)])
        await eventually(lambda: ears.heard == [1, 2, 3])


async def test_a_cut_wire_costs_time_but_no_fact(
    kafka: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with wire(kafka) as cable:
        reroute(monkeypatch, cable, "feira-bakery-tap")
        async with speaking(kafka) as bus, tapping(kafka) as ears:
            await say(bus, baked(1))
            await eventually(lambda: ears.heard == [1])
            cable.cut()
            await say(bus, baked(*range(2, 40)))
            cable.mend()
            await eventually(lambda: len(ears.heard) >= 39, within=30)
    assert sorted(ears.heard) == list(range(1, 40))


async def test_a_tap_leaves_no_trace_on_the_broker(kafka: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        before = set(await admin.list_consumer_groups())
        async with speaking(kafka) as bus, tapping(kafka) as ears:
            await say(bus, baked(1))
            await eventually(lambda: ears.heard == [1])
            assert set(await admin.list_consumer_groups()) == before
    finally:
        await admin.close()


async def test_a_tap_that_cannot_reach_kafka_says_so_and_hears_once_it_can(
    kafka: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with wire(kafka) as cable, speaking(kafka) as bus:
        reroute(monkeypatch, cable, "feira-bakery-tap")
        cable.cut()
        tap = Tap(kafka, "bakery")
        ears = Ears(tap)
        await tap.start()
        assert tap.trouble()
        cable.mend()
        await eventually(lambda: tap.trouble() is None)
        await say(bus, baked(7))
        await eventually(lambda: ears.heard == [7])
        await tap.stop()

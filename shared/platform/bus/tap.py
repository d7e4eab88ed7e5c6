"""The tap: every process hears everything from now on; nothing is committed, nothing is kept.

For what each replica must know by itself, such as what to tell its own viewers. Who must not miss
a fact, also while it is down, is a subscriber. FastStream underneath, its traps closed here: with
no group every process gets all partitions, and they are named one by one, since a subscription
without a group would jump to the end whenever the metadata of a topic is away for a moment.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias, TypeVar

import structlog
from aiokafka import AIOKafkaConsumer
from faststream.kafka import TopicPartition
from prometheus_client import Counter, Gauge

from shared.events.base import PARTITIONS, Event
from shared.platform.bus.hearing import Poison, Record, read
from shared.platform.bus.source import Source

log = structlog.get_logger(__name__)

TAPPED = Counter("feira_tap_records_total", "Records by what became of them", ["outcome"])
AGE = Gauge("feira_tap_age_seconds", "How old the last record was when it was heard")

Listener: TypeAlias = Callable[[Any], None]
"""What an event changes in this process; it must not wait, and nobody tries it again."""

L = TypeVar("L", bound=Listener)


class Tap:
    """What one process overhears. A part of the service."""

    def __init__(self, kafka: str, service: str, *, batch: int = 500) -> None:
        self._listeners: dict[type[Event], list[Listener]] = {}
        self._source = Source(
            kafka,
            f"feira-{service}-tap",
            self._take,
            graceful=2,
            max_records=batch,
            auto_offset_reset="latest",
            max_partition_fetch_bytes=1024 * 1024,
        )
        self._starting: asyncio.Task[None] | None = None
        self._open = False

    def on(self, *kinds: type[Event]) -> Callable[[L], L]:
        """Register a listener for events of *kinds*: `(event) -> None`."""

        def register(listener: L) -> L:
            for kind in kinds:
                self._listeners.setdefault(kind, []).append(listener)
            return listener

        return register

    @property
    def topics(self) -> list[str]:
        """The topics heard."""
        return sorted({kind.topic for kind in self._listeners})

    # Life -------------------------------------------------------------------------------------

    async def start(self) -> None:
        self._starting = asyncio.create_task(
            self._source.open(
                self._ready,
                partitions=[
                    TopicPartition(topic, number)
                    for topic in self.topics
                    for number in range(PARTITIONS)
                ],
            )
        )
        await asyncio.wait({self._starting}, timeout=3)

    async def stop(self) -> None:
        self._open = False
        if self._starting:
            self._starting.cancel()
            await asyncio.gather(self._starting, return_exceptions=True)
        await self._source.close()

    def trouble(self) -> str | None:
        """Until the ends of all partitions are known, something said now might not be heard."""
        return None if self._open else "the tap does not hear all topics yet"

    async def _ready(self, consumer: AIOKafkaConsumer) -> None:
        for place in consumer.assignment():
            await consumer.position(place)
        self._open = True

    # Hearing ----------------------------------------------------------------------------------

    async def _take(self, records: Sequence[Record]) -> None:
        for record in records:
            TAPPED.labels(self._hear(record)).inc()
        AGE.set(max(0.0, time.time() - records[-1].timestamp / 1000))

    def _hear(self, record: Record) -> str:
        """Tell the listeners; returns what became of the record. Never raises."""
        try:
            heard = read(record)
        except Poison as poison:
            log.warning(
                "record not understood",
                topic=record.topic,
                partition=record.partition,
                offset=record.offset,
                error=str(poison)[:200],
            )
            return "poison"
        listeners = self._listeners.get(type(heard.event)) if heard else None
        if heard is None or not listeners:
            return "passed"
        outcome = "done"
        for listener in listeners:
            try:
                listener(heard.event)
            except Exception:  # one listener's fault is not to deafen the others
                outcome = "failed"
                log.exception("listener failed", type=heard.event.type, key=heard.event.key)
        return outcome

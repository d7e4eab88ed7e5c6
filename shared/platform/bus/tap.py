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
from aiokafka.errors import KafkaError
from faststream.kafka import KafkaBroker, TopicPartition
from faststream.kafka.message import KafkaMessage
from faststream.middlewares import AckPolicy
from prometheus_client import Counter, Gauge

from shared.events.base import PARTITIONS, Event
from shared.platform.bus.hearing import Poison, Record, read

log = structlog.get_logger(__name__)

TAPPED = Counter("feira_tap_records_total", "Records by what became of them", ["outcome"])
AGE = Gauge("feira_tap_age_seconds", "How old the last record was when it was heard")

Listener: TypeAlias = Callable[[Any], None]
"""What an event changes in this process; it must not wait, and nobody tries it again."""

L = TypeVar("L", bound=Listener)


class Tap:
    """What one process overhears. A part of the service."""

    def __init__(self, kafka: str, service: str, *, batch: int = 500) -> None:
        self._kafka, self._service, self._batch = kafka, service, batch
        self._listeners: dict[type[Event], list[Listener]] = {}
        self._broker: KafkaBroker | None = None
        self._source: Any = None
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
        self._starting = asyncio.create_task(self._connect())
        await asyncio.wait({self._starting}, timeout=3)

    async def stop(self) -> None:
        self._open = False
        if self._starting:
            self._starting.cancel()
            await asyncio.gather(self._starting, return_exceptions=True)
        if self._broker:
            await self._broker.stop()

    def trouble(self) -> str | None:
        """Until the ends of all partitions are known, something said now might not be heard."""
        return None if self._open else "the tap does not hear all topics yet"

    async def _connect(self) -> None:
        pause = 0.2
        while not self._open:
            self._broker = broker = self._build()
            try:
                await broker.start()
                for place in self._source.partitions:
                    await self._source.consumer.position(place)
            except (KafkaError, OSError) as error:
                log.warning("kafka away", error=repr(error)[:200])
                await broker.stop()
                await asyncio.sleep(pause)
                pause = min(pause * 2, 3.0)
            else:
                self._open = True

    def _build(self) -> KafkaBroker:
        """The broker, with every option that FastStream would otherwise set to lose events."""
        broker = KafkaBroker(
            self._kafka,
            client_id=f"feira-{self._service}-tap",
            apply_types=False,
            allow_auto_create_topics=False,
            graceful_timeout=2,
            logger=None,
            consumer_only=True,
        )
        self._source = broker.subscriber(
            partitions=[
                TopicPartition(topic, number)
                for topic in self.topics
                for number in range(PARTITIONS)
            ],
            batch=True,
            max_records=self._batch,
            batch_timeout_ms=20,
            parser=self._parse,
            decoder=_as_it_is,
            ack_policy=AckPolicy.MANUAL,
            no_reply=True,
            auto_offset_reset="latest",
            fetch_max_wait_ms=250,
            max_partition_fetch_bytes=1024 * 1024,
        )
        self._source(self._take)
        return broker

    async def _parse(self, records: tuple[Record, ...]) -> KafkaMessage:
        """Hand the records on as they are: no header may fail, ask for a reply or be decoded."""
        return KafkaMessage(
            body=records,
            raw_message=records,
            headers={},
            message_id="",
            correlation_id="",
            consumer=self._source.consumer,
        )

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


async def _as_it_is(message: KafkaMessage) -> Any:  # noqa: ANN401 - FastStream's decoder
    return message.body

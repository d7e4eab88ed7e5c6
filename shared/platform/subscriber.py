"""The subscriber: the one way events come in. FastStream underneath, its traps closed here.

One batch subscriber a service, many topics, one group. Every event of a batch is handed to its
handler in order of arrival, so that their changes share a commit; offsets are committed when all
have settled. What is busy is tried again in place, what is poison goes to the dead letters, and a
batch is finished before its partitions go to another.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import structlog
from aiokafka import ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import IllegalStateError, KafkaError
from faststream.kafka import KafkaBroker
from faststream.kafka.message import KafkaMessage
from faststream.middlewares import AckPolicy
from prometheus_client import Counter, Gauge

from shared.events.base import Event
from shared.platform.dead_letters import DeadLetters
from shared.platform.hearing import Handler, Heard, Poison, Reaction, Record, read
from shared.refusal import Busy

log = structlog.get_logger(__name__)

HEARD = Counter("feira_subscriber_records_total", "Records by what became of them", ["outcome"])
RETRIES = Counter("feira_subscriber_retries_total", "Records tried again")
UNCOMMITTED = Counter("feira_subscriber_commit_failures_total", "Offset commits that failed")
LAG = Gauge("feira_subscriber_lag", "Records not yet heard", ["topic", "partition"])

TRIES = 4
DRAIN_SECONDS = 30.0

H = TypeVar("H", bound=Callable[..., Reaction])


class _Drain(ConsumerRebalanceListener):
    """Tells the subscriber when its partitions come and go; aiokafka awaits coroutines here."""

    def __init__(self, subscriber: "Subscriber") -> None:
        self._subscriber = subscriber

    async def on_partitions_revoked(  # pyright: ignore[reportIncompatibleMethodOverride] - as above
        self,
        revoked: Iterable[TopicPartition],  # noqa: ARG002 - aiokafka's signature
    ) -> None:
        await self._subscriber.drain()

    async def on_partitions_assigned(  # pyright: ignore[reportIncompatibleMethodOverride] - as above
        self,
        assigned: Iterable[TopicPartition],  # noqa: ARG002 - aiokafka's signature
    ) -> None:
        self._subscriber.join()


class Subscriber:
    """What one service hears, and what it does about it. A part of the service."""

    def __init__(
        self, kafka: str, service: str, *, group: str = "", batch: int = 500, replay: bool = True
    ) -> None:
        """Listen as the consumer group *group* (the service's name by default).

        *replay* says whether a group that was never here begins at the oldest record.
        """
        self._kafka, self._service, self._group = kafka, service, group or service
        self._batch, self._replay = batch, replay
        self._handlers: dict[type[Event], list[Handler]] = {}
        self._dead = DeadLetters(kafka, service)
        self._broker: KafkaBroker | None = None
        self._source: Any = None
        self._idle = asyncio.Event()
        self._idle.set()
        self._joined = False
        self._starting: asyncio.Task[None] | None = None

    def on(self, *kinds: type[Event]) -> Callable[[H], H]:
        """Register a handler for events of *kinds*: `(event, cause) -> Reaction`."""

        def register(handler: H) -> H:
            for kind in kinds:
                self._handlers.setdefault(kind, []).append(handler)
            return handler

        return register

    @property
    def hears(self) -> list[type[Event]]:
        """The events somebody here does something about."""
        return list(self._handlers)

    @property
    def topics(self) -> list[str]:
        """The topics heard."""
        return sorted({kind.topic for kind in self._handlers})

    # Life -------------------------------------------------------------------------------------

    async def start(self) -> None:
        if self._handlers:
            self._starting = asyncio.create_task(self._connect())
            await asyncio.wait({self._starting}, timeout=3)
        else:
            self._joined = True

    async def stop(self) -> None:
        """Finish the batch in hand, commit it, leave the group."""
        if self._starting:
            self._starting.cancel()
        if self._broker:
            await self._broker.stop()
        await self._dead.close()

    def trouble(self) -> str | None:
        return None if self._joined else "no partitions of Kafka have been assigned yet"

    async def _connect(self) -> None:
        pause = 0.2
        while True:
            broker = self._build()
            try:
                await broker.start()
            except (KafkaError, OSError) as error:
                log.warning("kafka away", error=repr(error)[:200])
                await broker.stop()
                await asyncio.sleep(pause)
                pause = min(pause * 2, 3.0)
            else:
                self._broker = broker
                return

    def _build(self) -> KafkaBroker:
        """The broker, with every option that FastStream would otherwise set to lose events."""
        broker = KafkaBroker(
            self._kafka,
            client_id=f"feira-{self._service}",
            apply_types=False,
            allow_auto_create_topics=False,
            graceful_timeout=15,
            logger=None,
            consumer_only=True,
        )
        self._source = broker.subscriber(
            *self.topics,
            group_id=self._group,
            batch=True,
            max_records=self._batch,
            batch_timeout_ms=20,
            parser=self._parse,
            decoder=_as_it_is,
            ack_policy=AckPolicy.MANUAL,
            no_reply=True,
            auto_offset_reset="earliest" if self._replay else "latest",
            session_timeout_ms=30_000,
            heartbeat_interval_ms=3_000,
            rebalance_timeout_ms=int(DRAIN_SECONDS * 2000),
            fetch_max_wait_ms=100,
            max_partition_fetch_bytes=4 * 1024 * 1024,
            listener=_Drain(self),
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

    async def drain(self) -> None:
        """Let the batch in hand finish before others are given its partitions."""
        try:
            await asyncio.wait_for(self._idle.wait(), DRAIN_SECONDS)
        except TimeoutError:
            log.warning("batch outlived its partitions; its events may come twice")

    def join(self) -> None:
        """Note that the group has given this member its share, be it none."""
        self._joined = True

    # Hearing ----------------------------------------------------------------------------------

    async def _take(self, records: Sequence[Record]) -> None:
        """Act on a batch, then commit. Never raises: a batch that raised would be forgotten."""
        self._idle.clear()
        try:
            await self._act(records)
            await self._commit(records)
        except Exception:
            log.exception("batch failed, it is taken again")  # a fault of ours, not of the records
            await asyncio.sleep(1)
            for record in reversed(records):
                self._source.consumer.seek(_place(record), record.offset)
        finally:
            self._idle.set()

    async def _act(self, records: Sequence[Record]) -> None:
        """Hand every record to its handlers until each is done or dead."""
        left = [(record, heard) for record in records if (heard := await self._read(record))]
        attempt = 0
        while left:
            attempt += 1
            again: list[tuple[Record, Heard]] = []
            for record, heard, error in await self._attempt(left):
                if isinstance(error, Busy) or attempt < TRIES:
                    again.append((record, heard))
                else:
                    await self._dead.put(record, error)
                    HEARD.labels("dead").inc()
            HEARD.labels("done").inc(len(left) - len(again))
            left = again
            if left:
                RETRIES.inc(len(left))
                await asyncio.sleep(min(0.05 * 2**attempt, 2.0))

    async def _read(self, record: Record) -> Heard | None:
        """Understand *record*; what never can be goes to the dead letters at once."""
        try:
            heard = read(record)
        except Poison as poison:
            HEARD.labels("dead").inc()
            await self._dead.put(record, poison)
            return None
        if heard is None or type(heard.event) not in self._handlers:
            HEARD.labels("passed").inc()
            return None
        return heard

    async def _attempt(
        self, entries: Sequence[tuple[Record, Heard]]
    ) -> list[tuple[Record, Heard, Exception]]:
        """Call the handlers in order of arrival, then wait for all; returns what failed."""
        reactions: list[tuple[Record, Heard, Reaction | Exception]] = []
        for record, heard in entries:
            for nth, handler in enumerate(self._handlers[type(heard.event)]):
                cause = heard.cause.also(handler.__name__) if nth else heard.cause
                try:
                    reactions.append((record, heard, handler(heard.event, cause)))
                except Exception as error:  # noqa: BLE001 - judged with the others
                    reactions.append((record, heard, error))
        failed: dict[int, tuple[Record, Heard, Exception]] = {}
        for record, heard, reaction in reactions:
            try:
                if isinstance(reaction, Exception):
                    raise reaction
                if reaction is not None:
                    await reaction
            except Exception as error:  # noqa: BLE001 - the caller tries again or gives it up
                failed[id(record)] = (record, heard, error)
        return list(failed.values())

    async def _commit(self, records: Sequence[Record]) -> None:
        """Move the group past *records*, as far as their partitions are still ours."""
        consumer = self._source.consumer
        mine = consumer.assignment()
        ends = {_place(record): record.offset + 1 for record in records}
        ends = {place: end for place, end in ends.items() if place in mine}
        try:
            await consumer.commit(ends)
        except (KafkaError, IllegalStateError) as error:
            UNCOMMITTED.inc()
            log.warning("offsets not committed, the batch may come again", error=repr(error)[:200])
        for place, end in ends.items():
            LAG.labels(*place).set((consumer.highwater(place) or end) - end)


def _place(record: Record) -> TopicPartition:
    return TopicPartition(record.topic, record.partition)


async def _as_it_is(message: KafkaMessage) -> Any:  # noqa: ANN401 - FastStream's decoder
    return message.body

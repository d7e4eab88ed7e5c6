"""The subscriber: the one way events come in. FastStream underneath, its traps closed here.

One batch subscriber a service, many topics, one group. Every event of a batch is handed to its
handler in order of arrival, so that their changes share a commit; offsets are committed when all
have settled, while the next batch is acted on. What is busy is tried again in place, what is poison
goes to the dead letters, and a batch is finished before its partitions go to another.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import ConsumerStoppedError, IllegalStateError, KafkaError
from prometheus_client import Counter

from shared.events.base import Event
from shared.platform import trail
from shared.platform.bus.dead_letters import DeadLetters
from shared.platform.bus.fetch import Fetch
from shared.platform.bus.hearing import Handler, Heard, Poison, Reaction, Record, read
from shared.platform.bus.lag import Lag
from shared.platform.bus.source import Source
from shared.platform.change.cause import Cause
from shared.platform.mongo import is_away
from shared.platform.trail import Trail
from shared.refusal import Busy

log = structlog.get_logger(__name__)

HEARD = Counter("feira_subscriber_records_total", "Records by what became of them", ["outcome"])
RETRIES = Counter("feira_subscriber_retries_total", "Records tried again")
UNCOMMITTED = Counter("feira_subscriber_commit_failures_total", "Offset commits that failed")

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


@dataclass(slots=True)
class _Entry:
    """A record understood, and how often its handlers were called."""

    record: Record
    heard: Heard
    tries: int = 0


class Subscriber:
    """What one service hears, and what it does about it. A part of the service."""

    def __init__(
        self, kafka: str, service: str, *, group: str = "", batch: int = 500, replay: bool = True
    ) -> None:
        """Listen as the consumer group *group* (the service's name by default).

        *replay* says whether a group that was never here begins at the oldest record.
        """
        self._handlers: dict[type[Event], list[Handler]] = {}
        self._dead = DeadLetters(kafka, service)
        self._source = Source(
            kafka,
            f"feira-{service}",
            self._take,
            graceful=6,
            group_id=group or service,
            max_records=batch,
            auto_offset_reset="earliest" if replay else "latest",
            session_timeout_ms=10_000,
            heartbeat_interval_ms=1_000,
            rebalance_timeout_ms=int(DRAIN_SECONDS * 2000),
            max_partition_fetch_bytes=4 * 1024 * 1024,
            listener=_Drain(self),
        )
        self._idle = asyncio.Event()
        self._idle.set()
        self._joined = self._stopping = False
        self._committing: asyncio.Task[None] | None = None
        """The commit of the batch before, which goes on while the next one is acted on."""
        self._starting: asyncio.Task[None] | None = None
        self._lag: asyncio.Task[None] | None = None

    def on(self, *kinds: type[Event]) -> Callable[[H], H]:
        """Register a handler for events of *kinds*: `(event, cause) -> Reaction`."""

        def register(handler: H) -> H:
            for kind in kinds:
                handlers = self._handlers.setdefault(kind, [])
                if any(other.__name__ == handler.__name__ for other in handlers):
                    raise ValueError(f"{kind.__name__} has a handler {handler.__name__} already")
                handlers.append(handler)
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
            self._starting = asyncio.create_task(self._source.open(self._ready, topics=self.topics))
            await asyncio.wait({self._starting}, timeout=3)
        else:
            self._joined = True

    async def stop(self) -> None:
        """Finish the batch in hand, commit it, leave the group."""
        if self._starting:
            self._starting.cancel()
            await asyncio.gather(self._starting, return_exceptions=True)
        self._stopping = True
        await self._committed()
        await self._source.close()
        if self._lag:
            self._lag.cancel()
            await asyncio.gather(self._lag, return_exceptions=True)
        await self._dead.close()

    def trouble(self) -> str | None:
        return None if self._joined else "no partitions of Kafka have been assigned yet"

    async def _ready(self, consumer: AIOKafkaConsumer) -> None:
        fetch = Fetch(consumer, self._unreadable)
        cast("Any", consumer).getmany = fetch
        self._lag = asyncio.create_task(Lag(consumer, fetch.positions).tell())

    async def drain(self) -> None:
        """Let the batch in hand finish before others are given its partitions."""
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                await self._idle.wait()
                await self._committed()
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
            await self._committed()
            self._committing = asyncio.create_task(self._commit(records))
            if self._stopping:
                await self._committed()
        except Exception:
            log.exception("batch failed, it is taken again")  # a fault of ours, not of the records
            await asyncio.sleep(1)
            consumer = self._source.consumer
            for record in reversed(records):
                if _place(record) in consumer.assignment():
                    consumer.seek(_place(record), record.offset)
        finally:
            self._idle.set()

    async def _act(self, records: Sequence[Record]) -> None:
        """Hand every record to its handlers until each is done or dead."""
        left = [entry for record in records if (entry := await self._read(record))]
        pause = 0.05
        while left:
            again: list[_Entry] = []
            for entry, error in await self._attempt(left):
                if error is None or _passing(error) or entry.tries < TRIES:
                    again.append(entry)
                else:
                    await self._dead.put(entry.record, error)
                    HEARD.labels("dead").inc()
            HEARD.labels("done").inc(len(left) - len(again))
            left = again
            if left:
                RETRIES.inc(len(left))
                pause = min(pause * 2, 2.0)
                await asyncio.sleep(pause)

    async def _read(self, record: Record) -> _Entry | None:
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
        return _Entry(record, heard)

    async def _attempt(self, entries: Sequence[_Entry]) -> list[tuple[_Entry, Exception | None]]:
        """Call the handlers in order of arrival, then wait for all; returns what is not done.

        Where one is turned away at once, later events of the same key wait with it (None).
        """
        held: set[tuple[str, bytes | None]] = set()
        reactions: list[tuple[_Entry, Reaction]] = []
        left: dict[int, tuple[_Entry, Exception | None]] = {}
        for entry in entries:
            if held and _key(entry) in held:
                left[id(entry)] = (entry, None)
                continue
            entry.tries += 1
            event, cause = entry.heard
            _leave_trail(cause)
            for nth, handler in enumerate(self._handlers[type(event)]):
                try:
                    reaction = handler(event, cause.also(handler.__name__) if nth else cause)
                    if reaction is None:
                        continue
                    if isinstance(reaction, asyncio.Future) and reaction.done():
                        reaction.result()
                    else:
                        reactions.append((entry, reaction))
                except Exception as error:  # noqa: BLE001 - the caller tries again or gives it up
                    left[id(entry)] = (entry, error)
                    held.add(_key(entry))
        for entry, reaction in reactions:
            _leave_trail(entry.heard.cause)
            try:
                await cast("Awaitable[Any]", reaction)
            except Exception as error:  # noqa: BLE001 - as above
                left[id(entry)] = (entry, error)
        return [left[id(entry)] for entry in entries if id(entry) in left]

    async def _unreadable(self, place: TopicPartition, offset: int) -> None:
        HEARD.labels("dead").inc()
        await self._dead.put_unread(place, offset, Poison("a header whose name is not UTF-8"))

    async def _committed(self) -> None:
        """Wait until the group is where the batches before have left it."""
        if self._committing:
            await asyncio.wait({self._committing})

    async def _commit(self, records: Sequence[Record]) -> None:
        """Move the group past *records*, as far as their partitions are still ours."""
        consumer = self._source.consumer
        mine = consumer.assignment()
        ends = {_place(record): record.offset + 1 for record in records}
        ends = {place: end for place, end in ends.items() if place in mine}
        if not ends:
            return
        try:
            await consumer.commit(ends)
        except (KafkaError, IllegalStateError, ConsumerStoppedError) as error:
            UNCOMMITTED.inc()
            log.warning("offsets not committed, the batch may come again", error=repr(error)[:200])


def _leave_trail(cause: Cause) -> None:
    """Let log lines tell because of what."""
    trail.current.set(Trail(cause.causation, cause.correlation, cause.traceparent))


def _passing(error: Exception) -> bool:
    """Whether it is enough to wait: no fault of the record, nor of the handler."""
    return isinstance(error, Busy) or is_away(error)


def _key(entry: _Entry) -> tuple[str, bytes | None]:
    return entry.record.topic, entry.record.key


def _place(record: Record) -> TopicPartition:
    return TopicPartition(record.topic, record.partition)

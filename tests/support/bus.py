"""The bus as a stranger sees it: raw records in, raw records out, groups and their offsets."""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any, TypeAlias
from uuid import uuid4

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.record import default_records
from typing_extensions import override

from shared.events.base import PARTITIONS, Event, instant
from shared.events.ids import new_id
from shared.events.partition import partition_of
from shared.platform.bus.topics import dead_letters
from shared.platform.clock import utc_now
from tests.support.bakery import ReceiptEvent, TartEvent, TartState
from tests.support.eventually import eventually

Record: TypeAlias = "ConsumerRecord[bytes, bytes]"
Headers: TypeAlias = list[tuple[str, bytes]]

TOPICS = [TartEvent.topic, TartState.topic, ReceiptEvent.topic, dead_letters("bakery")]


async def make_topics(kafka: str, topics: Iterable[str] = TOPICS) -> None:
    """Make what is missing of the bakery's *topics*, and wait until they have leaders."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:

        async def led() -> bool:
            there: Any = await admin.describe_topics()
            whole = {found["topic"] for found in there if len(found["partitions"]) == PARTITIONS}
            missing = [NewTopic(name, PARTITIONS, 1) for name in topics if name not in whole]
            if missing:
                await admin.create_topics(missing)
            return not missing

        await eventually(led, within=30, pause=0.1)
    finally:
        await admin.close()


def places(topics: Iterable[str]) -> list[TopicPartition]:
    return [TopicPartition(topic, number) for topic in topics for number in range(PARTITIONS)]


def record(topic: str, value: bytes | None, headers: Sequence[tuple[str, bytes]]) -> Record:
    """A record as a consumer would be given it."""
    return ConsumerRecord(topic, 0, 0, 0, 0, b"key", value, None, 3, len(value or b""), headers)


def header(record: Record, name: str) -> str:
    """The value of one header, or empty."""
    return dict(record.headers).get(name, b"").decode()


class Ear:
    """Hears everything said on some topics about what has happened *since* a time."""

    def __init__(self, consumer: AIOKafkaConsumer, since: str) -> None:
        self._consumer, self._since = consumer, since
        self.heard: list[Record] = []

    async def until(self, count: int, *, within: float = 10.0) -> list[Record]:
        """Listen until at least *count* records were heard; returns all so far."""
        async with asyncio.timeout(within):
            while len(self.heard) < count:
                await self._listen(200)
        return self.heard

    async def silence(self, milliseconds: int = 300) -> None:
        """Listen until nothing more comes for a while."""
        while await self._listen(milliseconds):
            pass

    async def exactly(self, count: int) -> list[Record]:
        """Listen until *count* records were heard and nothing more comes; returns them."""
        await self.until(count)
        await self.silence()
        assert len(self.heard) == count, f"{len(self.heard)} records instead of {count}"
        return self.heard

    async def _listen(self, milliseconds: int) -> int:
        found = await self._consumer.getmany(timeout_ms=milliseconds)
        new = [record for records in found.values() for record in records if self._is_new(record)]
        self.heard.extend(new)
        return len(new)

    def _is_new(self, record: Record) -> bool:
        told = header(record, "ce_time")
        return not told or told >= self._since


@asynccontextmanager
async def listening(
    kafka: str, topics: Sequence[str] = TOPICS, *, late: bool = False
) -> AsyncGenerator[Ear]:
    """Hear what is said on *topics* from now on about what happens from now on.

    The relay comes after the answer, so a fact of before may be said only now: that is heard too
    if it may be *late*.
    """
    since = "" if late else instant(utc_now())
    consumer = AIOKafkaConsumer(
        bootstrap_servers=kafka, enable_auto_commit=False, fetch_max_wait_ms=50
    )
    await consumer.start()
    try:
        consumer.assign(places(topics))
        await consumer.seek_to_end()
        for place in places(topics):
            await consumer.position(place)
        yield Ear(consumer, since)
    finally:
        await consumer.stop()


@asynccontextmanager
async def speaking(kafka: str) -> AsyncGenerator[AIOKafkaProducer]:
    """A producer that says whatever it is told to."""
    producer = AIOKafkaProducer(bootstrap_servers=kafka, client_id="stranger", linger_ms=5)
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()


def envelope(event: Event, id: str = "") -> Headers:
    """The least an envelope must say."""
    return [("ce_id", (id or new_id()).encode()), ("ce_type", event.type.encode())]


async def say(
    producer: AIOKafkaProducer, events: Iterable[Event], ids: Iterable[str] | None = None
) -> None:
    """Say *events* as another service would, the ids from *ids* if given."""
    named = iter(ids) if ids is not None else None
    sent = [
        await producer.send(
            event.topic,
            event.write(),
            key=event.key.encode(),
            partition=partition_of(event.key),
            headers=envelope(event, next(named) if named else ""),
        )
        for event in events
    ]
    await asyncio.gather(*sent)


async def unreadable(producer: AIOKafkaProducer, topic: str, partition: int) -> None:
    """Say a record with a header whose name is not UTF-8, which other clients can."""
    records: Any = default_records
    raw = records._DefaultRecordBatchBuilderPy(2, 0, 0, -1, -1, -1, 65_536)
    raw.append(0, None, b"key", b"value", headers=[(_Bytes("\N{REPLACEMENT CHARACTER}"), b"1")])
    batch: Any = producer.create_batch()
    batch.append(timestamp=None, key=b"key", value=b"value")
    batch._builder = SimpleNamespace(build=raw.build, size=raw.size)
    await (await producer.send_batch(batch, topic, partition=partition))


class _Bytes(str):
    """Text whose bytes are no text."""

    __slots__ = ()

    @override
    def encode(self, encoding: str = "", errors: str = "") -> bytes:
        return b"\xff\xfe\xfd"


async def new_group(kafka: str, topics: Iterable[str]) -> str:
    """A consumer group nobody else has, at the present end of *topics*."""
    group = f"test-{uuid4().hex[:12]}"
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka, group_id=group, enable_auto_commit=False)
    await consumer.start()
    try:
        consumer.assign(places(topics))
        await consumer.commit(await consumer.end_offsets(places(topics)))
    finally:
        await consumer.stop()
    return group


async def lag(kafka: str, group: str, topics: Iterable[str]) -> int:
    """How many records of *topics* the *group* has not committed yet."""
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka, enable_auto_commit=False)
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await consumer.start()
    await admin.start()
    try:
        ends = await consumer.end_offsets(places(topics))
        committed = await admin.list_consumer_group_offsets(group)
        return sum(
            end - (committed[place].offset if place in committed else 0)
            for place, end in ends.items()
        )
    finally:
        await admin.close()
        await consumer.stop()

"""The controls: what this machine does with the drivers alone and nothing of ours."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeAlias, cast
from uuid import uuid4

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from bson.raw_bson import RawBSONDocument
from pymongo import AsyncMongoClient
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import PyMongoError

from shared.events.partition import partition_of
from tests.bench.rounds import Round, clocked

Document: TypeAlias = dict[str, Any]
Rows: TypeAlias = list[tuple[bytes, bytes]]
Client: TypeAlias = AsyncMongoClient[Any]

_NOTE = "x" * 250


def row(order: str) -> Document:
    """About what one order says of itself: 400 bytes."""
    lines = [{"sku": f"sku-{n:04d}", "quantity": 1, "unit_price": 4330} for n in range(3)]
    return {"order_id": order, "status": "placed", "total": 12990, "lines": lines, "note": _NOTE}


@asynccontextmanager
async def database(url: str, **options: Any) -> AsyncGenerator[AsyncDatabase[Any]]:
    """A database that is gone afterwards, written at majority and journalled."""
    client: Client = AsyncMongoClient(url, w="majority", journal=True, **options)
    name = f"bench_{uuid4().hex[:8]}"
    try:
        yield client[name]
    finally:
        await client.drop_database(name)
        await client.close()


async def stock(db: AsyncDatabase[Any]) -> None:
    """One document with units for all, and what transactions cannot make on their way."""
    for name in ("reservations", "outbox"):
        await db.create_collection(name)
    await db["stock"].insert_one({"_id": 0, "free": 10**9})


async def an_order_each(db: AsyncDatabase[Any], clients: int, seconds: float) -> Round:
    """Everybody in a transaction of their own: one unit of the hot SKU, one row; again if lost."""

    async def buy(number: int) -> int:
        bought = 0
        while time.perf_counter() < end:
            async with db.client.start_session() as session:
                try:
                    async with await session.start_transaction():
                        await db["stock"].update_one(
                            {"_id": 0, "free": {"$gte": 1}}, {"$inc": {"free": -1}}, session=session
                        )
                        await db["outbox"].insert_one(row(f"{number}-{bought}"), session=session)
                except PyMongoError as error:
                    if not error.has_error_label("TransientTransactionError"):
                        raise
                else:
                    bought += 1
        return bought

    async with clocked() as taken:
        end = time.perf_counter() + seconds
        taken.count = sum(await asyncio.gather(*(buy(number) for number in range(clients))))
    return taken


async def two_documents(db: AsyncDatabase[Any], clients: int, seconds: float) -> Round:
    """Everybody a transaction of two rows of their own: what nobody has to wait for."""

    async def buy(number: int) -> int:
        bought = 0
        while time.perf_counter() < end:
            async with db.client.start_session() as session, await session.start_transaction():
                name = f"{number}-{bought}"
                await db["reservations"].insert_one({"order_id": name}, session=session)
                await db["outbox"].insert_one(row(name), session=session)
            bought += 1
        return bought

    async with clocked() as taken:
        end = time.perf_counter() + seconds
        taken.count = sum(await asyncio.gather(*(buy(number) for number in range(clients))))
    return taken


async def folded(db: AsyncDatabase[Any], size: int, seconds: float) -> Round:
    """One client, *size* orders a transaction: one subtraction, a reservation and a row each."""
    bought = 0
    async with clocked() as taken:
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            async with db.client.start_session() as session, await session.start_transaction():
                await db["stock"].update_one(
                    {"_id": 0, "free": {"$gte": size}}, {"$inc": {"free": -size}}, session=session
                )
                names = [f"{bought}-{n}" for n in range(size)]
                held = [{"order_id": name, "quantity": 1, "status": "held"} for name in names]
                await db["reservations"].insert_many(held, session=session)
                await db["outbox"].insert_many([row(name) for name in names], session=session)
            bought += size
        taken.count = bought
    return taken


# From the database to Kafka ---------------------------------------------------------------------


async def send(producer: AIOKafkaProducer, topic: str, rows: Rows) -> None:
    """Send *rows* as whole batches, and wait until Kafka has them."""
    batches: dict[int, Any] = {}
    full: list[tuple[int, Any]] = []
    for key, value in rows:
        place = partition_of(key.decode())
        batch = batches.get(place) or producer.create_batch()
        if batch.append(key=key, value=value, timestamp=None) is None:
            full.append((place, batch))
            batch = producer.create_batch()
            batch.append(key=key, value=value, timestamp=None)
        batches[place] = batch
    sent = [
        await producer.send_batch(batch, topic, partition=place)
        for place, batch in (*full, *batches.items())
    ]
    await asyncio.gather(*sent)


class Outbox:
    """A relay in thirty lines: a change stream over a collection of one document an event."""

    def __init__(self, url: str, name: str, producer: AIOKafkaProducer, topic: str) -> None:
        self._client: Client = AsyncMongoClient(url, document_class=RawBSONDocument)
        self._tokens = AsyncMongoClient[Any](url)[name]["tokens"]
        self._rows: AsyncCollection[Any] = self._client[name]["outbox"]
        self._producer, self._topic = producer, topic

    async def token(self) -> Any:
        """Where the stream stands now."""
        async with await self._rows.watch() as stream:
            await stream.try_next()
            return stream.resume_token

    async def carry(self, after: Any, count: int) -> None:
        """Carry *count* events that were written after the token *after*."""
        pipeline = [
            {"$match": {"operationType": "insert"}},
            {"$project": {"fullDocument.key": 1, "fullDocument.value": 1}},
        ]
        done = 0
        watching = self._rows.watch(
            pipeline, resume_after=after, batch_size=1000, max_await_time_ms=1000
        )
        async with await watching as stream:
            cursor = cast("Any", stream)._cursor
            while done < count:
                rows: Rows = []
                change: Any = await stream.next()
                while change is not None:
                    document = change["fullDocument"]
                    rows.append((document["key"].encode(), bytes(document["value"])))
                    if len(rows) >= 1000 or not cursor._data:  # nothing more has come
                        break
                    change = await stream.try_next()
                await send(self._producer, self._topic, rows)
                done += len(rows)
                await self._tokens.update_one(
                    {"_id": 0}, {"$set": {"token": dict(stream.resume_token or {})}}, upsert=True
                )

    async def close(self) -> None:
        await self._client.close()
        await self._tokens.database.client.close()


# From Kafka to a handler ------------------------------------------------------------------------


@asynccontextmanager
async def consumer(kafka: str, topic: str, **options: Any) -> AsyncGenerator[AIOKafkaConsumer]:
    """A consumer in a group nobody else is in, from the beginning."""
    heard = AIOKafkaConsumer(
        topic,
        bootstrap_servers=kafka,
        group_id=f"bench-{uuid4().hex[:8]}",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=4 << 20,
        **options,
    )
    await heard.start()
    try:
        yield heard
    finally:
        await heard.stop()


async def consume(
    kafka: str, topic: str, read: Callable[[bytes], object], count: int, batch: int
) -> Round:
    """Read *count* records, *batch* at a time, understand each, commit after each batch."""
    async with consumer(kafka, topic) as heard:
        seen = await _some(heard, read, batch)  # joining the group is not timed
        async with clocked() as taken:
            while seen < count:
                some = await _some(heard, read, batch)
                seen += some
                taken.count += some
    return taken


async def _some(heard: AIOKafkaConsumer, read: Callable[[bytes], object], batch: int) -> int:
    found = await heard.getmany(timeout_ms=10_000, max_records=batch)
    for records in found.values():
        for record in records:
            read(record.value or b"")
    await heard.commit({place: records[-1].offset + 1 for place, records in found.items()})
    return sum(map(len, found.values()))


async def listen(
    heard: AIOKafkaConsumer, act: Callable[[list[bytes]], Awaitable[None]], count: int
) -> None:
    """Hand *count* values to *act* as they come."""
    seen = 0
    while seen < count:
        found = await heard.getmany(timeout_ms=1000)
        values = [record.value or b"" for records in found.values() for record in records]
        if values:
            await act(values)
            await heard.commit()
        seen += len(values)

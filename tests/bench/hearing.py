"""The subscriber beside a bare consumer: records from Kafka to a handler, before any database."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import uuid4

from aiokafka import AIOKafkaProducer

from shared.events.ids import new_id
from shared.events.partition import partition_of
from shared.platform.bus.sender import headers_of
from shared.platform.bus.subscriber import Subscriber
from shared.platform.change.cause import Cause
from tests.bench import raw
from tests.bench.bench import Aim, Bench, Measure
from tests.bench.rounds import Contest, Round, clocked
from tests.bench.tickets import TicketDrawn, ticket
from tests.support.bus import make_topics
from tests.support.house import House

CONSUMER, SUBSCRIBER = "raw: getmany and pydantic", "subscriber"
BATCH = 500


@asynccontextmanager
async def _contest(house: House, measure: Measure) -> AsyncGenerator[Contest]:
    """Hear the same records again and again, each time in a new group."""
    topic, kafka, records = TicketDrawn.topic, house.kafka, measure.events
    await make_topics(kafka, [topic])
    await _say(kafka, records)
    yield {
        CONSUMER: lambda: raw.consume(kafka, topic, TicketDrawn.read, records, BATCH),
        SUBSCRIBER: lambda: _hear(kafka, records),
    }


async def _hear(kafka: str, records: int) -> Round:
    heard = 0
    begun, ended = asyncio.Event(), asyncio.Event()

    def drawn(_event: TicketDrawn, _cause: Cause) -> None:
        nonlocal heard
        heard += 1
        begun.set()
        if heard == records:
            ended.set()

    subscriber = Subscriber(kafka, "bench", group=f"bench-{uuid4().hex[:8]}", batch=BATCH)
    subscriber.on(TicketDrawn)(drawn)
    await subscriber.start()
    await begun.wait()  # joining the group is not timed
    async with clocked() as taken:
        before = heard
        await ended.wait()
        taken.count = records - before
    await subscriber.stop()
    return taken


async def _say(kafka: str, records: int) -> None:
    """Put the records where a relay would, with the headers it would give them."""
    why = {"causation": new_id(), "correlation": new_id(), "traceparent": f"00-{'a' * 32}-1-01"}
    page = {"source": "/feira/bench/0", "at": datetime.now(UTC), "turn": 1, "changes": [why]}
    async with AIOKafkaProducer(bootstrap_servers=kafka, acks="all", linger_ms=20) as producer:
        for first in range(0, records, 1000):
            sent = [
                await producer.send(
                    drawn.topic,
                    drawn.write(),
                    key=drawn.key.encode(),
                    partition=partition_of(drawn.key),
                    headers=headers_of(
                        page,
                        {"id": new_id(), "type": drawn.type, "key": drawn.key, "change": 0},
                        0,
                    ),
                )
                for drawn in map(ticket, range(first, min(first + 1000, records)))
            ]
            await asyncio.gather(*sent)


BENCH = Bench(
    "hearing",
    "Subscriber",
    f"{Measure().events:,} records of 400 bytes in batches of {BATCH}, understood and committed, "
    "before any database. The raw one reads no envelope.",
    _contest,
    (Aim(SUBSCRIBER, CONSUMER, least=0.5),),
)

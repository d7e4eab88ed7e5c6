"""The relay beside a change stream: a backlog from MongoDB to Kafka, acknowledged."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from uuid import uuid4

from aiokafka import AIOKafkaProducer

from shared.events.ids import new_id
from shared.platform.bus.lease import LEASES
from shared.platform.bus.relay import Relay
from shared.platform.change.cause import Cause
from shared.platform.change.fold import Outcome
from shared.platform.change.unit_of_work import UnitOfWork
from shared.platform.mongo import Mongo
from tests.bench import raw
from tests.bench.bench import Aim, Bench, Measure
from tests.bench.rounds import Contest, Round, clocked
from tests.bench.tickets import TICKETS, TicketDrawn, drop, ticket
from tests.support.bus import make_topics
from tests.support.eventually import eventually
from tests.support.house import House

STREAM, RELAY = "raw: change stream, a document an event", "relay"
PAGE = 100
"""Facts a journal page holds: what a busy service writes in one commit."""


@asynccontextmanager
async def _contest(house: House, measure: Measure) -> AsyncGenerator[Contest]:
    """Carry the same events again and again, from the journal and from an outbox."""
    mongo_url, kafka, events = house.told["mongo"]["url"], house.kafka, measure.events
    name, topic = f"bench_{uuid4().hex[:8]}", f"{TicketDrawn.topic}.raw"
    mongo = Mongo(mongo_url, name, collections={TICKETS.name: [], "outbox": []})
    uow = UnitOfWork(mongo, "bench")
    await make_topics(kafka, [TicketDrawn.topic, topic])
    await mongo.start()
    await uow.start()
    async with AIOKafkaProducer(
        bootstrap_servers=kafka, acks="all", enable_idempotence=True, max_batch_size=1 << 19
    ) as producer:
        outbox = raw.Outbox(mongo_url, name, producer, topic)
        token = await outbox.token()
        await _fill(mongo, uow, events)

        async def stream() -> Round:
            async with clocked() as taken:
                await outbox.carry(token, events)
                taken.count = events
            return taken

        async def relay() -> Round:
            await mongo[LEASES].delete_many({})
            carrier = Relay(mongo, kafka)
            async with clocked() as taken:
                await carrier.start()
                await eventually(lambda: _carried(mongo), within=120, pause=0.05)
                taken.count = events
            await carrier.stop()
            return taken

        try:
            yield {STREAM: stream, RELAY: relay}
        finally:
            await outbox.close()
            await uow.stop()
            await drop(mongo)


async def _fill(mongo: Mongo, uow: UnitOfWork, events: int) -> None:
    """Write the backlog twice: as pages of the journal, and as a document each."""

    async def draw(number: int) -> Outcome:
        drawn = ticket(number)
        return await uow.change([TICKETS.fresh(drawn.ticket)], lambda _: [drawn], Cause(new_id()))

    for first in range(0, events, PAGE):
        numbers = range(first, min(first + PAGE, events))
        await asyncio.gather(*map(draw, numbers))
        drawn = [ticket(number) for number in numbers]
        await mongo["outbox"].insert_many([{"key": d.key, "value": d.write()} for d in drawn])


async def _carried(mongo: Mongo) -> bool:
    """Whether the relay has written down that all is on Kafka."""
    held, lane = await mongo[LEASES].find_one(), await mongo["lanes"].find_one()
    return bool(held and lane and held["turn"] == lane["turn"])


BENCH = Bench(
    "carrying",
    "Relay",
    f"A backlog of {Measure().events:,} events of 400 bytes, {PAGE} a journal page, until Kafka "
    "has acknowledged all and the position is written down.",
    _contest,
    (Aim(RELAY, STREAM, least=0.9),),
)

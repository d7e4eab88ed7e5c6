"""From one service's commit to the commit another makes because of it, at a steady pace."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from uuid import uuid4

from aiokafka import AIOKafkaProducer

from shared.events.ids import new_id
from shared.platform.bus.relay import Relay
from shared.platform.bus.subscriber import Subscriber
from shared.platform.change.cause import Cause
from shared.platform.change.unit_of_work import UnitOfWork
from shared.platform.mongo import Mongo
from tests.bench import raw
from tests.bench.bench import Aim, Bench, Measure
from tests.bench.rounds import Contest, Round, clocked
from tests.bench.tickets import TICKETS, TicketDrawn, TicketNoted, drop, ticket
from tests.support.bus import make_topics
from tests.support.eventually import eventually
from tests.support.house import House

PIPELINE, SERVICES = "raw: change stream, getmany, transactions", "two services"
PER_SECOND = 100
WITHIN = 30.0


class Stopwatch:
    """How long each effect came after its commit."""

    def __init__(self) -> None:
        self._committed: dict[str, float] = {}
        self._effected: dict[str, float] = {}

    def reset(self) -> None:
        """Forget all."""
        self._committed.clear()
        self._effected.clear()

    def committed(self, name: str) -> None:
        self._committed[name] = time.perf_counter()

    def effected(self, name: str) -> None:
        self._effected[name] = time.perf_counter()

    @property
    def waits(self) -> tuple[float, ...]:
        """In seconds, of those that are through."""
        effected = self._effected
        return tuple(effected[n] - at for n, at in self._committed.items() if n in effected)


Commit = Callable[[str], Awaitable[object]]


@asynccontextmanager
async def _contest(house: House, measure: Measure) -> AsyncGenerator[Contest]:
    """One commit after the other, and how long each took to have its effect."""
    mongo_url, kafka = house.told["mongo"]["url"], house.kafka
    watch = Stopwatch()

    async def paced(commit: Commit) -> Round:
        wishes = int(PER_SECOND * measure.paced_seconds)
        watch.reset()

        async def one() -> None:
            name = new_id()
            await commit(name)
            watch.committed(name)

        async with clocked() as taken:
            began = time.perf_counter()
            tasks: list[asyncio.Task[None]] = []
            for number in range(1, wishes + 1):
                tasks.append(asyncio.create_task(one()))
                await asyncio.sleep(max(0.0, began + number / PER_SECOND - time.perf_counter()))
            await asyncio.gather(*tasks)
            await eventually(lambda: len(watch.waits) == wishes, within=WITHIN)
            taken.count, taken.waits = wishes, watch.waits
        return taken

    async with (
        _services(mongo_url, kafka, watch) as ours,
        _pipeline(mongo_url, kafka, watch) as theirs,
    ):
        yield {PIPELINE: lambda: paced(theirs), SERVICES: lambda: paced(ours)}


@asynccontextmanager
async def _services(mongo_url: str, kafka: str, watch: Stopwatch) -> AsyncGenerator[Commit]:
    """One draws tickets, another takes note: units of work, a relay and a subscriber."""
    await make_topics(kafka, [TicketDrawn.topic])
    names = [f"bench_{uuid4().hex[:8]}" for _ in range(2)]
    here, there = [Mongo(mongo_url, name, collections={TICKETS.name: []}) for name in names]
    drawing, noting = UnitOfWork(here, "bench"), UnitOfWork(there, "bench")
    relay = Relay(here, kafka)
    drawing.listeners.append(relay.hand)
    subscriber = Subscriber(kafka, "bench", group=names[1], replay=False)

    @subscriber.on(TicketDrawn)
    def take_note(event: TicketDrawn, cause: Cause) -> Awaitable[object]:
        ref, noted = TICKETS(event.ticket), [TicketNoted(ticket=event.ticket)]
        done = asyncio.ensure_future(noting.change([ref], lambda _: noted, cause))
        done.add_done_callback(lambda _: watch.effected(event.ticket))
        return done

    async def draw(name: str) -> object:
        drawn = ticket(0, name)
        return await drawing.change([TICKETS.fresh(name)], lambda _: [drawn], Cause(name))

    parts = (here, there, drawing, noting, relay, subscriber)
    for part in parts:
        await part.start()
    await eventually(lambda: subscriber.trouble() is None)
    try:
        yield draw
    finally:
        for part in (subscriber, relay, noting, drawing):
            await part.stop()
        await drop(here)
        await drop(there)


@asynccontextmanager
async def _pipeline(mongo_url: str, kafka: str, watch: Stopwatch) -> AsyncGenerator[Commit]:
    """The same with the drivers alone: two documents a transaction, a stream, two more."""
    topic = f"{TicketDrawn.topic}.paced"
    await make_topics(kafka, [topic])
    async with (
        raw.database(mongo_url) as db,
        AIOKafkaProducer(bootstrap_servers=kafka, acks="all", enable_idempotence=True) as producer,
        raw.consumer(kafka, topic, fetch_max_wait_ms=100) as heard,
    ):
        await raw.stock(db)
        outbox = raw.Outbox(mongo_url, db.name, producer, topic)
        token = await outbox.token()

        async def draw(name: str) -> object:
            value = ticket(0, name).write()
            async with db.client.start_session() as session, await session.start_transaction():
                await db["reservations"].insert_one({"_id": name}, session=session)
                row = {"key": name, "value": value}
                return await db["outbox"].insert_one(row, session=session)

        async def take_note(values: list[bytes]) -> None:
            names = [json.loads(value)["ticket"] for value in values]
            async with db.client.start_session() as session, await session.start_transaction():
                rows = [{"heard": name} for name in names]
                await db["reservations"].insert_many(rows, session=session)
                await db["inbox"].insert_many([{"_id": name} for name in names], session=session)
            for name in names:
                watch.effected(name)

        await db.create_collection("inbox")
        forever = 10**12
        tasks = [
            asyncio.create_task(outbox.carry(token, forever)),
            asyncio.create_task(raw.listen(heard, take_note, forever)),
        ]
        try:
            yield draw
        finally:
            for task in tasks:
                task.cancel()
            with suppress(asyncio.CancelledError):
                await asyncio.gather(*tasks)
            await outbox.close()


BENCH = Bench(
    "reacting",
    "From a commit to another service's effect",
    f"{PER_SECOND} commits a second; the time from when a commit is known to when the commit it "
    "led to is known, in another database, through Kafka.",
    _contest,
    (Aim(SERVICES, PIPELINE, most=2, of="wait"),),
)

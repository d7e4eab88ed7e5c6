"""The unit of work beside the transactions it is made of."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from uuid import uuid4

from shared.events.ids import new_id
from shared.platform.change.cause import Cause
from tests.bench import raw
from tests.bench.bench import Aim, Bench, Measure
from tests.bench.rounds import Contest, Round, clocked
from tests.bench.tickets import drop
from tests.support.bakery import Bakery, open_bakery
from tests.support.house import House

EACH, FOLDED = "raw: a transaction an order, 64 clients", "raw: 500 orders a transaction"
AT_64, AT_500 = "unit of work, 64 clients", "unit of work, 500 clients"


@asynccontextmanager
async def _contest(house: House, measure: Measure) -> AsyncGenerator[Contest]:
    """One hot SKU: a unit sold and a receipt written, through the unit of work and without it."""
    mongo_url, seconds = house.told["mongo"]["url"], measure.seconds
    mongo, uow, bakery = open_bakery(mongo_url, f"bench_{uuid4().hex[:8]}")
    await mongo.start()
    await uow.start()
    await bakery.bake("egg", 10**9, Cause(new_id()))
    try:
        async with raw.database(mongo_url) as db:
            await raw.stock(db)
            yield {
                EACH: lambda: raw.an_order_each(db, 64, seconds),
                FOLDED: lambda: raw.folded(db, 500, seconds),
                AT_64: lambda: _sell(bakery, 64, seconds),
                AT_500: lambda: _sell(bakery, 500, seconds),
            }
    finally:
        await uow.stop()
        await drop(mongo)


async def _sell(bakery: Bakery, clients: int, seconds: float) -> Round:
    async def buy() -> int:
        bought = 0
        while time.perf_counter() < end:
            await bakery.sell("egg", Cause(new_id()))
            bought += 1
        return bought

    async with clocked() as taken:
        end = time.perf_counter() + seconds
        taken.count = sum(await asyncio.gather(*(buy() for _ in range(clients))))
    return taken


BENCH = Bench(
    "selling",
    "Unit of work",
    "One hot SKU; a unit sold and a receipt written by one decision, on motor. The raw ones use "
    "PyMongo's asyncio driver.",
    _contest,
    (Aim(AT_64, EACH), Aim(AT_500, FOLDED)),
)

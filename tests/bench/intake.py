"""Orders through HTTP for one hot SKU, the relay running: the door beside the bare transactions."""

import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from tests.bench import raw
from tests.bench.bench import Aim, Bench, Measure
from tests.bench.buyers import EACH_BUYER, cpu_seconds, crowd
from tests.bench.load import storm
from tests.bench.rounds import Contest, Round
from tests.support.house import House

EACH, FOLDED = "raw: a transaction an order, 64 clients", "raw: 500 orders a transaction"
AT_4 = "orders through HTTP, 4 clients"
AT_64, AT_256 = "orders through HTTP, 64 clients", "orders through HTTP, 256 clients"
UNITS = 100_000


@asynccontextmanager
async def _contest(house: House, measure: Measure) -> AsyncGenerator[Contest]:
    """As many clients as could be served at once, a key for each order, new buyers all the time."""
    url, seconds = house.url("orders"), measure.seconds
    parts = {
        "orders": house.told["services"]["orders"]["pid"],
        "MongoDB": house.told["mongo"]["pid"],
        "Kafka": house.told["kafka"]["pid"],
        "the buyers": os.getpid(),
    }
    async with raw.database(house.told["mongo"]["url"]) as db:
        await raw.stock(db)

        async def order(clients: int) -> Round:
            asks = crowd(house, url, clients, [await house.stock(UNITS)])
            spent = {name: cpu_seconds([pid]) for name, pid in parts.items()}
            taken = await storm({url: asks}, seconds, 201)
            taken.shares = {name: cpu_seconds([pid]) - spent[name] for name, pid in parts.items()}
            taken.cpu = taken.shares["orders"]
            return taken

        yield {
            EACH: lambda: raw.an_order_each(db, 64, seconds),
            FOLDED: lambda: raw.folded(db, 500, seconds),
            AT_4: lambda: order(4),
            AT_64: lambda: order(64),
            AT_256: lambda: order(256),
        }


BENCH = Bench(
    "intake",
    "Orders through HTTP",
    f"One hot SKU of {UNITS:,} units, orders in one process (`--role all`): HTTP, token, body, "
    "idempotency key, stock held and order written at majority, events relayed; a new buyer, with "
    f"a new token to verify, every {EACH_BUYER} orders. CPU is that of the orders process.",
    _contest,
    (
        Aim(AT_4, EACH),
        Aim(AT_64, EACH, least=120),
        Aim(AT_256, FOLDED, least=0.35),
    ),
)

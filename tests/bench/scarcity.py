"""Too few for all: the last units go, and those who come after are told so quickly."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from tests.bench.bench import Aim, Bench, Measure
from tests.bench.buyers import PLENTY, cpu_seconds, crowd
from tests.bench.load import storm
from tests.bench.rounds import Contest, Round
from tests.support.house import House

PLACED, SOLD_OUT = 201, 409
ORDERS, REFUSED = "units for all, 256 clients", "sold out, 256 clients"
AT_4, AT_64 = "1,000 units, 4 clients", "1,000 units, 64 clients"
FEW = 1_000


@asynccontextmanager
async def _contest(house: House, measure: Measure) -> AsyncGenerator[Contest]:
    url, pids = house.url("orders"), [house.told["services"]["orders"]["pid"]]
    plenty = await house.stock(PLENTY)
    gone = await house.stock(1)
    await storm({url: crowd(house, url, 1, [gone])}, 0.5, PLACED, SOLD_OUT)

    async def ask(clients: int, sku: str, *expected: int) -> Round:
        asks = crowd(house, url, clients, [sku])
        spent = cpu_seconds(pids)
        taken = await storm({url: asks}, measure.seconds, *expected)
        taken.cpu = cpu_seconds(pids) - spent
        return taken

    async def sell(clients: int) -> Round:
        taken = await ask(clients, await house.stock(FEW), PLACED, SOLD_OUT)
        if taken.statuses.get(SOLD_OUT) and taken.statuses[PLACED] != FEW:
            raise RuntimeError(f"{taken.statuses[PLACED]} of {FEW} units were sold")
        return taken

    yield {
        ORDERS: lambda: ask(256, plenty, PLACED),
        REFUSED: lambda: ask(256, gone, SOLD_OUT),
        AT_4: lambda: sell(4),
        AT_64: lambda: sell(64),
    }


BENCH = Bench(
    "scarcity",
    "Sold out",
    f"Answers, yes or no; one process. Of the {FEW:,} units exactly so many were sold before the "
    "first no, or this page would not have been written. CPU is that of the orders process.",
    _contest,
    (Aim(REFUSED, ORDERS, least=3), Aim(AT_64, ORDERS), Aim(AT_4, ORDERS)),
)

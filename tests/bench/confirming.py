"""Orders from the wish to the goods being theirs: what all services spend on one that is paid."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import httpx

from deploy import SERVICES
from tests.bench import raw
from tests.bench.bench import Aim, Bench, Measure
from tests.bench.buyers import PLENTY, cpu_seconds
from tests.bench.rounds import Contest, Round, clocked
from tests.support.eventually import eventually
from tests.support.house import House, Shopper

PAIR, CONFIRMED = "raw: a transaction of two documents, 16 clients", "orders confirmed, 64 buyers"
BUYERS = 64


@asynccontextmanager
async def _contest(house: House, measure: Measure) -> AsyncGenerator[Contest]:
    """All four services up, each hearing the others."""
    await house.revive()
    sku = await house.stock(PLENTY)
    pids = [house.told["services"][name]["pid"] for name in SERVICES]

    async def buy() -> Round:
        before = await house.pool(sku)
        spent = cpu_seconds(pids)
        async with clocked() as taken, httpx.AsyncClient(timeout=30) as http:
            end = time.perf_counter() + measure.seconds
            bought = await asyncio.gather(*(_shop(house, http, sku, end) for _ in range(BUYERS)))
            taken.count = sum(bought)

            async def confirmed() -> bool:
                return (await house.pool(sku))["sold"] - before["sold"] >= taken.count

            await eventually(confirmed, within=60)
        taken.cpu = cpu_seconds(pids) - spent
        return taken

    async with raw.database(house.told["mongo"]["url"]) as db:
        await raw.stock(db)
        yield {PAIR: lambda: raw.two_documents(db, 16, measure.seconds), CONFIRMED: buy}


async def _shop(house: House, http: httpx.AsyncClient, sku: str, end: float) -> int:
    """One buyer after the other, each with one order."""
    bought = 0
    while time.perf_counter() < end:
        shopper = Shopper(house, f"payer-{time.time_ns()}-{bought}", http)
        bought += await shopper.buy(sku) is not None
    return bought


BENCH = Bench(
    "confirming",
    "CPU of a confirmed order",
    "A wish, a payment begun at the provider's sandbox, its two callbacks, the order confirmed, "
    "each fact heard by whom it concerns. CPU is that of the four services together, all they do "
    "included; the raw one's is its client's.",
    _contest,
    (Aim(CONFIRMED, PAIR, most=1.5, of="cpu"),),
)

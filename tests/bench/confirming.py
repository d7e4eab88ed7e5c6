"""Orders from the wish to the goods being theirs: what all services spend on one that is paid."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from deploy import SERVICES
from shared.events.ids import new_id
from tests.bench import raw
from tests.bench.bench import Aim, Bench, Measure
from tests.bench.buyers import PLENTY, cpu_seconds, shop
from tests.bench.rounds import Contest, Round, clocked
from tests.support.eventually import eventually
from tests.support.house import House

PAIR = "raw: a transaction of two documents, 16 clients"
CONFIRMED, BUSY = "orders confirmed, 64 buyers", "orders confirmed, 256 buyers"


@asynccontextmanager
async def _contest(house: House, measure: Measure) -> AsyncGenerator[Contest]:
    """All four services up, each hearing the others, and nothing of what was said before."""
    await house.begin_anew()
    sku = await house.stock(PLENTY)
    pids = [house.told["services"][name]["pid"] for name in SERVICES]

    async def buy(buyers: int) -> Round:
        before = await house.pool(sku)
        spent = cpu_seconds(pids)
        async with clocked() as taken:
            end, run = time.perf_counter() + measure.seconds, new_id()
            names = [f"payer-{run}-{number}" for number in range(buyers)]
            taken.count = sum(await asyncio.gather(*(shop(house, sku, n, end) for n in names)))

            async def confirmed() -> bool:
                return (await house.pool(sku))["sold"] - before["sold"] >= taken.count

            await eventually(confirmed, within=60)
        taken.cpu = cpu_seconds(pids) - spent
        return taken

    async with raw.database(house.told["mongo"]["url"]) as db:
        await raw.stock(db)
        yield {
            PAIR: lambda: raw.two_documents(db, 16, measure.seconds),
            CONFIRMED: lambda: buy(64),
            BUSY: lambda: buy(256),
        }


BENCH = Bench(
    "confirming",
    "CPU of a confirmed order",
    "A wish, a payment begun at the provider's sandbox, its two callbacks, the order confirmed, "
    "each fact heard by whom it concerns. CPU is that of the four services together, all they do "
    "included; the raw one's is its client's.",
    _contest,
    (Aim(CONFIRMED, PAIR, of="cpu"), Aim(BUSY, PAIR, most=1.5, of="cpu")),
)

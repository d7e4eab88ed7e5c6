"""One hot SKU beside sixty: everybody wanting the same must not be slower than everybody not."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from tests.bench.bench import Aim, Bench, Measure
from tests.bench.buyers import PLENTY, cpu_seconds, crowd
from tests.bench.load import storm
from tests.bench.rounds import Contest, Round
from tests.support.house import House

HOT, SPREAD = "one SKU", "60 SKUs in turn"
SKUS, CLIENTS = 60, 64


@asynccontextmanager
async def _contest(house: House, measure: Measure) -> AsyncGenerator[Contest]:
    url, pids = house.url("orders"), [house.told["services"]["orders"]["pid"]]
    spread = [await house.stock(PLENTY) for _ in range(SKUS)]

    async def order(skus: list[str]) -> Round:
        asks = crowd(house, url, CLIENTS, skus)
        spent = cpu_seconds(pids)
        taken = await storm({url: asks}, measure.seconds, 201)
        taken.cpu = cpu_seconds(pids) - spent
        return taken

    yield {SPREAD: lambda: order(spread), HOT: lambda: order(spread[:1])}


BENCH = Bench(
    "mixing",
    "Hot and spread",
    f"{CLIENTS} clients who all order the same SKU, beside {CLIENTS} who order one of {SKUS} in "
    "turn; one process. CPU is that of the orders process.",
    _contest,
    (Aim(HOT, SPREAD, least=0.9),),
)

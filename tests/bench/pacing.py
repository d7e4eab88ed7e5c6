"""Waiting times below the peak: orders that come at their own pace, whoever else is waiting."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from tests.bench.bench import Aim, Bench, Measure
from tests.bench.buyers import PLENTY, cpu_seconds, crowd
from tests.bench.load import paced, storm
from tests.bench.rounds import Contest, Round
from tests.support.house import House

PEAK, PACED = "as many as it takes, 256 clients", "70 % of that a second, open loop"
SHARE, CONNECTIONS = 0.7, 512


@asynccontextmanager
async def _contest(house: House, measure: Measure) -> AsyncGenerator[Contest]:
    url, pids = house.url("orders"), [house.told["services"]["orders"]["pid"]]
    sku, peak = await house.stock(PLENTY), 0.0

    async def storming() -> Round:
        nonlocal peak
        spent = cpu_seconds(pids)
        taken = await storm({url: crowd(house, url, 256, [sku])}, measure.seconds, 201)
        taken.cpu, peak = cpu_seconds(pids) - spent, taken.rate
        return taken

    async def pacing() -> Round:
        spent = cpu_seconds(pids)
        asks = crowd(house, url, CONNECTIONS, [sku])
        taken = await paced(url, asks, SHARE * peak, measure.seconds, 201)
        taken.cpu = cpu_seconds(pids) - spent
        return taken

    yield {PEAK: storming, PACED: pacing}


BENCH = Bench(
    "pacing",
    "Waiting below the peak",
    "One hot SKU, one process. First the peak of the moment, then seven tenths of it, a wish every "
    "so many microseconds, its waiting time counted from when it was due.",
    _contest,
    (Aim(PACED, PEAK), Aim(PACED, PEAK, most=100, of="p99")),
)

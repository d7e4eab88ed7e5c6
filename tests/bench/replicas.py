"""Several replicas that write one lane: more of them must not be slower than one."""

from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from pymongo import MongoClient

from services.orders.pool import shelf
from tests.bench.bench import Aim, Bench, Measure
from tests.bench.buyers import PLENTY, cpu_seconds, crowd
from tests.bench.load import storm
from tests.bench.process import replica, up
from tests.bench.rounds import Contest, Round
from tests.support.eventually import eventually
from tests.support.house import FESTIVAL, House

ONE, TWO, FOUR = "one replica", "two replicas", "four replicas"
CLIENTS = 256
DATABASE = "bench_orders"


@asynccontextmanager
async def _contest(house: House, measure: Measure) -> AsyncGenerator[Contest]:
    """Orders again, four replicas with doors and one worker, on a database of their own."""
    with replica(house, "orders", "worker", DATABASE) as worker, _doors(house, 4) as doors:
        for url in (worker[1], *(url for _, url in doors)):
            await up(url)
        sku = await house.stock(PLENTY)
        await eventually(lambda: _sells(house, sku), within=60)

        async def order(replicas: int) -> Round:
            some = doors[:replicas]
            pids = [worker[0], *(pid for pid, _ in some)]
            spent = cpu_seconds(pids)
            asks = {url: crowd(house, url, CLIENTS // replicas, [sku]) for _, url in some}
            taken = await storm(asks, measure.seconds, 201)
            taken.cpu = cpu_seconds(pids) - spent
            return taken

        yield {ONE: lambda: order(1), TWO: lambda: order(2), FOUR: lambda: order(4)}


@contextmanager
def _doors(house: House, count: int) -> Generator[list[tuple[int, str]]]:
    if count == 0:
        yield []
        return
    with replica(house, "orders", "api", DATABASE) as one, _doors(house, count - 1) as others:
        yield [one, *others]


def _sells(house: House, sku: str) -> bool:
    with MongoClient[dict[str, Any]](house.told["mongo"]["url"]) as client:
        kept, where = client[DATABASE], {"_id": shelf.name(FESTIVAL, sku, "online")}
        return bool(kept["stock"].find_one({"_id": sku}) and kept["shelves"].find_one(where))


BENCH = Bench(
    "replicas",
    "Replicas",
    f"One hot SKU in one lane, {CLIENTS} clients over one, two or four replicas (`--role api`) and "
    "one worker that relays; all of it, and the buyers, and MongoDB, on the same cores. CPU is "
    "that of all replicas asked and the worker.",
    _contest,
    (Aim(TWO, ONE, least=1.2), Aim(FOUR, ONE, least=1)),
)

"""Several replicas that write one lane: more of them must not be slower than one."""

import os
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from typing import Any

import httpx
from pymongo import MongoClient

from deploy.local.home import PROJECT
from services.orders.pool import shelf
from tests.bench.bench import Aim, Bench, Measure
from tests.bench.buyers import PLENTY, cpu_seconds, crowd
from tests.bench.load import storm
from tests.bench.rounds import Contest, Round
from tests.support.eventually import eventually
from tests.support.house import FESTIVAL, House
from tests.support.serving import free_port

ONE, TWO, FOUR = "one replica", "two replicas", "four replicas"
CLIENTS = 256
DATABASE = "bench_orders"


@asynccontextmanager
async def _contest(house: House, measure: Measure) -> AsyncGenerator[Contest]:
    """Orders again, four replicas with doors and one worker, on a database of their own."""
    with _process(house, "worker") as worker, _doors(house, 4) as doors:
        for url in (worker[1], *(url for _, url in doors)):
            await eventually(partial(_ready, url), within=60)
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
    with _process(house, "api") as one, _doors(house, count - 1) as others:
        yield [one, *others]


@contextmanager
def _process(house: House, role: str) -> Generator[tuple[int, str]]:
    """A replica of orders: its process, and where it answers."""
    port = free_port()
    told = {
        **house.stack.environment.service("orders"),
        "FEIRA_ORDERS_DATABASE": DATABASE,
        "FEIRA_ORDERS_PORT": str(port),
        "FEIRA_LOG": "warning",
    }
    process = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-m", "services.orders", "--role", role],
        cwd=PROJECT,
        env={**os.environ, "PYTHONPATH": str(PROJECT), **told},
    )
    try:
        yield process.pid, f"http://127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


async def _ready(url: str) -> bool:
    async with httpx.AsyncClient() as client:
        try:
            return (await client.get(f"{url}/readyz")).is_success
        except httpx.TransportError:
            return False


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

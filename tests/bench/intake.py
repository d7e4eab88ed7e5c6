"""Orders through HTTP for one hot SKU, the relay running: the door beside the bare transactions."""

import json
import os
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from itertools import count
from urllib.parse import urlsplit

import psutil

from services.orders.settings import OrdersSettings
from tests.bench import raw
from tests.bench.bench import Aim, Bench, Measure
from tests.bench.load import Ask, storm
from tests.bench.rounds import Contest, Round
from tests.support.house import FESTIVAL, House

EACH, FOLDED = "raw: a transaction an order, 64 clients", "raw: 500 orders a transaction"
AT_64, AT_256 = "orders through HTTP, 64 clients", "orders through HTTP, 256 clients"
UNITS = 10_000_000
EACH_BUYER = OrdersSettings.model_fields["max_open"].default
"""Orders a buyer may have that are not paid for."""


@asynccontextmanager
async def _contest(house: House, measure: Measure) -> AsyncGenerator[Contest]:
    """As many clients as could be served at once, a key for each order, new buyers all the time."""
    sku = await house.stock(UNITS)
    url, seconds = house.url("orders"), measure.seconds
    pid = house.told["services"]["orders"]["pid"]
    async with raw.database(house.told["mongo"]["url"]) as db:
        await raw.stock(db)

        async def order(clients: int) -> Round:
            asks = [_asking(house, url, f"buyer-{number}", sku) for number in range(clients)]
            spent = _cpu_seconds(pid)
            taken = await storm(f"{url}/orders", asks, seconds, 201)
            taken.cpu = _cpu_seconds(pid) - spent
            return taken

        yield {
            EACH: lambda: raw.an_order_each(db, 64, seconds),
            FOLDED: lambda: raw.folded(db, 500, seconds),
            AT_64: lambda: order(64),
            AT_256: lambda: order(256),
        }


def _asking(house: House, url: str, client: str, sku: str) -> Ask:
    """One client: buyers one after the other, each of whom orders as often as one may unpaid."""
    body = json.dumps(
        {"festival_id": FESTIVAL, "lines": [{"sku": sku, "quantity": 1}]}, separators=(",", ":")
    )
    fixed = (
        f"POST /orders HTTP/1.1\r\nHost: {urlsplit(url).netloc}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    )
    run, tail = os.urandom(8).hex(), b"\r\n\r\n" + body.encode()

    def wishes() -> Iterator[bytes]:
        for number in count():
            token = house.token("buyer", f"{client}-{run}-{number}")
            head = f"{fixed}Authorization: Bearer {token}\r\nIdempotency-Key: ".encode()
            for wish in range(EACH_BUYER):
                yield head + str(wish).encode() + tail

    return wishes().__next__


def _cpu_seconds(pid: int) -> float:
    """CPU seconds another process has used so far."""
    times = psutil.Process(pid).cpu_times()
    return times.user + times.system


BENCH = Bench(
    "intake",
    "Orders through HTTP",
    "One hot SKU, orders in one process (`--role all`): HTTP, token, body, idempotency key, stock "
    "held and order written at majority, events relayed; a new buyer, with a new token to verify, "
    f"every {EACH_BUYER} orders. CPU is that of the orders process.",
    _contest,
    (Aim(AT_64, EACH, least=60), Aim(AT_256, FOLDED, least=0.2)),
)

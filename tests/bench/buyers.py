"""Buyers as the load generator plays them: whole requests, and what they are to be sold."""

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from itertools import count, cycle
from urllib.parse import urlsplit

import psutil

from services.orders.settings import OrdersSettings
from tests.bench.load import Ask
from tests.support.house import FESTIVAL, House

PLENTY = 10_000_000
EACH_BUYER: int = OrdersSettings.model_fields["max_open"].default
"""Orders a buyer may have that are not paid for."""


def asking(house: House, url: str, client: str, skus: Sequence[str]) -> Ask:
    """One client: buyers one after the other, each of whom orders as often as one may unpaid.

    Each of *skus* in turn, a unit at a time.
    """
    run, wanted = os.urandom(8).hex(), cycle(_body(url, sku) for sku in skus)

    def wishes() -> Iterator[bytes]:
        for number in count():
            token = house.token("buyer", f"{client}-{run}-{number}")
            for wish in range(EACH_BUYER):
                head, body = next(wanted)
                own = f"Authorization: Bearer {token}\r\nIdempotency-Key: {wish}\r\n\r\n"
                yield head + own.encode() + body

    return wishes().__next__


def crowd(house: House, url: str, clients: int, skus: Sequence[str]) -> list[Ask]:
    """So many clients; where there are many *skus*, each begins with another one."""
    return [
        asking(house, url, f"buyer-{n}", [*skus[n % len(skus) :], *skus[: n % len(skus)]])
        for n in range(clients)
    ]


def _body(url: str, sku: str) -> tuple[bytes, bytes]:
    wish = {"festival_id": FESTIVAL, "lines": [{"sku": sku, "quantity": 1}]}
    body = json.dumps(wish, separators=(",", ":")).encode()
    head = (
        f"POST /orders HTTP/1.1\r\nHost: {urlsplit(url).netloc}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    )
    return head.encode(), body


def cpu_seconds(pids: Iterable[int]) -> float:
    """CPU seconds other processes have used so far."""
    used = [psutil.Process(pid).cpu_times() for pid in pids]
    return sum(times.user + times.system for times in used)

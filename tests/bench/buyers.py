"""Buyers as the load generator plays them: whole requests, and what they are to be sold."""

import json
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from itertools import count, cycle
from typing import Any
from urllib.parse import urlsplit

import psutil

from services.orders.settings import OrdersSettings
from tests.bench.load import Ask, Line
from tests.support.house import FESTIVAL, House

PLENTY = 10_000_000
EACH_BUYER: int = OrdersSettings.model_fields["max_open"].default
"""Orders a buyer may have that are not paid for."""


def asking(house: House, url: str, client: str, skus: Sequence[str], first: int = 0) -> Ask:
    """One client: buyers one after the other, each of whom orders as often as one may unpaid.

    Each of *skus* in turn, a unit at a time. The first buyer has ordered *first* times already.
    """
    run, wanted = os.urandom(8).hex(), cycle(_body(url, sku) for sku in skus)

    def wishes() -> Iterator[bytes]:
        for number in count():
            token = house.token("buyer", f"{client}-{run}-{number}")
            for wish in range(0 if number else first, EACH_BUYER):
                head, body = next(wanted)
                own = f"Authorization: Bearer {token}\r\nIdempotency-Key: {wish}\r\n\r\n"
                yield head + own.encode() + body

    return wishes().__next__


def crowd(house: House, url: str, clients: int, skus: Sequence[str]) -> list[Ask]:
    """So many clients; where there are many *skus*, each begins with another one.

    Not all of them give way to the next buyer at once.
    """
    return [
        asking(
            house,
            url,
            f"buyer-{n}",
            [*skus[n % len(skus) :], *skus[: n % len(skus)]],
            first=n % EACH_BUYER,
        )
        for n in range(clients)
    ]


async def shop(house: House, sku: str, client: str, end: float) -> int:
    """One buyer after the other, until *end*, who orders a unit and pays for it; returns how many.

    The provider tells of each payment twice.
    """
    url = house.url("orders")
    counter, bank = await Line.to(url), None
    head, body = _body(url, sku)
    bought = 0
    while time.perf_counter() < end:
        token = house.token("buyer", f"{client}-{bought}")
        own = f"Authorization: Bearer {token}\r\nIdempotency-Key: wish\r\n\r\n".encode()
        order = _said(await counter.ask(head + own + body), 201)
        start, _ = _post(url, f"/orders/{order['order_id']}/payments")
        begun: str = _said(await counter.ask(start + own), 201)["pay_url"]
        bank = bank or await Line.to(begun)
        told, outcome = _post(begun, urlsplit(begun).path, {"outcome": "succeed", "callbacks": 2})
        _said(await bank.ask(told + b"\r\n" + outcome), 200)
        bought += 1
    for line in (counter, bank):
        if line:
            line.close()
    return bought


def _said(answer: tuple[int, bytes], expected: int) -> Any:
    status, body = answer
    if status != expected:
        raise RuntimeError(f"{status} instead of {expected}: {body[:300]!r}")
    return json.loads(body)


def _body(url: str, sku: str) -> tuple[bytes, bytes]:
    return _post(url, "/orders", {"festival_id": FESTIVAL, "lines": [{"sku": sku, "quantity": 1}]})


def _post(url: str, path: str, wish: object = None) -> tuple[bytes, bytes]:
    """A request without its own headers and the line that ends them; and its body."""
    body = b"" if wish is None else json.dumps(wish, separators=(",", ":")).encode()
    kind = "Content-Type: application/json\r\n" if body else ""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {urlsplit(url).netloc}\r\n"
        f"{kind}Content-Length: {len(body)}\r\n"
    )
    return head.encode(), body


def cpu_seconds(pids: Iterable[int]) -> float:
    """CPU seconds other processes have used so far."""
    used = [psutil.Process(pid).cpu_times() for pid in pids]
    return sum(times.user + times.system for times in used)

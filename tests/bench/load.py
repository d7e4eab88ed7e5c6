"""Callers who ask again the moment they are answered: plain HTTP/1.1 at little cost of its own."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import cast
from urllib.parse import urlsplit

from typing_extensions import override

from tests.bench.rounds import Round, clocked

Ask = Callable[[], bytes]
"""The next request of one caller, whole."""


class Caller(asyncio.Protocol):
    """One connection; one request at a time, until the time is up."""

    def __init__(self, ask: Ask, end: float, statuses: Counter[int]) -> None:
        self._ask, self._end, self._statuses = ask, end, statuses
        self._read = bytearray()
        self._asked = 0.0
        self.waits: list[float] = []
        self.done = asyncio.get_running_loop().create_future()

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._next()

    def _next(self) -> None:
        self._asked = time.perf_counter()
        if self._asked < self._end:
            self._transport.write(self._ask())
        else:
            self._transport.close()

    @override
    def data_received(self, data: bytes) -> None:
        self._read += data
        head = self._read.find(b"\r\n\r\n")
        if head < 0:
            return
        headers = bytes(self._read[:head]).lower()
        length = int(headers.partition(b"content-length:")[2].partition(b"\r\n")[0])
        if len(self._read) >= head + 4 + length:
            self._statuses[int(headers[9:12])] += 1
            self.waits.append(time.perf_counter() - self._asked)
            self._read.clear()
            self._next()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_result(None)


async def storm(url: str, asks: Sequence[Ask], seconds: float, expected: int) -> Round:
    """One caller for each of *asks*; counts the answers with status *expected*, and no others."""
    loop, at = asyncio.get_running_loop(), urlsplit(url)
    statuses: Counter[int] = Counter()
    async with clocked() as taken:
        end = time.perf_counter() + seconds
        callers: list[Caller] = []
        for ask in asks:
            made = partial(Caller, ask, end, statuses)
            callers.append(
                (await loop.create_connection(made, at.hostname or "", at.port or 80))[1]
            )
        async with asyncio.timeout(seconds + 30):
            await asyncio.gather(*(caller.done for caller in callers))
        taken.count = statuses.pop(expected, 0)
        taken.waits = tuple(wait for caller in callers for wait in caller.waits)
    if statuses:
        raise RuntimeError(f"other answers than {expected}: {dict(statuses)}")
    return taken

"""Callers who ask again the moment they are answered: plain HTTP/1.1 at little cost of its own."""

import asyncio
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Self, TypeVar, cast
from urllib.parse import urlsplit

from typing_extensions import override

from tests.bench.rounds import Round, clocked

Ask = Callable[[], bytes]
"""The next request of one caller, whole."""


class Caller(asyncio.Protocol):
    """One connection; once it is told to begin, one request at a time until the time is up."""

    def __init__(self, ask: Ask, statuses: Counter[int]) -> None:
        self._ask, self._statuses = ask, statuses
        self._end = 0.0
        self._read = bytearray()
        self._asked = 0.0
        self.waits: list[float] = []
        self.done = asyncio.get_running_loop().create_future()

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def begin(self, end: float) -> None:
        self._end = end
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
        if whole := _whole(self._read):
            self._statuses[whole[0]] += 1
            self.waits.append(time.perf_counter() - self._asked)
            self._read.clear()
            self._next()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_result(None)


async def storm(asks: Mapping[str, Sequence[Ask]], seconds: float, *expected: int) -> Round:
    """One caller for each of *asks*, which stand under the URL they go to.

    Counts the answers; raises RuntimeError if there are others than those *expected*.
    """
    statuses: Counter[int] = Counter()
    callers = [
        await _call(url, partial(Caller, ask, statuses))
        for url, some in asks.items()
        for ask in some
    ]
    async with clocked() as taken:
        end = time.perf_counter() + seconds
        for caller in callers:
            caller.begin(end)
        async with asyncio.timeout(seconds + 30):
            await asyncio.gather(*(caller.done for caller in callers))
        taken.count = statuses.total()
    taken.waits = tuple(wait for caller in callers for wait in caller.waits)
    taken.statuses = dict(statuses)
    if others := statuses.keys() - set(expected):
        raise RuntimeError(f"other answers than {expected}: {others} in {dict(statuses)}")
    return taken


class Line(asyncio.Protocol):
    """One connection, kept: a request, and its answer."""

    def __init__(self) -> None:
        self._read = bytearray()
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None

    @classmethod
    async def to(cls, url: str) -> Self:
        return await _call(url, cls)

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        """The status and the body of the answer."""
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer

    @override
    def data_received(self, data: bytes) -> None:
        self._read += data
        if (whole := _whole(self._read)) and self._answer:
            self._read.clear()
            self._answer.set_result(whole)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer and not self._answer.done():
            self._answer.set_exception(exc or ConnectionResetError())

    def close(self) -> None:
        self._transport.close()


def _whole(read: bytearray) -> tuple[int, bytes] | None:
    """The status and the body of the answer that *read* holds, once all of it is there."""
    head = read.find(b"\r\n\r\n")
    if head < 0:
        return None
    headers = bytes(read[:head]).lower()
    length = int(headers.partition(b"content-length:")[2].partition(b"\r\n")[0])
    body = head + 4
    return (int(headers[9:12]), bytes(read[body:])) if len(read) >= body + length else None


class Visitor(Caller):
    """A connection that asks when it is told to; its waits begin when it should have asked."""

    def __init__(self, ask: Ask, statuses: Counter[int], free: Callable[["Visitor"], None]) -> None:
        super().__init__(ask, statuses)
        self._free = free

    @override
    def _next(self) -> None:
        self._free(self)

    def go(self, due: float) -> None:
        self._asked = due
        self._transport.write(self._ask())

    def leave(self) -> None:
        self._transport.close()


async def paced(
    url: str, asks: Sequence[Ask], rate: float, seconds: float, *expected: int
) -> Round:
    """Ask *rate* times a second, however long answers take: an open loop.

    Who is due and finds every connection taken waits for one, and the waiting counts. Each has
    asked once before the clock runs: those who stand there already do not come all at once.
    """
    statuses: Counter[int] = Counter()
    idle: deque[Visitor] = deque()
    visitors = [await _call(url, partial(Visitor, ask, statuses, idle.append)) for ask in asks]
    for visitor in visitors:
        visitor.go(time.perf_counter())
    async with asyncio.timeout(30):
        while len(idle) < len(visitors):  # noqa: ASYNC110 - an event would cost each request
            await asyncio.sleep(0.005)
    for visitor in visitors:
        visitor.waits.clear()
    async with clocked() as taken:
        began, sent, wanted = time.perf_counter(), 0, int(rate * seconds)
        while sent < wanted:
            due = began + sent / rate
            if due > time.perf_counter() or not idle:
                await asyncio.sleep(max(0.0005, due - time.perf_counter()))
            else:
                idle.popleft().go(due)
                sent += 1
        async with asyncio.timeout(30):
            while len(idle) < len(visitors):  # noqa: ASYNC110 - an event would cost each request
                await asyncio.sleep(0.005)
        taken.count = sent
    for visitor in visitors:
        visitor.leave()
    taken.waits = tuple(wait for visitor in visitors for wait in visitor.waits)
    if others := statuses.keys() - set(expected):
        raise RuntimeError(f"other answers than {expected}: {others} in {dict(statuses)}")
    return taken


C = TypeVar("C", bound=asyncio.Protocol)


async def _call(url: str, made: Callable[[], C]) -> C:
    at = urlsplit(url)
    loop = asyncio.get_running_loop()
    return (await loop.create_connection(made, at.hostname or "", at.port or 80))[1]

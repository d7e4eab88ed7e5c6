"""Calls to the outside over HTTP: bounded in time and size; guarded where a stranger says whom."""

import asyncio
import ssl
import time
from collections import OrderedDict
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Literal, cast

import httpcore
import httpx
from prometheus_client import Histogram
from typing_extensions import override

from shared.platform.outside.guard import Forbidden, Guard
from shared.platform.telemetry import BUCKETS

SECONDS = Histogram(
    "feira_outbound_seconds",
    "Calls to the outside, by how they ended.",
    ("to", "outcome"),
    buckets=(*BUCKETS, 30.0),
)

Why = Literal["forbidden", "unreachable", "timeout", "broken"]

_KEPT_SECONDS, _KEPT_LINES = 30.0, 256
_MOST_ADDRESSES = 4


class Unanswered(Exception):
    """Nobody answered.

    Attributes:
        why: What went wrong, for programs.
        reached: Whether the other side may have got what was sent; False is certain.
    """

    def __init__(self, why: Why, *, reached: bool) -> None:
        super().__init__(why)
        self.why: Why = why
        self.reached = reached


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered; `whole` is False where the body went on beyond what is read."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    whole: bool


class Outbound:
    """The one way to call other systems. A part of the service.

    No redirect is followed, no proxy of the environment is used, and what is answered is read as
    it came, never unpacked.
    """

    def __init__(
        self,
        to: str,
        *,
        deadline: float = 15.0,
        most: int = 64 * 1024,
        connections: int = 32,
        guard: Guard | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """Call systems.

        Args:
            to: What the metrics call them.
            deadline: Seconds a call may take from its beginning to its end.
            most: Bytes of an answer that are read.
            connections: How many there may be at once to one of them.
            guard: Says who may be called, where strangers name the addresses.
            tls: Whom to trust; the usual authorities by default.
        """
        self._to, self._deadline, self._most = to, deadline, most
        self._connections, self._guard = connections, guard
        self._tls = tls
        self._lines: OrderedDict[str, _Line] = OrderedDict()

    async def start(self) -> None:
        """Nothing to begin: connections are made when they are needed."""

    async def stop(self) -> None:
        for line in self._lines.values():
            await line.close()
        self._lines.clear()

    def trouble(self) -> str | None:
        return None

    async def ask(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes = b"",
        deadline: float | None = None,
    ) -> Answer:
        """Send a request and read the answer, whatever its status. Raises Unanswered."""
        began, outcome, waiting = time.perf_counter(), "answered", True
        try:
            if self._guard:
                self._guard.check(url)
            async with asyncio.timeout(deadline or self._deadline), self._line(url) as client:
                waiting = False
                async with client.stream(method, url, headers=headers, content=content) as response:
                    body, whole = await self._read(response)
                    return Answer(response.status_code, response.headers, body, whole)
        except Exception as error:
            told = _told(error)
            if told is not None and told.why == "timeout" and waiting:
                told = Unanswered("unreachable", reached=False)
            if told is None:
                raise
            outcome = told.why
            raise told from error
        finally:
            SECONDS.labels(self._to, outcome).observe(time.perf_counter() - began)

    @asynccontextmanager
    async def _line(self, url: str) -> AsyncGenerator[httpx.AsyncClient]:
        """A client that nobody else uses now, and if it may be one that is connected already."""
        parts = httpx.URL(url)
        origin = f"{parts.scheme}://{parts.netloc.decode()}"
        line = self._lines.pop(origin, None) or _Line(asyncio.Semaphore(self._connections))
        self._lines[origin] = line
        line.calls += 1
        try:
            async with line.room:
                client = line.resting.pop() if line.resting else self._open()
                try:
                    yield client
                finally:
                    line.resting.append(client)
        finally:
            line.calls -= 1
            if len(self._lines) > _KEPT_LINES:
                await self._close_one()

    def _open(self) -> httpx.AsyncClient:
        # Not before it is needed: the usual authorities take a while to read, and some memory.
        self._tls = self._tls or httpx.create_ssl_context(trust_env=False)
        return httpx.AsyncClient(
            transport=_Transport(self._tls, self._guard),
            timeout=self._deadline,
            follow_redirects=False,
            trust_env=False,
            headers={"User-Agent": "Feira", "Accept-Encoding": "identity"},
        )

    async def _close_one(self) -> None:
        """Give up the line that was not used for the longest time."""
        resting = next((origin for origin, line in self._lines.items() if not line.calls), None)
        if resting:
            await self._lines.pop(resting).close()

    async def _read(self, response: httpx.Response) -> tuple[bytes, bool]:
        """Read as much of the body as is wanted; who sends more is hung up on."""
        body = bytearray()
        async for piece in response.aiter_raw():
            body += piece
            if len(body) > self._most:
                return bytes(body[: self._most]), False
        return bytes(body), True


def _told(error: Exception) -> Unanswered | None:
    """What an error of the client means to one who asked; None for a fault of our own."""
    match error:
        case Forbidden() | httpx.UnsupportedProtocol() | httpx.InvalidURL():
            return Unanswered("forbidden", reached=False)
        case httpx.ConnectError() | httpx.ConnectTimeout() | httpx.PoolTimeout():
            return Unanswered("unreachable", reached=False)
        case TimeoutError() | httpx.TimeoutException():
            return Unanswered("timeout", reached=True)
        case httpx.TransportError():
            return Unanswered("broken", reached=True)
        case _:
            return None


@dataclass(slots=True)
class _Line:
    """The connections to one system: none waits for those of another.

    Each has a client of its own: one with many looks at them all, twice a call.
    """

    room: asyncio.Semaphore
    resting: list[httpx.AsyncClient] = field(default_factory=list[httpx.AsyncClient])
    calls: int = 0
    """How many use them or wait for room."""

    async def close(self) -> None:
        for client in self.resting:
            await client.aclose()


class _Transport(httpx.AsyncHTTPTransport):
    """httpx's transport over a network of our choice, for which it has no option."""

    def __init__(self, tls: ssl.SSLContext, guard: Guard | None) -> None:
        super().__init__(verify=tls, trust_env=False)
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=tls,
            max_connections=None,  # a wait for one that is cancelled would lose it for ever
            max_keepalive_connections=1,
            keepalive_expiry=_KEPT_SECONDS,
            network_backend=_GuardedNetwork(guard) if guard else None,
        )


class _GuardedNetwork(httpcore.AsyncNetworkBackend):
    """Connects to the very addresses that were looked at, and asks no name server twice.

    TLS and the Host header go on speaking of the host by its name.
    """

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._net = cast("httpcore.AsyncNetworkBackend", httpcore.AnyIOBackend())

    @override
    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        try:
            addresses = await self._guard.addresses(host, port)
        except OSError as error:
            raise httpcore.ConnectError(str(error)) from error
        failure: Exception = httpcore.ConnectError("no address")
        for address in addresses[:_MOST_ADDRESSES]:
            try:
                return await self._net.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    @override
    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        raise Forbidden("Sockets of this machine are not outside.")

    @override
    async def sleep(self, seconds: float) -> None:
        await self._net.sleep(seconds)

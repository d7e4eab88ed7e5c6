"""One viewer's open connection to a room: server-sent events, each frame read once for all.

A room sends the same bytes to everybody, so a frame that one viewer has read is remembered for the
others; watching costs a viewer who is not interested almost nothing.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast
from urllib.parse import urlsplit

import httptools
import orjson
from typing_extensions import override

from deploy.demo.wire import ANSWER_WITHIN

OK = 200


@dataclass(frozen=True, slots=True)
class Frame:
    """One thing a room has sent."""

    id: str
    event: str
    data: Any


Hear = Callable[[Frame], None]


class Viewing(asyncio.Protocol):
    """A connection to a room's stream, until the server or the viewer ends it."""

    def __init__(self, request: bytes, hear: Hear) -> None:
        self._request, self._hear = request, hear
        self._parser = httptools.HttpResponseParser(self)
        self._rest = b""
        self._transport: asyncio.Transport | None = None
        loop = asyncio.get_running_loop()
        self.opened: asyncio.Future[int] = loop.create_future()
        self.over: asyncio.Future[None] = loop.create_future()
        self.last_id = ""

    def close(self) -> None:
        if self._transport:
            self._transport.close()

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(self._request)

    @override
    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self.close()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if not self.opened.done():
            self.opened.set_result(0)
        if not self.over.done():
            self.over.set_result(None)

    def on_headers_complete(self) -> None:
        if not self.opened.done():
            self.opened.set_result(self._parser.get_status_code())

    def on_message_complete(self) -> None:
        self.close()

    def on_body(self, body: bytes) -> None:
        *frames, self._rest = (self._rest + body if self._rest else body).split(b"\n\n")
        for raw in frames:
            frame = _read(raw)
            if frame.id:
                self.last_id = frame.id
            if frame.event:
                self._hear(frame)


@lru_cache(maxsize=512)
def _read(raw: bytes) -> Frame:
    """Read one frame; one without a name is a comment, or a heartbeat."""
    said = {"id": "", "event": "", "data": ""}
    for line in raw.decode().splitlines():
        name, _, value = line.partition(":")
        if name in said:
            value = value.removeprefix(" ")
            said[name] = f"{said[name]}\n{value}" if name == "data" and said[name] else value
    data = orjson.loads(said["data"]) if said["data"][:1] in ("{", "[") else said["data"]
    return Frame(said["id"], said["event"], data)


class Rooms:
    """The server of the rooms, as viewers see it."""

    def __init__(self, url: str) -> None:
        place = urlsplit(url)
        self._host, self._port = place.hostname or "", place.port or 80
        self.opened = self.reopened = self.refused = 0
        self.open_now = self.most_open = 0

    async def watch(self, path: str, token: str, hear: Hear, until: asyncio.Event) -> None:
        """Watch until *until* is set; a connection that breaks is opened again where it broke."""
        last_id, tries = "", 0
        ended = asyncio.create_task(until.wait())
        try:
            while not until.is_set():
                viewing = await self._open(path, token, last_id, hear)
                if viewing is None:
                    tries += 1
                    await asyncio.wait({ended}, timeout=min(0.1 * 2**tries, 2.0))
                    continue
                self._count(1, again=bool(last_id or tries))
                await asyncio.wait({ended, viewing.over}, return_when=asyncio.FIRST_COMPLETED)
                self._count(-1)
                last_id = viewing.last_id or last_id
                viewing.close()
        finally:
            ended.cancel()

    async def _open(self, path: str, token: str, last_id: str, hear: Hear) -> Viewing | None:
        headers = [f"GET {path} HTTP/1.1", f"Host: {self._host}:{self._port}"]
        headers += ["Accept: text/event-stream"]
        headers += [f"Authorization: Bearer {token}"] if token else []
        headers += [f"Last-Event-ID: {last_id}"] if last_id else []
        request = ("\r\n".join(headers) + "\r\n\r\n").encode()
        loop = asyncio.get_running_loop()
        viewing: Viewing | None = None
        try:
            async with asyncio.timeout(ANSWER_WITHIN):
                _, viewing = await loop.create_connection(
                    lambda: Viewing(request, hear), self._host, self._port
                )
                if await viewing.opened == OK:
                    return viewing
        except (OSError, TimeoutError):
            pass  # counted below, tried again by the caller
        if viewing:
            viewing.close()
        self.refused += 1
        return None

    def _count(self, by: int, *, again: bool = False) -> None:
        if by > 0:
            self.opened += 1
            self.reopened += again
        self.open_now += by
        self.most_open = max(self.most_open, self.open_now)


def delay_since(moment: float) -> float:
    """Milliseconds from *moment* (seconds of the system's clock) to now."""
    return (time.time() - moment) * 1000

"""Viewers by the thousand, in a process of their own: raw sockets, each frame read once for all.

What they are to do comes on stdin, one JSON object a line, and is answered by one:
`come` (url, path, count, stalled, socket), `expect` (messages), then `collect`; `leave`; `return`,
to wait until all who were cut off are back.
"""

import asyncio
import os
import random
import re
import socket
import struct
import time
from collections import Counter
from typing import Any, cast
from urllib.parse import urlsplit

import uvloop
from typing_extensions import override

from shared.platform.service import take_open_files
from tests.bench.process import done, wishes

_STAMP = re.compile(rb'"sequence":(\d+),"offset_ms":(\d+)\}')
_ID = re.compile(rb'id"?: ?"?([0-9a-f]{8}-\d+)')
_RETRY = re.compile(rb"retry: (\d+)")
_ENDS = (b"\n\n", b"\n\n\r\n", b"}}")
_LINGER = struct.pack("ii", 1, 0)
"""Ports are free at once: thousands come and go in a few seconds."""
_AT_ONCE = 200
_REMEMBERED = 256


class Viewer(asyncio.Protocol):
    """One connection, opened again when it is cut off, for as long as it is wanted."""

    def __init__(self, crowd: "Crowd", *, stalled: bool) -> None:
        self._crowd, self._stalled = crowd, stalled
        self._transport: asyncio.Transport | None = None
        self._rest = b""
        self._retry = 1.0
        self.last_id = b""
        self.sequence = 0
        self.watching = self.wanted = False

    async def come(self) -> None:
        self.wanted = True
        loop = asyncio.get_running_loop()
        with_us = socket.socket()
        with_us.setblocking(False)
        if self._stalled:
            with_us.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        with_us.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER)
        try:
            await loop.sock_connect(with_us, self._crowd.address)
            await loop.create_connection(lambda: self, sock=with_us)
        except OSError:
            with_us.close()
            self._later()

    def leave(self) -> None:
        self.wanted = False
        if self._transport:
            self._transport.abort()

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(self._crowd.request(self.last_id))

    @override
    def data_received(self, data: bytes) -> None:
        if not self.watching:
            self._begin(data)
            return
        if self._rest:
            data, self._rest = self._rest + data, b""
        if not data.endswith(_ENDS):
            whole = data.rfind(b"\n\n") + 1
            data, self._rest = data[:whole], data[whole:]
        last, self.last_id = self._crowd.hear(data)
        if last:
            first = last[0]
            self._crowd.gaps += first > self.sequence + 1
            self.sequence = last[1]

    def _begin(self, data: bytes) -> None:
        """Read until the room is seen."""
        self._rest += data
        if not self._rest.startswith((b"HTTP/1.1 200 ", b"HTTP/1.1 101 ")):
            if self._transport:
                self._transport.abort()  # not ready yet
            return
        if b"snapshot" not in self._rest or not self._rest.endswith(_ENDS):
            return
        if found := _RETRY.search(self._rest):
            self._retry = int(found[1]) / 1000
        if found := _STAMP.search(self._rest):
            self.sequence = int(found[1])
        if ids := _ID.findall(self._rest):
            self.last_id = ids[-1]
        self._rest, self.watching = b"", True
        self._crowd.count(1)
        if self._stalled and self._transport:
            self._transport.pause_reading()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._transport, self._rest = None, b""
        if self.watching:
            self.watching = False
            self._crowd.count(-1)
        self._later()

    def _later(self) -> None:
        if self.wanted and not self._stalled:
            loop = asyncio.get_running_loop()
            pause = self._retry * random.uniform(0.9, 1.1)
            loop.call_later(pause, lambda: self._crowd.do(self.come()))


class Crowd:
    """All viewers of one room."""

    def __init__(self) -> None:
        self._viewers: list[Viewer] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._known: dict[bytes, tuple[tuple[int, int] | None, list[float], bytes]] = {}
        self._all = asyncio.Event()
        self._watching = self._wanted = self._seen = 0
        self.gaps = 0
        self.waits: list[float] = []
        self.address = ("", 0)

    def do(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def request(self, last_id: bytes) -> bytes:
        again = b"Last-Event-ID: %b\r\n" % last_id if last_id else b""
        return self._head + again + b"\r\n"

    def count(self, by: int) -> None:
        self._watching += by
        if self._watching == len(self._viewers):
            self._all.set()

    def hear(self, data: bytes) -> tuple[tuple[int, int] | None, bytes]:
        """Note how long what is said in *data* took; the first and last sequence, the last id."""
        known = self._known.get(data)
        if known is None:
            if len(self._known) > _REMEMBERED:
                self._known.clear()
            found = _STAMP.findall(data)
            ids = _ID.findall(data)
            known = self._known[data] = (
                (int(found[0][0]), int(found[-1][0])) if found else None,
                [int(stamp) / 1e6 for _, stamp in found],
                ids[-1] if ids else b"",
            )
        last, stamps, last_id = known
        if self._wanted and stamps:
            now = time.monotonic()
            for stamp in stamps:
                self.waits.append(now - stamp)
            self._seen += len(stamps)
            if self._seen >= self._wanted:
                self._all.set()
        return last, last_id

    # Wishes -----------------------------------------------------------------------------------

    async def come(self, wish: dict[str, Any]) -> dict[str, Any]:
        place = urlsplit(wish["url"])
        self.address = place.hostname or "", place.port or 80
        kind = (
            "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            if wish.get("socket")
            else ""
        )
        self._head = f"GET {wish['path']} HTTP/1.1\r\nHost: {place.netloc}\r\n{kind}".encode()
        stalled = wish.get("stalled", 0)
        began = time.perf_counter()
        self._all.clear()
        self._viewers = [Viewer(self, stalled=number < stalled) for number in range(wish["count"])]
        random.shuffle(self._viewers)
        for first in range(0, len(self._viewers), _AT_ONCE):
            await asyncio.gather(
                *(viewer.come() for viewer in self._viewers[first : first + _AT_ONCE])
            )
        await self._all.wait()
        return {"seconds": time.perf_counter() - began}

    def expect(self, wish: dict[str, Any]) -> dict[str, Any]:
        """Be ready for so many messages, each to be seen by all who do not stall."""
        self.waits.clear()
        self._seen = self.gaps = 0
        self._wanted = wish["messages"] * wish["readers"]
        self._all.clear()
        return {}

    async def collect(self) -> dict[str, Any]:
        async with asyncio.timeout(60):
            await self._all.wait()
        self._wanted = 0
        waits = Counter(round(wait, 4) for wait in self.waits)
        return {"waits": list(waits.items()), "gaps": self.gaps}

    async def back(self) -> dict[str, Any]:
        """Wait until everybody is back who was cut off."""
        self.gaps = 0
        async with asyncio.timeout(60):
            while self._watching:  # noqa: ASYNC110 - a moment
                await asyncio.sleep(0.001)
            began = time.perf_counter()
            self._all.clear()
            await self._all.wait()
        return {"seconds": time.perf_counter() - began}

    def sequences(self) -> dict[str, Any]:
        """What everybody has seen last, and how many found a hole before it."""
        seen = Counter(viewer.sequence for viewer in self._viewers)
        return {"seen": list(seen.items()), "gaps": self.gaps}

    async def leave(self) -> dict[str, Any]:
        for viewer in self._viewers:
            viewer.leave()
        while self._watching:  # noqa: ASYNC110 - a moment
            await asyncio.sleep(0.001)
        return {}


async def work() -> None:
    """Do what is asked for."""
    take_open_files()
    done(pid=os.getpid())
    crowd = Crowd()
    async for wish in wishes():
        match wish["do"]:
            case "come":
                crowd = Crowd()
                done(**await crowd.come(wish))
            case "expect":
                done(**crowd.expect(wish))
            case "collect":
                done(**await crowd.collect())
            case "back":
                done(**await crowd.back())
            case "sequences":
                done(**crowd.sequences())
            case _:
                done(**await crowd.leave())


if __name__ == "__main__":
    uvloop.run(work())

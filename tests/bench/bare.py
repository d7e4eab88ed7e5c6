"""The bare floor of a fan-out, in a process of its own: server-sent events on asyncio alone.

A frame is built once and written to each transport; no request is read, nobody is counted, nothing
is remembered. What it is asked for comes on stdin: `{"messages": n, "every": seconds}`.
"""

import asyncio
import time
from typing import cast

import orjson
import uvloop
from typing_extensions import override

from shared.platform.service import take_open_files
from tests.bench.process import done, wishes

HEAD = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\nretry: 1000\n\nevent: snapshot\n\n"
)


class Reader(asyncio.Protocol):
    """Somebody who is written to from their first word on."""

    everybody: set[asyncio.Transport] = set()  # noqa: RUF012 - all there is to share

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    @override
    def data_received(self, data: bytes) -> None:
        self._transport.write(HEAD)
        self.everybody.add(self._transport)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self.everybody.discard(self._transport)


def frame(number: int) -> bytes:
    """What a room says of a pin, as long as ours: 250 bytes."""
    pin = {
        "sku": "FEI-BAK-001",
        "names": None,
        "merchant_id": None,
        "price": {"amount": 4800, "currency": "MOP"},
        "free": None,
        "sequence": number,
        "offset_ms": time.monotonic_ns() // 1000,
    }
    return b"event: pin\nid: 0badcafe-%d\ndata: %b\n\n" % (number, orjson.dumps(pin))


async def serve() -> None:
    """Say what is asked for to everybody."""
    take_open_files()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Reader, "127.0.0.1", 0, backlog=4096)
    done(port=server.sockets[0].getsockname()[1])
    number = 0
    async for wish in wishes():
        due = time.perf_counter()
        for _ in range(wish["messages"]):
            number += 1
            said = frame(number)
            for transport in Reader.everybody:
                transport.write(said)
            due += wish["every"]
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
        done(said=number)


if __name__ == "__main__":
    uvloop.run(serve())

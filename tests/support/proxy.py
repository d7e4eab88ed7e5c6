"""A wire that can be cut: a TCP proxy between a client and a server."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from typing import Any, cast

import pytest
from aiokafka.conn import create_conn


class Wire:
    """Carries bytes to *address* ("host:port"), unless it is cut or frozen."""

    def __init__(self, address: str) -> None:
        self._host, port = address.rsplit(":", 1)
        self._port = int(port)
        self._server: asyncio.Server | None = None
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._cut = False
        self._writers: set[asyncio.StreamWriter] = set()
        self._pumps: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int:
        """Where it listens, on the loopback."""
        assert self._server, "open it first"
        return self._server.sockets[0].getsockname()[1]

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)

    async def close(self) -> None:
        self.cut()
        if self._server:
            self._server.close()
        await asyncio.gather(*self._pumps, return_exceptions=True)

    def cut(self) -> None:
        """Break every connection, and each new one as soon as it is made."""
        self._cut = True
        for writer in self._writers:
            writer.transport.abort()

    def freeze(self) -> None:
        """Let nothing through, and say nothing about it."""
        self._flowing.clear()

    def mend(self) -> None:
        self._cut = False
        self._flowing.set()

    async def _connected(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        if self._cut:
            back.transport.abort()
            return
        if opening := asyncio.current_task():  # not to be forgotten where it is closed meanwhile
            self._pumps.add(opening)
            opening.add_done_callback(self._pumps.discard)
        far, there = await asyncio.open_connection(self._host, self._port)
        if self._cut:
            there.transport.abort()
            back.transport.abort()
            return
        for reader, writer in ((near, there), (far, back)):
            self._writers.add(writer)
            pump = asyncio.create_task(self._pump(reader, writer))
            self._pumps.add(pump)
            pump.add_done_callback(self._pumps.discard)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):  # cut, or one side has gone
            while chunk := await reader.read(65_536):
                await self._flowing.wait()
                writer.write(chunk)
                await writer.drain()
        self._writers.discard(writer)
        writer.close()


@asynccontextmanager
async def wire(address: str) -> AsyncGenerator[Wire]:
    """An open wire to *address*."""
    laid = Wire(address)
    await laid.open()
    try:
        yield laid
    finally:
        laid.mend()
        await laid.close()


def reroute(patch: pytest.MonkeyPatch, through: Wire, clients: str) -> None:
    """Make Kafka clients whose id begins with *clients* connect over the wire.

    A broker tells clients to come to its own address, so a proxy in front of it is soon left out.
    """

    async def connect(host: str, port: int, *, client_id: str, **options: object) -> object:
        if client_id.startswith(clients):
            host, port = "127.0.0.1", through.port
        return await cast("Any", create_conn)(host, port, client_id=client_id, **options)

    patch.setattr("aiokafka.client.create_conn", connect)

"""A system that wants to be told: a real HTTP server that answers as it is ordered to."""

import asyncio
import json
import ssl
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

from standardwebhooks import Webhook


@dataclass(frozen=True)
class Heard:
    """One delivery as it came."""

    path: str
    headers: dict[str, str]
    body: bytes
    at: float

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def says(self) -> Any:
        return json.loads(self.body)

    def verified(self, secret: str) -> Any:
        """What it says, if a library that is not ours finds the signature good."""
        return Webhook(secret).verify(self.body, self.headers)


class Receiver:
    """Hears, and answers with what is next in `answers`, or else with `always`.

    An answer is a status, or raw bytes to send instead of one; None is silence, which is all
    that `silent` paths ever get.
    """

    def __init__(self) -> None:
        self.heard: list[Heard] = []
        self.answers: deque[int | bytes | None] = deque()
        self.always: int | bytes | None = 200
        self.headers = ""
        self.silent: set[str] = set()
        self.connections = 0
        self.in_hand = self.most_in_hand = 0
        self.port = 0
        self._server: asyncio.Server | None = None
        self._talks: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._tls: ssl.SSLContext | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/feira"

    @classmethod
    @asynccontextmanager
    async def listening(cls, tls: ssl.SSLContext | None = None) -> AsyncGenerator["Receiver"]:
        receiver = cls()
        receiver._tls = tls
        await receiver.up()
        try:
            yield receiver
        finally:
            await receiver.down()

    async def up(self) -> None:
        """Answer, at the same port as before."""
        self._server = await asyncio.start_server(
            self._welcome, "127.0.0.1", self.port, ssl=self._tls, reuse_address=True
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def down(self) -> None:
        """Hang up; who calls now finds nobody."""
        assert self._server
        self._server.close()
        while self._talks:
            for writer in self._writers:
                writer.transport.abort()
            await asyncio.wait(self._talks)

    def _welcome(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        talk = asyncio.create_task(self._talk(reader, writer))
        self._talks.add(talk)
        talk.add_done_callback(self._talks.discard)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            with suppress(asyncio.IncompleteReadError, ConnectionError):
                while True:
                    head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
                    headers = {
                        name.lower(): value
                        for name, _, value in (line.partition(": ") for line in head[1:] if line)
                    }
                    body = await reader.readexactly(int(headers.get("content-length", 0)))
                    path = head[0].split()[1]
                    now = asyncio.get_running_loop().time()
                    self.heard.append(Heard(path, headers, body, now))
                    self.in_hand += 1
                    self.most_in_hand = max(self.in_hand, self.most_in_hand)
                    try:
                        await self._answer(path, reader, writer)
                    finally:
                        self.in_hand -= 1
        finally:
            self._writers.discard(writer)
            writer.transport.abort()

    async def _answer(
        self, path: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        answer = self.answers.popleft() if self.answers else self.always
        if answer is None or path in self.silent:
            await reader.read()
        elif isinstance(answer, int):
            writer.write(
                f"HTTP/1.1 {answer} So\r\n{self.headers}Content-Length: 2\r\n\r\nok".encode()
            )
        else:
            writer.write(answer)
        await writer.drain()

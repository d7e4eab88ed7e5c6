"""The wire: HTTP/1.1 as thin as it gets, so that thousands of buyers fit into one process.

A buyer who gets no answer, or is told to come back, asks again with the same Idempotency-Key, as a
browser would; so an answer is final.
"""

import asyncio
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import urlsplit

import httptools
import orjson
from typing_extensions import override

IDEMPOTENT = frozenset({"GET", "PUT", "DELETE"})
ANSWER_WITHIN = 15.0
PATIENCE = 40.0
BUSY = 503


class NoAnswer(Exception):
    """A server did not answer, however often it was asked."""


class Unexpected(Exception):
    """A server said something else than the festival needs to go on."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said in the end, and after how many seconds and tries."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(repr=False)
    seconds: float = 0.0
    tries: int = 1

    @property
    def json(self) -> Any:  # noqa: ANN401 - any JSON
        return orjson.loads(self.body) if self.body else None

    @property
    def code(self) -> str:
        """What is wrong, for programs; empty if nothing is."""
        if self.status < 400 or not self.body.startswith(b"{"):  # noqa: PLR2004 - HTTP's first error
            return ""
        said = cast("dict[str, Any]", self.json)
        return str(said.get("code") or said.get("type", "")).rpartition(":")[2]


class _Line(asyncio.Protocol):
    """One kept-alive connection: one question, one answer, again."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.reusable = False
        self._waiting: asyncio.Future[Answer] | None = None
        self._begin()

    def _begin(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._headers: dict[str, str] = {}
        self._body = bytearray()

    async def ask(self, request: bytes) -> Answer:
        assert self.transport is not None, "connected"  # noqa: S101 - for the types
        self.reusable = False
        self._waiting = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        return await self._waiting

    def close(self) -> None:
        if self.transport:
            self.transport.close()

    # What the transport and the parser call --------------------------------------------------

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    @override
    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._give_up(ConnectionError(f"not HTTP: {error}"))
            self.close()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self.reusable, self.transport = False, None
        self._give_up(exc or ConnectionResetError("the server has hung up"))

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        status = self._parser.get_status_code()
        self.reusable = self._parser.should_keep_alive()
        answer = Answer(status, bytes(self._body), self._headers)
        self._begin()
        if self._waiting and not self._waiting.done():
            self._waiting.set_result(answer)

    def _give_up(self, error: Exception) -> None:
        if self._waiting and not self._waiting.done():
            self._waiting.set_exception(error)


class Door:
    """One server, behind a few connections that are kept."""

    def __init__(self, url: str, *, lines: int = 48) -> None:
        place = urlsplit(url)
        self.url = url.rstrip("/")
        self._host, self._port = place.hostname or "", place.port or 80
        self._idle: list[_Line] = []
        self._room = asyncio.Semaphore(lines)
        self.asked = self.repeated = 0

    async def ask(
        self,
        method: str,
        path: str,
        *,
        token: str = "",
        key: str = "",
        body: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Ask until there is an answer. Raises NoAnswer.

        What changes something and has no *key* is asked once only.
        """
        said = dict(headers or {})
        if token:
            said["Authorization"] = f"Bearer {token}"
        if key:
            said["Idempotency-Key"] = key
        request = self._request(method, path, said, body)
        since, tries = time.perf_counter(), 0
        while True:
            tries += 1
            self.asked += 1
            trouble: object
            pause = min(0.05 * 2**tries, 1.0)
            try:
                answer = await self._once(request)
                if answer.status != BUSY:
                    took = time.perf_counter() - since
                    return Answer(answer.status, answer.body, answer.headers, took, tries)
                trouble = answer
                pause = max(pause, float(answer.headers.get("retry-after", "0")))
            except (OSError, TimeoutError) as error:
                trouble = error
                if not key and method not in IDEMPOTENT:
                    raise NoAnswer(f"{method} {self.url}{path}: {error!r}") from error
            if time.perf_counter() - since + pause > PATIENCE:
                raise NoAnswer(f"{method} {self.url}{path}: {trouble!r}")
            self.repeated += 1
            await asyncio.sleep(pause)

    async def get(self, path: str, *, token: str = "") -> Any:  # noqa: ANN401 - any JSON
        """Read something that must be there. Raises Unexpected."""
        return self.must(await self.ask("GET", path, token=token), f"GET {path}").json

    async def do(self, method: str, path: str, *, token: str, body: object = None) -> Any:  # noqa: ANN401 - any JSON
        """Do something that must succeed. Raises Unexpected."""
        answer = await self.ask(method, path, token=token, key=new_key(), body=body)
        return self.must(answer, f"{method} {path}").json

    def must(self, answer: Answer, asked: str) -> Answer:
        if not 200 <= answer.status < 300:  # noqa: PLR2004 - HTTP's successes
            said = answer.body.decode("utf-8", "replace")[:400]
            raise Unexpected(f"{asked} at {self.url} was answered {answer.status}: {said}")
        return answer

    def close(self) -> None:
        for line in self._idle:
            line.close()
        self._idle.clear()

    def _request(self, method: str, path: str, headers: dict[str, str], body: object) -> bytes:
        content = b"" if body is None else orjson.dumps(body)
        if body is not None:
            headers["Content-Type"] = "application/json"
        if content or method not in ("GET", "DELETE"):
            headers["Content-Length"] = str(len(content))
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self._host}:{self._port}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return ("\r\n".join(lines) + "\r\n\r\n").encode() + content

    async def _once(self, request: bytes) -> Answer:
        async with self._room:
            line = await self._line()
            try:
                async with asyncio.timeout(ANSWER_WITHIN):
                    answer = await line.ask(request)
            except BaseException:
                line.close()
                raise
            if line.reusable and line.transport:
                self._idle.append(line)
            else:
                line.close()
            return answer

    async def _line(self) -> _Line:
        while self._idle:
            line = self._idle.pop()
            if line.transport and not line.transport.is_closing():
                return line
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(ANSWER_WITHIN):
            _, line = await loop.create_connection(_Line, self._host, self._port)
        return line


def new_key() -> str:
    """A new Idempotency-Key: one for each wish."""
    return secrets.token_hex(12)

"""An integrator's system: one address that webhooks call, checking every signature.

Now and then it is out of order and says so, as real ones are; what it missed has to come again.
"""

import asyncio
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, cast

import httptools
import orjson
from standardwebhooks import Webhook, WebhookVerificationError
from typing_extensions import override

from deploy.demo.books import Call

HOST = "127.0.0.1"
OUT_OF_ORDER = 40
"""One call in so many is answered 503."""


class Integrator:
    """Listens while the festival goes on."""

    def __init__(self) -> None:
        self._server: asyncio.Server | None = None
        self._secret: Webhook | None = None
        self.url = ""
        self.callers: set[asyncio.Transport] = set()
        self.calls: list[Call] = []
        self.turned_away = 0
        self._count = 0

    async def open(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Caller(self), HOST, 0)
        port = self._server.sockets[0].getsockname()[1]
        self.url = f"http://{HOST}:{port}/festival"

    def trust(self, secret: str) -> None:
        """Know what calls are signed with."""
        self._secret = Webhook(secret)

    async def close(self) -> None:
        """Hang up on everybody: callers keep their connections, and a loop ends with none."""
        if self._server:
            self._server.close()
        for transport in tuple(self.callers):
            transport.abort()
        await asyncio.sleep(0)

    @property
    def told(self) -> set[str]:
        """The events heard of so far."""
        return {call.id for call in self.calls if call.genuine}

    def hear(self, headers: Mapping[str, str], body: bytes) -> int:
        """Take a call; returns the status to answer."""
        self._count += 1
        if self._count % OUT_OF_ORDER == 0:
            self.turned_away += 1
            return HTTPStatus.SERVICE_UNAVAILABLE
        genuine = True
        try:
            if self._secret is None:
                raise WebhookVerificationError("nobody has registered yet")
            self._secret.verify(body, dict(headers), json_parse=False)
        except WebhookVerificationError:
            genuine = False
        said: dict[str, Any] = orjson.loads(body)
        self.calls.append(Call(headers.get("webhook-id", ""), str(said.get("type", "")), genuine))
        return HTTPStatus.OK if genuine else HTTPStatus.UNAUTHORIZED


class _Caller(asyncio.Protocol):
    """One connection that calls."""

    def __init__(self, integrator: Integrator) -> None:
        self._integrator = integrator
        self._transport: asyncio.Transport | None = None
        self._begin()

    def _begin(self) -> None:
        self._parser = httptools.HttpRequestParser(self)
        self._headers: dict[str, str] = {}
        self._body = bytearray()

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._integrator.callers.add(self._transport)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        if self._transport:
            self._integrator.callers.discard(self._transport)

    @override
    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            if self._transport:
                self._transport.close()

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        status = self._integrator.hear(self._headers, bytes(self._body))
        self._begin()
        if self._transport:
            self._transport.write(b"HTTP/1.1 %d -\r\nContent-Length: 0\r\n\r\n" % status)

"""The wire: uvicorn's HTTP/1.1 protocol, on which hot routes are answered without ASGI in between.

A plain request for a hot route is one task and one write. Whatever is unusual about a request (a
body in chunks, a large one, an upgrade, another web origin, a second one before the first is
answered) sends it the ordinary way; both ways end in the same functions, so they answer alike. A
stream is opened the ordinary way, and is then no longer the wire's (`handover`).
"""

import asyncio
from typing import Any, cast
from weakref import ref

from starlette.types import Scope
from typing_extensions import override
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from shared.platform.web.entry import answer
from shared.platform.web.handover import WIRE, Line
from shared.platform.web.hot import HotRoute, HotRoutes

_UNHEARD = asyncio.Event()
"""What the base class sets when there is more to read; here nobody waits for it."""


class _Exchange:
    """A request on its way, as the base class wants to see it."""

    __slots__ = (
        "body",
        "disconnected",
        "keep_alive",
        "message_event",
        "more_body",
        "response_complete",
        "route",
        "scope",
    )

    def __init__(self, route: HotRoute, scope: dict[str, Any]) -> None:
        self.route, self.scope, self.body = route, scope, bytearray()
        self.message_event = _UNHEARD
        self.keep_alive = self.more_body = True
        self.disconnected = self.response_complete = False


class Wire(HttpToolsProtocol):
    """One connection to an application made by `create_app`."""

    def __init__(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 - uvicorn's own
        super().__init__(*args, **options)
        self._fast: HotRoutes = cast("Any", self.app).state.fast

    @override
    def on_message_begin(self) -> None:
        super().on_message_begin()
        cast("dict[str, Any]", self.scope)[WIRE] = ref(self)

    @override
    def on_headers_complete(self) -> None:
        found = self._hot_route()
        if found is None:
            super().on_headers_complete()
            return
        route, params = found
        scope = cast("dict[str, Any]", self.scope)
        scope |= {
            "method": self._method(),
            "path": self.url.decode(),
            "path_params": params,
            "app": self.app,
        }
        self.cycle = cast("Any", _Exchange(route, scope))

    @override
    def on_message_complete(self) -> None:
        exchange = cast("object", self.cycle)
        if not isinstance(exchange, _Exchange) or exchange.response_complete:
            super().on_message_complete()
            return
        task = self.loop.create_task(self._respond(exchange))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _respond(self, exchange: _Exchange) -> None:
        told = await answer(exchange.route, exchange.scope, bytes(exchange.body))
        if self.flow.write_paused:
            await self.flow.drain()
        if not exchange.keep_alive:
            told.headers.append((b"connection", b"close"))
        written = [STATUS_LINE[told.status]]
        for name, value in (*self.server_state.default_headers, *told.headers):
            written += (name, b": ", value, b"\r\n")
        exchange.response_complete = True
        if not exchange.disconnected:
            self.transport.write(b"".join((*written, b"\r\n", told.body)))
        if not exchange.keep_alive:
            self.transport.close()
        self.on_response_complete()

    # Handing over -----------------------------------------------------------------------------

    def answers(self, scope: Scope) -> bool:
        return self.cycle.scope is scope

    def switch(self) -> None:
        self.cycle.chunked_encoding = False

    def hand_over(self, line: Line) -> None:
        self.cycle.disconnected = True  # ASGI neither hears nor says anything more
        if self.transport.is_closing():
            return
        self.connections.discard(self)
        cast("Any", self).parser = None
        self.flow.resume_reading()
        line.begin(self.transport, self.connections)
        if cast("Any", self.app).state.stopping.is_set():
            line.shutdown()  # it came after all others were told

    @override
    def _unsupported_upgrade_warning(self) -> None:
        """Who asks to switch protocols is answered by the route, whatever it makes of it."""

    # Hot routes -------------------------------------------------------------------------------

    def _method(self) -> str:
        return cast("Any", self.parser).get_method().decode()

    def _hot_route(self) -> tuple[HotRoute, dict[str, str]] | None:
        """The hot route that this request, whose head is there, is plainly for; and its place."""
        if not self.url.isascii() or b"%" in self.url or b"?" in self.url:
            return None
        found = self._fast.find(self._method(), self.url.decode("latin-1"))
        before, parser = cast("Any", self.cycle), cast("Any", self.parser)
        if (
            found is None
            or not (before is None or before.response_complete)
            or self.expect_100_continue
            or parser.get_http_version() != "1.1"
            or not parser.should_keep_alive()
            or parser.should_upgrade()
        ):
            return None
        length = b"0"
        for name, value in self.headers:
            if name == b"content-length":
                length = value
            elif name in (b"transfer-encoding", b"origin"):
                return None
        plain = length.isdigit() and int(length) <= HIGH_WATER_LIMIT
        return found if plain else None

"""Handing over: an answer that stays open leaves HTTP as soon as its head is said.

A stream is asked for at the door where everything is asked for, so access, limits, problems and
numbers are the same. Then the connection changes hands, as when a protocol is switched (RFC 9110,
7.8): what it becomes writes to the transport itself, with no server, middleware or task in between.
"""

import asyncio
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, NamedTuple, Protocol, cast
from weakref import ref

from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from typing_extensions import override

from shared.platform.web.problem import Problem

WIRE = "feira.wire"
"""Where the scope of a request names its connection, weakly: the scope is the connection's own."""


class Line(asyncio.Protocol):
    """What a connection becomes.

    Attributes:
        transport: Whom to write to.
    """

    __slots__ = ("_lines", "transport")

    transport: asyncio.Transport
    _lines: set[Any]

    def begin(self, transport: asyncio.Transport, lines: set[Any]) -> None:
        """Take over *transport*; *lines* are told when the server stops, and waited for."""
        self.transport, self._lines = transport, lines
        lines.add(self)
        transport.set_protocol(self)
        self.begun()

    def begun(self) -> None:
        """Say the first words."""
        raise NotImplementedError

    def shutdown(self) -> None:
        """Say the last words: the server stops."""
        raise NotImplementedError

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._lines.discard(self)


class Opening(NamedTuple):
    """The head of an answer that stays open, and what the connection becomes after it."""

    status: HTTPStatus
    headers: Mapping[str, str]
    line: Line


class Connection(Protocol):
    """What handing over takes of the server."""

    def answers(self, scope: Scope) -> bool:
        """Whether the request of this *scope* is the last one that came."""
        ...

    def switch(self) -> None:
        """Let the head that is said next have no body."""
        ...

    def hand_over(self, line: Line) -> None:
        """Give the transport to *line*, unless the caller has gone."""
        ...


class HandOver(Response):
    """An answer that stays open; a hot route returns it."""

    def open(self, scope: Scope) -> Opening:
        """Begin. Raises Problem if it is not to be."""
        raise NotImplementedError

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        opening = self.open(scope)
        connection = cast("ref[Connection]", scope[WIRE])()
        if connection is None:
            return
        if not connection.answers(scope):
            raise Problem(400, "pipelined", "After a stream nothing can be asked for.")
        if opening.status is HTTPStatus.SWITCHING_PROTOCOLS:
            connection.switch()
        headers = [
            (name.lower().encode(), value.encode()) for name, value in opening.headers.items()
        ]
        start = {"type": "http.response.start", "status": opening.status.value, "headers": headers}
        await send(start)
        connection.hand_over(opening.line)

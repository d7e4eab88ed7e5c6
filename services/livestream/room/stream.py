"""The streams of a room: how they are opened, and from where they go on."""

from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import parse_qs

from starlette.types import Scope
from typing_extensions import override

from services.livestream.room.room import Room
from services.livestream.room.socket import Socket, handshake
from services.livestream.room.viewer import EventStream
from shared.platform.web.handover import HandOver, Opening

_EVENT_STREAM: Mapping[str, str] = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",
}


class Stream(HandOver):
    """Server-sent events of a room."""

    media_type = "text/event-stream"

    def __init__(self, room: Room) -> None:
        super().__init__()
        self._room = room

    @override
    def open(self, scope: Scope) -> Opening:
        return Opening(HTTPStatus.OK, _EVENT_STREAM, EventStream(self._room, _last_id(scope)))


class Switch(HandOver):
    """A WebSocket to a room."""

    def __init__(self, room: Room) -> None:
        super().__init__()
        self._room = room

    @override
    def open(self, scope: Scope) -> Opening:
        agreed = handshake(scope)
        line = Socket(self._room, _last_id(scope))
        return Opening(HTTPStatus.SWITCHING_PROTOCOLS, agreed, line)


def _last_id(scope: Scope) -> str:
    """Where the viewer was: browsers say it when they come back, others in the address."""
    for name, value in scope["headers"]:
        if name == b"last-event-id":
            return value.decode("latin-1")
    return parse_qs(scope["query_string"].decode("latin-1")).get("last_event_id", [""])[0]

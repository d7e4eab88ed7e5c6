"""The stream: one viewer's HTTP answer, from the first byte to the last."""

from urllib.parse import parse_qs

from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from typing_extensions import override

from services.livestream.room.hall import Hall
from services.livestream.room.room import Room

_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]


class Stream(Response):
    """Server-sent events of a room. Written by the room itself: this only holds the door."""

    media_type = "text/event-stream"

    def __init__(self, hall: Hall, room: Room) -> None:
        super().__init__()
        self._hall, self._room = hall, room

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._hall.end_with(scope["app"].state.stopping)
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        viewer = self._room.admit(send, _last_id(scope))
        try:
            await viewer.stay(receive)
        finally:
            self._room.leave(viewer)


def _last_id(scope: Scope) -> str:
    """Where the viewer was: browsers say it when they come back, others in the address."""
    for name, value in scope["headers"]:
        if name == b"last-event-id":
            return value.decode("latin-1")
    return parse_qs(scope["query_string"].decode("latin-1")).get("last_event_id", [""])[0]

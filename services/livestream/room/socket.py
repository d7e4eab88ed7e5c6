"""A viewer on a WebSocket (RFC 6455): heard out by the book, and shown the door if they talk."""

from collections.abc import Mapping
from http import HTTPStatus
from logging import WARNING, getLogger

from starlette.types import Scope
from typing_extensions import override
from websockets.datastructures import Headers
from websockets.frames import DATA_OPCODES, CloseCode, Frame
from websockets.http11 import Request
from websockets.protocol import Protocol, Side
from websockets.server import ServerProtocol

from services.livestream.room.frames import TEXTS
from services.livestream.room.viewer import MOST_HEARD, Reason, Viewer, Watched
from shared.platform.web.problem import Problem

_CODES: Mapping[Reason, CloseCode] = {
    "slow": CloseCode.TRY_AGAIN_LATER,
    "stuck": CloseCode.TRY_AGAIN_LATER,
    "noisy": CloseCode.POLICY_VIOLATION,
    "end": CloseCode.GOING_AWAY,
}

_log = getLogger(__name__)
_log.setLevel(WARNING)  # the library tells of each connection


def handshake(scope: Scope) -> Mapping[str, str]:
    """What to answer to a request for a WebSocket. Raises Problem for one that is not sound."""
    asked = Headers(
        (name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]
    )
    told = ServerProtocol(logger=_log).accept(
        Request(scope["path"], asked, protocol=f"HTTP/{scope['http_version']}")
    )
    if told.status_code != HTTPStatus.SWITCHING_PROTOCOLS:
        why = "This takes a WebSocket (RFC 6455, version 13)."
        raise Problem(told.status_code, "no-websocket", why, headers=_kept(told.headers))
    return {name: value for name, value in told.headers.raw_items() if name != "Date"}


def _kept(headers: Headers) -> dict[str, str]:
    """What says how to ask instead."""
    return {name: headers[name] for name in ("Upgrade", "Sec-WebSocket-Version") if name in headers}


class Socket(Viewer):
    """A viewer who answers pings and says goodbye; whoever says anything else is cut."""

    __slots__ = ("_protocol",)

    framing = TEXTS

    def __init__(self, room: Watched, last_id: str) -> None:
        super().__init__(room, last_id)
        self._protocol = Protocol(Side.SERVER, max_size=MOST_HEARD, logger=_log)

    @override
    def hear(self, data: bytes) -> None:
        self._protocol.receive_data(data)
        for frame in self._protocol.events_received():
            if isinstance(frame, Frame) and frame.opcode in DATA_OPCODES:
                self._protocol.fail(CloseCode.UNSUPPORTED_DATA, "viewers only watch")
                break
        self._answer()
        if self._protocol.close_expected() and self.finish(self._why()):
            self.let_go()

    def _why(self) -> Reason:
        return "gone" if self._protocol.close_rcvd else "noisy"

    @override
    def hang_up(self, reason: Reason) -> None:
        if reason == "end":
            self._protocol.send_close(_CODES[reason])
        else:
            self._protocol.fail(_CODES[reason], reason)
        self._answer()
        self.let_go()

    def _answer(self) -> None:
        """Write what the protocol wants said; nothing stands for the end of what it has to say."""
        for told in self._protocol.data_to_send():
            if told:
                self.transport.write(told)
            elif self._protocol.close_rcvd:
                self.transport.close()
            else:
                self.transport.write_eof()

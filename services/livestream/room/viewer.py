"""A viewer: somebody at the other end of a connection, and how far into the ring they are."""

import asyncio
import socket
import time
from typing import ClassVar, Literal, Protocol

from typing_extensions import override

from services.livestream.room.frames import EVENTS, LAST_CHUNK, Framing
from shared.platform.web.handover import Line

Reason = Literal["slow", "stuck", "noisy", "gone", "end"]

BUFFER = 32 * 1024
"""Once more bytes than these wait here for a viewer to take them, the rest waits in the ring."""
KERNEL = 64 * 1024
"""Bytes that wait in the kernel before that; unasked it keeps megabytes for one who stalls."""
MOST_HEARD = 4 * 1024
"""Bytes a viewer may send between two pings: they only watch."""
GRACE = 3.0
"""For how many seconds last words may be on their way."""


class Watched(Protocol):
    """What a viewer knows of the room."""

    def admit(self, viewer: "Viewer", last_id: str) -> None:
        """Write to *viewer* from now on, beginning after *last_id* if that is still known."""
        ...

    def leave(self, viewer: "Viewer") -> None:
        """Write to *viewer* no more."""
        ...

    def go_on(self) -> None:
        """Somebody who could not take more can again."""
        ...


class Viewer(Line):
    """Written to by the room, each time as far as the room is.

    Attributes:
        framing: How what is said is wrapped.
        position: The number of the last frame written.
        stalled_since: Since when nothing is written as too much is not taken yet; 0 if all is well.
        over: Why nothing more is written, once that is so.
    """

    __slots__ = ("_drop", "_heard", "_last_id", "_room", "over", "position", "stalled_since")

    framing: ClassVar[Framing]

    def __init__(self, room: Watched, last_id: str) -> None:
        """*last_id* is that of the last event seen, or empty."""
        self._room, self._last_id = room, last_id
        self.position = self._heard = 0
        self.stalled_since = 0.0
        self.over: Reason | None = None
        self._drop: asyncio.TimerHandle | None = None

    @override
    def begun(self) -> None:
        self.transport.set_write_buffer_limits(BUFFER)
        self.transport.get_extra_info("socket").setsockopt(
            socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL
        )
        self._room.admit(self, self._last_id)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.finish("gone")
        if self._drop:
            self._drop.cancel()

    # Writing ----------------------------------------------------------------------------------

    def write(self, chunk: bytes, position: int) -> None:
        """Send *chunk*, after which the viewer stands at *position*."""
        self.position = position
        self.transport.write(chunk)

    @override
    def pause_writing(self) -> None:
        self.stalled_since = time.monotonic()

    @override
    def resume_writing(self) -> None:
        self.stalled_since = 0.0
        self._room.go_on()

    def ping(self) -> None:
        """Ask whether they are still there."""
        self._heard = 0
        self.transport.write(self.framing.ping)

    # Reading ----------------------------------------------------------------------------------

    @override
    def data_received(self, data: bytes) -> None:
        """Hear them out, but not for long: a little at a time, and then no more."""
        for start in range(0, len(data), MOST_HEARD):
            if self._heard > MOST_HEARD:
                self.cut("noisy", b"")
                return
            piece = data[start : start + MOST_HEARD]
            self._heard += len(piece)
            self.hear(piece)

    def hear(self, data: bytes) -> None:
        """Take what they say; whoever only reads has nothing to say."""

    # The end ----------------------------------------------------------------------------------

    def cut(self, reason: Reason, told: bytes) -> None:
        """Write nothing more after *told*; they know from the last id where to go on."""
        if self.finish(reason) and not self.transport.is_closing():
            self.transport.write(told)
            self.hang_up(reason)

    @override
    def shutdown(self) -> None:
        if self.finish("end") and not self.transport.is_closing():
            self.hang_up("end")

    def hang_up(self, reason: Reason) -> None:
        """Say how it ended, and close once that is taken."""
        raise NotImplementedError

    def finish(self, reason: Reason) -> bool:
        """Let nothing more be written; whether that is new."""
        if self.over is not None:
            return False
        self.over = reason
        self._room.leave(self)
        return True

    def let_go(self) -> None:
        """Drop the connection if the last words are not taken in time."""
        self._drop = asyncio.get_running_loop().call_later(GRACE, self.transport.abort)


class EventStream(Viewer):
    """A viewer of server-sent events."""

    __slots__ = ()

    framing = EVENTS

    @override
    def hang_up(self, reason: Reason) -> None:
        if reason == "end":
            self.transport.write(LAST_CHUNK)
        self.transport.close()
        self.let_go()

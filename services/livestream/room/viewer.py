"""A viewer: somebody at the other end of a stream, and how far into the room's ring they are."""

import asyncio
import time
from collections.abc import Callable
from typing import Literal

from starlette.types import Receive, Send

from services.livestream.room.eager import begin

Reason = Literal["slow", "stuck", "gone"]


class Viewer:
    """Written to by the room. What it has not taken yet waits in the ring, not here.

    Attributes:
        position: The number of the last frame written.
        over: Why nothing more is written, once that is so.
    """

    __slots__ = ("_begun", "_free", "_send", "_task", "_writing", "over", "position")

    def __init__(self, send: Send, position: int, free: Callable[[], None]) -> None:
        """*free* is called when a write that had to wait is through."""
        self.position = position
        self.over: Reason | None = None
        self._send, self._free = send, free
        self._task: asyncio.Task[None] | None = None
        self._writing: asyncio.Task[None] | None = None
        self._begun = 0.0

    @property
    def writing(self) -> bool:
        """Whether a write still waits for the viewer to take what it has been sent before."""
        return self._writing is not None

    def stuck_for(self) -> float:
        """For how many seconds a write has been waiting."""
        return time.monotonic() - self._begun if self._writing else 0.0

    def write(self, chunk: bytes, position: int, *, more: bool = True) -> None:
        """Send *chunk*, after which the viewer stands at *position*; only when not `writing`."""
        self.position = position
        try:
            self._writing = begin(
                self._send({"type": "http.response.body", "body": chunk, "more_body": more})
            )
        except OSError:  # the connection broke; other servers than ours say so here
            self.cut("gone")
        else:
            if self._writing:
                self._begun = time.monotonic()
                self._writing.add_done_callback(self._written)

    def _written(self, writing: "asyncio.Task[None]") -> None:
        self._writing = None
        if writing.cancelled():
            return
        if writing.exception():
            self.cut("gone")
        else:
            self._free()

    def cut(self, reason: Reason) -> None:
        """Write nothing more and let the connection go, whatever is under way."""
        if self.over is None:
            self.over = reason
            if self._writing:
                self._writing.cancel()
            if self._task:
                self._task.cancel()

    def end(self) -> None:
        """Complete the answer; who cannot take even that is cut."""
        if self._writing:
            self.cut("stuck")
        else:
            self.write(b"", self.position, more=False)
            if self._writing:
                self.cut("stuck")

    async def stay(self, receive: Receive) -> None:
        """Come back when the viewer has gone, been cut, or been sent the end."""
        self._task = asyncio.current_task()
        try:
            while self.over is None and (await receive())["type"] != "http.disconnect":
                pass
        except asyncio.CancelledError:
            if self.over is None or self._task is None:
                raise
            self._task.uncancel()
        finally:
            self._task = None
            if self._writing:
                self._writing.cancel()

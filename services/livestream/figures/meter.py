"""The meter: what this process counts of its viewers, written down every few seconds."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NamedTuple

import structlog

from services.livestream.figures import count
from services.livestream.figures.count import Measured, minute_id
from services.livestream.figures.sketch import EMPTY, sketch_of
from services.livestream.kept import COUNTS, MINUTES, SESSIONS
from shared.events.ids import new_id
from shared.platform.change.aggregate import Note, View
from shared.platform.change.cause import Cause
from shared.platform.change.unit_of_work import UnitOfWork
from shared.platform.clock import utc_now
from shared.refusal import Refused

log = structlog.get_logger(__name__)

EVERY = 5.0
"""Seconds from writing to writing; so much is lost if the process dies."""
_MOST_LIKES = 50_000
"""So many wishes to like are remembered, for those that are sent again."""
_MOST_NAMES = 100_000
"""So many viewers of one room are told apart between two writings, before writing early."""


class Watched(NamedTuple):
    """How many watch a room: by streams of this process, and of all."""

    session_id: str
    here: int
    online: int


@dataclass(slots=True)
class _Reading:
    """What was counted of one session since it was last written."""

    entries: int = 0
    watched_ms: int = 0
    viewer_ms: int = 0
    online: int = 0
    likes: int = 0
    names: set[bytes] = field(default_factory=set[bytes])

    def measured(self, session_id: str) -> Measured:
        return Measured(
            session_id,
            self.entries,
            self.watched_ms,
            self.viewer_ms,
            self.online,
            self.likes,
            sketch_of(self.names) if self.names else EMPTY,
        )


class _Written(NamedTuple):
    """A reading on its way: the cause it acts once for, and when it was taken."""

    measured: Measured
    cause: Cause
    minute: str


class Meter:
    """Counts in memory, writes in bulk. A part of the service.

    A reading that could not be written is tried again under the same cause, so it counts once; what
    is counted meanwhile waits for the next.
    """

    def __init__(self, uow: UnitOfWork, watched: Callable[[], Iterable[Watched]]) -> None:
        """*watched* tells of every room that somebody watches here."""
        self._uow, self._watched = uow, watched
        self._readings: dict[str, _Reading] = {}
        self._on_their_way: dict[str, _Written] = {}
        self._liked: OrderedDict[str, None] = OrderedDict()
        self._looked = time.monotonic()
        self._task: asyncio.Task[None] | None = None
        self._early = asyncio.Event()

    # Counting ---------------------------------------------------------------------------------

    def beat(self, session_id: str, name: bytes, *, entered: bool, watched_ms: int) -> None:
        """Count a viewer's heartbeat."""
        reading = self._reading(session_id)
        reading.names.add(name)
        reading.entries += entered
        reading.watched_ms += watched_ms
        if len(reading.names) >= _MOST_NAMES:
            self._early.set()

    def like(self, session_id: str, times: int, key: str) -> None:
        """Count likes, those of one wish (*key*) once, as far as this process remembers."""
        if key not in self._liked:
            self._liked[key] = None
            if len(self._liked) > _MOST_LIKES:
                self._liked.popitem(last=False)
            self._reading(session_id).likes += times

    def _reading(self, session_id: str) -> _Reading:
        return self._readings.setdefault(session_id, _Reading())

    def _look(self) -> None:
        """Count who watches now, for the time since the last look."""
        now = time.monotonic()
        ms, self._looked = round((now - self._looked) * 1000), now
        for room in self._watched():
            if room.here or room.online:
                reading = self._reading(room.session_id)
                reading.viewer_ms += room.here * ms
                reading.online = max(reading.online, room.here, room.online)

    # Life -------------------------------------------------------------------------------------

    async def start(self) -> None:
        self._looked = time.monotonic()
        self._task = asyncio.create_task(self._live(), name="meter")

    async def stop(self) -> None:
        """Write what has been counted, if that can be done now."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        with suppress(TimeoutError):
            await asyncio.wait_for(self.write(), 3)

    def trouble(self) -> str | None:
        """None: figures wait, selling does not."""
        return None

    async def _live(self) -> None:
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._early.wait(), EVERY)
            self._early.clear()
            await self.write()

    async def write(self) -> None:
        """Write down what has been counted, each session in a change of its own."""
        self._look()
        now = utc_now()
        for session_id in [one for one in self._readings if one not in self._on_their_way]:
            self._on_their_way[session_id] = _Written(
                self._readings.pop(session_id).measured(session_id),
                Cause(f"meter:{new_id()}"),
                minute_id(session_id, now),
            )
        await asyncio.gather(*map(self._write, tuple(self._on_their_way)))

    async def _write(self, session_id: str) -> None:
        written = self._on_their_way[session_id]
        session, minute = SESSIONS(session_id), MINUTES(written.minute)

        def decide(view: View) -> Iterable[Note]:
            return count.measure(view[session], written.measured, view.at)

        try:
            await self._uow.change([session, COUNTS(session_id), minute], decide, written.cause)
        except Refused:
            pass  # nobody was to be counted there
        except Exception as error:  # noqa: BLE001 - it is tried again, whatever it was
            log.warning("reading not written yet", session_id=session_id, error=repr(error)[:200])
            return
        del self._on_their_way[session_id]

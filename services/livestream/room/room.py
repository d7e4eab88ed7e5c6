"""A room on this replica: its picture, its ring, and all who watch it here."""

import asyncio
import random
import re
import secrets
import time
from collections.abc import Iterable

from prometheus_client import Counter

from services.livestream.room.audience import Audience
from services.livestream.room.frames import FRAMINGS, Framing, json
from services.livestream.room.picture import Picture, Said
from services.livestream.room.ring import Ring
from services.livestream.room.viewer import Reason, Viewer
from shared.events.base import Event
from shared.platform.clock import utc_now

FRAMES = Counter("feira_room_frames_total", "Frames that rooms wrote")
SENT = Counter("feira_room_sends_total", "Writes to viewers, of one or more frames each")
CUT = Counter("feira_room_cuts_total", "Viewers cut: too slow, stuck, or noisy", ["reason"])

TICK = 0.005
"""What comes up within this many seconds goes to each viewer in one write."""
FIGURES = 0.1
"""A number that moves often is told again after this many seconds at the earliest."""
MOST_FRAMES, MOST_BYTES = 256, 1024 * 1024
"""How far behind one who takes nothing may be before they are cut, with the id of their last."""
STUCK = 30.0
"""For how many seconds a viewer may take nothing."""
_AT_ONCE = 256
"""After so many writes others in the process get their turn."""

_ID = re.compile(r"([0-9a-f]{8})-([0-9]{1,15})")


class Room:
    """Says everything once, to all.

    An event's id is `<epoch>-<number>`. The number is the frame's place in this room's ring, the
    epoch is drawn when the room opens here. Who comes back to the same ring gets what they missed,
    with no database read; on another replica, or after a restart, the epoch is unknown and they get
    a fresh snapshot. Ids that all replicas understood would have to name a place in every topic a
    room listens to, or be numbered by one process for all; a snapshot costs less than either and is
    never wrong.
    """

    def __init__(self, picture: Picture, replica: str) -> None:
        self.picture = picture
        self.audience = Audience(picture.session_id, replica)
        self.audience.uniques = picture.uniques
        self.viewers: dict[Viewer, None] = {}
        self.empty_since = time.monotonic()
        self._epoch = secrets.token_hex(4)
        self._rings = {framing: Ring() for framing in FRAMINGS}
        self._last = 0
        self._figures: dict[str, Said] = {}
        self._figures_due = 0.0
        self._whole: bytes | None = None
        self._news = asyncio.Event()
        self._pump = asyncio.create_task(self._live(), name=f"room {picture.session_id}")

    @property
    def last(self) -> int:
        """The number of the last frame."""
        return self._last

    # Saying -----------------------------------------------------------------------------------

    def hear(self, fact: Event) -> None:
        """Let *fact* change the picture, and say what it changed."""
        self.say(self.picture.apply(fact))

    def say(self, messages: Iterable[Said]) -> None:
        """Tell all viewers; of a figure only the last is told, ten times a second at most."""
        for message in messages:
            self._whole = None
            if message.figure:
                self._figures[message.figure] = message
            else:
                self._put(message.event, json(message.data))
            self._news.set()

    def look_anew(self, picture: Picture) -> None:
        """Show another *picture*: viewers are told to forget the one they had."""
        self.picture, self._whole = picture, None
        self._figures.clear()
        self._put("snapshot", self.whole())
        self._news.set()

    def _put(self, event: str, data: bytes) -> None:
        """Add one frame to the rings, wrapped once for each kind of viewers."""
        self._last += 1
        for framing, ring in self._rings.items():
            ring.put(framing.event(event, data, self._id(self._last)))
        FRAMES.inc()

    def _id(self, number: int) -> str:
        return f"{self._epoch}-{number}"

    def whole(self) -> bytes:
        """The whole picture as JSON, with the server's time."""
        if self._whole is None:
            audience = {"audience": self.audience.told()}
            self._whole = json(self.picture.whole() | audience)[1:]
        return b'{"now":%b,%b' % (json(utc_now()), self._whole)

    # Viewers ----------------------------------------------------------------------------------

    def admit(self, viewer: Viewer, last_id: str) -> None:
        """Let somebody watch from now on, or go on from *last_id* if the ring still has it."""
        pause = random.randint(1_000, 4_000)  # noqa: S311 - so that not all come back at once
        if last_id:
            first = self._missed(viewer.framing, self._place(last_id))
        else:
            first = self._snapshot(viewer.framing)
        viewer.write(viewer.framing.retry(pause) + first, self._last)
        self.viewers[viewer] = None
        self.audience.joined += 1

    def leave(self, viewer: Viewer) -> None:
        self.viewers.pop(viewer, None)
        self.empty_since = time.monotonic()
        if viewer.over in ("slow", "stuck", "noisy"):
            CUT.labels(viewer.over).inc()

    def go_on(self) -> None:
        self._news.set()

    def _place(self, last_id: str) -> int:
        """The number in *last_id*; one that no ring holds if it is not of this room, here."""
        found = _ID.fullmatch(last_id)
        return int(found[2]) if found and found[1] == self._epoch else -1

    def _missed(self, framing: Framing, place: int) -> bytes:
        """All that was said after *place*; if that is no longer known, how everything is now."""
        ring = self._rings[framing]
        if ring.holds(place):
            return ring.after(place)
        reset = framing.event("reset", b'{"reason":"gap"}', self._id(self._last))
        return reset + self._snapshot(framing)

    def _snapshot(self, framing: Framing) -> bytes:
        return framing.event("snapshot", self.whole(), self._id(self._last))

    def _cut(self, viewer: Viewer, reason: Reason) -> None:
        """Write no more to *viewer*, whose last event tells where to go on."""
        why = json({"reason": reason})
        viewer.cut(reason, viewer.framing.event("cut", why, self._id(viewer.position)))

    # Sending ----------------------------------------------------------------------------------

    async def _live(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            self._put_figures()
            await self._send()
            await asyncio.sleep(TICK)

    def _put_figures(self) -> None:
        """Put the figures that moved into the ring, unless the last were told a moment ago."""
        if not self._figures:
            return
        early = self._figures_due - time.monotonic()
        if early > 0:
            asyncio.get_running_loop().call_later(early, self._news.set)
            return
        for message in self._figures.values():
            self._put(message.event, json(message.data))
        self._figures.clear()
        self._figures_due = time.monotonic() + FIGURES

    async def _send(self) -> None:
        """Bring everybody up to the last frame who takes it; cut who is too far behind."""
        last = self._last
        chunks: dict[tuple[Framing, int], bytes] = {}
        sent = 0
        for viewer in tuple(self.viewers):
            place = viewer.position
            if place >= last or viewer.over:
                continue
            if viewer.stalled_since:
                if self._too_far(viewer):
                    self._cut(viewer, "slow")
                continue
            where = viewer.framing, place
            chunk = chunks.get(where)
            if chunk is None:
                chunk = chunks[where] = self._missed(*where)
            viewer.write(chunk, last)
            sent += 1
            if sent % _AT_ONCE == 0:
                SENT.inc(_AT_ONCE)
                await asyncio.sleep(0)
                if self._last != last:  # what has come up meanwhile is for all from here
                    last = self._last
                    chunks.clear()
        SENT.inc(sent % _AT_ONCE)

    def _too_far(self, viewer: Viewer) -> bool:
        lacks = self._rings[viewer.framing].weight(viewer.position)
        return self._last - viewer.position > MOST_FRAMES or lacks > MOST_BYTES

    async def ping(self) -> None:
        """Write to everybody; cut who has not taken anything for too long."""
        for n, viewer in enumerate(tuple(self.viewers), 1):
            if not viewer.stalled_since:
                viewer.ping()
            elif time.monotonic() - viewer.stalled_since > STUCK:
                self._cut(viewer, "stuck")
            if n % _AT_ONCE == 0:
                await asyncio.sleep(0)

    def close(self) -> None:
        """End all streams, and the room's own work; what was said last is still sent."""
        self._pump.cancel()
        for viewer in tuple(self.viewers):
            if viewer.position < self._last and not viewer.stalled_since:
                viewer.write(self._missed(viewer.framing, viewer.position), self._last)
            viewer.shutdown()

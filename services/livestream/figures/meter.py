"""The meter: what this process counts of its viewers, written down every few seconds."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NamedTuple

import structlog

from services.livestream.figures import count
from services.livestream.figures.card import CardMeasured, card_id
from services.livestream.figures.count import Measured, minute_id
from services.livestream.figures.sketch import sketch_of
from services.livestream.kept import CARDS, COUNTS, MINUTES, SESSIONS
from shared.events.ids import new_id
from shared.platform.change.aggregate import Note, View
from shared.platform.change.cause import Cause
from shared.platform.change.unit_of_work import UnitOfWork
from shared.platform.clock import utc_now
from shared.refusal import Refused

log = structlog.get_logger(__name__)

EVERY = 5.0
"""Seconds from writing to writing; so much is lost if the process dies."""
_MOST_WISHES = 50_000
"""So many wishes are remembered, for those that are sent again."""
_MOST_NAMES = 100_000
"""So many names are held of one room between two writings, before writing early."""


class Watched(NamedTuple):
    """How many watch a room: by streams of this process, and of all."""

    session_id: str
    here: int
    online: int


@dataclass(slots=True)
class _Sighted:
    """Who had a product's card in view since it was last written, and who tapped it."""

    exposed: set[bytes] = field(default_factory=set[bytes])
    clicked: set[bytes] = field(default_factory=set[bytes])


@dataclass(slots=True)
class _Reading:
    """What was counted of one session since it was last written."""

    entries: int = 0
    watched_ms: int = 0
    viewer_ms: int = 0
    online: int = 0
    likes: int = 0
    names: set[bytes] = field(default_factory=set[bytes])
    impressions: int = 0
    reached: set[bytes] = field(default_factory=set[bytes])
    cards: dict[str, _Sighted] = field(default_factory=dict[str, _Sighted])

    @property
    def size(self) -> int:
        """How many names are held."""
        on_cards = sum(len(card.exposed) + len(card.clicked) for card in self.cards.values())
        return len(self.names) + len(self.reached) + on_cards

    def measured(self, session_id: str) -> Measured:
        cards = self.cards.values()
        return Measured(
            session_id,
            entries=self.entries,
            watched_ms=self.watched_ms,
            viewer_ms=self.viewer_ms,
            online=self.online,
            likes=self.likes,
            names=sketch_of(self.names),
            impressions=self.impressions,
            reached=sketch_of(self.reached),
            exposed=sketch_of(set[bytes]().union(*(card.exposed for card in cards))),
            clicked=sketch_of(set[bytes]().union(*(card.clicked for card in cards))),
        )

    def cards_measured(self, session_id: str) -> list[CardMeasured]:
        return [
            CardMeasured(
                card_id(session_id, sku),
                session_id,
                sku,
                sketch_of(card.exposed),
                sketch_of(card.clicked),
            )
            for sku, card in self.cards.items()
        ]


class _Written(NamedTuple):
    """A reading on its way: the cause it acts once for, and when it was taken."""

    measured: Measured
    cards: list[CardMeasured]
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
        self._wishes: OrderedDict[str, None] = OrderedDict()
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
        self._mind(reading)

    def like(self, session_id: str, times: int, key: str) -> None:
        """Count likes, those of one wish (*key*) once, as far as this process remembers."""
        if self._is_new(key):
            self._reading(session_id).likes += times

    def impressions(self, names: Mapping[str, bytes], key: str) -> None:
        """Count that somebody saw the cards of rooms, by the *names* they have in each.

        Those of one wish (*key*) count once, as far as this process remembers.
        """
        if self._is_new(key):
            for session_id, name in names.items():
                reading = self._reading(session_id)
                reading.impressions += 1
                reading.reached.add(name)
                self._mind(reading)

    def cards(
        self, session_id: str, name: bytes, exposed: Iterable[str], clicked: Iterable[str]
    ) -> None:
        """Count that a viewer had products' cards in view, and tapped some of them.

        Nobody taps what they do not see: a card that was clicked was exposed.
        """
        reading = self._reading(session_id)
        for sku in exposed:
            reading.cards.setdefault(sku, _Sighted()).exposed.add(name)
        for sku in clicked:
            card = reading.cards.setdefault(sku, _Sighted())
            card.exposed.add(name)
            card.clicked.add(name)
        self._mind(reading)

    def _is_new(self, key: str) -> bool:
        if key in self._wishes:
            return False
        self._wishes[key] = None
        if len(self._wishes) > _MOST_WISHES:
            self._wishes.popitem(last=False)
        return True

    def _mind(self, reading: _Reading) -> None:
        """Write early if there is much to be held."""
        if reading.size >= _MOST_NAMES:
            self._early.set()

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
            reading = self._readings.pop(session_id)
            self._on_their_way[session_id] = _Written(
                reading.measured(session_id),
                reading.cards_measured(session_id),
                Cause(f"meter:{new_id()}"),
                minute_id(session_id, now),
            )
        await asyncio.gather(*map(self._write, tuple(self._on_their_way)))

    async def _write(self, session_id: str) -> None:
        written = self._on_their_way[session_id]
        session, minute = SESSIONS(session_id), MINUTES(written.minute)
        cards = [CARDS(card.card_id) for card in written.cards]

        def decide(view: View) -> Iterable[Note]:
            return count.measure(view[session], written.measured, written.cards, view.at)

        try:
            refs = [session, COUNTS(session_id), minute, *cards]
            await self._uow.change(refs, decide, written.cause)
        except Refused:
            pass  # nobody was to be counted there
        except Exception as error:  # noqa: BLE001 - it is tried again, whatever it was
            log.warning("reading not written yet", session_id=session_id, error=repr(error)[:200])
            return
        del self._on_their_way[session_id]

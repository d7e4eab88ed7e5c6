"""The hall: every room that somebody watches on this replica, opened when asked for."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import suppress
from typing import Any

import structlog
from prometheus_client import Gauge

from services.livestream.figures.meter import Watched
from services.livestream.room.picture import Picture, Said
from services.livestream.room.room import Room
from shared.events.base import Event
from shared.events.catalog import ProductState
from shared.events.livestream import (
    AudienceSampled,
    AudienceState,
    CouponHandedOut,
    DealShown,
    RunningOrderChanged,
    SessionScheduled,
)
from shared.events.orders import CouponState, DealState, StockState
from shared.platform.bus.signals import Signals
from shared.platform.clock import utc_now
from shared.refusal import Busy

log = structlog.get_logger(__name__)

ROOMS = Gauge("feira_rooms_open", "Rooms that this replica serves")
VIEWERS = Gauge("feira_viewers", "Viewers of all rooms of this replica")

PULSE = 2.0
"""Every so many seconds the audience is counted."""
PING = 15.0
"""Every so many seconds each viewer is written to, whatever there is to say."""
LINGER = 60.0
"""For how many seconds an empty room stays open: who comes back then finds the ring."""
_REMEMBERED = 10_000


class Hall:
    """Opens rooms, hands them what is heard, counts who watches. A part of the service."""

    def __init__(
        self,
        load: Callable[[str], Awaitable[Picture]],
        signals: Signals,
        *,
        deaf: Callable[[], str | None],
        most: int,
    ) -> None:
        """*load* reads a picture from the database, refusing unknown rooms; *deaf* is the tap's.

        At most *most* viewers watch here; the next are told to come back, to another replica.
        """
        self._load, self._signals, self._deaf, self._most = load, signals, deaf, most
        self._rooms: dict[str, Room] = {}
        self._loading: dict[str, tuple[asyncio.Task[None], list[Event]]] = {}
        self._last: OrderedDict[tuple[type[Event], str], Event] = OrderedDict()
        self._tasks: set[asyncio.Task[None]] = set()
        self._saying: asyncio.Task[None] | None = None
        self._ended = False

    # Life -------------------------------------------------------------------------------------

    async def start(self) -> None:
        self._do(self._beat())

    async def stop(self) -> None:
        """End what is still open, and tell the other replicas that nobody watches here now."""
        self.end()
        for task in tuple(self._tasks):
            task.cancel()
        samples = [room.audience.sample(0, utc_now()) for room in self._rooms.values()]
        with suppress(TimeoutError):
            await asyncio.wait_for(self._signals.say(filter(None, samples)), 3)

    def trouble(self) -> str | None:
        """None: a full replica turns viewers away, but still does what hosts want."""
        return None

    @property
    def full(self) -> bool:
        """Whether no more viewers fit in."""
        return sum(len(room.viewers) for room in self._rooms.values()) >= self._most

    def end(self) -> None:
        """End all streams; nobody is let in any more."""
        self._ended = True
        for room in self._rooms.values():
            room.close()

    def _do(self, work: Coroutine[Any, Any, None], name: str = "") -> asyncio.Task[None]:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    # Rooms ------------------------------------------------------------------------------------

    async def room(self, session_id: str) -> Room:
        """The room of a session, opened now if it is not. Raises Refused, or Busy while deaf."""
        if self._ended or self._deaf():
            raise Busy
        if session_id not in self._rooms:
            await asyncio.shield(self._renew(session_id))
        room = self._rooms[session_id]
        room.empty_since = time.monotonic()
        return room

    def _renew(self, session_id: str) -> asyncio.Task[None]:
        """Read the picture, once for all who wait for it; what is heard meanwhile is not lost."""
        if session_id not in self._loading:
            heard: list[Event] = []
            task = self._do(self._read(session_id, heard))
            task.add_done_callback(lambda done: done.cancelled() or done.exception())
            self._loading[session_id] = task, heard
        return self._loading[session_id][0]

    async def _read(self, session_id: str, heard: list[Event]) -> None:
        try:
            picture = await self._load(session_id)
            self._recall(picture)
            for fact in heard:
                for _ in picture.apply(fact):
                    pass  # it is in the picture; nobody has seen an earlier one
        finally:
            del self._loading[session_id]
        if room := self._rooms.get(session_id):
            room.look_anew(picture)
        elif not self._ended:
            self._rooms[session_id] = Room(picture, self._signals.replica)
            ROOMS.set(len(self._rooms))

    def _recall(self, picture: Picture) -> None:
        """Add to a picture read what was heard of its goods: our own copy may lag behind."""
        names: list[tuple[type[Event], str]] = [(StockState, sku) for sku in picture.skus]
        names += [(DealState, deal_id) for deal_id in picture.deal_ids]
        names += [(CouponState, coupon_id) for coupon_id in picture.handed.ids]
        for name in names:
            if fact := self._last.get(name):
                for _ in picture.apply(fact):
                    pass

    # Hearing ----------------------------------------------------------------------------------

    def hear(self, fact: Event) -> None:
        """Hand *fact* to the rooms it concerns; the tap calls this for everything heard."""
        if isinstance(fact, StockState | DealState | CouponState):
            self._last[type(fact), fact.key] = fact
            self._last.move_to_end((type(fact), fact.key))
            if len(self._last) > _REMEMBERED:
                self._last.popitem(last=False)
        if isinstance(fact, StockState | ProductState):
            rooms = [room for room in self._rooms.values() if fact.sku in room.picture.skus]
            loading = list(self._loading.values())
        elif isinstance(fact, CouponState):
            rooms = [
                room for room in self._rooms.values() if fact.coupon_id in room.picture.handed.ids
            ]
            loading = list(self._loading.values())
        else:
            session_id = getattr(fact, "session_id", "")
            rooms = [room] if (room := self._rooms.get(session_id)) else []
            loading = [found] if (found := self._loading.get(session_id)) else []
        for _, heard in loading:
            heard.append(fact)
        for room in rooms:
            self._tell(room, fact)

    def _tell(self, room: Room, fact: Event) -> None:
        match fact:
            case AudienceSampled():
                room.audience.hear(fact)
            case AudienceState(uniques=uniques):
                room.audience.know(uniques)
                room.hear(fact)
            case SessionScheduled() | RunningOrderChanged():  # other products have to be read
                self._renew(fact.session_id)
            case DealShown():
                self._tell_counted(room, fact, DealState, fact.deal_id)
            case CouponHandedOut():
                self._tell_counted(room, fact, CouponState, fact.coupon_id)
            case _:
                room.hear(fact)

    def _tell_counted(self, room: Room, fact: Event, kind: type[Event], id: str) -> None:
        """Tell what is new on show, and how many are left of it by now."""
        room.hear(fact)
        if counted := self._last.get((kind, id)):
            room.hear(counted)

    # Pulse ------------------------------------------------------------------------------------

    async def _beat(self) -> None:
        pinged = time.monotonic()
        while True:
            await asyncio.sleep(PULSE)
            try:
                self._count()
                self._close_empty()
                if time.monotonic() - pinged > PING - PULSE / 2:
                    pinged = time.monotonic()
                    for room in tuple(self._rooms.values()):
                        await room.ping()
            except Exception:  # the next beat comes all the same
                log.exception("beat failed")

    def _count(self) -> None:
        """Sum up each room's audience, and tell the other replicas about ours."""
        VIEWERS.set(sum(len(room.viewers) for room in self._rooms.values()))
        for room in self._rooms.values():
            if room.audience.sum_up(len(room.viewers)):
                room.say([Said("audience", room.audience.told())])
        if self._saying is None or self._saying.done():  # Kafka away: nothing piles up
            now = utc_now()
            samples = [
                sample
                for room in self._rooms.values()
                if (sample := room.audience.sample(len(room.viewers), now))
            ]
            if samples:
                self._saying = self._do(self._signals.say(samples))

    def watched(self) -> Iterator[Watched]:
        """How many watch each room that is open here."""
        for session_id, room in self._rooms.items():
            yield Watched(session_id, len(room.viewers), room.audience.online)

    def _close_empty(self) -> None:
        for session_id, room in tuple(self._rooms.items()):
            if not room.viewers and time.monotonic() - room.empty_since > LINGER:
                room.close()
                del self._rooms[session_id]
        ROOMS.set(len(self._rooms))

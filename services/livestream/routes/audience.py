"""The audience over HTTP: heartbeats, likes, and what of a room is seen and tapped."""

import time
from typing import Annotated, Literal, TypeAlias

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from services.livestream.chat.flood import FloodGate
from services.livestream.figures.meter import Meter
from services.livestream.figures.visit import EVERY, Visits
from services.livestream.room.hall import Hall
from services.livestream.routes.callers import Because
from shared.events.ids import SessionId, Sku
from shared.platform.web.auth import Caller, allow, public
from shared.platform.web.hot import HotRoute
from shared.platform.web.idempotency import without_cause
from shared.refusal import Refused

Visitor: TypeAlias = Annotated[Caller, public]
Fan: TypeAlias = Annotated[Caller, allow("buyer", "host", "organiser")]
ViewerId: TypeAlias = Annotated[str | None, Field(min_length=8, max_length=128)]
"""Any id that a device keeps to; a token takes its place."""
Skus: TypeAlias = Annotated[frozenset[Sku], Field(max_length=50)]


class BeatWish(BaseModel):
    """A heartbeat; without a token *viewer* is any id that the device keeps to."""

    model_config = ConfigDict(extra="forbid")

    viewer: ViewerId = None
    visit: Annotated[str, Field(max_length=64)] = ""
    """What the last heartbeat was answered with; empty at first."""


class BeatView(BaseModel):
    """What to bring along next time, and in how many seconds that is."""

    visit: str
    every: int


class LikeWish(BaseModel):
    """How often something is liked."""

    model_config = ConfigDict(extra="forbid")

    count: Annotated[int, Field(ge=1, le=50)] = 1


class Taken(BaseModel):
    """Likes are counted in a moment, together with those of others."""

    count: int


class ImpressionsWish(BaseModel):
    """Rooms whose cards somebody has seen on a page that leads to them, each once a visit of it.

    Seen is a viewable impression: at least half of the card in view for one continuous second, on a
    page that is looked at (MRC Viewable Ad Impression Measurement Guidelines, IAB).
    """

    model_config = ConfigDict(extra="forbid")

    viewer: ViewerId = None
    rooms: Annotated[frozenset[SessionId], Field(min_length=1, max_length=50)]


class Skipped(BaseModel):
    """A room that is not counted: there is none, or it is not open to all."""

    session_id: SessionId
    reason: Literal["unknown", "closed"]


class ImpressionsView(BaseModel):
    """Which impressions are counted in a moment, and which are not."""

    counted: list[SessionId]
    skipped: list[Skipped]


class CardsWish(BaseModel):
    """Whose cards a viewer had in view (as rooms: half of it for a second), and which they tapped.

    Products of the running order, pinned or on deal. A card that was tapped was in view.
    """

    model_config = ConfigDict(extra="forbid")

    viewer: ViewerId = None
    exposed: Skus = frozenset()
    clicked: Skus = frozenset()


class CardsView(BaseModel):
    """How many cards are counted in a moment: all, or none of a room that is not open to all."""

    exposed: int
    clicked: int


def routes(meter: Meter, visits: Visits, hall: Hall) -> list[APIRouter]:
    """The doors at which an audience is counted."""
    return [_watching(meter, visits, hall), _seeing(meter, visits, hall)]


def _who(caller: Caller, viewer: str | None) -> str:
    """Who a viewer is, whatever they call themselves: a subject, or else a device."""
    if not caller.anonymous:
        return f"subject:{caller.subject}"
    if viewer is None:
        raise Refused("viewer.missing", "Send a token, or the id of a viewer.", kind="invalid")
    return f"viewer:{viewer}"


def _watching(meter: Meter, visits: Visits, hall: Hall) -> APIRouter:
    router = APIRouter(route_class=HotRoute, tags=["audience"])
    beats, likes = FloodGate(1 / (EVERY / 3), 3), FloodGate(2.0, 10)

    @router.post(
        "/rooms/{session_id}/heartbeat",
        dependencies=[without_cause("a heartbeat sent twice has little between its two beats")],
    )
    async def beat(session_id: SessionId, wish: BeatWish, caller: Visitor) -> BeatView:
        """Say that somebody watches; again after `every` seconds, with the `visit` answered."""
        name = visits.name(session_id, _who(caller, wish.viewer))
        beats.let(name.hex(), time.monotonic())
        await hall.room(session_id)
        now_ms = time.time_ns() // 1_000_000
        proven = visits.beat(name, wish.visit, now_ms)
        meter.beat(session_id, name, entered=proven.entered, watched_ms=proven.watched_ms)
        return BeatView(visit=visits.stamp(name, now_ms), every=EVERY)

    @router.post("/rooms/{session_id}/likes", status_code=202)
    async def like(session_id: SessionId, wish: LikeWish, caller: Fan, asked: Because) -> Taken:
        """Like what is shown, once or some times."""
        likes.let(caller.subject, time.monotonic())
        await hall.room(session_id)
        meter.like(session_id, wish.count, asked.key)
        return Taken(count=wish.count)

    return router


def _seeing(meter: Meter, visits: Visits, hall: Hall) -> APIRouter:
    router = APIRouter(route_class=HotRoute, tags=["audience"])
    impressions, cards = FloodGate(0.2, 10), FloodGate(0.5, 10)

    async def why_not(session_id: str) -> Literal["unknown", "closed"] | None:
        """Why nothing is counted of a room; None if something is."""
        try:
            room = await hall.room(session_id)
        except Refused:
            return "unknown"
        return None if room.picture.is_open else "closed"

    @router.post("/impressions", status_code=202)
    async def see(wish: ImpressionsWish, caller: Visitor, asked: Because) -> ImpressionsView:
        """Tell which rooms somebody has seen the cards of; rooms that do not count are skipped."""
        who = _who(caller, wish.viewer)
        impressions.let(who, time.monotonic())
        names: dict[str, bytes] = {}
        skipped: list[Skipped] = []
        for session_id in sorted(wish.rooms):
            if reason := await why_not(session_id):
                skipped.append(Skipped(session_id=session_id, reason=reason))
            else:
                names[session_id] = visits.name(session_id, who)
        meter.impressions(names, asked.key)
        return ImpressionsView(counted=list(names), skipped=skipped)

    @router.post(
        "/rooms/{session_id}/cards",
        status_code=202,
        dependencies=[without_cause("who sees or taps a card twice counts once")],
    )
    async def look_at(session_id: SessionId, wish: CardsWish, caller: Visitor) -> CardsView:
        """Tell whose cards a viewer had in view, and which of them they tapped to order."""
        name = visits.name(session_id, _who(caller, wish.viewer))
        cards.let(name.hex(), time.monotonic())
        room = await hall.room(session_id)
        if foreign := sorted((wish.exposed | wish.clicked) - room.picture.skus):
            raise Refused(
                "card.not-in-show",
                "It is not in the running order.",
                kind="invalid",
                sku=foreign[0],
            )
        if not room.picture.is_open:
            return CardsView(exposed=0, clicked=0)
        meter.cards(session_id, name, wish.exposed, wish.clicked)
        return CardsView(exposed=len(wish.exposed | wish.clicked), clicked=len(wish.clicked))

    return router

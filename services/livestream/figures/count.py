"""What was counted of an audience: in a session all in all, and minute by minute. Rules, pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from services.livestream.directing.session import Session
from services.livestream.figures.card import CardMeasured
from services.livestream.figures.sketch import EMPTY, estimate, grown
from shared.events.livestream import AudienceState
from shared.platform.change.aggregate import Note
from shared.refusal import Refused

LATE = timedelta(minutes=1)
"""For how long after the end what was counted before it is still taken."""


@dataclass(frozen=True, slots=True)
class Measured(Note):
    """What one replica counted of one session in some seconds.

    Attributes:
        entries: Visits that began.
        watched_ms: How long viewers watched, by their heartbeats.
        viewer_ms: For how long how many streams were open: their number times the time.
        online: How many streams were open on all replicas, at most.
        likes: How often something was liked.
        names: A sketch of who gave a heartbeat.
        impressions: How often a card that leads to the room was seen.
        reached: A sketch of who saw one.
        exposed: A sketch of who had the card of any product in view.
        clicked: A sketch of who tapped one.
    """

    session_id: str
    entries: int = 0
    watched_ms: int = 0
    viewer_ms: int = 0
    online: int = 0
    likes: int = 0
    names: bytes = EMPTY
    impressions: int = 0
    reached: bytes = EMPTY
    exposed: bytes = EMPTY
    clicked: bytes = EMPTY


@dataclass(frozen=True, slots=True)
class Count:
    """What was counted of the session with this id."""

    id: str
    entries: int = 0
    watched_ms: int = 0
    viewer_ms: int = 0
    peak: int = 0
    likes: int = 0
    names: bytes = EMPTY
    impressions: int = 0
    reached: bytes = EMPTY
    exposed: bytes = EMPTY
    clicked: bytes = EMPTY


@dataclass(frozen=True, slots=True)
class Minute:
    """What was counted in one minute of a session."""

    id: str
    session_id: str
    at: datetime
    entries: int = 0
    watched_ms: int = 0
    viewer_ms: int = 0
    peak: int = 0
    likes: int = 0
    names: bytes = EMPTY
    impressions: int = 0
    reached: bytes = EMPTY
    exposed: bytes = EMPTY
    clicked: bytes = EMPTY


C = TypeVar("C", Count, Minute)


def minute_id(session_id: str, at: datetime) -> str:
    """The id of the minute of a session in which *at* is."""
    return f"{session_id}:{at.astimezone(UTC):%Y%m%dT%H%M%z}"


def new_minute(id: str) -> Minute:
    """A minute in which nothing was counted yet, out of its id."""
    session_id, _, date = id.rpartition(":")
    return Minute(id, session_id, datetime.fromisoformat(date))


def measure(
    session: Session, measured: Measured, cards: Iterable[CardMeasured], at: datetime
) -> list[Note]:
    """Take in what was counted while the session was open to all; no rehearsal is counted."""
    is_open = session.status in ("live", "paused")
    just_over = session.ended_at is not None and at < session.ended_at + LATE
    if not (is_open or just_over):
        raise Refused("figures.closed", "Only what is open to all is counted.")
    return [measured, *cards]


def evolve(count: Count, fact: object) -> Count:
    match fact:
        case Measured(session_id=count.id):
            return _with(count, fact)
        case _:
            return count


def evolve_minute(minute: Minute, fact: object) -> Minute:
    """Change a minute by what was counted in it: a change names no minute but that one."""
    match fact:
        case Measured(session_id=minute.session_id):
            return _with(minute, fact)
        case _:
            return minute


def _with(counted: C, measured: Measured) -> C:
    """Add what was measured to what was counted."""
    return replace(
        counted,
        entries=counted.entries + measured.entries,
        watched_ms=counted.watched_ms + measured.watched_ms,
        viewer_ms=counted.viewer_ms + measured.viewer_ms,
        peak=max(counted.peak, measured.online),
        likes=counted.likes + measured.likes,
        names=grown(counted.names, measured.names),
        impressions=counted.impressions + measured.impressions,
        reached=grown(counted.reached, measured.reached),
        exposed=grown(counted.exposed, measured.exposed),
        clicked=grown(counted.clicked, measured.clicked),
    )


def state_of(count: Count) -> AudienceState:
    """Tell what was counted so far."""
    return AudienceState(
        session_id=count.id,
        uniques=estimate(count.names),
        entries=count.entries,
        watch_seconds=count.watched_ms // 1000,
        viewer_seconds=count.viewer_ms // 1000,
        peak=count.peak,
        likes=count.likes,
        impressions=count.impressions,
        card_exposure_uv=estimate(count.exposed),
        card_click_uv=estimate(count.clicked),
    )

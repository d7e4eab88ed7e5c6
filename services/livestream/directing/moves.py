"""How a session moves: planned, looked over by another, run, ended; and who may move it."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Literal

from services.livestream.directing.life import MOVES
from services.livestream.directing.presence import Seen
from services.livestream.directing.session import Asker, RehearsalBegan, RehearsalEnded, Session
from services.livestream.showing.goods import Goods
from shared.events.base import Event
from shared.events.livestream import (
    DealClosed,
    HostType,
    ProductUnpinned,
    SessionApproved,
    SessionCancelled,
    SessionEnded,
    SessionEvent,
    SessionPaused,
    SessionResumed,
    SessionScheduled,
    Slot,
)
from shared.events.text import Text
from shared.refusal import Refused

GRACE = timedelta(hours=1)
"""For how long after its planned end a session may go on with its deals."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked for when a session is scheduled."""

    festival_id: str
    titles: Text
    host_id: str
    starts_at: datetime
    ends_at: datetime
    slots: tuple[Slot, ...]
    zone_id: str | None = None
    host_type: HostType = "human"


def must_be(session: Session, move: str) -> None:
    """Refuse a *move* the session cannot make as it stands."""
    known(session)
    allowed, to = MOVES[move]
    if session.status not in allowed:
        raise Refused(
            "session.illegal-move",
            f"A session that is {session.status} cannot become {to}.",
            state=session.status,
            wanted=to,
        )


def known(session: Session) -> None:
    """Refuse to deal with a session nobody has scheduled."""
    if session.status == "new":
        raise Refused("session.unknown", "There is no such session.", kind="missing")


def must_be_under_way(session: Session, what: str) -> None:
    """Refuse *what* is done in a room only while it is live or paused."""
    known(session)
    if session.status not in ("live", "paused"):
        raise Refused(
            f"{what}.not-live",
            f"The session is {session.status}; this is done while it is live or paused.",
            state=session.status,
        )


def must_not_be_over(session: Session, what: str) -> None:
    """Refuse *what* is of no use to a session that is over, or was called off."""
    known(session)
    if session.status in ("ended", "archived", "cancelled"):
        raise Refused(
            f"{what}.over", f"The session is {session.status} already.", state=session.status
        )


def must_run(session: Session, asker: Asker) -> None:
    """Refuse all but the session's own host and the organisers."""
    known(session)
    if not (asker.organises or (asker.hosts and asker.id == session.host_id)):
        raise Refused("session.not-yours", "Another host runs this session.", kind="forbidden")


def schedule(
    session: Session, plan: Plan, goods: Iterable[Goods], asker: Asker
) -> list[SessionEvent]:
    """Plan a session, or replace its plan while it is not live; that has to be approved again.

    *goods* are those of the plan.
    """
    if not (asker.organises or (asker.hosts and asker.id == plan.host_id)):
        raise Refused("session.not-yours", "A host plans their own sessions.", kind="forbidden")
    if session.status != "new":
        must_run(session, asker)
        must_be(session, "schedule")
    if session.open_lots:
        raise Refused(
            "session.deals-open", "Deals were asked for on this run-of-show; close them first."
        )
    if plan.ends_at <= plan.starts_at:
        raise Refused("session.times", "It ends before it begins.", kind="invalid")
    if len({slot.position for slot in plan.slots}) < len(plan.slots):
        raise Refused("session.positions", "Two slots have one position.", kind="invalid")
    if kept_out := [one.id for one in goods if one.kept_out]:
        raise Refused("session.never-live", "No live room may sell all of this.", skus=kept_out)
    scheduled = SessionScheduled(
        session_id=session.id,
        festival_id=plan.festival_id,
        zone_id=plan.zone_id,
        titles=plan.titles,
        host_id=plan.host_id,
        host_type=plan.host_type,
        starts_at=plan.starts_at,
        ends_at=plan.ends_at,
        slots=tuple(sorted(plan.slots, key=lambda slot: slot.position)),
    )
    stands = all(
        getattr(session, field.name) == getattr(scheduled, field.name) for field in fields(plan)
    )
    return [] if stands else [scheduled]


def approve(session: Session, asker: Asker) -> list[SessionEvent]:
    """Somebody who is not the host has looked the run-of-show over."""
    must_be(session, "approve")
    if not asker.organises or asker.id == session.host_id:
        raise Refused(
            "session.own-approval", "An organiser other than the host approves.", kind="forbidden"
        )
    if not session.slots:
        raise Refused("session.empty", "There is no run-of-show to approve.")
    return [SessionApproved(session_id=session.id)]


def rehearse(session: Session, asker: Asker) -> list[RehearsalBegan]:
    """Try things out; those who watch, and subscribers, are told nothing of it."""
    must_run(session, asker)
    must_be(session, "rehearse")
    return [RehearsalBegan(session.id)]


def end_rehearsal(session: Session, asker: Asker) -> list[RehearsalEnded]:
    """Go back to where the session was before the rehearsal."""
    must_run(session, asker)
    must_be(session, "end_rehearsal")
    return [RehearsalEnded(session.id)]


def pause(session: Session, asker: Asker) -> list[SessionEvent]:
    must_run(session, asker)
    must_be(session, "pause")
    return [SessionPaused(session_id=session.id)]


def resume(session: Session, asker: Asker, at: datetime) -> list[SessionResumed | Seen]:
    """Go on; the host, who may have dropped out, counts as there again."""
    must_run(session, asker)
    must_be(session, "resume")
    return [SessionResumed(session_id=session.id), Seen(session.id, session.host_id, "host", at)]


def end(session: Session, asker: Asker, at: datetime) -> list[Event]:
    """Close the room: the pin comes down and every deal that is not over is closed with it."""
    must_run(session, asker)
    must_be(session, "end")
    return [
        *unpinned(session, at),
        *_closed(session, "session"),
        SessionEnded(session_id=session.id, festival_id=session.festival_id, ended_at=at),
    ]


def cancel(session: Session, asker: Asker) -> list[Event]:
    """Call the session off; units asked for or set aside already are let go."""
    must_run(session, asker)
    must_be(session, "cancel")
    return [*_closed(session, "session"), SessionCancelled(session_id=session.id)]


def unpinned(session: Session, at: datetime) -> list[ProductUnpinned]:
    """Take down what is pinned, if anything is."""
    if session.pin is None:
        return []
    return [
        ProductUnpinned(
            session_id=session.id,
            sequence=session.sequence + 1,
            offset_ms=session.offset_ms(at),
        )
    ]


def is_over(session: Session, at: datetime) -> bool:
    """Whether a session should have ended so long ago that nobody can be waited for."""
    return session.ends_at is not None and at >= session.ends_at + GRACE


def let_go(session: Session, at: datetime) -> list[Event]:
    """Let go what a session holds that is over, and end it, though its host has not."""
    running = session.status in MOVES["end"].sources
    if not (is_over(session, at) and (running or session.open_lots)):
        raise Refused("session.not-over", "It is not over yet, or has nothing to let go.")
    closed = _closed(session, "time")
    if not running:
        return list(closed)
    ended = SessionEnded(session_id=session.id, festival_id=session.festival_id, ended_at=at)
    return [*unpinned(session, at), *closed, ended]


def _closed(session: Session, reason: Literal["session", "time"]) -> Iterable[DealClosed]:
    for lot in session.open_lots:
        yield DealClosed(deal_id=lot.deal_id, session_id=session.id, sku=lot.sku, reason=reason)

"""How a session moves: planned, looked over by another, run, ended; and who may move it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Literal

from services.livestream.goods import Goods
from services.livestream.session import Asker, Session, Status
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
    SessionStarted,
    Slot,
)
from shared.events.text import Text
from shared.refusal import Refused

MOVES: Mapping[str, tuple[frozenset[Status], Status]] = {
    "schedule": (frozenset({"new", "scheduled", "approved"}), "scheduled"),
    "approve": (frozenset({"scheduled"}), "approved"),
    "start": (frozenset({"approved"}), "live"),
    "pause": (frozenset({"live"}), "paused"),
    "resume": (frozenset({"paused"}), "live"),
    "end": (frozenset({"live", "paused"}), "ended"),
    "cancel": (frozenset({"scheduled", "approved"}), "cancelled"),
}
"""Each move: from which states, to which. A changed run-of-show has to be approved anew."""

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


def start(session: Session, asker: Asker, at: datetime) -> list[SessionEvent]:
    must_run(session, asker)
    must_be(session, "start")
    assert session.titles is not None, "scheduled with titles"  # noqa: S101 - for the types
    return [
        SessionStarted(
            session_id=session.id,
            festival_id=session.festival_id,
            titles=session.titles,
            skus=session.skus,
            started_at=at,
        )
    ]


def pause(session: Session, asker: Asker) -> list[SessionEvent]:
    must_run(session, asker)
    must_be(session, "pause")
    return [SessionPaused(session_id=session.id)]


def resume(session: Session, asker: Asker) -> list[SessionEvent]:
    must_run(session, asker)
    must_be(session, "resume")
    return [SessionResumed(session_id=session.id)]


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


def let_go(session: Session, at: datetime) -> list[DealClosed]:
    """Let go what is set aside for a session that is over, though nobody has ended it."""
    if not (is_over(session, at) and session.open_lots):
        raise Refused("session.not-over", "It is not over yet, or nothing is set aside for it.")
    return list(_closed(session, "time"))


def _closed(session: Session, reason: Literal["session", "time"]) -> Iterable[DealClosed]:
    for lot in session.open_lots:
        yield DealClosed(deal_id=lot.deal_id, session_id=session.id, sku=lot.sku, reason=reason)

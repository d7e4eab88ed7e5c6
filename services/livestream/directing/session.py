"""A live session: how it stands, and what changes that."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, TypeAlias

from services.livestream.directing.life import Status
from shared.events.livestream import (
    Capability,
    DealClosed,
    DealRequested,
    DealShown,
    GrantGiven,
    GrantRevoked,
    HostType,
    ProductPinned,
    ProductUnpinned,
    RunningOrderChanged,
    SessionApproved,
    SessionArchived,
    SessionCancelled,
    SessionEnded,
    SessionEvent,
    SessionPaused,
    SessionResumed,
    SessionScheduled,
    SessionStarted,
    SessionState,
    Slot,
)
from shared.events.orders import DealFunded, DealRefused, DealSettled
from shared.events.text import Text
from shared.platform.change.aggregate import Note

Stage: TypeAlias = Literal["requested", "funded", "shown", "over"]


@dataclass(frozen=True, slots=True)
class Asker:
    """Who wants something done: a person, and what they are to the festival."""

    id: str
    organises: bool = False
    hosts: bool = False


@dataclass(frozen=True, slots=True)
class Pin:
    """The product that the room shows now."""

    sku: str
    sequence: int
    offset_ms: int


@dataclass(frozen=True, slots=True)
class Lot:
    """Units that one deal takes out of the run-of-show; once settled, those that orders took."""

    deal_id: str
    sku: str
    units: int
    stage: Stage = "requested"


@dataclass(frozen=True, slots=True)
class Grant:
    """What a co-host or guest may do in the session, until when."""

    subject: str
    may: tuple[Capability, ...]
    until: datetime


@dataclass(frozen=True, slots=True)
class Proposal:
    """A running order that a second person has to agree to."""

    by: str
    slots: tuple[Slot, ...]


@dataclass(frozen=True, slots=True)
class RehearsalBegan(Note):
    """The host tries things out; nobody but those who run the room is to see it."""

    session_id: str


@dataclass(frozen=True, slots=True)
class RehearsalEnded(Note):
    """The host has tried things out."""

    session_id: str


@dataclass(frozen=True, slots=True)
class RehearsalPinned(Note):
    """A product, or none, is pinned for trial."""

    session_id: str
    sku: str | None
    sequence: int


@dataclass(frozen=True, slots=True)
class RunningOrderProposed(Note):
    """Somebody wants a running order that takes a second person; prices are not told before."""

    session_id: str
    by: str
    slots: tuple[Slot, ...]


@dataclass(frozen=True, slots=True)
class Session:
    """How a session stands.

    Attributes:
        order: The version of its running order; each plan, proposal and change makes another.
        proposal: The running order that waits for a second person.
        retain_until: The last day on which its evidence is kept (ISO 8601 text); once archived.
    """

    id: str
    status: Status = "new"
    festival_id: str = ""
    zone_id: str | None = None
    titles: Text | None = None
    host_id: str = ""
    host_type: HostType = "human"
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    slots: tuple[Slot, ...] = ()
    started_at: datetime | None = None
    ended_at: datetime | None = None
    revision: int = 0
    sequence: int = 0
    pin: Pin | None = None
    lots: tuple[Lot, ...] = ()
    order: int = 0
    proposal: Proposal | None = None
    grants: tuple[Grant, ...] = ()
    retain_until: str | None = None

    @property
    def skus(self) -> tuple[str, ...]:
        """The products of the run-of-show, in order, each once."""
        return tuple(dict.fromkeys(slot.sku for slot in self.slots))

    @property
    def open_lots(self) -> tuple[Lot, ...]:
        """The deals that are not over."""
        return tuple(lot for lot in self.lots if lot.stage != "over")

    def offset_ms(self, at: datetime) -> int:
        """How long after the start of the session *at* is."""
        began = self.started_at or at
        return max(0, round((at - began).total_seconds() * 1000))


def as_public(session: Session) -> Session:
    """Return the session as the public sees it: a rehearsal leaves no trace."""
    if session.status != "rehearsal":
        return session
    return replace(session, status="approved", pin=None, sequence=0)


def may(session: Session, subject: str, what: Capability, at: datetime) -> bool:
    """Whether *subject* was let do *what*, and still may at *at*."""
    return any(
        grant.subject == subject and what in grant.may and at < grant.until
        for grant in session.grants
    )


def evolve(session: Session, fact: object) -> Session:
    """Change a session by what has happened to it and to its deals."""
    if getattr(fact, "session_id", None) != session.id:
        return session
    match fact:
        case SessionEvent():
            return replace(_moved(session, fact), revision=session.revision + 1)
        case RehearsalBegan():
            return replace(session, status="rehearsal")
        case RehearsalEnded():
            return replace(as_public(session), status="approved")
        case RehearsalPinned(sku=sku, sequence=sequence):
            return replace(session, pin=Pin(sku, sequence, 0) if sku else None, sequence=sequence)
        case RunningOrderProposed(by=by, slots=slots):
            return replace(session, proposal=Proposal(by, slots), order=session.order + 1)
        case DealRequested():
            lot = Lot(fact.deal_id, fact.sku, fact.units)
            return replace(session, lots=(*session.lots, lot))
        case DealFunded():
            return _with_lot(session, fact.deal_id, "funded", units=fact.units)
        case DealShown():
            return _with_lot(session, fact.deal_id, "shown")
        case DealClosed():
            return _with_lot(session, fact.deal_id, "over")
        case DealSettled():
            return _with_lot(session, fact.deal_id, "over", units=fact.taken)
        case DealRefused():
            return _with_lot(session, fact.deal_id, "over", units=0)
        case _:
            return session


def _moved(session: Session, fact: SessionEvent) -> Session:
    match fact:
        case SessionScheduled():
            return replace(
                session,
                status="scheduled",
                festival_id=fact.festival_id,
                zone_id=fact.zone_id,
                titles=fact.titles,
                host_id=fact.host_id,
                host_type=fact.host_type,
                starts_at=fact.starts_at,
                ends_at=fact.ends_at,
                slots=fact.slots,
                order=session.order + 1,
            )
        case SessionApproved():
            return replace(session, status="approved")
        case SessionStarted():
            return replace(as_public(session), status="live", started_at=fact.started_at)
        case SessionPaused():
            return replace(session, status="paused")
        case SessionResumed():
            return replace(session, status="live")
        case SessionEnded():
            return replace(session, status="ended", ended_at=fact.ended_at, proposal=None)
        case SessionCancelled():
            return replace(as_public(session), status="cancelled")
        case SessionArchived():
            until = fact.retain_until.isoformat()
            return replace(session, status="archived", retain_until=until)
        case RunningOrderChanged():
            return replace(session, slots=fact.slots, order=fact.version, proposal=None)
        case GrantGiven(subject=subject):
            grant = Grant(subject, fact.may, fact.until)
            return replace(session, grants=(*_granted_to_others(session, subject), grant))
        case GrantRevoked(subject=subject):
            return replace(session, grants=_granted_to_others(session, subject))
        case ProductPinned():
            pin = Pin(fact.sku, fact.sequence, fact.offset_ms)
            return replace(session, pin=pin, sequence=fact.sequence)
        case ProductUnpinned():
            return replace(session, pin=None, sequence=fact.sequence)
        case _:
            return session


def _granted_to_others(session: Session, subject: str) -> tuple[Grant, ...]:
    return tuple(grant for grant in session.grants if grant.subject != subject)


def _with_lot(session: Session, deal_id: str, stage: Stage, units: int | None = None) -> Session:
    """Move one deal's lot on; one that is over and took nothing is forgotten."""
    lots = (
        replace(lot, stage=stage, units=lot.units if units is None else units)
        if lot.deal_id == deal_id
        else lot
        for lot in session.lots
    )
    return replace(session, lots=tuple(lot for lot in lots if lot.units or lot.stage != "over"))


def state_of(session: Session) -> SessionState:
    """Tell how a session stands, for those who keep copies."""
    session = as_public(session)
    return SessionState.model_validate(
        {
            "session_id": session.id,
            "revision": session.revision,
            "festival_id": session.festival_id,
            "zone_id": session.zone_id,
            "titles": session.titles,
            "host_id": session.host_id,
            "host_type": session.host_type,
            "status": session.status,
            "starts_at": session.starts_at,
            "ends_at": session.ends_at,
            "started_at": session.started_at,
            "ended_at": session.ended_at,
            "skus": session.skus,
            "pinned": session.pin.sku if session.pin else None,
            "pin_sequence": session.sequence,
            "pin_offset_ms": session.pin.offset_ms if session.pin else None,
        }
    )

"""A live session: how it stands, and what changes that."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, TypeAlias

from shared.events.livestream import (
    DealClosed,
    DealRequested,
    DealShown,
    HostType,
    ProductPinned,
    ProductUnpinned,
    SessionApproved,
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

Status: TypeAlias = Literal["new", "scheduled", "approved", "live", "paused", "ended", "cancelled"]

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
class Session:
    """How a session stands."""

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


def evolve(session: Session, fact: object) -> Session:
    """Change a session by what has happened to it and to its deals."""
    if getattr(fact, "session_id", None) != session.id:
        return session
    match fact:
        case SessionEvent():
            return replace(_moved(session, fact), revision=session.revision + 1)
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
            )
        case SessionApproved():
            return replace(session, status="approved")
        case SessionStarted():
            return replace(session, status="live", started_at=fact.started_at)
        case SessionPaused():
            return replace(session, status="paused")
        case SessionResumed():
            return replace(session, status="live")
        case SessionEnded():
            return replace(session, status="ended", ended_at=fact.ended_at)
        case SessionCancelled():
            return replace(session, status="cancelled")
        case ProductPinned():
            pin = Pin(fact.sku, fact.sequence, fact.offset_ms)
            return replace(session, pin=pin, sequence=fact.sequence)
        case ProductUnpinned():
            return replace(session, pin=None, sequence=fact.sequence)
        case _:
            return session


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

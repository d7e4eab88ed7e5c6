"""A live session as livestream tells of it: whether its room sells, and what it shows."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from shared.events.ids import FestivalId, Sku
from shared.events.livestream import ProductPinned, ProductUnpinned, SessionState
from shared.refusal import Refused


@dataclass(frozen=True, slots=True)
class Shown:
    """When a product was pinned last, in milliseconds from the session's start."""

    sequence: int
    since_ms: int
    until_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """A copy; `revision` is that of its last change, `sequence` that of its last pin."""

    id: str
    status: str = "new"
    festival_id: str = ""
    host_id: str = ""
    revision: int = 0
    started_at: datetime | None = None
    sequence: int = 0
    shown: dict[Sku, Shown] = field(default_factory=dict[Sku, Shown])


def must_be_live(session: Session, festival_id: FestivalId) -> None:
    """Refuse what is bought in a room that is not open, or not of this festival."""
    if session.status not in ("live", "paused") or session.festival_id != festival_id:
        raise Refused(
            "session.not-live", "This festival has no such session now.", session_id=session.id
        )


def evolve(session: Session, fact: object) -> Session:
    """Copy how a session stands, and what it shows. Of two tellings the later one counts."""
    match fact:
        case SessionState(session_id=session.id) if fact.revision > session.revision:
            now = replace(
                session,
                status=fact.status,
                festival_id=fact.festival_id,
                host_id=fact.host_id,
                started_at=fact.started_at,
            )
            return session if now == session else replace(now, revision=fact.revision)
        case ProductPinned(session_id=session.id) if fact.sequence > session.sequence:
            shown = _unpinned(session.shown, fact.offset_ms)
            shown[fact.sku] = Shown(fact.sequence, fact.offset_ms)
            return replace(session, sequence=fact.sequence, shown=shown)
        case ProductUnpinned(session_id=session.id) if fact.sequence > session.sequence:
            shown = _unpinned(session.shown, fact.offset_ms)
            return replace(session, sequence=fact.sequence, shown=shown)
        case _:
            return session


def _unpinned(shown: dict[Sku, Shown], offset_ms: int) -> dict[Sku, Shown]:
    """No product is pinned from *offset_ms* on."""
    return {
        sku: replace(pin, until_ms=offset_ms) if pin.until_ms is None else pin
        for sku, pin in shown.items()
    }

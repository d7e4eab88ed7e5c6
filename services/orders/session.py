"""A live session as livestream tells of it: whether orders may be placed in its room."""

from dataclasses import dataclass, replace

from shared.events.ids import FestivalId
from shared.events.livestream import SessionState
from shared.refusal import Refused


@dataclass(frozen=True, slots=True)
class Session:
    """A copy; `revision` is that of its last change."""

    id: str
    status: str = "new"
    festival_id: str = ""
    host_id: str = ""
    revision: int = 0


def must_be_live(session: Session, festival_id: FestivalId) -> None:
    """Refuse what is bought in a room that is not open, or not of this festival."""
    if session.status not in ("live", "paused") or session.festival_id != festival_id:
        raise Refused(
            "session.not-live", "This festival has no such session now.", session_id=session.id
        )


def evolve(session: Session, fact: object) -> Session:
    """Copy how a session stands; a pin that moves changes nothing here."""
    match fact:
        case SessionState(session_id=session.id) if fact.revision > session.revision:
            now = replace(
                session,
                status=fact.status,
                festival_id=fact.festival_id,
                host_id=fact.host_id,
            )
            return session if now == session else replace(now, revision=fact.revision)
        case _:
            return session

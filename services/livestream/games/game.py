"""A game of a room: what packets and draws have in common. Rules, pure."""

from services.livestream.directing.moves import known
from services.livestream.directing.session import Session
from shared.refusal import Refused


def must_exist(what: str, session_id: str, session: Session) -> None:
    """Refuse a game that is of another session than *session*, or of none."""
    known(session)
    if session_id != session.id:
        raise Refused(f"{what}.unknown", f"There is no such {what}.", kind="missing")


def must_be_on(session: Session) -> None:
    """Refuse to play in a room that is not live."""
    if session.status != "live":
        raise Refused(
            "game.not-live",
            f"In a session that is {session.status} there is nothing to win.",
            state=session.status,
        )

"""Grants: what co-hosts and guests may do in a session, for a while, until taken back."""

from datetime import datetime

from services.livestream.directing.moves import GRACE, must_not_be_over, must_run
from services.livestream.directing.session import Asker, Grant, Session
from shared.events.livestream import Capability, GrantGiven, GrantRevoked
from shared.refusal import Refused

MOST_GRANTS = 50
"""How many people one session may let in."""


def give(session: Session, grant: Grant, asker: Asker, at: datetime) -> list[GrantGiven]:
    """Let somebody do something until a moment no later than the session can last.

    It takes the place of what they were let do before; who is let in lets nobody else in.
    """
    must_run(session, asker)
    must_not_be_over(session, "grant")
    latest = session.ends_at and session.ends_at + GRACE
    if grant.until <= at or (latest and grant.until > latest):
        raise Refused(
            "grant.until",
            "A grant ends in the future, and no later than an hour after the session should.",
            kind="invalid",
        )
    if grant.subject == session.host_id:
        raise Refused("grant.host", "The host may do all of this already.", kind="invalid")
    others = [one for one in session.grants if one.subject != grant.subject]
    if len(others) >= MOST_GRANTS:
        raise Refused("grant.limit", f"A session has {MOST_GRANTS} grants at most.", kind="limit")
    if grant in session.grants:
        return []
    may: tuple[Capability, ...] = grant.may
    return [GrantGiven(session_id=session.id, subject=grant.subject, may=may, until=grant.until)]


def revoke(session: Session, subject: str, asker: Asker) -> list[GrantRevoked]:
    """Take back whatever somebody was let do, from now on."""
    must_run(session, asker)
    if all(grant.subject != subject for grant in session.grants):
        raise Refused("grant.unknown", "They were let do nothing.", kind="missing")
    return [GrantRevoked(session_id=session.id, subject=subject)]

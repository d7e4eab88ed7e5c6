"""Following: a buyer follows a host, or no longer, and which session won them. Rules, pure."""

from dataclasses import dataclass, replace
from datetime import datetime

from services.livestream.directing.session import Session
from shared.events.ids import derived_id
from shared.events.livestream import HostFollowed, HostUnfollowed
from shared.refusal import Refused


@dataclass(frozen=True, slots=True)
class Following:
    """One buyer and one host; its id is of both.

    Attributes:
        since: Since when they follow; None if they do not.
        session_id: In which session, open to all, they did for the first time.
    """

    id: str
    host_id: str = ""
    buyer_id: str = ""
    since: datetime | None = None
    session_id: str | None = None


def following_id(host_id: str, buyer_id: str) -> str:
    """The id of one buyer and one host."""
    return derived_id(host_id, buyer_id)


def follow(
    following: Following, session: Session, host_id: str, buyer_id: str, at: datetime
) -> list[HostFollowed]:
    """Follow the host of a session; whoever follows already goes on.

    In a session that is not open to all nobody is won: it is not told as where it happened.
    """
    if session.status == "new":
        raise Refused("session.unknown", "There is no such session.", kind="missing")
    if session.host_id != host_id:
        raise Refused("follow.other-host", "Another host runs this session.", kind="invalid")
    if buyer_id == host_id:
        raise Refused("follow.self", "Nobody follows themselves.")
    if following.since:
        return []
    return [
        HostFollowed(
            host_id=host_id,
            buyer_id=buyer_id,
            session_id=session.id if session.status in ("live", "paused") else None,
            is_new=not following.host_id,
            at=at,
        )
    ]


def unfollow(following: Following, at: datetime) -> list[HostUnfollowed]:
    """Follow no longer; who does not follow has nothing to take back."""
    if following.since is None:
        return []
    return [HostUnfollowed(host_id=following.host_id, buyer_id=following.buyer_id, at=at)]


def evolve(following: Following, fact: object) -> Following:
    """Change a following by what was done to it: a change names no following but that one."""
    match fact:
        case HostFollowed(is_new=True):
            return Following(
                following.id, fact.host_id, fact.buyer_id, fact.at, session_id=fact.session_id
            )
        case HostFollowed(at=at):
            return replace(following, since=at)
        case HostUnfollowed():
            return replace(following, since=None)
        case _:
            return following

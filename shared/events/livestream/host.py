"""Hosts: who follows them."""

from pydantic import AwareDatetime

from shared.events.base import Event
from shared.events.ids import BuyerId, SessionId


class HostEvent(Event, topic="feira.livestream.host.v1", key="host_id"):
    """Something that happened to a host."""

    host_id: BuyerId


class HostFollowed(HostEvent, type="feira.livestream.host.followed"):
    """A buyer follows a host from now on.

    *session_id* is the session that was open to all, in which they did; *is_new* tells that they
    have never followed this host before.
    """

    buyer_id: BuyerId
    session_id: SessionId | None = None
    is_new: bool
    at: AwareDatetime


class HostUnfollowed(HostEvent, type="feira.livestream.host.unfollowed"):
    """A buyer follows a host no longer."""

    buyer_id: BuyerId
    at: AwareDatetime

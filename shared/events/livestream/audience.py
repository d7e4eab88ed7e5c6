"""The audience: how many watch."""

from pydantic import AwareDatetime, NonNegativeInt

from shared.events.base import Event
from shared.events.ids import SessionId


class AudienceEvent(Event, topic="feira.livestream.audience.v1", key="session_id"):
    """How many watch."""

    session_id: SessionId


class AudienceSampled(AudienceEvent, type="feira.livestream.audience.sampled"):
    """A look at one replica's viewers of a room; figures of replicas add up.

    `online` watch at this moment, `joined` have come in since the look before.
    """

    replica: str
    online: NonNegativeInt
    joined: NonNegativeInt
    at: AwareDatetime

"""The audience: how many watch, and what was counted of them."""

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


class AudienceState(
    Event,
    topic="feira.livestream.audience.state.v1",
    key="session_id",
    type="feira.livestream.audience.stands",
):
    """What was counted of a session's audience so far, from what was recorded alone.

    Provisional while the session goes on.
    """

    session_id: SessionId
    uniques: NonNegativeInt
    """Different viewers who gave a heartbeat, estimated (HyperLogLog, standard error 1.6 %)."""
    entries: NonNegativeInt
    """Visits that began; one of them is over after ninety seconds without a heartbeat."""
    watch_seconds: NonNegativeInt
    """How long viewers watched, all together, by their heartbeats."""
    viewer_seconds: NonNegativeInt
    """How many streams were open for how long: the integral of viewers over time."""
    peak: NonNegativeInt
    """The most streams that were open at once."""
    likes: NonNegativeInt
    impressions: NonNegativeInt = 0
    """How often a card that leads to the room was seen: half of it for a second, once a visit of
    the page it is on.
    """
    card_exposure_uv: NonNegativeInt = 0
    """Different viewers who had the card of a product in view, estimated as *uniques* are."""
    card_click_uv: NonNegativeInt = 0
    """Different viewers who tapped one, to order; estimated as *uniques* are."""

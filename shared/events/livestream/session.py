"""Sessions: planned, run, what they pin and what they sold."""

from datetime import date
from typing import Annotated, Literal, TypeAlias

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, NonNegativeInt, PositiveInt

from shared.events.base import Event
from shared.events.ids import BuyerId, FestivalId, SessionId, Sku, ZoneId
from shared.events.money import Money
from shared.events.text import Text

HostType: TypeAlias = Literal["human", "ai", "mixed"]
"""Who talks; viewers are told all along when it is not, or not only, a person."""


Capability: TypeAlias = Literal["publish", "chat", "pin", "moderate"]
"""What a co-host or guest may be let do: send picture and sound, speak in the chat, move the pin,
keep order in the chat."""


class SessionEvent(Event, topic="feira.livestream.session.v1", key="session_id"):
    """Something that happened to a live session."""

    session_id: SessionId


class Slot(BaseModel):
    """One place in the run-of-show."""

    model_config = ConfigDict(frozen=True)

    position: PositiveInt
    sku: Sku
    role: Literal["traffic", "benefit", "regular", "margin", "image"]
    price: Money
    units: PositiveInt
    per_buyer: PositiveInt
    seconds: PositiveInt


class SessionScheduled(SessionEvent, type="feira.livestream.session.scheduled"):
    """A session is planned, with its run-of-show."""

    festival_id: FestivalId
    zone_id: ZoneId | None = None
    titles: Text
    host_id: BuyerId
    host_type: HostType = "human"
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    slots: tuple[Slot, ...]


class SessionApproved(SessionEvent, type="feira.livestream.session.approved"):
    """Somebody other than the host has looked the run-of-show over."""


class SessionStarted(SessionEvent, type="feira.livestream.session.started"):
    """The room is live."""

    festival_id: FestivalId
    titles: Text
    skus: tuple[Sku, ...]
    started_at: AwareDatetime | None = None
    host_type: HostType = "human"
    host_id: BuyerId | None = None


class SessionPaused(SessionEvent, type="feira.livestream.session.paused"):
    """The room shows a slate for a while: somebody wants it so, or the host has dropped out."""

    reason: Literal["wanted", "host-dropped"] = "wanted"


class SessionResumed(SessionEvent, type="feira.livestream.session.resumed"):
    """The room is live again."""


class SessionEnded(SessionEvent, type="feira.livestream.session.ended"):
    """The room is closed."""

    festival_id: FestivalId
    ended_at: AwareDatetime | None = None


class SessionCancelled(SessionEvent, type="feira.livestream.session.cancelled"):
    """The session will not take place."""


class SessionArchived(SessionEvent, type="feira.livestream.session.archived"):
    """Every order of the session is over; its evidence is kept through the day *retain_until*."""

    retain_until: date


class RunningOrderChanged(SessionEvent, type="feira.livestream.session.running-order-changed"):
    """The run-of-show of a session that is under way is another one from *offset_ms* on.

    `approved_by` is the second person, where prices, units, limits or products are other ones.
    """

    version: PositiveInt
    slots: tuple[Slot, ...]
    offset_ms: NonNegativeInt
    by: BuyerId
    approved_by: BuyerId | None = None


class GrantGiven(SessionEvent, type="feira.livestream.session.grant-given"):
    """A co-host or guest may do something in this session, until *until*."""

    subject: BuyerId
    may: Annotated[tuple[Capability, ...], Field(min_length=1)]
    until: AwareDatetime


class GrantRevoked(SessionEvent, type="feira.livestream.session.grant-revoked"):
    """A co-host or guest may no longer do what they were let do."""

    subject: BuyerId


class ProductPinned(SessionEvent, type="feira.livestream.session.product-pinned"):
    """The room shows this product now; the one before is unpinned by it."""

    sku: Sku
    sequence: PositiveInt
    offset_ms: NonNegativeInt


class ProductUnpinned(SessionEvent, type="feira.livestream.session.product-unpinned"):
    """The room shows no product."""

    sequence: PositiveInt
    offset_ms: NonNegativeInt


class SessionState(
    Event,
    topic="feira.livestream.session.state.v1",
    key="session_id",
    type="feira.livestream.session.stands",
):
    """How a session stands now, and what it shows.

    `revision` counts what has happened to it: of two states the one with more is the newer.
    """

    session_id: SessionId
    revision: NonNegativeInt
    festival_id: FestivalId
    zone_id: ZoneId | None = None
    titles: Text
    host_id: BuyerId
    host_type: HostType
    status: Literal["scheduled", "approved", "live", "paused", "ended", "archived", "cancelled"]
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    started_at: AwareDatetime | None = None
    ended_at: AwareDatetime | None = None
    skus: tuple[Sku, ...]
    pinned: Sku | None = None
    pin_sequence: NonNegativeInt
    pin_offset_ms: NonNegativeInt | None = None


class TallyState(
    Event,
    topic="feira.livestream.tally.state.v1",
    key="session_id",
    type="feira.livestream.tally.stands",
):
    """What a session has sold so far: orders paid, and the units in them."""

    session_id: SessionId
    orders: NonNegativeInt
    units: NonNegativeInt
    by_sku: dict[Sku, NonNegativeInt]

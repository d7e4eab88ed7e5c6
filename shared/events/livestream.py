"""What livestream says: sessions, what they pin, deals they ask for and show, their audience."""

from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, NonNegativeInt, PositiveInt

from shared.events.base import Event
from shared.events.ids import BuyerId, DealId, FestivalId, SessionId, Sku, ZoneId
from shared.events.money import Money
from shared.events.text import Text


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


class SessionPaused(SessionEvent, type="feira.livestream.session.paused"):
    """The room shows a slate for a while."""


class SessionResumed(SessionEvent, type="feira.livestream.session.resumed"):
    """The room is live again."""


class SessionEnded(SessionEvent, type="feira.livestream.session.ended"):
    """The room is closed."""

    festival_id: FestivalId


class SessionCancelled(SessionEvent, type="feira.livestream.session.cancelled"):
    """The session will not take place."""


class ProductPinned(SessionEvent, type="feira.livestream.session.product-pinned"):
    """The room shows this product now; the one before is unpinned by it."""

    sku: Sku
    sequence: PositiveInt
    offset_ms: NonNegativeInt


class ProductUnpinned(SessionEvent, type="feira.livestream.session.product-unpinned"):
    """The room shows no product."""

    sequence: PositiveInt
    offset_ms: NonNegativeInt


class DealEvent(Event, topic="feira.livestream.deal.v1", key="deal_id"):
    """Something that a room does with a deal."""

    deal_id: DealId
    session_id: SessionId
    sku: Sku


class DealRequested(DealEvent, type="feira.livestream.deal.requested"):
    """The room wants to sell units at a price; orders must set them aside first."""

    festival_id: FestivalId
    units: PositiveInt
    price: Money
    per_buyer: PositiveInt
    seconds: PositiveInt


class DealShown(DealEvent, type="feira.livestream.deal.shown"):
    """The room offers the deal now, until *ends_at* by the server's clock."""

    starts_at: AwareDatetime
    ends_at: AwareDatetime
    price: Money
    units: PositiveInt


class DealClosed(DealEvent, type="feira.livestream.deal.closed"):
    """The room offers the deal no longer."""

    reason: Literal["host", "time", "session"]


class AudienceEvent(Event, topic="feira.livestream.audience.v1", key="session_id"):
    """How many watch."""

    session_id: SessionId


class AudienceSampled(AudienceEvent, type="feira.livestream.audience.sampled"):
    """A look at one replica's viewers of a room; figures of replicas add up."""

    replica: str
    online: NonNegativeInt
    joined: NonNegativeInt
    at: AwareDatetime

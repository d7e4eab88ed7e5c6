"""Deals as a room asks for them and shows them."""

from typing import Literal

from pydantic import AwareDatetime, PositiveInt

from shared.events.base import Event
from shared.events.ids import DealId, FestivalId, SessionId, Sku
from shared.events.money import Money


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
    compared_price: Money | None = None
    """What the room wants to say the product cost before."""


class DealShown(DealEvent, type="feira.livestream.deal.shown"):
    """The room offers the deal now, until *ends_at* by the server's clock."""

    starts_at: AwareDatetime
    ends_at: AwareDatetime
    price: Money
    units: PositiveInt
    per_buyer: PositiveInt | None = None
    compared_price: Money | None = None


class DealClosed(DealEvent, type="feira.livestream.deal.closed"):
    """The room offers the deal no longer."""

    reason: Literal["host", "time", "units", "session"]

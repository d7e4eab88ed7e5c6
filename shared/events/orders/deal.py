"""What orders says of deals: units set aside for a live room."""

from pydantic import NonNegativeInt, PositiveInt

from shared.events.base import Event
from shared.events.ids import DealId, FestivalId, SessionId, Sku
from shared.events.money import Money


class DealEvent(Event, topic="feira.orders.deal.v1", key="deal_id"):
    """What orders does about a deal that a live room asked for."""

    deal_id: DealId
    session_id: SessionId
    sku: Sku


class DealFunded(DealEvent, type="feira.orders.deal.funded"):
    """Units are set aside: the room may show the deal."""

    festival_id: FestivalId
    units: PositiveInt
    price: Money
    per_buyer: PositiveInt
    compared_price: Money | None = None


class DealRefused(DealEvent, type="feira.orders.deal.refused"):
    """The deal cannot be had: the room may not show it.

    For `stock.sold-out` *free* says how many units there are; for `price.compared-too-high`
    *highest_compared* says what the price may be compared with, if with anything.
    """

    reason: str
    free: NonNegativeInt
    highest_compared: Money | None = None


class DealSettled(DealEvent, type="feira.orders.deal.settled"):
    """The deal is over: so many units were taken by orders, paid or not; the rest is free again."""

    taken: NonNegativeInt
    returned: NonNegativeInt


class DealState(
    Event, topic="feira.orders.deal.state.v1", key="deal_id", type="feira.orders.deal.stands"
):
    """How a funded deal stands: units = left + taken."""

    deal_id: DealId
    session_id: SessionId
    sku: Sku
    units: NonNegativeInt
    left: NonNegativeInt
    taken: NonNegativeInt
    status: str

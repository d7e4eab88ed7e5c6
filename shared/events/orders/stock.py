"""What orders says of the stock pool."""

from typing import Literal

from pydantic import NonNegativeInt, PositiveInt

from shared.events.base import Event
from shared.events.ids import DealId, Id, MerchantId, Sku
from shared.events.orders.parts import Reason


class StockEvent(Event, topic="feira.orders.stock.v1", key="sku"):
    """A movement of stock that no order or deal tells of."""

    sku: Sku


class StockReceived(StockEvent, type="feira.orders.stock.received"):
    """Units delivered by a merchant are in the pool and free."""

    merchant_id: MerchantId
    intake_id: Id
    units: PositiveInt


class StockCorrected(StockEvent, type="feira.orders.stock.corrected"):
    """A count found more units than were known (`units` > 0), or fewer: so many more are free."""

    movement_id: Id
    units: int
    reason: Reason


class StockMoved(StockEvent, type="feira.orders.stock.moved"):
    """Somebody moved units from one place to another.

    A place that is `allocated` is the deal *deal_id*: it has so many more, or fewer, to sell.
    """

    movement_id: Id
    units: PositiveInt
    source: Literal["free", "damaged", "allocated"]
    target: Literal["free", "damaged", "allocated"]
    reason: Reason
    deal_id: DealId | None = None


class StockState(
    Event, topic="feira.orders.stock.state.v1", key="sku", type="feira.orders.stock.stands"
):
    """How the pool of one SKU stands.

    received = free + allocated + leased + held + sold + shipped + damaged; corrections count as
    received.
    """

    sku: Sku
    received: NonNegativeInt
    free: NonNegativeInt
    allocated: NonNegativeInt
    held: NonNegativeInt
    sold: NonNegativeInt
    leased: NonNegativeInt = 0
    shipped: NonNegativeInt = 0
    damaged: NonNegativeInt = 0

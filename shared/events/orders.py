"""What orders says: the stock pool, deals funded, orders and all that happens to them."""

from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, NonNegativeInt, PositiveInt

from shared.events.base import Event
from shared.events.ids import (
    BuyerId,
    Channel,
    DealId,
    FestivalId,
    Id,
    ListingId,
    MerchantId,
    OrderId,
    PaymentId,
    SessionId,
    Sku,
)
from shared.events.money import Money


class StockEvent(Event, topic="feira.orders.stock.v1", key="sku"):
    """A movement of stock that no order or deal tells of."""

    sku: Sku


class StockReceived(StockEvent, type="feira.orders.stock.received"):
    """Units delivered by a merchant are in the pool and free."""

    merchant_id: MerchantId
    intake_id: Id
    units: PositiveInt


class StockState(
    Event, topic="feira.orders.stock.state.v1", key="sku", type="feira.orders.stock.stands"
):
    """How the pool of one SKU stands: received = free + allocated + held + sold."""

    sku: Sku
    received: NonNegativeInt
    free: NonNegativeInt
    allocated: NonNegativeInt
    held: NonNegativeInt
    sold: NonNegativeInt


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


class DealRefused(DealEvent, type="feira.orders.deal.refused"):
    """The units cannot be set aside: the room may not show the deal."""

    reason: str
    free: NonNegativeInt


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


class Line(BaseModel):
    """So many units of one SKU at one price: that of a deal, or of a listing."""

    model_config = ConfigDict(frozen=True)

    sku: Sku
    merchant_id: MerchantId
    quantity: PositiveInt
    unit_price: Money
    deal_id: DealId | None = None
    listing_id: ListingId | None = None


class OrderEvent(Event, topic="feira.orders.order.v1", key="order_id"):
    """Something that happened to an order."""

    order_id: OrderId


class OrderPlaced(OrderEvent, type="feira.orders.order.placed"):
    """A buyer's units are held until *hold_until*."""

    festival_id: FestivalId
    buyer_id: BuyerId
    channel: Channel
    lines: tuple[Line, ...]
    total: Money
    placed_at: AwareDatetime
    hold_until: AwareDatetime
    session_id: SessionId | None = None
    booth_id: Id | None = None


class PaymentStarted(OrderEvent, type="feira.orders.order.payment-started"):
    """The provider expects the buyer's payment."""

    payment_id: PaymentId
    amount: Money


class PaymentFailed(OrderEvent, type="feira.orders.order.payment-failed"):
    """A payment came to nothing; the buyer may try again while the units are held."""

    payment_id: PaymentId


class OrderConfirmed(OrderEvent, type="feira.orders.order.confirmed"):
    """The order is paid; its units are sold."""

    festival_id: FestivalId
    buyer_id: BuyerId
    channel: Channel
    lines: tuple[Line, ...]
    total: Money
    method: Literal["cash", "provider"]
    payment_id: PaymentId | None = None
    session_id: SessionId | None = None
    booth_id: Id | None = None


class OrderExpired(OrderEvent, type="feira.orders.order.expired"):
    """Nobody paid in time; the units are free again."""

    buyer_id: BuyerId
    lines: tuple[Line, ...]


class OrderCancelled(OrderEvent, type="feira.orders.order.cancelled"):
    """The buyer withdrew before paying; the units are free again."""

    buyer_id: BuyerId
    lines: tuple[Line, ...]


class RefundDue(OrderEvent, type="feira.orders.order.refund-due"):
    """Money came that no longer buys anything; it goes back."""

    payment_id: PaymentId
    amount: Money
    reason: str


class RefundPaid(OrderEvent, type="feira.orders.order.refund-paid"):
    """The money is back with the buyer."""

    payment_id: PaymentId
    refund_id: Id
    amount: Money

"""What orders says: the stock pool, deals funded, coupons, orders and all that happens to them."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, NonNegativeInt, PositiveInt

from shared.events.base import Event
from shared.events.ids import (
    BuyerId,
    Channel,
    CouponId,
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
from shared.events.money import Amount, Currency, Money


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


class CouponTerms(BaseModel):
    """What a coupon promises, to whom, and who bears it. Amounts are minor units of *currency*.

    Attributes:
        scope: A product coupon is for the SKUs named, a shop coupon for all that is sold.
        funded_by: Whose money it is: the merchant's, or the platform's, which settlement adds back.
        merchant_id: Whose goods it is for; absent only from the platform's own shop coupons.
        skus: The SKUs of a product coupon.
        pay_percent: What of the price is still paid, 85 being 15 % off; absent if *minus* is given.
        minus: What is taken off.
        from_items: So many units are bought at least; only beside *pay_percent*.
        from_amount: So much is bought for at least; only beside *minus*.
        total: How many orders may use it, together.
        per_buyer: How many orders of one buyer may use it.
        valid_from: When it may first be used, or claimed if *days_from_claim* is given.
        valid_until: When it may no longer be used, or claimed.
        days_from_claim: It is used within so many times 24 hours of being claimed.
    """

    model_config = ConfigDict(frozen=True)

    festival_id: FestivalId
    scope: Literal["product", "shop"]
    funded_by: Literal["merchant", "platform"]
    currency: Currency
    merchant_id: MerchantId | None = None
    skus: tuple[Sku, ...] = ()
    pay_percent: Annotated[int, Field(ge=0, le=100)] | None = None
    minus: Amount | None = None
    from_items: PositiveInt | None = None
    from_amount: Amount | None = None
    total: PositiveInt
    per_buyer: PositiveInt
    valid_from: AwareDatetime
    valid_until: AwareDatetime
    days_from_claim: PositiveInt | None = None


class CouponEvent(Event, topic="feira.orders.coupon.v1", key="coupon_id"):
    """Something that happened to a coupon."""

    coupon_id: CouponId


class CouponIssued(CouponEvent, type="feira.orders.coupon.issued"):
    """A coupon may be used as its terms say; they do not change any more."""

    terms: CouponTerms


class CouponWithdrawn(CouponEvent, type="feira.orders.coupon.withdrawn"):
    """A coupon is used by no further order; those placed with it keep it."""


class CouponState(
    Event,
    topic="feira.orders.coupon.state.v1",
    key="coupon_id",
    type="feira.orders.coupon.stands",
):
    """How a coupon stands: so many more orders may use it."""

    coupon_id: CouponId
    terms: CouponTerms
    left: NonNegativeInt
    withdrawn: bool


class Discount(BaseModel):
    """What one coupon takes off one line."""

    model_config = ConfigDict(frozen=True)

    coupon_id: CouponId
    funded_by: Literal["merchant", "platform"]
    amount: Money


class Line(BaseModel):
    """So many units of one SKU at one price: that of a deal, or of a listing, less discounts."""

    model_config = ConfigDict(frozen=True)

    sku: Sku
    merchant_id: MerchantId
    quantity: PositiveInt
    unit_price: Money
    deal_id: DealId | None = None
    listing_id: ListingId | None = None
    discounts: tuple[Discount, ...] = ()

    @property
    def payable(self) -> Money:
        """What the units cost together, less the discounts. Raises ValueError out of range."""
        off = sum(discount.amount.amount for discount in self.discounts)
        price = self.unit_price
        return Money(amount=price.amount * self.quantity - off, currency=price.currency)


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

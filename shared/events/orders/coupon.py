"""What orders says of coupons."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, NonNegativeInt

from shared.events.base import Event
from shared.events.ids import CouponId, FestivalId, MerchantId, Sku
from shared.events.money import Amount, Currency
from shared.events.orders.parts import Quantity


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
    pay_percent: Annotated[int, Field(strict=True, ge=0, le=100)] | None = None
    minus: Amount | None = None
    from_items: Quantity | None = None
    from_amount: Amount | None = None
    total: Quantity
    per_buyer: Quantity
    valid_from: AwareDatetime
    valid_until: AwareDatetime
    days_from_claim: Quantity | None = None


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

"""What the events of orders are made of: lines, units, and where a unit may be."""

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, PositiveInt, Strict

from shared.events.ids import CouponId, DealId, Id, ListingId, MerchantId, Sku
from shared.events.money import Money

Place: TypeAlias = Literal["free", "allocated", "leased", "held", "sold", "shipped", "damaged"]
"""Where a unit is: for anybody; in a deal; with a till; waiting for money; paid for and waiting to
leave; gone to its buyer; not to be sold. Each unit ever received is in exactly one place.
"""

Quantity: TypeAlias = Annotated[PositiveInt, Strict()]
"""So many, at least one, said as a whole number: `true`, `"1"` and `1.0` are none."""

Reason: TypeAlias = Annotated[str, Field(min_length=1, max_length=200)]
"""Why somebody did something, in their own words. No personal data."""


class Units(BaseModel):
    """So many units of one SKU."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sku: Sku
    quantity: Quantity


class Discount(BaseModel):
    """What one coupon takes off one line."""

    model_config = ConfigDict(frozen=True)

    coupon_id: CouponId
    funded_by: Literal["merchant", "platform"]
    amount: Money


class Line(BaseModel):
    """So many units of one SKU at one price: that of a deal, or of a listing, less discounts.

    `lease_id` is the till's lease the units came from.
    """

    model_config = ConfigDict(frozen=True)

    sku: Sku
    merchant_id: MerchantId
    quantity: Quantity
    unit_price: Money
    deal_id: DealId | None = None
    listing_id: ListingId | None = None
    lease_id: Id | None = None
    discounts: tuple[Discount, ...] = ()

    @property
    def payable(self) -> Money:
        """What the units cost together, less the discounts. Raises ValueError out of range."""
        off = sum(discount.amount.amount for discount in self.discounts)
        price = self.unit_price
        return Money(amount=price.amount * self.quantity - off, currency=price.currency)

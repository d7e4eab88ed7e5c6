"""What the events of orders are made of: lines, units, and where a unit may be."""

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, PositiveInt

from shared.events.ids import DealId, Id, ListingId, MerchantId, Sku
from shared.events.money import Money

Place: TypeAlias = Literal["free", "allocated", "leased", "held", "sold", "shipped", "damaged"]
"""Where a unit is: for anybody; in a deal; with a till; waiting for money; paid for and waiting to
leave; gone to its buyer; not to be sold. Each unit ever received is in exactly one place.
"""

Reason: TypeAlias = Annotated[str, Field(min_length=1, max_length=200)]
"""Why somebody did something, in their own words. No personal data."""


class Units(BaseModel):
    """So many units of one SKU."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sku: Sku
    quantity: PositiveInt


class Line(BaseModel):
    """So many units of one SKU at one price: that of a deal, or of a listing.

    `discount` is what coupons take off the whole line; `lease_id` the till's lease it came from.
    """

    model_config = ConfigDict(frozen=True)

    sku: Sku
    merchant_id: MerchantId
    quantity: PositiveInt
    unit_price: Money
    deal_id: DealId | None = None
    listing_id: ListingId | None = None
    discount: Money | None = None
    lease_id: Id | None = None

    @property
    def net(self) -> Money:
        """What the line costs."""
        whole = self.unit_price * self.quantity
        off = self.discount.amount if self.discount else 0
        return Money(amount=whole.amount - off, currency=whole.currency)

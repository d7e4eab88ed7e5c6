"""The cart: what somebody wants, what it is for customs, and what each line is worth to them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, PositiveInt, StringConstraints

from services.orders.pricing.allocation import allocate
from shared.events.duty import SupplyChannel
from shared.events.ids import Sku
from shared.events.money import Amount, Money
from shared.refusal import Refused

MOST = 10**13
"""No cart is worth more minor units; with every tax on top it is still an amount of money."""


class CartLine(BaseModel):
    """So many units of one SKU, and what is known of it; no rate is among that.

    Attributes:
        unit_price: What one unit is offered for.
        reduction: What a promotion takes off the whole line. It lowers the customs value; a voucher
            does not, and is no part of a line.
        channel: By which way the goods come to a mainland buyer, as far as the rules let them.
        origin: The country of origin (ISO 3166-1 alpha-2).
        certified: Whether a CEPA certificate proves that origin.
        flags: What catalog says of the product: `exhibit_only`, ….
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    sku: Sku
    quantity: PositiveInt
    unit_price: Money
    hs_code: Annotated[str, StringConstraints(pattern=r"^[0-9]{6,10}$")]
    origin: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
    net_content: str
    channel: SupplyChannel = "CBEC_DIRECT_9610"
    reduction: Amount = Field(default=0)
    certified: bool = False
    flags: tuple[str, ...] = ()

    @property
    def price(self) -> int:
        """What all units are sold for, in minor units: the actual transaction price."""
        return self.unit_price.amount * self.quantity - self.reduction


@dataclass(frozen=True, slots=True)
class Valued:
    """A line of the cart, its place in it, and its shares of freight and insurance."""

    place: int
    line: CartLine
    freight: int
    insurance: int

    @property
    def value(self) -> int:
        """The customs value V: the price paid, with freight and insurance."""
        return self.line.price + self.freight + self.insurance


def value(lines: Sequence[CartLine], freight: int = 0, insurance: int = 0) -> tuple[Valued, ...]:
    """Share *freight* and *insurance*, in minor units, among the lines by their prices.

    Refuses no lines, several currencies, a reduction beyond the price, and more than money counts.
    """
    if not lines:
        raise Refused("order.empty", "An order has at least one line.", kind="invalid")
    if len({line.unit_price.currency for line in lines}) > 1:
        raise Refused("order.currencies", "An order has one currency.", kind="invalid")
    prices = [line.price for line in lines]
    if min(prices) < 0:
        raise Refused("cart.reduction", "No line is reduced below nothing.", kind="invalid")
    if sum(prices) + freight + insurance > MOST:
        raise Refused("order.too-dear", "No order may come to that much.", kind="invalid")
    shares = zip(lines, allocate(freight, prices), allocate(insurance, prices), strict=True)
    return tuple(Valued(place, *share) for place, share in enumerate(shares))

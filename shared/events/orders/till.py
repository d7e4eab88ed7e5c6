"""What orders says of tills: shifts, units a till may sell on its own, and what it sold."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, NonNegativeInt, PositiveInt

from shared.events.base import Event
from shared.events.ids import BuyerId, FestivalId, Id, ListingId, OrderId, Sku
from shared.events.money import Money


class TillEvent(Event, topic="feira.orders.till.v1", key="till_id"):
    """Something that happened at a till."""

    till_id: Id


class ShiftOpened(TillEvent, type="feira.orders.till.shift-opened"):
    """A cashier has begun to sell at a till; what is sold under a lower *fence* is not theirs."""

    shift_id: Id
    festival_id: FestivalId
    booth_id: Id
    cashier_id: BuyerId
    device: Id
    opening_float: Money
    fence: PositiveInt
    at: AwareDatetime


class ShiftClosed(TillEvent, type="feira.orders.till.shift-closed"):
    """A cashier has counted the till: *counted* is there, *expected* should be."""

    shift_id: Id
    sales: NonNegativeInt
    expected: Money
    counted: Money
    at: AwareDatetime


class LeaseGranted(TillEvent, type="feira.orders.till.lease-granted"):
    """A till may sell so many units on its own, even offline, until *expires_at*, at *unit_price*.

    *fence* rises with each shift and each lease of a till: what it sells under a fence comes from
    leases up to that one.
    """

    lease_id: Id
    shift_id: Id
    sku: Sku
    units: PositiveInt
    fence: PositiveInt
    listing_id: ListingId
    unit_price: Money
    at: AwareDatetime
    expires_at: AwareDatetime


class LeaseEnded(TillEvent, type="feira.orders.till.lease-ended"):
    """A till sells no more of these units; what is left of them is free again."""

    lease_id: Id
    sku: Sku
    sold: NonNegativeInt
    returned: NonNegativeInt
    reason: Literal["returned", "expired", "shift-closed"]


class SaleMade(TillEvent, type="feira.orders.till.sale-made"):
    """A till has sold an order for cash: *due* is its total in coins, so much was given for it.

    *sold_at* is when the buyer left with the goods, *at* when the pool heard of it.
    """

    shift_id: Id
    sale_id: Id
    order_id: OrderId
    receipt: Annotated[str, Field(min_length=1, max_length=80)]
    total: Money
    due: Money
    tendered: Money
    change: Money
    sold_at: AwareDatetime
    at: AwareDatetime


class NotSold(BaseModel):
    """Why a line of a sale cannot be booked.

    Attributes:
        there: How many units there were for the sale, leased and free.
        charged: What was asked for one unit.
        listed: What one unit cost then; None if it was not on sale.
    """

    model_config = ConfigDict(frozen=True)

    sku: Sku
    reason: Literal["stock.sold-out", "listing.not-on-sale", "listing.limit", "sale.price"]
    wanted: PositiveInt
    there: NonNegativeInt | None = None
    per_buyer: PositiveInt | None = None
    charged: Money | None = None
    listed: Money | None = None


class SaleRefused(TillEvent, type="feira.orders.till.sale-refused"):
    """A sale cannot be booked, now or ever; if it was made offline somebody has to look at it."""

    shift_id: Id
    sale_id: Id
    reason: Literal[
        "sale.lines",
        "sale.currency",
        "sale.tendered",
        "sale.free",
        "sale.outside-shift",
        "sale.fenced-off",
        "sale.unknown-fence",
    ]
    lines: tuple[NotSold, ...] = ()
    sold_at: AwareDatetime
    at: AwareDatetime

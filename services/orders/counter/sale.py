"""A sale at a till: made there and then, booked here once it is told of."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, NonNegativeInt, Strict

from services.orders.counter.till import Shift, Till, on_duty
from services.orders.ordering import placing
from services.orders.ordering.policy import Policy
from services.orders.pool import shelf as shelves
from services.orders.pool.shelf import Shelf
from services.orders.pool.stock import Stock
from services.orders.pricing.cash import round_cash
from shared.events.base import Event
from shared.events.ids import BuyerId, Id, ListingId, OrderId, Sku
from shared.events.money import Money
from shared.events.orders import (
    Attribution,
    Line,
    NotSold,
    OrderPlaced,
    SaleMade,
    SaleRefused,
)
from shared.platform.change.aggregate import Note

SKEW = timedelta(seconds=30)
"""How far the clock of a device may be off before what it says is not believed."""


class SaleLine(BaseModel):
    """So many units, and what the buyer was asked for each."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sku: Sku
    quantity: Annotated[int, Field(strict=True, ge=1, le=1000)]
    unit_price: Money


class Sale(BaseModel):
    """What a till has sold, in its own words.

    Attributes:
        sale_id: Given by the device; a sale is booked once, however often it is told of.
        fence: The last fence the device knew: it sold from leases up to that one.
        sold_at: When, by the device's clock.
        tendered: What the buyer gave.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    sale_id: Id
    fence: Annotated[NonNegativeInt, Strict()]
    lines: Annotated[tuple[SaleLine, ...], Field(min_length=1, max_length=50)]
    sold_at: AwareDatetime
    tendered: Money


def sell(
    till: Till,
    sale: Sale,
    pools: Mapping[Sku, Stock],
    shelf_of: Mapping[Sku, Shelf],
    *,
    order_id: OrderId,
    cashier_id: BuyerId,
    now: datetime,
    policy: Policy,
) -> list[Event | Note]:
    """Book a sale, or tell for good why it cannot be: [SaleRefused].

    Units come from the till's leases up to the sale's fence, the oldest first, then from what is
    free. Each line costs what was listed when it was sold, or what the till was told with a lease
    that ran then. Refuses who is not on duty; that is no word on the sale.
    """
    shift = on_duty(till, cashier_id)
    at = min(max(sale.sold_at, shift.opened_at), now)
    drawn = _Drawn.of(till, sale.fence, pools)
    lines = [drawn.take(shift, line, shelf_of[line.sku], at) for line in sale.lines]
    failing = (*drawn.short(sale), *_beyond(sale, shelf_of, at), *drawn.failing)
    reason = _mistaken(till, shift, sale, now) or ("sale.lines" if failing else None)
    if reason is None:
        bought = tuple(piece for pieces in lines for piece in pieces)
        total = placing.total(bought)
        due = round_cash(total).due
        if due.amount and sale.tendered.amount >= due.amount:
            placed = _placed(till, shift, order_id, bought, total=total, at=at)
            made = _made(till, shift, sale, placed, due=due, now=now)
            return [*placing.sell(placed, policy), made]
        reason = "sale.tendered" if due.amount else "sale.free"
    return [
        SaleRefused(
            till_id=till.id,
            shift_id=shift.id,
            sale_id=sale.sale_id,
            reason=reason,
            lines=failing,
            sold_at=sale.sold_at,
            at=now,
        )
    ]


def _mistaken(
    till: Till, shift: Shift, sale: Sale, now: datetime
) -> Literal["sale.outside-shift", "sale.fenced-off", "sale.unknown-fence", "sale.currency"] | None:
    """What is wrong with a sale as a whole."""
    currencies = {sale.tendered.currency, *(line.unit_price.currency for line in sale.lines)}
    if not shift.opened_at - SKEW <= sale.sold_at <= now + SKEW:
        return "sale.outside-shift"
    if sale.fence < shift.fence:
        return "sale.fenced-off"
    if sale.fence > till.fence:
        return "sale.unknown-fence"
    if currencies != {shift.opening_float.currency}:
        return "sale.currency"
    return None


@dataclass(slots=True)
class _Drawn:
    """What a sale draws on: so much is left of each lease and of each SKU's pool."""

    leases: dict[Sku, dict[str, int]]
    free: dict[Sku, int]
    merchants: dict[Sku, str]
    there: dict[Sku, int] = field(default_factory=dict[Sku, int])
    failing: list[NotSold] = field(default_factory=list[NotSold])

    @classmethod
    def of(cls, till: Till, fence: int, pools: Mapping[Sku, Stock]) -> "_Drawn":
        leases: dict[Sku, dict[str, int]] = {}
        for lease in sorted(till.leases, key=lambda lease: lease.fence):
            if lease.fence <= fence and lease.sku in pools:
                leases.setdefault(lease.sku, {})[lease.id] = lease.left
        free = {sku: pool.free for sku, pool in pools.items()}
        there = {sku: units + sum(leases.get(sku, {}).values()) for sku, units in free.items()}
        return cls(leases, free, {sku: pool.merchant_id for sku, pool in pools.items()}, there)

    def take(self, shift: Shift, line: SaleLine, shelf: Shelf, at: datetime) -> list[Line]:
        """Take a line's units, a piece for each place they come from; none at a wrong price."""
        listing_id = self._listing(shift, line, shelf, at)
        if listing_id is None:
            return []
        pieces: list[tuple[str | None, int]] = []
        wanted = line.quantity
        for lease_id, left in self.leases.get(line.sku, {}).items():
            if units := min(left, wanted):
                self.leases[line.sku][lease_id] -= units
                pieces.append((lease_id, units))
                wanted -= units
        if units := min(self.free[line.sku], wanted):
            pieces.append((None, units))
        return [
            Line(
                sku=line.sku,
                merchant_id=self.merchants[line.sku],
                quantity=units,
                unit_price=line.unit_price,
                listing_id=listing_id,
                lease_id=lease_id,
            )
            for lease_id, units in pieces
        ]

    def short(self, sale: Sale) -> list[NotSold]:
        """The SKUs of which the sale wants more than there is."""
        wanted = _summed(sale)
        return [
            NotSold(sku=sku, reason="stock.sold-out", wanted=units, there=self.there[sku])
            for sku, units in wanted.items()
            if units > self.there[sku]
        ]

    def _listing(
        self, shift: Shift, line: SaleLine, shelf: Shelf, at: datetime
    ) -> ListingId | None:
        """The listing whose price was asked; None, and the line fails, if none had that price."""
        listing = shelves.listed(shelf, at)
        if listing and listing[1].price == line.unit_price:
            return listing[0]
        for quote in shift.quotes:
            told = quote.sku == line.sku and quote.price == line.unit_price
            if told and quote.since - SKEW <= at < quote.until + SKEW:
                return quote.listing_id
        self.failing.append(
            NotSold(
                sku=line.sku,
                reason="sale.price" if listing else "listing.not-on-sale",
                wanted=line.quantity,
                charged=line.unit_price,
                listed=listing[1].price if listing else None,
            )
        )
        return None


def _beyond(sale: Sale, shelf_of: Mapping[Sku, Shelf], at: datetime) -> list[NotSold]:
    """The SKUs of which one buyer may not have so many; whose they were before is not known."""
    beyond: list[NotSold] = []
    for sku, units in _summed(sale).items():
        listing = shelves.listed(shelf_of[sku], at)
        most = listing[1].max_per_buyer if listing else None
        if most and units > most:
            beyond.append(NotSold(sku=sku, reason="listing.limit", wanted=units, per_buyer=most))
    return beyond


def _summed(sale: Sale) -> dict[Sku, int]:
    summed: dict[Sku, int] = {}
    for line in sale.lines:
        summed[line.sku] = summed.get(line.sku, 0) + line.quantity
    return summed


def _placed(
    till: Till,
    shift: Shift,
    order_id: OrderId,
    lines: tuple[Line, ...],
    *,
    total: Money,
    at: datetime,
) -> OrderPlaced:
    return OrderPlaced(
        order_id=order_id,
        festival_id=shift.festival_id,
        buyer_id=shift.cashier_id,
        channel="booth",
        lines=lines,
        total=total,
        placed_at=at,
        hold_until=at,
        booth_id=shift.booth_id,
        attribution=Attribution(
            rule="booth", booth_id=shift.booth_id, till_id=till.id, device=shift.device
        ),
    )


def _made(
    till: Till, shift: Shift, sale: Sale, placed: OrderPlaced, *, due: Money, now: datetime
) -> SaleMade:
    change = Money(amount=sale.tendered.amount - due.amount, currency=due.currency)
    return SaleMade(
        till_id=till.id,
        shift_id=shift.id,
        sale_id=sale.sale_id,
        order_id=placed.order_id,
        receipt=f"{till.id}-{till.receipts + 1:06d}",
        total=placed.total,
        due=due,
        tendered=sale.tendered,
        change=change,
        sold_at=placed.placed_at,
        at=now,
    )

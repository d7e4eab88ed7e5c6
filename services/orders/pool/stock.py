"""The stock pool: where each unit of a SKU is, and how it may move."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from shared.events.catalog import StockDelivered
from shared.events.ids import Sku
from shared.events.orders import (
    DealFunded,
    DealSettled,
    LeaseEnded,
    LeaseGranted,
    Line,
    OrderConfirmed,
    OrderHandedOver,
    OrderPlaced,
    OrderUndone,
    Parcel,
    ReturnReceived,
    StockCorrected,
    StockMoved,
    StockReceived,
    StockState,
    Units,
    UnitsCancelled,
)
from shared.refusal import Refused


@dataclass(frozen=True, slots=True)
class Stock:
    """The units of one merchant's SKU; each one received is in exactly one place.

    Attributes:
        received: All units there ever were, as deliveries and counts have it.
        free: For anybody.
        allocated: Set aside for deals.
        leased: With tills, to be sold even offline.
        held: Waiting for their buyer's money.
        sold: Paid for, waiting to leave.
        shipped: Gone to their buyers.
        damaged: Not to be sold.
    """

    id: str
    merchant_id: str = ""
    received: int = 0
    free: int = 0
    allocated: int = 0
    held: int = 0
    sold: int = 0
    leased: int = 0
    shipped: int = 0
    damaged: int = 0

    def __post_init__(self) -> None:
        places = (
            self.free,
            self.allocated,
            self.held,
            self.sold,
            self.leased,
            self.shipped,
            self.damaged,
        )
        if min(places) < 0 or sum(places) != self.received:
            raise AssertionError(f"the pool of {self.id} does not add up: {self}")


def receive(delivered: StockDelivered) -> list[StockReceived]:
    """Take delivered units into the pool."""
    return [
        StockReceived(
            sku=delivered.sku,
            merchant_id=delivered.merchant_id,
            intake_id=delivered.intake_id,
            units=delivered.units,
        )
    ]


def correct(stock: Stock, movement_id: str, units: int, reason: str) -> list[StockCorrected]:
    """A count found *units* more, or fewer if negative. Refuses to lose what is not free."""
    known(stock)
    if not units:
        raise Refused("stock.no-units", "A correction is of at least one unit.", kind="invalid")
    if stock.free + units < 0:
        raise Refused("stock.not-free", "So many are not free.", free=stock.free)
    return [StockCorrected(sku=stock.id, movement_id=movement_id, units=units, reason=reason)]


def move(
    stock: Stock,
    movement_id: str,
    units: int,
    way: tuple[Literal["free", "damaged"], Literal["free", "damaged"]],
    reason: str,
) -> list[StockMoved]:
    """Move units from one place to another. Refuses more than there are."""
    known(stock)
    source, target = way
    there = stock.free if source == "free" else stock.damaged
    if source == target:
        raise Refused("stock.no-way", "They are there already.", kind="invalid")
    if units > there:
        raise Refused("stock.not-there", "There are not so many.", source=source, there=there)
    return [
        StockMoved(
            sku=stock.id,
            movement_id=movement_id,
            units=units,
            source=source,
            target=target,
            reason=reason,
        )
    ]


def known(stock: Stock) -> None:
    """Refuse a SKU of which nothing was ever received."""
    if not stock.merchant_id:
        raise Refused("stock.unknown", "There is no such SKU.", kind="missing", sku=stock.id)


def require(wanted: Mapping[Sku, int], pools: Iterable[Stock]) -> None:
    """Refuse unless the units *wanted* of each SKU are free; every one that is short is named."""
    short = [
        {"sku": pool.id, "wanted": wanted[pool.id], "free": pool.free}
        for pool in pools
        if wanted.get(pool.id, 0) > pool.free
    ]
    if short:
        raise Refused("stock.sold-out", "There are not enough units left.", short=short)


def evolve(stock: Stock, fact: object) -> Stock:
    """Move units as *fact* says."""
    match fact:
        case OrderPlaced(lines=lines):
            return _hold(stock, lines)
        case OrderConfirmed(lines=lines):
            units = _units(stock, lines)
            return replace(stock, held=stock.held - units, sold=stock.sold + units)
        case OrderUndone(lines=lines, were="held"):
            units = _units(stock, lines)
            return replace(stock, held=stock.held - units, free=stock.free + units)
        case UnitsCancelled(lines=lines) | OrderUndone(lines=lines, were="sold"):
            units, unfit = _units(stock, lines), _units(stock, fact.damaged)
            return replace(
                stock,
                sold=stock.sold - units,
                free=stock.free + units - unfit,
                damaged=stock.damaged + unfit,
            )
        case OrderHandedOver(lines=lines) | Parcel(lines=lines):
            units = _units(stock, lines)
            return replace(stock, sold=stock.sold - units, shipped=stock.shipped + units)
        case ReturnReceived():
            return _back(stock, _units(stock, fact.restock), _units(stock, fact.damaged))
        case _:
            return _moved(stock, fact)


def _moved(stock: Stock, fact: object) -> Stock:
    """Move units of which no order tells."""
    match fact:
        case StockReceived(sku=stock.id, units=units):
            return replace(
                stock,
                merchant_id=fact.merchant_id,
                received=stock.received + units,
                free=stock.free + units,
            )
        case StockCorrected(sku=stock.id, units=units):
            return replace(stock, received=stock.received + units, free=stock.free + units)
        case StockMoved(sku=stock.id, units=units, source=source, target=target):
            moved = {source: getattr(stock, source) - units, target: getattr(stock, target) + units}
            return replace(stock, **moved)
        case DealFunded(sku=stock.id, units=units):
            return replace(stock, free=stock.free - units, allocated=stock.allocated + units)
        case DealSettled(sku=stock.id, returned=returned) if returned:
            return replace(stock, allocated=stock.allocated - returned, free=stock.free + returned)
        case LeaseGranted(sku=stock.id, units=units):
            return replace(stock, free=stock.free - units, leased=stock.leased + units)
        case LeaseEnded(sku=stock.id, returned=returned) if returned:
            return replace(stock, leased=stock.leased - returned, free=stock.free + returned)
        case _:
            return stock


def tell(stock: Stock) -> StockState:
    """Say how the pool stands."""
    return StockState(
        sku=stock.id,
        received=stock.received,
        free=stock.free,
        allocated=stock.allocated,
        held=stock.held,
        sold=stock.sold,
        leased=stock.leased,
        shipped=stock.shipped,
        damaged=stock.damaged,
    )


def _units(stock: Stock, lines: Iterable[Line | Units]) -> int:
    return sum(line.quantity for line in lines if line.sku == stock.id)


def _hold(stock: Stock, lines: Iterable[Line]) -> Stock:
    """Take from where each line comes: a deal's allocation, a till's lease, or what is free."""
    free = dealt = leased = 0
    for line in lines:
        if line.sku == stock.id:
            if line.deal_id:
                dealt += line.quantity
            elif line.lease_id:
                leased += line.quantity
            else:
                free += line.quantity
    if not free + dealt + leased:
        return stock
    return replace(
        stock,
        free=stock.free - free,
        allocated=stock.allocated - dealt,
        leased=stock.leased - leased,
        held=stock.held + free + dealt + leased,
    )


def _back(stock: Stock, fit: int, broken: int) -> Stock:
    if not fit + broken:
        return stock
    return replace(
        stock,
        shipped=stock.shipped - fit - broken,
        free=stock.free + fit,
        damaged=stock.damaged + broken,
    )

"""The stock pool: where each unit of a SKU is, and how it may move."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from shared.events.catalog import StockDelivered
from shared.events.ids import Sku
from shared.events.orders import (
    DealFunded,
    DealSettled,
    Line,
    OrderCancelled,
    OrderConfirmed,
    OrderExpired,
    OrderPlaced,
    StockReceived,
    StockState,
)
from shared.refusal import Refused


@dataclass(frozen=True, slots=True)
class Stock:
    """The units of one merchant's SKU; each one received is in exactly one of four places."""

    id: str
    merchant_id: str = ""
    received: int = 0
    free: int = 0
    allocated: int = 0
    held: int = 0
    sold: int = 0

    def __post_init__(self) -> None:
        places = (self.free, self.allocated, self.held, self.sold)
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
        case StockReceived(sku=stock.id, units=units):
            return replace(
                stock,
                merchant_id=fact.merchant_id,
                received=stock.received + units,
                free=stock.free + units,
            )
        case DealFunded(sku=stock.id, units=units):
            return replace(stock, free=stock.free - units, allocated=stock.allocated + units)
        case DealSettled(sku=stock.id, returned=returned) if returned:
            return replace(stock, allocated=stock.allocated - returned, free=stock.free + returned)
        case OrderPlaced(lines=lines):
            return _hold(stock, lines)
        case OrderConfirmed(lines=lines):
            units = _units(stock, lines)
            return replace(stock, held=stock.held - units, sold=stock.sold + units)
        case OrderExpired(lines=lines) | OrderCancelled(lines=lines):
            units = _units(stock, lines)
            return replace(stock, held=stock.held - units, free=stock.free + units)
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
    )


def _units(stock: Stock, lines: Iterable[Line]) -> int:
    return sum(line.quantity for line in lines if line.sku == stock.id)


def _hold(stock: Stock, lines: Sequence[Line]) -> Stock:
    """A deal's line takes from what the deal was allocated, any other from what is free."""
    units = _units(stock, lines)
    dealt = _units(stock, (line for line in lines if line.deal_id))
    return replace(
        stock,
        free=stock.free - (units - dealt),
        allocated=stock.allocated - dealt,
        held=stock.held + units,
    )

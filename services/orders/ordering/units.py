"""Units of an order: how many of each SKU."""

from collections.abc import Iterable, Mapping

from shared.events.ids import Sku
from shared.events.orders import Line, Units


def summed(units: Iterable[Units | Line]) -> dict[Sku, int]:
    """How many there are of each SKU."""
    sums: dict[Sku, int] = {}
    for each in units:
        sums[each.sku] = sums.get(each.sku, 0) + each.quantity
    return sums


def named(sums: Mapping[Sku, int]) -> tuple[Units, ...]:
    """The same, as it is told of; what there is none of is left out."""
    return tuple(Units(sku=sku, quantity=n) for sku, n in sums.items() if n)

"""Goods: what a room must know of a product: its names, its merchant, its flags, its stock."""

from dataclasses import dataclass, replace

from shared.events.catalog import NEVER_LIVE, ProductState
from shared.events.orders import StockState
from shared.events.text import Text


@dataclass(frozen=True, slots=True)
class Goods:
    """A copy, as catalog and orders last told."""

    id: str
    names: Text | None = None
    merchant_id: str | None = None
    free: int | None = None
    flags: tuple[str, ...] = ()

    @property
    def kept_out(self) -> list[str]:
        """Why no room may sell it; empty if rooms may."""
        return sorted(NEVER_LIVE.intersection(self.flags))


def evolve(goods: Goods, fact: object) -> Goods:
    match fact:
        case ProductState(sku=goods.id, product=product):
            return replace(
                goods,
                names=product.names,
                merchant_id=product.merchant_id,
                flags=product.flags,
            )
        case StockState(sku=goods.id, free=free):
            return goods if free == goods.free else replace(goods, free=free)
        case _:
            return goods

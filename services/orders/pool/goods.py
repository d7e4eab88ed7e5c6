"""Goods: what a product is, as catalog tells it; for receipts, and for what customs asks."""

from dataclasses import dataclass, replace

from shared.events.catalog import Description, ProductState


@dataclass(frozen=True, slots=True)
class Goods:
    """A copy, as catalog last told; None of a SKU it has not told of."""

    id: str
    product: Description | None = None


def evolve(goods: Goods, fact: object) -> Goods:
    """Copy what a product is."""
    match fact:
        case ProductState(sku=goods.id, product=product):
            return goods if product == goods.product else replace(goods, product=product)
        case _:
            return goods

"""Goods: what a room must know of a product: its names, its merchant, its flags, stock, prices."""

from dataclasses import dataclass, replace
from datetime import datetime

from shared.events.catalog import NEVER_LIVE, ListingState, ProductState
from shared.events.money import Money
from shared.events.orders import StockState
from shared.events.text import Text


@dataclass(frozen=True, slots=True)
class Price:
    """What a listing asks for the product in live rooms, from when until when."""

    listing_id: str
    festival_id: str
    price: Money
    valid_from: datetime
    valid_until: datetime


@dataclass(frozen=True, slots=True)
class Goods:
    """A copy, as catalog and orders last told."""

    id: str
    names: Text | None = None
    merchant_id: str | None = None
    free: int | None = None
    flags: tuple[str, ...] = ()
    hs_code: str = ""
    prices: tuple[Price, ...] = ()

    @property
    def kept_out(self) -> list[str]:
        """Why no room may sell it; empty if rooms may."""
        return sorted(NEVER_LIVE.intersection(self.flags))

    def costs(self, price: Money, festival_id: str, at: datetime) -> bool:
        """Whether a listing of the festival asks just this *price* in live rooms at *at*."""
        return any(
            (one.price, one.festival_id) == (price, festival_id)
            and one.valid_from <= at < one.valid_until
            for one in self.prices
        )


def evolve(goods: Goods, fact: object) -> Goods:
    match fact:
        case ProductState(sku=goods.id, product=product):
            return replace(
                goods,
                names=product.names,
                merchant_id=product.merchant_id,
                flags=product.flags,
                hs_code=product.hs_code,
            )
        case StockState(sku=goods.id, free=free):
            return goods if free == goods.free else replace(goods, free=free)
        case ListingState() if (fact.offer.sku, fact.offer.channel) == (goods.id, "live"):
            return _priced(goods, fact)
        case _:
            return goods


def _priced(goods: Goods, fact: ListingState) -> Goods:
    others = tuple(one for one in goods.prices if one.listing_id != fact.listing_id)
    if fact.withdrawn:
        return goods if others == goods.prices else replace(goods, prices=others)
    offer = fact.offer
    price = Price(
        fact.listing_id, offer.festival_id, offer.price, offer.valid_from, offer.valid_until
    )
    return goods if price in goods.prices else replace(goods, prices=(*others, price))

"""A seller: what a merchant is called, as catalog tells it; a receipt names who sold."""

from dataclasses import dataclass, replace

from shared.events.catalog import MerchantRegistered, MerchantRevised
from shared.events.text import Text


@dataclass(frozen=True, slots=True)
class Seller:
    """A copy, as catalog last told; None of a merchant it has not told of."""

    id: str
    names: Text | None = None


def evolve(seller: Seller, fact: object) -> Seller:
    """Copy what a merchant is called."""
    match fact:
        case MerchantRegistered(merchant_id=seller.id) | MerchantRevised(merchant_id=seller.id):
            return seller if fact.names == seller.names else replace(seller, names=fact.names)
        case _:
            return seller

"""A seller: who a merchant is, as catalog tells it; a room shows whose a product is."""

from dataclasses import dataclass, replace

from shared.events.catalog import MerchantRegistered, MerchantRevised
from shared.events.text import Text


@dataclass(frozen=True, slots=True)
class Seller:
    """A copy, as catalog last told; no name of a merchant it has not told of."""

    id: str
    legal_name: Text | None = None
    country: str | None = None


def evolve(seller: Seller, fact: object) -> Seller:
    """Copy what a merchant is called, and where it is at home."""
    match fact:
        case MerchantRegistered(merchant_id=seller.id) | MerchantRevised(merchant_id=seller.id):
            now = replace(seller, legal_name=fact.names, country=fact.country)
            return seller if now == seller else now
        case _:
            return seller

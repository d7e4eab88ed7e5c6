"""A seller: who a merchant is, as catalog tells it; a receipt and an order page name who sold."""

from dataclasses import dataclass, replace

from shared.events.catalog import MerchantRegistered, MerchantRevised
from shared.events.text import Text


@dataclass(frozen=True, slots=True)
class Seller:
    """A copy, as catalog last told; None of a merchant it has not told of."""

    id: str
    names: Text | None = None
    address: str | None = None
    contact: str | None = None


def evolve(seller: Seller, fact: object) -> Seller:
    """Copy what a merchant is called by law, and where it is found."""
    match fact:
        case MerchantRegistered(merchant_id=seller.id) | MerchantRevised(merchant_id=seller.id):
            now = replace(seller, names=fact.names, address=fact.address, contact=fact.contact)
            return seller if now == seller else now
        case _:
            return seller

"""A seller: who a merchant is, as catalog tells it; a room shows whose a product is."""

from dataclasses import dataclass, replace
from datetime import datetime

from shared.events.catalog import (
    MerchantRegistered,
    MerchantRevised,
    MerchantVerified,
    VerificationExpired,
)
from shared.events.text import Text


@dataclass(frozen=True, slots=True)
class Seller:
    """A copy, as catalog last told; no name of a merchant it has not told of.

    Attributes:
        verified_until: When it is to be looked at again; None if it never was, or was not in time.
    """

    id: str
    legal_name: Text | None = None
    country: str | None = None
    address: str | None = None
    contact: str | None = None
    verified_until: datetime | None = None

    def is_verified(self, at: datetime) -> bool:
        """Whether somebody has looked at the merchant lately (E-Commerce Law art. 27)."""
        return self.verified_until is not None and at < self.verified_until


def evolve(seller: Seller, fact: object) -> Seller:
    """Copy what a merchant is called, where it is found, and until when it is verified."""
    match fact:
        case MerchantRegistered(merchant_id=seller.id) | MerchantRevised(merchant_id=seller.id):
            now = replace(
                seller,
                legal_name=fact.names,
                country=fact.country,
                address=fact.address,
                contact=fact.contact,
            )
        case MerchantVerified(merchant_id=seller.id, next_verification_at=due):
            now = replace(seller, verified_until=due)
        case VerificationExpired(merchant_id=seller.id):
            now = replace(seller, verified_until=None)
        case _:
            return seller
    return seller if now == seller else now

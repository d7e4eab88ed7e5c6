"""A seller: who a merchant is, as catalog tells it; a room shows whose a product is."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

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


def card_of(seller: Seller) -> dict[str, Any] | None:
    """Who sells, as viewers see it (SPC 2022 art. 12); None while that is not known."""
    if seller.legal_name is None:
        return None
    return {
        "merchant_id": seller.id,
        "legal_name": seller.legal_name.model_dump(by_alias=True),
        "address": seller.address,
        "contact": seller.contact,
    }


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

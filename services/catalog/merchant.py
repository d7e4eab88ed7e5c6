"""A merchant: it joins the festival and sells; nobody else touches what is its."""

from dataclasses import dataclass
from typing import Literal

from services.catalog.wish import Country, Slug, Wish
from shared.events.catalog import MerchantRegistered, MerchantRevised
from shared.events.text import Text
from shared.refusal import Refused


class Profile(Wish):
    """What a merchant is called, sells, and where it is at home."""

    names: Text
    category: Slug
    country: Country


@dataclass(frozen=True, slots=True)
class Merchant:
    """How a merchant stands."""

    id: str
    status: Literal["new", "registered"] = "new"
    profile: Profile | None = None


def register(merchant: Merchant, profile: Profile) -> list[MerchantRegistered | MerchantRevised]:
    """It joins, or what is known of it is corrected."""
    if merchant.profile == profile:
        return []
    said = MerchantRegistered if merchant.status == "new" else MerchantRevised
    return [
        said(
            merchant_id=merchant.id,
            names=profile.names,
            category=profile.category,
            country=profile.country,
        )
    ]


def answer_for(merchant_id: str, acting: str | None) -> None:
    """Refuse a merchant in what is another's; *acting* is None for the organiser, who may all."""
    if acting is not None and acting != merchant_id:
        raise Refused("merchant.another", "This belongs to another merchant.", kind="forbidden")


def evolve(merchant: Merchant, fact: object) -> Merchant:
    match fact:
        case MerchantRegistered(merchant_id=merchant.id) | MerchantRevised(merchant_id=merchant.id):
            profile = Profile(names=fact.names, category=fact.category, country=fact.country)
            return Merchant(merchant.id, "registered", profile)
        case _:
            return merchant

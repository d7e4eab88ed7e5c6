"""A merchant: it joins the festival and sells; nobody else touches what is its."""

from calendar import monthrange
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Literal

from services.catalog.wish import Country, Line, Slug, Wish
from shared.events.catalog import (
    MerchantRegistered,
    MerchantRevised,
    MerchantVerified,
    VerificationExpired,
)
from shared.events.text import Text
from shared.refusal import Refused

MONTHS = 6
"""A merchant is looked at again after so many months at the latest (E-Commerce Law art. 27)."""

_MACAU = timezone(timedelta(hours=8))


class Profile(Wish):
    """What a merchant is called by law, where it is found, what it sells, where it is at home.

    One that joined before address and contact were asked for has none.
    """

    names: Text
    category: Slug
    country: Country
    address: Line | None = None
    contact: Line | None = None


@dataclass(frozen=True, slots=True)
class Merchant:
    """How a merchant stands.

    Attributes:
        verified: Whether it was looked at, and not too long ago.
        next_verification_at: When it is to be looked at again; None if it never was.
    """

    id: str
    status: Literal["new", "registered"] = "new"
    profile: Profile | None = None
    verified: bool = False
    next_verification_at: datetime | None = None


def register(merchant: Merchant, profile: Profile) -> list[MerchantRegistered | MerchantRevised]:
    """It joins, or what is known of it is corrected; buyers must be able to find it."""
    if profile.address is None or profile.contact is None:
        raise Refused(
            "merchant.no-contact", "Buyers are shown its address and contact.", kind="invalid"
        )
    if merchant.profile == profile:
        return []
    said = MerchantRegistered if merchant.status == "new" else MerchantRevised
    return [
        said(
            merchant_id=merchant.id,
            names=profile.names,
            category=profile.category,
            country=profile.country,
            address=profile.address,
            contact=profile.contact,
        )
    ]


def verify(
    merchant: Merchant, until: datetime | None, by: str, at: datetime
) -> list[MerchantVerified]:
    """An organiser has looked at it: good for six months from *at*, or up to *until* before that.

    Who cannot be found by buyers is not verified: an address and a contact are needed.
    """
    profile = merchant.profile
    if profile is None:
        raise Refused("merchant.unknown", "There is no such merchant.", kind="missing")
    if profile.address is None or profile.contact is None:
        raise Refused("merchant.no-contact", "Its address and contact are not known.")
    latest = months_after(at, MONTHS)
    if until is not None and not at < until <= latest:
        raise Refused(
            "merchant.verification",
            f"It is to be looked at again in the future, within {MONTHS} months.",
            kind="invalid",
            latest=latest,
        )
    return [
        MerchantVerified(
            merchant_id=merchant.id,
            verified_at=at,
            next_verification_at=until or latest,
            by=by,
        )
    ]


def expire(merchant: Merchant, at: datetime) -> list[VerificationExpired]:
    """Nobody has looked at it again in time; said once."""
    due = merchant.next_verification_at
    if not merchant.verified or due is None or at < due:
        raise Refused("merchant.not-due", "It is not time to look at it again.")
    return [VerificationExpired(merchant_id=merchant.id, next_verification_at=due)]


def months_after(moment: datetime, months: int) -> datetime:
    """The same time of the same day so many calendar *months* later, where Macau is.

    A month without that day ends with its last one (Civil Code art. 202).
    """
    there = moment.astimezone(_MACAU)
    years, month = divmod(there.month - 1 + months, 12)
    year = there.year + years
    day = min(there.day, monthrange(year, month + 1)[1])
    return there.replace(year=year, month=month + 1, day=day).astimezone(UTC)


def answer_for(merchant_id: str, acting: str | None) -> None:
    """Refuse a merchant in what is another's; *acting* is None for the organiser, who may all."""
    if acting is not None and acting != merchant_id:
        raise Refused("merchant.another", "This belongs to another merchant.", kind="forbidden")


def evolve(merchant: Merchant, fact: object) -> Merchant:
    match fact:
        case MerchantRegistered(merchant_id=merchant.id) | MerchantRevised(merchant_id=merchant.id):
            profile = Profile(
                names=fact.names,
                category=fact.category,
                country=fact.country,
                address=fact.address,
                contact=fact.contact,
            )
            return replace(merchant, status="registered", profile=profile)
        case MerchantVerified(merchant_id=merchant.id, next_verification_at=due):
            return replace(merchant, verified=True, next_verification_at=due)
        case VerificationExpired(merchant_id=merchant.id):
            return replace(merchant, verified=False)
        case _:
            return merchant

"""Coupons: what buyers may take off an order, who bears it, how often it is taken.

Terms are the same for everybody: nothing here looks at who the buyer is (PIPL art. 24).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from services.orders.pricing.terms import LIMITS, Limits, check
from shared.events.ids import BuyerId, CouponId, FestivalId
from shared.events.orders import (
    CouponIssued,
    CouponState,
    CouponTerms,
    CouponWithdrawn,
    Line,
    OrderConfirmed,
    OrderPlaced,
    OrderUndone,
    UnitsCancelled,
)
from shared.platform.change.aggregate import Note
from shared.refusal import Refused

Status = Literal["new", "issued", "withdrawn"]

Standing = Literal["usable", "used", "withdrawn", "expired", "sold-out"]
"""How a coupon stands for a buyer who has claimed it: all but the first are why it is no use."""


@dataclass(frozen=True, slots=True)
class Coupon:
    """One coupon: total = left + reserved + used.

    Reserved by orders that wait for their money; used by those that are paid.
    """

    id: str
    status: Status = "new"
    terms: CouponTerms | None = None
    reserved: int = 0
    used: int = 0

    def __post_init__(self) -> None:
        if min(self.reserved, self.used, self.left) < 0:
            raise AssertionError(f"the coupon {self.id} does not add up: {self}")

    @property
    def left(self) -> int:
        """How many more orders may use it."""
        return (self.terms.total if self.terms else 0) - self.reserved - self.used


@dataclass(frozen=True, slots=True)
class CouponClaimed(Note):
    """A buyer has claimed a coupon; if its days count from a claim they count from now."""

    coupon_id: CouponId
    buyer_id: BuyerId
    claimed_at: datetime


@dataclass(frozen=True, slots=True)
class Presented:
    """A coupon put on an order.

    Attributes:
        yours: How many of the buyer's orders use it, paid or waiting for money.
        claimed_at: When the buyer claimed it, if they did.
    """

    coupon: Coupon
    yours: int = 0
    claimed_at: datetime | None = None


def issue(coupon: Coupon, terms: CouponTerms, limits: Limits = LIMITS) -> list[CouponIssued]:
    """Let buyers use a coupon.

    There is no revising: what was published is what holds (SAMR Order 56). Whoever wants other
    terms withdraws the coupon and issues another.
    """
    if coupon.status != "new":
        raise Refused("coupon.known", "This coupon is issued already.", coupon_id=coupon.id)
    check(terms, limits)
    return [CouponIssued(coupon_id=coupon.id, terms=terms)]


def withdraw(coupon: Coupon) -> list[CouponWithdrawn]:
    """Let no further order use a coupon; those placed with it keep it."""
    _known(coupon)
    if coupon.status == "withdrawn":
        return []
    return [CouponWithdrawn(coupon_id=coupon.id)]


def claim(
    coupon: Coupon, buyer_id: BuyerId, claimed_at: datetime | None, now: datetime
) -> list[CouponClaimed]:
    """Let a buyer keep a coupon; *claimed_at* is since when they have it, and then nothing changes.

    A claim reserves nothing: orders do. Refuses what is withdrawn, used up, or out of its window.
    """
    terms = _known(coupon)
    if claimed_at is not None:
        return []
    _check_open(coupon, terms.valid_from, terms.valid_until, now)
    _check_left(coupon)
    return [CouponClaimed(coupon.id, buyer_id, now)]


def take(presented: Presented, festival_id: FestivalId, now: datetime) -> CouponTerms:
    """Let an order of a festival use a coupon once; returns what it promises. Or refuse."""
    coupon = presented.coupon
    terms = _known(coupon)
    if terms.festival_id != festival_id:
        raise _unknown(coupon.id)
    begins = terms.valid_from
    if terms.days_from_claim is not None:
        if presented.claimed_at is None:
            raise Refused("coupon.unclaimed", "Claim the coupon first.", coupon_id=coupon.id)
        begins = presented.claimed_at
    _check_open(coupon, begins, until(terms, begins), now)
    may_use(presented, 1)
    return terms


def until(terms: CouponTerms, claimed_at: datetime) -> datetime:
    """When a buyer who claimed a coupon at *claimed_at* may no longer use it."""
    if terms.days_from_claim is None:
        return terms.valid_until
    return claimed_at + timedelta(days=terms.days_from_claim)


def left_of(presented: Presented) -> int:
    """How many more orders of the buyer may use a coupon, as far as limits and others let them."""
    coupon = presented.coupon
    return max(0, min(_known(coupon).per_buyer - presented.yours, coupon.left))


def standing(presented: Presented, claimed_at: datetime, now: datetime) -> Standing:
    """How a coupon stands for a buyer who claimed it at *claimed_at*."""
    coupon = presented.coupon
    terms = _known(coupon)
    if presented.yours >= terms.per_buyer:
        return "used"
    if coupon.status == "withdrawn":
        return "withdrawn"
    if now >= until(terms, claimed_at):
        return "expired"
    return "usable" if coupon.left else "sold-out"


def may_use(presented: Presented, orders: int) -> None:
    """Refuse more *orders* of the buyer than may use a coupon still."""
    coupon = presented.coupon
    per_buyer = _known(coupon).per_buyer
    if presented.yours + orders > per_buyer:
        raise Refused(
            "coupon.limit",
            "There is a limit for each buyer.",
            kind="limit",
            coupon_id=coupon.id,
            per_buyer=per_buyer,
            yours=presented.yours,
        )
    _check_left(coupon, orders)


def used_by(lines: Sequence[Line]) -> frozenset[CouponId]:
    """The coupons an order with these lines uses, each once however many lines it is spread on."""
    return frozenset(off.coupon_id for line in lines for off in line.discounts)


def evolve(coupon: Coupon, fact: object) -> Coupon:
    """Follow what happens to a coupon, and to the orders that use it.

    An order that is undone gives it back, paid or not; a return after delivery does not.
    """
    match fact:
        case CouponIssued(coupon_id=coupon.id):
            return replace(coupon, status="issued", terms=fact.terms)
        case CouponWithdrawn(coupon_id=coupon.id):
            return replace(coupon, status="withdrawn")
        case OrderPlaced(lines=lines) if coupon.id in used_by(lines):
            return replace(coupon, reserved=coupon.reserved + 1)
        case OrderConfirmed(lines=lines) if coupon.id in used_by(lines):
            return replace(coupon, reserved=coupon.reserved - 1, used=coupon.used + 1)
        case OrderUndone(lines=lines, were="held") if coupon.id in used_by(lines):
            return replace(coupon, reserved=coupon.reserved - 1)
        case UnitsCancelled(coupons=unused) if coupon.id in unused:
            return replace(coupon, used=coupon.used - 1)
        case OrderUndone(lines=lines, were="sold") if coupon.id in used_by(lines):
            return replace(coupon, used=coupon.used - 1)
        case _:
            return coupon


def tell(coupon: Coupon) -> CouponState:
    """Say how the coupon stands."""
    return CouponState(
        coupon_id=coupon.id,
        terms=_known(coupon),
        left=coupon.left,
        withdrawn=coupon.status == "withdrawn",
    )


def _check_open(coupon: Coupon, begins: datetime, ends: datetime, now: datetime) -> None:
    if coupon.status == "withdrawn" or now >= ends:
        raise Refused("coupon.over", "The coupon is over.", coupon_id=coupon.id)
    if now < begins:
        raise Refused(
            "coupon.not-yet",
            "The coupon may not be used yet.",
            coupon_id=coupon.id,
            valid_from=begins.isoformat(),
        )


def _check_left(coupon: Coupon, orders: int = 1) -> None:
    if coupon.left < orders:
        raise Refused(
            "coupon.sold-out", "The coupon is used up.", coupon_id=coupon.id, left=coupon.left
        )


def _known(coupon: Coupon) -> CouponTerms:
    if coupon.terms is None:
        raise _unknown(coupon.id)
    return coupon.terms


def _unknown(coupon_id: CouponId) -> Refused:
    return Refused(
        "coupon.unknown", "There is no such coupon.", kind="missing", coupon_id=coupon_id
    )

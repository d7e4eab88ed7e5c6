"""Coupons: what buyers may take off an order, who bears it, how often it is taken.

Eight shapes: {product, shop} × {N items → percent, over X → minus, flat percent, flat minus}. Terms
are the same for everybody: nothing here looks at who the buyer is (PIPL art. 24).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Literal

from shared.events.ids import BuyerId, CouponId, FestivalId
from shared.events.money import Currency
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


@dataclass(frozen=True, slots=True)
class Limits:
    """What terms may promise; the defaults are those of the trade's coupon tools.

    Attributes:
        least_percent: The least of the price that is still paid.
        most_percent: The most.
        most_minus: The most a coupon takes off, in minor units: CNY 200. The same figure in MOP
            or HKD is a little less money, so that no currency is a way around it.
        most_uses: The most orders, of all buyers or of one, and items, that terms may speak of.
        most_days: The most days from a claim.
        most_skus: The most SKUs one coupon may name.
    """

    least_percent: int = 20
    most_percent: int = 100
    most_minus: Mapping[Currency, int] = field(
        default_factory=lambda: {"CNY": 200_00, "MOP": 200_00, "HKD": 200_00}
    )
    most_uses: int = 10**9
    most_days: int = 366
    most_skus: int = 500


LIMITS = Limits()

EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
"""No coupon is older, or lasts longer: at the ends of the calendar time cannot be reckoned with."""


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
    """A buyer has claimed a coupon whose days count from then."""

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
    _check_size(terms, limits)
    _check_shape(terms, limits)
    _check_cover(terms)
    if not EARLIEST <= terms.valid_from < terms.valid_until <= LATEST:
        raise Refused(
            "coupon.window", "It ends before it begins, or in no time of ours.", kind="invalid"
        )
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
    """Begin a buyer's days; *claimed_at* is when they began already, and then they go on.

    A coupon with a fixed window needs no claim. Refuses what is withdrawn, used up, or
    out of its window.
    """
    terms = _known(coupon)
    if terms.days_from_claim is None or claimed_at is not None:
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
    begins, ends = terms.valid_from, terms.valid_until
    if terms.days_from_claim is not None:
        if presented.claimed_at is None:
            raise Refused("coupon.unclaimed", "Claim the coupon first.", coupon_id=coupon.id)
        begins = presented.claimed_at
        ends = begins + timedelta(days=terms.days_from_claim)
    _check_open(coupon, begins, ends, now)
    may_use(presented, 1)
    return terms


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


def _check_shape(terms: CouponTerms, limits: Limits) -> None:
    """Refuse what is none of the eight shapes, or promises more than *limits* let it."""
    percent, minus = terms.pay_percent, terms.minus
    stray = terms.from_amount if minus is None else terms.from_items
    if (percent is None) == (minus is None) or stray is not None:
        raise Refused(
            "coupon.shape",
            "A coupon is a percentage, maybe from so many items, or an amount, maybe from a sum.",
            kind="invalid",
            pay_percent=percent,
            minus=minus,
            from_items=terms.from_items,
            from_amount=terms.from_amount,
        )
    if percent is not None and not limits.least_percent <= percent <= limits.most_percent:
        raise Refused(
            "coupon.percent",
            "That share of the price is out of bounds.",
            kind="invalid",
            pay_percent=percent,
            least=limits.least_percent,
            most=limits.most_percent,
        )
    most = limits.most_minus[terms.currency]
    if minus is not None and not 0 < minus <= most:
        raise Refused(
            "coupon.minus",
            "That much is not taken off by one coupon.",
            kind="invalid",
            minus=minus,
            most=most,
            currency=terms.currency,
        )


def _check_cover(terms: CouponTerms) -> None:
    """Refuse a coupon for nobody's goods, or at the cost of somebody who has not promised it.

    A product coupon is for one merchant's SKUs, so that a shop coupon covers all its lines or none:
    were it some, which line has the odd unit would change the sum.
    """
    product = terms.scope == "product"
    whose = terms.merchant_id is not None
    if product != bool(terms.skus) or not (
        whose or (not product and terms.funded_by == "platform")
    ):
        raise Refused(
            "coupon.cover",
            "A product coupon names SKUs; all but the platform's shop coupons name a merchant.",
            kind="invalid",
            scope=terms.scope,
            funded_by=terms.funded_by,
            merchant_id=terms.merchant_id,
            skus=list(terms.skus),
        )


def _check_size(terms: CouponTerms, limits: Limits) -> None:
    """Refuse figures that nobody means, before a date or a number runs over in somebody's order."""
    uses = (terms.total, terms.per_buyer, terms.from_items or 0)
    if (
        max(uses) > limits.most_uses
        or (terms.days_from_claim or 0) > limits.most_days
        or len(terms.skus) > limits.most_skus
    ):
        raise Refused(
            "coupon.size",
            "These terms speak of more than a coupon may.",
            kind="invalid",
            most_uses=limits.most_uses,
            most_days=limits.most_days,
            most_skus=limits.most_skus,
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

"""Claims: what one buyer has, in one festival, of all that is limited for each buyer."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from services.orders.pricing.coupon import CouponClaimed, used_by
from shared.events.ids import BuyerId, CouponId, FestivalId
from shared.events.orders import (
    Line,
    OrderConfirmed,
    OrderPlaced,
    OrderUndone,
    UnitsCancelled,
)
from shared.refusal import Refused


@dataclass(frozen=True, slots=True)
class Claims:
    """What a buyer has.

    Attributes:
        open: Orders that wait for their money.
        deals: Units held or paid for, by deal.
        listings: The same, by listing.
        coupons: Orders that use a coupon, by coupon.
        claimed: Since when the buyer has a coupon, by coupon; nothing is reserved by that.
    """

    id: str
    open: int = 0
    deals: dict[str, int] = field(default_factory=dict[str, int])
    listings: dict[str, int] = field(default_factory=dict[str, int])
    coupons: dict[str, int] = field(default_factory=dict[str, int])
    claimed: dict[str, datetime] = field(default_factory=dict[str, datetime])

    @property
    def buyer_id(self) -> str:
        return self.id.rpartition("/")[2]


def name(festival_id: FestivalId, buyer_id: BuyerId) -> str:
    """What the claims of a buyer are called; no id has a slash in it."""
    return f"{festival_id}/{buyer_id}"


def may_order(claims: Claims, most: int) -> None:
    """Refuse who keeps *most* orders waiting: units are not held for nothing without end."""
    if claims.open >= most:
        raise Refused(
            "order.open-limit",
            "Too many orders wait to be paid; pay for one of them, or cancel it.",
            kind="limit",
            open=claims.open,
            most=most,
        )


def evolve(claims: Claims, fact: object) -> Claims:
    """Count what the buyer takes, and what comes back unpaid."""
    match fact:
        case OrderPlaced(buyer_id=claims.buyer_id):
            return _moved(claims, 1, fact.lines, 1)
        case OrderConfirmed(buyer_id=claims.buyer_id):
            return _moved(claims, -1, (), 0)
        case OrderUndone(buyer_id=claims.buyer_id):
            return _moved(claims, -1 if fact.were == "held" else 0, fact.lines, -1)
        case UnitsCancelled(buyer_id=claims.buyer_id):
            return _moved(claims, 0, fact.lines, -1, fact.coupons)
        case CouponClaimed(buyer_id=claims.buyer_id):
            return replace(claims, claimed={**claims.claimed, fact.coupon_id: fact.claimed_at})
        case _:
            return claims


def _moved(
    claims: Claims,
    orders: int,
    lines: Sequence[Line],
    way: Literal[-1, 0, 1],
    also: Iterable[CouponId] = (),
) -> Claims:
    deals, listings, coupons = dict(claims.deals), dict(claims.listings), dict(claims.coupons)
    for line in lines:
        units, of = (deals, line.deal_id) if line.deal_id else (listings, line.listing_id)
        if of:
            _count(units, of, way * line.quantity)
    for coupon_id in (*used_by(lines), *also):
        _count(coupons, coupon_id, way)
    return replace(
        claims, open=claims.open + orders, deals=deals, listings=listings, coupons=coupons
    )


def _count(counts: dict[str, int], of: str, more: int) -> None:
    """Count *more* of something; what comes to nothing is forgotten."""
    counts[of] = counts.get(of, 0) + more
    if not counts[of]:
        del counts[of]

"""A coupon in a room: one that orders has issued, handed out to everybody there. Rules, pure."""

from dataclasses import dataclass, replace
from datetime import datetime

from services.livestream.directing.moves import must_be_under_way, must_run
from services.livestream.directing.session import Asker, Session, may
from services.livestream.record.timeline import HandedOut, Timeline
from shared.events.livestream import CouponHandedOut, CouponTakenDown
from shared.events.orders import CouponState, CouponTerms
from shared.refusal import Refused

MOST_SHOWN, MOST_HANDED_OUT = 20, 500
"""How many coupons one room shows at once, and hands out in all: its timeline is one document."""


@dataclass(frozen=True, slots=True)
class Coupon:
    """A copy, as orders last told; no terms of one it has not told of."""

    id: str
    terms: CouponTerms | None = None
    left: int = 0
    withdrawn: bool = False


def hand_out(
    session: Session, timeline: Timeline, coupon: Coupon, asker: Asker, at: datetime
) -> list[CouponHandedOut]:
    """Show a coupon to everybody in a room that is live; one that is shown stays."""
    _must_control(session, asker, at)
    if session.status != "live":
        raise Refused(
            "coupon.not-live",
            f"A session that is {session.status} hands out no coupon.",
            state=session.status,
        )
    if any(one.coupon_id == coupon.id for one in timeline.shown):
        return []
    terms = _usable(session, coupon, at)
    if (
        len(timeline.shown) >= MOST_SHOWN
        or (sequence := len(timeline.coupons) + 1) > MOST_HANDED_OUT
    ):
        raise Refused(
            "coupon.limit",
            f"A room shows {MOST_SHOWN} coupons at once, and hands out {MOST_HANDED_OUT}.",
            kind="limit",
        )
    return [
        CouponHandedOut(
            session_id=session.id,
            coupon_id=coupon.id,
            terms=terms,
            left=coupon.left,
            sequence=sequence,
            offset_ms=session.offset_ms(at),
            by=asker.id,
        )
    ]


def take_down(
    session: Session, timeline: Timeline, coupon_id: str, asker: Asker, at: datetime
) -> list[CouponTakenDown]:
    """Show a coupon no longer; whether it may be used is for orders to say."""
    _must_control(session, asker, at)
    must_be_under_way(session, "coupon")
    return [taken_down(session, _shown(timeline, coupon_id), at, by=asker.id)]


def withdraw(
    session: Session, timeline: Timeline, coupon_id: str, at: datetime
) -> list[CouponTakenDown]:
    """Show no longer what orders has withdrawn, if it is shown."""
    return [taken_down(session, one, at) for one in timeline.shown if one.coupon_id == coupon_id]


def all_taken_down(session: Session, timeline: Timeline, at: datetime) -> list[CouponTakenDown]:
    """Show no coupon any more: the session ends."""
    return [taken_down(session, one, at) for one in timeline.shown]


def taken_down(
    session: Session, shown: HandedOut, at: datetime, by: str | None = None
) -> CouponTakenDown:
    return CouponTakenDown(
        session_id=session.id,
        coupon_id=shown.coupon_id,
        sequence=shown.sequence,
        offset_ms=session.offset_ms(at),
        by=by,
    )


def _must_control(session: Session, asker: Asker, at: datetime) -> None:
    """Refuse whoever may not pin: one controls a room's pin and its coupons."""
    if not may(session, asker.id, "pin", at):
        must_run(session, asker)


def _usable(session: Session, coupon: Coupon, at: datetime) -> CouponTerms:
    """The terms of a coupon that buyers of the room may use now; refuses any other."""
    terms = coupon.terms
    if terms is None:
        raise Refused("coupon.unknown", "Orders has told of no such coupon.", kind="missing")
    if terms.festival_id != session.festival_id:
        raise Refused("coupon.another-festival", "It is of another festival.")
    if coupon.withdrawn:
        raise Refused("coupon.withdrawn", "It may no longer be used.")
    if not terms.valid_from <= at < terms.valid_until:
        raise Refused(
            "coupon.not-now",
            "It may not be used now.",
            valid_from=terms.valid_from,
            valid_until=terms.valid_until,
        )
    if not coupon.left:
        raise Refused("coupon.used-up", "As many orders as may have used it.")
    return terms


def _shown(timeline: Timeline, coupon_id: str) -> HandedOut:
    for one in timeline.shown:
        if one.coupon_id == coupon_id:
            return one
    raise Refused("coupon.not-shown", "The room does not show it.", kind="missing")


def evolve(coupon: Coupon, fact: object) -> Coupon:
    match fact:
        case CouponState(coupon_id=coupon.id):
            now = replace(coupon, terms=fact.terms, left=fact.left, withdrawn=fact.withdrawn)
            return coupon if now == coupon else now
        case _:
            return coupon

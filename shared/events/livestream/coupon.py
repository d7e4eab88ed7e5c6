"""Coupons as a room hands them out."""

from pydantic import NonNegativeInt, PositiveInt

from shared.events.ids import BuyerId, CouponId
from shared.events.livestream.session import SessionEvent
from shared.events.orders import CouponTerms


class CouponHandedOut(SessionEvent, type="feira.livestream.session.coupon-handed-out"):
    """The room shows a coupon of orders from *offset_ms* on, for everybody to use.

    *left* is how many more orders could use it, as orders had last told; *sequence* counts what was
    handed out in the session.
    """

    coupon_id: CouponId
    terms: CouponTerms
    left: NonNegativeInt
    sequence: PositiveInt
    offset_ms: NonNegativeInt
    by: BuyerId


class CouponTakenDown(SessionEvent, type="feira.livestream.session.coupon-taken-down"):
    """The room shows the coupon that was handed out as *sequence* no longer.

    *by* is nobody when the session has ended, or orders has withdrawn the coupon.
    """

    coupon_id: CouponId
    sequence: PositiveInt
    offset_ms: NonNegativeInt
    by: BuyerId | None = None

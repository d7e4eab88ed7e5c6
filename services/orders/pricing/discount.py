"""The discount: what the coupons a buyer presents take off the lines of an order.

Only what is presented is used, never a coupon added for the buyer (E-Commerce Law art. 19).
"""

from collections.abc import Sequence
from datetime import datetime

from services.orders.pricing.allocation import allocate
from services.orders.pricing.coupon import Presented, take
from shared.events.ids import CouponId, FestivalId
from shared.events.money import Money
from shared.events.orders import CouponTerms, Discount, Line
from shared.refusal import Refused


def discount(
    lines: Sequence[Line], presented: Sequence[Presented], festival_id: FestivalId, now: datetime
) -> tuple[Line, ...]:
    """The lines, less what the coupons take off them; `Line.payable` is what is left to pay.

    At most one product and one shop coupon; the product coupon comes first, and the shop coupon
    counts on what that leaves, for its threshold too. A percentage is taken of the sum of the lines
    covered: what is still paid is rounded half-up to the minor unit, once. What is taken off is
    shared over the lines by largest remainder, and is never more than they come to. In which order
    the lines stand changes no sum. A coupon that takes nothing off is not used.

    Lines have one currency and come to no more than money counts (`order.total`).
    """
    by_scope = {"product": 0, "shop": 1}
    taken = sorted(
        ((take(each, festival_id, now), each.coupon.id) for each in presented),
        key=lambda of: by_scope[of[0].scope],
    )
    if len({terms.scope for terms, _ in taken}) < len(taken):
        raise Refused(
            "coupon.stack",
            "An order takes one product coupon and one shop coupon.",
            kind="invalid",
            coupon_ids=[coupon_id for _, coupon_id in taken],
        )
    less = tuple(lines)
    for terms, coupon_id in taken:
        less = _less(less, terms, coupon_id)
    return less


def _less(lines: tuple[Line, ...], terms: CouponTerms, coupon_id: CouponId) -> tuple[Line, ...]:
    """The lines, less what one coupon takes off those it covers."""
    sums = [line.payable.amount if _covers(terms, line) else 0 for line in lines]
    covered = [line for line in lines if _covers(terms, line)]
    if not covered:
        raise Refused(
            "coupon.not-covered", "The coupon is for none of these lines.", coupon_id=coupon_id
        )
    if any(line.unit_price.currency != terms.currency for line in covered):
        raise Refused(
            "coupon.currency",
            "The coupon is in another currency.",
            coupon_id=coupon_id,
            currency=terms.currency,
        )
    base, items = sum(sums), sum(line.quantity for line in covered)
    _check_threshold(terms, coupon_id, items, base)
    if terms.pay_percent is not None:
        off = base - (base * terms.pay_percent + 50) // 100
    else:
        off = min(terms.minus or 0, base)
    return tuple(
        _cut(line, terms, coupon_id, part)
        for line, part in zip(lines, allocate(off, sums), strict=True)
    )


def _cut(line: Line, terms: CouponTerms, coupon_id: CouponId, part: int) -> Line:
    if not part:
        return line
    amount = Money(amount=part, currency=terms.currency)
    off = Discount(coupon_id=coupon_id, funded_by=terms.funded_by, amount=amount)
    return line.model_copy(update={"discounts": (*line.discounts, off)})


def _covers(terms: CouponTerms, line: Line) -> bool:
    return terms.merchant_id in (None, line.merchant_id) and (
        terms.scope == "shop" or line.sku in terms.skus
    )


def _check_threshold(terms: CouponTerms, coupon_id: CouponId, items: int, base: int) -> None:
    for needed, have, of in (
        (terms.from_items, items, "items"),
        (terms.from_amount, base, "amount"),
    ):
        if needed is not None and have < needed:
            raise Refused(
                "coupon.threshold",
                "The lines do not come to what the coupon asks for.",
                coupon_id=coupon_id,
                of=of,
                needed=needed,
                have=have,
            )

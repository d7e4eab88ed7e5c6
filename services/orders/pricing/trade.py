"""Trade: coupons issued and claimed, exchange rates set. Each method is one change."""

from collections.abc import Awaitable

from services.orders.kept import CLAIMS, COUPONS, RATES
from services.orders.ordering import claims
from services.orders.ordering.basket import QUOTED
from services.orders.pricing import coupon, rates
from shared.events.ids import BuyerId, CouponId
from shared.events.money import Rate
from shared.events.orders import CouponTerms
from shared.platform.change.cause import Cause
from shared.platform.change.fold import Outcome
from shared.platform.change.unit_of_work import UnitOfWork


class Trade:
    """What buyers may take off, and what money is worth."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow

    def issue(self, coupon_id: CouponId, terms: CouponTerms, cause: Cause) -> Awaitable[Outcome]:
        """Let buyers use a coupon: [CouponIssued]."""
        ref = COUPONS(coupon_id)
        return self._uow.change([ref], lambda view: coupon.issue(view[ref], terms), cause)

    def withdraw(self, coupon_id: CouponId, cause: Cause) -> Awaitable[Outcome]:
        """Let no further order use a coupon: [CouponWithdrawn]."""
        ref = COUPONS(coupon_id)
        return self._uow.change([ref], lambda view: coupon.withdraw(view[ref]), cause)

    def claim(
        self, coupon_id: CouponId, terms: CouponTerms, buyer_id: BuyerId, cause: Cause
    ) -> Awaitable[Outcome]:
        """Let a buyer keep a coupon; its days, if it counts any, begin once."""
        ref, mine = COUPONS(coupon_id), CLAIMS(claims.name(terms.festival_id, buyer_id))
        return self._uow.change(
            [ref, mine],
            lambda view: coupon.claim(
                view[ref], buyer_id, view[mine].claimed.get(coupon_id), view.at
            ),
            cause,
        )

    def set_rate(self, rate: Rate, cause: Cause) -> Awaitable[Outcome]:
        """Know another rate of a pair of currencies."""
        ref = RATES(QUOTED)
        return self._uow.change([ref], lambda view: rates.set_rate(view[ref], rate, view.at), cause)

"""Terms: what a coupon may promise, in which shapes, for whose goods and how much.

Eight shapes: {product, shop} × {N items → percent, over X → minus, flat percent, flat minus}.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from shared.events.money import Currency
from shared.events.orders import CouponTerms
from shared.refusal import Refused


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


def check(terms: CouponTerms, limits: Limits) -> None:
    """Refuse terms that are none, or promise more than *limits* let them."""
    _check_size(terms, limits)
    _check_shape(terms, limits)
    _check_cover(terms)
    if not EARLIEST <= terms.valid_from < terms.valid_until <= LATEST:
        raise Refused(
            "coupon.window", "It ends before it begins, or in no time of ours.", kind="invalid"
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

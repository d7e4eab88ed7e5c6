"""Units whose price goes back before they leave: they do not leave, and somebody else has them."""

from collections.abc import Iterable
from typing import Any

import pytest

from services.orders.ordering import parcel, payment, placing, refund, shortfall
from services.orders.ordering.claims import Claims
from services.orders.ordering.claims import evolve as claiming
from services.orders.ordering.order import Order
from services.orders.pool.stock import Stock
from services.orders.pool.stock import evolve as stocking
from services.orders.pricing.coupon import Coupon
from services.orders.pricing.coupon import evolve as using
from shared.events.orders import (
    CouponTerms,
    Line,
    OrderCancelled,
    OrderDelivered,
    OrderPartCancelled,
    OrderRestCancelled,
    RefundDue,
    Units,
)
from shared.refusal import Refused
from tests.rules.orders.standing import (
    AFTER_GRACE,
    AT,
    ENTERING,
    LIMIT,
    NOTHING,
    NOW,
    PLACED,
    POLICY,
    STANDING,
    TARTS,
    WINE,
    Decision,
    delivered,
    mop,
    paid,
    shipped,
    told,
    units,
)

CONFIRMED = AT["confirmed"]
COUPON = CouponTerms(
    festival_id="fair",
    scope="product",
    funded_by="merchant",
    currency="MOP",
    merchant_id="m01",
    skus=("egg-tart",),
    minus=100,
    total=1,
    per_buyer=1,
    valid_from=NOW,
    valid_until=AFTER_GRACE,
)


def giving(
    *what: Units, damaged: Iterable[Units] = (), id: str = "r", limit: int = 100_000
) -> Decision:
    """Give back the price of units."""

    def decide(order: Order) -> Iterable[object]:
        asked = refund.ask(
            order,
            id,
            refund.price_of(order, what),
            AFTER_GRACE,
            reason="sold out",
            by="eva",
            limit=dict.fromkeys(LIMIT, limit),
            units=what,
            damaged=tuple(damaged),
        )
        return shortfall.given_back(order, asked, AFTER_GRACE, POLICY)

    return decide


def agreeing(order: Order) -> Iterable[object]:
    agreed = refund.approve(order, "r", "rui", AFTER_GRACE)
    return shortfall.given_back(order, agreed, AFTER_GRACE, POLICY)


def line_of(of: Line, quantity: int) -> Line:
    return of.model_copy(update={"quantity": quantity, "discounts": ()})


def test_units_paid_back_before_they_left_do_not_leave_and_the_rest_does() -> None:
    due, cut = giving(*units(wine=2))(CONFIRMED)
    assert isinstance(due, RefundDue)
    assert isinstance(cut, OrderPartCancelled)
    assert (due.amount, cut.lines, cut.damaged) == (mop(20_000), (line_of(WINE, 2),), ())
    after = told(CONFIRMED, giving(*units(wine=2)))
    assert (after.status, parcel.unsent(after)) == ("confirmed", {"egg-tart": 3})
    assert after.history[-1].why == "sold out"
    with pytest.raises(Refused, match=r"parcel\.units"):
        shipped(*units(wine=1))(after)
    assert told(after, shipped(*units(egg_tart=3)), delivered()).status == "delivered"


def test_the_units_are_free_again_or_unfit_in_the_same_change() -> None:
    pool = Stock("egg-tart", "m01", received=5, free=2, sold=3)
    [_, cut] = giving(*units(egg_tart=2), damaged=units(egg_tart=1))(CONFIRMED)
    after = stocking(pool, cut)
    assert (after.sold, after.free, after.damaged) == (1, 3, 1)
    assert told(CONFIRMED, lambda _: [cut]).damaged == units(egg_tart=1)


@pytest.mark.parametrize(
    ("what", "damaged"),
    [
        (units(wine=1), units(wine=2)),
        (units(wine=1), units(egg_tart=1)),
    ],
)
def test_no_more_are_damaged_than_do_not_leave(
    what: tuple[Units, ...], damaged: tuple[Units, ...]
) -> None:
    for limit in (100_000, 1):
        with pytest.raises(Refused, match=r"refund\.damaged"):
            giving(*what, damaged=damaged, limit=limit)(CONFIRMED)
    gone = told(CONFIRMED, shipped())
    with pytest.raises(Refused, match=r"refund\.damaged"):
        giving(*units(wine=1), damaged=units(wine=1))(gone)


def test_an_order_of_which_nothing_is_left_and_nothing_has_gone_is_cancelled() -> None:
    part = told(CONFIRMED, giving(*units(wine=2)))
    due, undone = giving(*units(egg_tart=3), damaged=units(egg_tart=1), id="r-2")(part)
    assert isinstance(due, RefundDue)
    assert isinstance(undone, OrderCancelled)
    assert (undone.were, undone.lines, undone.damaged) == ("sold", (TARTS,), units(egg_tart=1))
    over = told(part, lambda _: [due, undone])
    assert (over.status, refund.left(over), over.damaged) == ("cancelled", 0, units(egg_tart=1))
    assert told(over, lambda _: [undone]).damaged == over.damaged, "told twice, it is one"


def test_what_goes_back_with_the_last_unit_leaves_nothing_behind() -> None:
    """An order of stock in the mainland has freight on top: nobody keeps that of no goods."""
    dearer = PLACED.model_copy(update={"total": mop(34_300 + 2_000)})
    order = told(NOTHING, lambda _: placing.place(dearer), paid)
    _, _, rest = giving(*units(egg_tart=3, wine=2))(order)
    assert isinstance(rest, RefundDue)
    assert (rest.amount, rest.reason) == (mop(2_000), "cancelled")


def test_when_the_rest_is_cancelled_what_has_left_is_the_order() -> None:
    part = told(STANDING, paid, shipped(*units(wine=2)))
    _, cut = giving(*units(egg_tart=3))(part)
    assert isinstance(cut, OrderRestCancelled)
    after = told(part, lambda _: [cut])
    assert (after.status, parcel.unsent(after)) == ("shipped", {})
    assert told(after, delivered()).status == "delivered"


def test_when_all_that_has_left_has_come_the_time_to_return_it_begins() -> None:
    part = told(STANDING, paid, shipped(*units(wine=2)), delivered())
    assert part.status == "part-shipped"
    *_, came = giving(*units(egg_tart=3))(part)
    assert isinstance(came, OrderDelivered)
    after = told(part, giving(*units(egg_tart=3)))
    assert (after.status, after.return_until) == (
        "delivered",
        AFTER_GRACE + POLICY.return_within,
    )
    assert placing.complete(after, AFTER_GRACE + POLICY.return_within)


def test_units_that_have_left_stay_where_they_are_whatever_goes_back() -> None:
    for gone in (told(CONFIRMED, shipped()), AT["delivered"], AT["completed"]):
        [due] = giving(*units(wine=2))(gone)
        assert isinstance(due, RefundDue)
    booth = told(NOTHING, lambda _: placing.sell(PLACED, POLICY))
    assert len([*giving(*units(wine=2))(booth)]) == 2, "money due, and paid"


def test_of_units_of_one_product_those_that_have_not_left_are_cancelled_first() -> None:
    part = told(STANDING, paid, shipped(*units(egg_tart=2)))
    _, cut = giving(*units(egg_tart=2))(part)
    assert isinstance(cut, OrderPartCancelled)
    assert cut.lines == (line_of(TARTS, 1),)


def test_a_second_person_agrees_before_anything_is_cancelled_and_what_left_meanwhile_has_left() -> (
    None
):
    what = units(wine=2)
    waiting = told(CONFIRMED, giving(*what, damaged=units(wine=2), limit=1))
    assert parcel.unsent(waiting) == parcel.unsent(CONFIRMED)
    _, _, cut = agreeing(waiting)
    assert isinstance(cut, OrderPartCancelled)
    assert cut.damaged == what
    _, _, cut = agreeing(told(waiting, shipped(*units(wine=1))))
    assert isinstance(cut, OrderPartCancelled)
    assert (cut.lines, cut.damaged) == ((line_of(WINE, 1),), units(wine=1))
    assert len([*agreeing(told(waiting, shipped()))]) == 2, "agreed, and due"


@pytest.mark.parametrize("status", ["declared", "customs-held", "released"])
def test_what_passes_customs_leaves_as_it_was_declared(status: Any) -> None:
    for order in (AT[status], told(AT["new"], lambda _: placing.place(ENTERING), paid)):
        with pytest.raises(Refused, match=r"refund\.declared-whole"):
            giving(*units(cookies=1))(order)


def test_who_withdraws_gives_up_what_was_not_cancelled_before() -> None:
    part = told(CONFIRMED, giving(*units(egg_tart=2)))
    undone, due = placing.cancel(part, None, NOW)
    assert isinstance(undone, OrderCancelled)
    assert [(line.sku, line.quantity) for line in undone.lines] == [("egg-tart", 1), ("wine", 2)]
    assert undone.lines[0].payable == mop(4_800 - 33), "its share of what is off"
    assert isinstance(due, RefundDue)
    over = told(part, lambda _: [undone, due])
    assert (refund.left(over), over.status) == (0, "cancelled")


def test_a_buyer_may_have_again_what_was_cancelled_and_a_coupon_that_is_used_no_more() -> None:
    used = Coupon("c", "issued", COUPON, used=1)
    mine = Claims("fair/ana", listings={"l1": 3, "l2": 2}, coupons={"c": 1})
    _, wine = giving(*units(wine=1))(CONFIRMED)
    after = claiming(mine, wine)
    assert (after.listings, after.coupons) == ({"l1": 3, "l2": 1}, {"c": 1})
    assert using(used, wine) == used, "it takes something off the tarts"
    part = told(CONFIRMED, giving(*units(egg_tart=2)))
    _, tarts = giving(*units(egg_tart=1), id="r-2")(part)
    assert isinstance(tarts, OrderPartCancelled)
    assert tarts.coupons == ("c",)
    assert claiming(Claims("fair/ana", listings={"l1": 1}, coupons={"c": 1}), tarts) == Claims(
        "fair/ana"
    )
    assert using(used, tarts).used == 0


def test_two_lines_of_one_product_are_cancelled_one_after_the_other() -> None:
    deal = TARTS.model_copy(
        update={"deal_id": "d", "listing_id": None, "quantity": 1, "discounts": ()}
    )
    agreed = PLACED.model_copy(
        update={"lines": (deal, TARTS), "total": placing.total([deal, TARTS])}
    )
    order = told(
        NOTHING,
        lambda _: placing.place(agreed),
        lambda it: payment.capture(it, "p", agreed.total, NOW, POLICY),
    )
    _, cut = giving(*units(egg_tart=2))(order)
    assert isinstance(cut, OrderPartCancelled)
    assert [(line.deal_id, line.quantity) for line in cut.lines] == [("d", 1), (None, 1)]
    assert [line.quantity for line in shortfall.remaining(told(order, lambda _: [cut]))] == [2]

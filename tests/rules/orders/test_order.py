"""How an order comes to be and how it ends: placed, sold, expired, cancelled, completed."""

from datetime import timedelta

import pytest

from services.orders.border import entry
from services.orders.ordering import claims, course, placing, refund
from services.orders.ordering.claims import Claims
from services.orders.ordering.life import Status
from services.orders.ordering.order import CASH
from shared.events.ids import derived_id
from shared.events.orders import (
    OrderCancelled,
    OrderCompleted,
    OrderConfirmed,
    OrderExpired,
    OrderHandedOver,
    RefundDue,
)
from shared.refusal import Refused
from tests.rules.orders.standing import (
    AFTER_GRACE,
    AT,
    LIMIT,
    NOTHING,
    NOW,
    PLACED,
    POLICY,
    STANDING,
    TARTS,
    WINE,
    cny,
    mop,
    told,
)

INSTANT = timedelta(microseconds=1)
CONFIRMED = AT["confirmed"]


def test_an_order_has_at_least_one_line() -> None:
    with pytest.raises(Refused, match=r"order\.empty"):
        placing.place(PLACED.model_copy(update={"lines": ()}))


def test_an_order_costs_its_lines_less_their_discounts_and_what_comes_on_top() -> None:
    assert placing.total([TARTS, WINE]) == mop(34_300)
    assert placing.total([TARTS, WINE], mop(2_000), None, mop(55)) == mop(36_355)


def test_currencies_do_not_add() -> None:
    fen = TARTS.model_copy(update={"unit_price": cny(1), "discounts": ()})
    with pytest.raises(Refused, match=r"order\.currencies"):
        placing.total([TARTS, fen])


def test_more_than_money_can_count_is_no_order() -> None:
    dear = TARTS.model_copy(update={"unit_price": mop(10**15)})
    for lines in ([dear], [dear.model_copy(update={"quantity": 1, "discounts": ()}), TARTS]):
        with pytest.raises(Refused) as no:
            placing.total(lines)
        assert (no.value.code, no.value.kind) == ("order.too-dear", "invalid")


def test_a_booth_sale_is_placed_paid_for_in_cash_and_handed_over_at_once() -> None:
    placed, confirmed, *prices, over = placing.sell(PLACED, POLICY)
    assert placed == PLACED
    assert isinstance(confirmed, OrderConfirmed)
    assert (confirmed.method, confirmed.payment_id) == ("cash", None)
    assert (confirmed.grace_until, confirmed.ship_by) == (None, None), "no clock starts"
    assert {fact.ledger_id for fact in prices} == {"fair/egg-tart/online", "fair/wine/online"}
    assert over == OrderHandedOver(
        order_id="o", lines=PLACED.lines, at=NOW, return_until=NOW + POLICY.return_within
    )
    sold = told(NOTHING, lambda _: [placed, confirmed, over])
    assert (sold.status, sold.due) == ("completed", None)
    assert [(p.id, p.amount, p.status) for p in sold.payments] == [(CASH, PLACED.total, "captured")]


def test_what_was_handed_over_may_be_brought_back_for_seven_days_from_then() -> None:
    sold = told(NOTHING, lambda _: placing.sell(PLACED, POLICY))
    assert (sold.status, sold.due) == ("completed", None)
    assert sold.return_until == NOW + timedelta(days=7)


def test_an_order_ends_at_the_instant_its_hold_does_and_not_before() -> None:
    with pytest.raises(Refused, match=r"order\.not-due"):
        placing.expire(STANDING, PLACED.hold_until - INSTANT)
    [said] = placing.expire(STANDING, PLACED.hold_until)
    assert isinstance(said, OrderExpired)
    assert (said.lines, said.were) == (PLACED.lines, "held")


def test_its_buyer_withdraws_from_what_is_not_paid_for_at_any_time() -> None:
    [said] = placing.cancel(STANDING, "too dear", NOW + timedelta(days=9))
    assert isinstance(said, OrderCancelled)
    assert (said.lines, said.were, said.reason) == (PLACED.lines, "held", "too dear")


def test_its_buyer_withdraws_within_the_grace_and_is_paid_back_and_not_at_its_end() -> None:
    withdrawn, due = placing.cancel(CONFIRMED, None, AFTER_GRACE - INSTANT)
    assert isinstance(withdrawn, OrderCancelled)
    assert isinstance(due, RefundDue)
    assert (withdrawn.were, due.payment_id, due.amount) == ("sold", "p", PLACED.total)
    with pytest.raises(Refused) as no:
        placing.cancel(CONFIRMED, None, AFTER_GRACE)
    assert (no.value.code, no.value.facts["grace_until"]) == ("order.grace-over", AFTER_GRACE)


def test_who_withdraws_is_not_left_waiting_for_a_refund_that_two_people_talk_about() -> None:
    asked = told(
        CONFIRMED,
        lambda it: refund.ask(it, "r", mop(9), NOW, reason="late", by="eva", limit={"MOP": 1}),
    )
    gone = told(asked, lambda it: placing.cancel(it, None, NOW))
    assert {(back.id, back.status, back.amount.amount) for back in gone.refunds} == {
        ("r", "due", 9),
        (derived_id("o", "p", "cancelled"), "due", 34_291),
    }
    with pytest.raises(Refused, match=r"refund\.unknown"):
        refund.deny(gone, "r", "rui", "no", NOW)


def test_who_was_paid_back_all_before_withdrawing_is_not_paid_back_again() -> None:
    before = told(
        CONFIRMED,
        lambda it: refund.ask(it, "r", mop(34_300), NOW, reason="-", by="eva", limit=LIMIT),
    )
    assert len(placing.cancel(before, None, NOW)) == 1


def test_an_order_is_complete_at_the_instant_its_time_to_return_ends() -> None:
    until = AT["delivered"].return_until
    assert until
    with pytest.raises(Refused, match=r"order\.not-due"):
        placing.complete(AT["delivered"], until - INSTANT)
    assert placing.complete(AT["delivered"], until) == [OrderCompleted(order_id="o", at=until)]


@pytest.mark.parametrize("end", ["expired", "cancelled", "rejected", "completed"])
def test_an_end_that_is_told_twice_is_where_it_was(end: Status) -> None:
    before, story = AT[end], AT[end].history[-1]
    assert before.due is None
    twice = course.evolve(before, told_again(end))
    assert (twice.status, twice.payments, twice.refunds, twice.due) == (
        before.status,
        before.payments,
        before.refunds,
        None,
    )
    assert story.status == end


def told_again(end: Status) -> object:
    """The last word on an order that ended so."""
    facts = {
        "expired": lambda: placing.expire(STANDING, PLACED.hold_until)[0],
        "cancelled": lambda: placing.cancel(STANDING, None, NOW)[0],
        "rejected": lambda: entry.reject(AT["declared"], "no", AFTER_GRACE)[0],
        "completed": lambda: OrderCompleted(order_id="o", at=AFTER_GRACE),
    }
    return facts[end]()


def test_what_is_told_of_another_order_does_not_concern_this_one() -> None:
    of_another = OrderCompleted(order_id="o-2", at=NOW)
    assert course.evolve(AT["delivered"], of_another) is AT["delivered"]


# Claims ------------------------------------------------------------------------------------------


def test_what_is_paid_for_counts_against_the_limits_and_waits_no_more() -> None:
    mine = Claims(claims.name("fair", "ana"))
    held = claims.evolve(mine, PLACED)
    assert (held.open, held.listings) == (1, {"l1": 3, "l2": 2})
    paid = claims.evolve(held, placing.confirm(PLACED, "provider", "p", NOW)[0])
    assert (paid.open, paid.listings) == (0, held.listings)
    assert claims.evolve(held, placing.cancel(STANDING, None, NOW)[0]) == mine
    assert claims.evolve(paid, placing.cancel(CONFIRMED, None, NOW)[0]) == mine


def test_what_another_buyer_does_is_not_counted() -> None:
    rui = Claims(claims.name("fair", "rui"))
    assert claims.evolve(rui, PLACED) is rui


def test_the_house_gives_up_what_cannot_be_sent_however_late_and_the_money_goes_back() -> None:
    late = NOW + POLICY.grace
    with pytest.raises(Refused, match=r"order\.grace-over"):
        placing.cancel(CONFIRMED, None, late)
    gone = told(CONFIRMED, lambda it: placing.cancel(it, "broken", late, by_house=True))
    assert (gone.status, [back.amount for back in gone.refunds]) == ("cancelled", [PLACED.total])
    with pytest.raises(Refused, match=r"order\.illegal-move"):
        placing.cancel(AT["part-shipped"], None, late, by_house=True)

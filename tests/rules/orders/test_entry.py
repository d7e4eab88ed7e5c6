"""How goods enter the mainland: declared after the grace; customs answers in any order, twice."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from services.orders.border import entry
from services.orders.ordering import placing, refund
from services.orders.ordering.life import Status
from services.orders.ordering.order import Order
from shared.events.orders import (
    CustomsHeld,
    OrderDeclared,
    OrderRejected,
    OrderReleased,
    RefundDue,
)
from shared.refusal import Refused
from tests.rules.orders import standing
from tests.rules.orders.standing import (
    AFTER_GRACE,
    AT,
    ENTERING,
    LIMIT,
    NOW,
    POLICY,
    TO_ENTER,
    arrived,
    cny,
    delivered,
    held,
    paid,
    rejected,
    released,
    returning,
    shipped,
    told,
    units,
)

PAID = told(TO_ENTER, paid)


def test_nothing_is_declared_while_its_buyer_may_still_withdraw() -> None:
    with pytest.raises(Refused) as no:
        entry.declare(PAID, "d", "sf", AFTER_GRACE - timedelta(microseconds=1), POLICY)
    assert (no.value.code, no.value.facts["until"]) == ("entry.grace", AFTER_GRACE)
    [said] = entry.declare(PAID, "d", "sf", AFTER_GRACE, POLICY)
    assert said == OrderDeclared(
        order_id="o",
        declaration="d",
        waybill="sf",
        at=AFTER_GRACE,
        answer_by=AFTER_GRACE + POLICY.answer_within,
    )


def test_once_it_is_declared_its_buyer_withdraws_no_more() -> None:
    with pytest.raises(Refused, match=r"order\.illegal-move"):
        placing.cancel(AT["declared"], None, NOW)
    assert AT["declared"].grace_until is None
    assert AT["declared"].declaration == "decl-1"


def test_goods_that_do_not_enter_the_mainland_are_not_declared() -> None:
    with pytest.raises(Refused) as no:
        entry.declare(AT["confirmed"], "d", "sf", AFTER_GRACE, POLICY)
    assert (no.value.code, no.value.kind) == ("entry.none", "invalid")


def by_general_trade() -> Order:
    """The same goods, by the way on which an importer of record declares."""
    duty = ENTERING.entry.duty.model_copy(update={"channel": "GENERAL_TRADE_0110"})
    agreed = ENTERING.model_copy(update={"entry": ENTERING.entry.model_copy(update={"duty": duty})})
    return told(AT["new"], lambda _: placing.place(agreed), paid)


def cleared(order: Order, released_at: datetime, now: datetime) -> list[Any]:
    return [*entry.cleared_elsewhere(order, "5302-1", released_at, now, POLICY)]


def test_what_an_importer_declared_elsewhere_is_released_when_it_was_and_told_of() -> None:
    cargo, days = by_general_trade(), timedelta(days=3)
    held_up = told(cargo, lambda it: entry.hold(it, "entry.general-trade", (), AFTER_GRACE, POLICY))
    released_at, now = AFTER_GRACE + timedelta(days=1), AFTER_GRACE + days
    for order in (cargo, held_up):
        after = told(order, lambda it: cleared(it, released_at, now))
        assert (after.status, after.declaration) == ("released", "5302-1")
        assert (after.released_at, after.due) == (released_at, now + POLICY.ship_within)
        assert after.crossing
        assert (after.crossing.waybill, after.crossing.look_at) == ("", None), "people send it"
        assert [(step.what, step.at, step.why) for step in after.history[-2:]] == [
            ("declared", now, "by an importer of record, as 5302-1"),
            ("released", now, "at 2025-05-25T02:30:00.000Z"),
        ]
        assert told(after, shipped(at=now), delivered(at=now)).status == "delivered"


def test_only_goods_of_general_trade_are_cleared_elsewhere_and_not_before_they_were_ordered() -> (
    None
):
    cargo, second = by_general_trade(), timedelta(seconds=1)
    for released_at in (ENTERING.placed_at - second, AFTER_GRACE + second):
        with pytest.raises(Refused, match=r"entry\.released-at"):
            cleared(cargo, released_at, AFTER_GRACE)
    with pytest.raises(Refused, match=r"entry\.grace"):
        cleared(cargo, NOW, AFTER_GRACE - second)
    with pytest.raises(Refused, match=r"entry\.declared-here"):
        cleared(PAID, AFTER_GRACE, AFTER_GRACE)
    with pytest.raises(Refused, match=r"entry\.none"):
        cleared(AT["confirmed"], AFTER_GRACE, AFTER_GRACE)
    over = told(cargo, lambda it: cleared(it, AFTER_GRACE, AFTER_GRACE))
    with pytest.raises(Refused, match=r"order\.illegal-move"):
        cleared(over, AFTER_GRACE, AFTER_GRACE)


def test_no_tax_comes_back_with_what_entered_by_general_trade() -> None:
    order = told(
        by_general_trade(),
        lambda it: cleared(it, AFTER_GRACE, AFTER_GRACE),
        shipped(),
        delivered(),
        returning(*units(oil=1)),
    )
    assert order.returns[0].arrive_by is None
    received, due = arrived()(order)
    assert (received.tax_refundable, received.quota, due.amount) == (False, None, cny(10_561))


def test_what_customs_holds_may_be_declared_anew() -> None:
    again = told(
        AT["customs-held"],
        lambda it: entry.declare(it, "decl-2", "sf-1", AFTER_GRACE, POLICY),
    )
    assert (again.status, again.declaration) == ("declared", "decl-2")
    assert told(again, held).status == "customs-held"


@pytest.mark.parametrize("before", ["declared", "customs-held"])
def test_customs_lets_the_goods_in_whether_it_held_them_or_not(before: Status) -> None:
    [said] = entry.release(AT[before], AFTER_GRACE, POLICY)
    assert isinstance(said, OrderReleased)
    order = told(AT[before], released)
    assert (order.status, order.released_at, order.due) == (
        "released",
        AFTER_GRACE,
        AFTER_GRACE + POLICY.ship_within,
    )


@pytest.mark.parametrize("before", ["declared", "customs-held"])
def test_what_customs_turns_away_is_free_again_and_all_its_money_goes_back(before: Status) -> None:
    turned_away, due = entry.reject(AT[before], "forbidden", AFTER_GRACE)
    assert isinstance(turned_away, OrderRejected)
    assert isinstance(due, RefundDue)
    assert (turned_away.were, turned_away.lines) == ("sold", ENTERING.lines)
    assert (turned_away.lines, due.amount) == (ENTERING.lines, ENTERING.total)
    assert refund.left(told(AT[before], rejected)) == 0


def test_of_what_is_turned_away_only_that_goes_back_which_did_not_go_before() -> None:
    before = told(
        AT["declared"],
        lambda it: refund.ask(it, "f", cny(500), NOW, reason="late", by="eva", limit=LIMIT),
    )
    _, due = entry.reject(before, "forbidden", AFTER_GRACE)
    assert isinstance(due, RefundDue)
    assert due.amount == cny(37_338)


def test_what_customs_says_twice_changes_nothing() -> None:
    assert list(held(AT["customs-held"])) == []
    assert list(rejected(AT["rejected"])) == []
    for order in (AT["released"], told(AT["released"], shipped())):
        assert list(released(order)) == []


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        ("confirmed", "released"),
        ("confirmed", "rejected"),
        ("released", "held"),
        ("released", "rejected"),
        ("rejected", "held"),
        ("rejected", "released"),
        ("shipped", "rejected"),
        ("cancelled", "rejected"),
    ],
)
def test_an_answer_of_customs_that_comes_too_early_or_too_late_is_refused(
    status: Status, answer: str
) -> None:
    with pytest.raises(Refused, match=r"order\.illegal-move"):
        getattr(standing, answer)(AT[status])


def test_a_hold_says_what_differs_and_until_when_somebody_is_to_decide() -> None:
    [said] = held(AT["declared"])
    assert said == CustomsHeld(
        order_id="o",
        reason="the lists differ",
        differing=("weight",),
        at=AFTER_GRACE,
        decide_by=AFTER_GRACE + POLICY.decide_within,
    )

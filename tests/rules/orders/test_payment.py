"""Money that comes: what was asked for, what was not, too late, twice, or not at all."""

import pytest

from services.orders.ordering import course, payment, placing, refund
from services.orders.ordering.life import Status
from services.orders.ordering.order import Offer, Order, PaymentOffered
from shared.events.money import Money
from shared.events.orders import (
    OrderConfirmed,
    PaymentFailed,
    PaymentQuarantined,
    PaymentStarted,
    RefundDue,
)
from shared.refusal import Refused
from tests.rules.orders.standing import AT, NOTHING, NOW, PLACED, POLICY, STANDING, cny, mop, told

TOTAL = PLACED.total
CONFIRMED = AT["confirmed"]


def wrong(amount: Money, payment_id: str = "p") -> Order:
    """An order for which money came that was not asked for."""
    return told(STANDING, lambda it: payment.capture(it, payment_id, amount, NOW, POLICY))


def test_the_right_money_confirms_an_order_that_waits_and_starts_its_clocks() -> None:
    said, *prices = payment.capture(STANDING, "p", TOTAL, NOW, POLICY)
    assert isinstance(said, OrderConfirmed)
    assert len(prices) == len(PLACED.lines), "what was paid for each is known"
    assert (said.lines, said.total, said.method, said.payment_id) == (
        PLACED.lines,
        TOTAL,
        "provider",
        "p",
    )
    assert (said.grace_until, said.ship_by) == (NOW + POLICY.grace, NOW + POLICY.ship_within)


@pytest.mark.parametrize("amount", [mop(34_299), mop(34_301), mop(0), cny(34_300)])
def test_other_money_than_was_asked_for_is_put_aside_and_the_units_stay_held(
    amount: Money,
) -> None:
    [said] = payment.capture(STANDING, "p", amount, NOW, POLICY)
    assert said == PaymentQuarantined(
        order_id="o", payment_id="p", amount=amount, expected=TOTAL, at=NOW
    )
    assert (wrong(amount).status, refund.left(wrong(amount))) == ("placed", 0)


def test_money_that_was_put_aside_can_be_given_back_whole() -> None:
    aside = wrong(mop(99))
    [said] = payment.resolve(aside, "p", "refund", NOW, POLICY)
    assert isinstance(said, RefundDue)
    assert (said.amount, said.reason) == (mop(99), "quarantined")
    after = course.evolve(aside, said)
    assert (after.status, refund.left(after)) == ("placed", 0)
    with pytest.raises(Refused, match=r"payment\.not-quarantined"):
        payment.resolve(after, "p", "refund", NOW, POLICY)


def test_money_that_was_put_aside_can_be_taken_and_what_is_too_much_goes_back() -> None:
    aside = wrong(mop(34_350))
    confirmed, *_, over = payment.resolve(aside, "p", "accept", NOW, POLICY)
    assert isinstance(confirmed, OrderConfirmed)
    assert isinstance(over, RefundDue)
    assert (confirmed.total, over.amount, over.reason) == (TOTAL, mop(50), "overpaid")
    after = told(aside, lambda _: [confirmed, over])
    assert after.status == "confirmed"
    assert refund.left(after) == TOTAL.amount, "all that the order costs can still go back"


@pytest.mark.parametrize("amount", [mop(34_299), cny(34_300)])
def test_too_little_or_other_money_cannot_be_taken(amount: Money) -> None:
    with pytest.raises(Refused, match=r"payment\.too-little"):
        payment.resolve(wrong(amount), "p", "accept", NOW, POLICY)


def test_money_put_aside_is_not_taken_for_an_order_that_no_longer_waits_but_given_back() -> None:
    aside = told(wrong(mop(40_000)), lambda it: payment.capture(it, "right", TOTAL, NOW, POLICY))
    with pytest.raises(Refused, match=r"order\.illegal-move"):
        payment.resolve(aside, "p", "accept", NOW, POLICY)
    [back] = payment.resolve(aside, "p", "refund", NOW, POLICY)
    assert isinstance(back, RefundDue)
    assert back.amount == mop(40_000)


@pytest.mark.parametrize("payment_id", ["ghost", "p"])
def test_only_money_that_is_put_aside_is_decided_about(payment_id: str) -> None:
    with pytest.raises(Refused) as no:
        payment.resolve(CONFIRMED, payment_id, "refund", NOW, POLICY)
    assert (no.value.code, no.value.kind) == ("payment.not-quarantined", "missing")


@pytest.mark.parametrize("status", [status for status in AT if status not in ("new", "placed")])
def test_money_for_an_order_that_waits_for_none_goes_back_by_itself(status: Status) -> None:
    standing = AT[status]
    [said] = payment.capture(standing, "late", TOTAL, NOW, POLICY)
    assert isinstance(said, RefundDue)
    assert (said.payment_id, said.amount, said.reason) == ("late", TOTAL, f"order-{status}")
    after = course.evolve(standing, said)
    assert (after.status, refund.left(after)) == (status, refund.left(standing))


def test_the_same_money_told_of_again_changes_nothing() -> None:
    for known in (
        CONFIRMED,
        wrong(mop(1)),
        told(wrong(mop(1)), lambda it: payment.resolve(it, "p", "refund", NOW, POLICY)),
        told(AT["expired"], lambda it: payment.capture(it, "p", TOTAL, NOW, POLICY)),
    ):
        for amount in (TOTAL, mop(7)):
            assert payment.capture(known, "p", amount, NOW, POLICY) == []
        assert payment.fail(known, "p", NOW) == []


def offer(payment_id: str, key: str = "") -> Offer:
    """What is answered to who begins to pay."""
    return Offer(key or f"key-{payment_id}", payment_id, f"https://pay/{payment_id}")


def test_a_payment_that_is_begun_twice_is_one_and_none_is_begun_for_what_is_paid() -> None:
    said, told_where = payment.start(STANDING, offer("p"), TOTAL, NOW)
    assert said == PaymentStarted(order_id="o", payment_id="p", amount=TOTAL, at=NOW)
    assert told_where == PaymentOffered("o", offer("p"))
    begun = told(STANDING, lambda _: [said, told_where])
    assert payment.start(begun, offer("p"), TOTAL, NOW) == []
    with pytest.raises(Refused, match=r"order\.illegal-move"):
        payment.start(CONFIRMED, offer("p-2"), TOTAL, NOW)


def test_who_asks_again_is_answered_as_before_whatever_has_become_of_the_order() -> None:
    begun = told(STANDING, lambda it: payment.start(it, offer("p"), TOTAL, NOW))
    for order in (
        begun,
        told(begun, lambda it: payment.fail(it, "p", NOW)),
        told(begun, lambda it: payment.capture(it, "p", TOTAL, NOW, POLICY)),
        told(begun, lambda it: placing.expire(it, PLACED.hold_until)),
    ):
        assert payment.offered(order, "key-p") == offer("p")
        assert payment.offered(order, "another") is None
    quicker = payment.start(CONFIRMED, offer("p"), TOTAL, NOW)
    assert quicker == [PaymentOffered("o", offer("p"))], "its outcome was quicker than we"


def test_a_failure_leaves_the_order_waiting_for_another_try() -> None:
    begun = told(STANDING, lambda it: payment.start(it, offer("p"), TOTAL, NOW))
    [said] = payment.fail(begun, "p", NOW)
    assert said == PaymentFailed(order_id="o", payment_id="p", at=NOW)
    failed = course.evolve(begun, said)
    assert failed.status == "placed"
    assert payment.check_payable(failed) == TOTAL
    assert payment.fail(failed, "p", NOW) == []


@pytest.mark.parametrize(("status", "kind"), [("placed", OrderConfirmed), ("expired", RefundDue)])
def test_a_success_told_after_a_failure_of_the_same_payment_counts(
    status: Status, kind: type
) -> None:
    failed = course.evolve(AT[status], PaymentFailed(order_id="o", payment_id="p"))
    said, *_ = payment.capture(failed, "p", TOTAL, NOW, POLICY)
    assert isinstance(said, kind)


def test_an_order_nobody_placed_is_missing() -> None:
    for ask in (
        lambda: payment.capture(NOTHING, "p", TOTAL, NOW, POLICY),
        lambda: payment.fail(NOTHING, "p", NOW),
        lambda: payment.check_payable(NOTHING),
    ):
        with pytest.raises(Refused) as no:
            ask()
        assert no.value.kind == "missing"


def test_an_order_is_not_tried_to_be_paid_for_without_end() -> None:
    order = STANDING
    for n in range(payment.MOST_TRIES):
        assert payment.may_start(order) == TOTAL
        order = told(
            order,
            lambda it, n=n: payment.start(it, offer(f"p-{n}"), TOTAL, NOW),
            lambda it, n=n: payment.fail(it, f"p-{n}", NOW) if n % 2 else [],
        )
    for one_more in (
        lambda: payment.may_start(order),
        lambda: payment.start(order, offer("p-99"), TOTAL, NOW),
    ):
        with pytest.raises(Refused) as no:
            one_more()
        assert (no.value.code, no.value.kind) == ("payment.tries", "limit")
    late = payment.capture(order, "p-1", TOTAL, NOW, POLICY)
    assert isinstance(late[0], OrderConfirmed), "what was begun may still come"

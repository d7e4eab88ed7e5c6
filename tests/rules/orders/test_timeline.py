"""The timeline: what happened to an order, why, and what it waits for."""

from dataclasses import replace
from datetime import timedelta

import pytest

from services.orders.border import entry
from services.orders.ordering import payment, refund, returns, timeline
from services.orders.ordering.life import WAITS, Status
from services.orders.ordering.order import Offer, Order
from shared.events.ids import derived_id
from shared.events.orders import Attribution
from shared.refusal import Refused
from tests.rules.orders.standing import (
    AFTER_GRACE,
    AT,
    DELIVERED,
    NOTHING,
    NOW,
    PLACED,
    POLICY,
    STANDING,
    arrived,
    mop,
    paid,
    returning,
    shipped,
    told,
    units,
)


def on(order: Order) -> list[str]:
    """What an order waits for, in words."""
    return [wait.on for wait in timeline.waits(order, NOW)]


def test_an_order_tells_its_life_from_the_beginning_in_order() -> None:
    story = timeline.tell(AT["completed"], AFTER_GRACE + timedelta(days=8))
    assert [(row.what, row.status) for row in story.rows] == [
        ("placed", "placed"),
        ("confirmed", "confirmed"),
        ("shipped", "shipped"),
        ("delivered", "delivered"),
        ("completed", "completed"),
    ]
    assert [row.at for row in story.rows] == [
        NOW,
        NOW,
        AFTER_GRACE,
        AFTER_GRACE,
        AFTER_GRACE + POLICY.return_within,
    ]
    assert (story.order_id, story.status, story.waits) == ("o", "completed", [])


def test_a_row_says_why() -> None:
    rows = timeline.tell(AT["rejected"], AFTER_GRACE).rows
    assert [(row.what, row.why) for row in rows[-2:]] == [
        ("rejected", "not on the positive list"),
        ("refund-due", "rejected"),
    ]
    held = told(AT["customs-held"], lambda it: entry.release(it, AFTER_GRACE, POLICY))
    assert [row.why for row in timeline.tell(held, NOW).rows] == [
        "online",
        "",
        "",
        "the lists differ: weight",
        "",
    ]


@pytest.mark.parametrize("status", list(WAITS))
def test_what_an_order_waits_for_is_said_and_whether_it_is_late(status: Status) -> None:
    order = AT[status]
    assert order.due
    before, after = (
        timeline.waits(order, moment)[0]
        for moment in (order.due - timedelta(microseconds=1), order.due)
    )
    assert (before.on, before.until, before.late) == (WAITS[status], order.due, False)
    assert after.late


def test_money_that_somebody_has_to_decide_about_is_waited_for() -> None:
    aside = told(STANDING, lambda it: payment.capture(it, "odd", mop(1), NOW, POLICY))
    assert on(aside) == [WAITS["placed"], "somebody to decide about payment odd"]
    begun = told(AT["expired"], lambda it: payment.capture(it, "late", mop(1), NOW, POLICY))
    back = derived_id("o", "late", "order-expired")
    assert on(begun) == [f"the provider to send back refund {back}"]
    assert on(told(begun, lambda it: refund.paid(it, back, NOW))) == []


def test_money_that_is_due_says_why_and_is_late_when_it_has_not_gone_in_minutes() -> None:
    owed = told(
        AT["completed"],
        lambda it: refund.ask(it, "r", mop(9), NOW, reason="torn", by="eva", limit=None),
    )
    until = NOW + refund.SEND_WITHIN
    waits = [timeline.waits(owed, now)[0] for now in (until - timedelta(seconds=1), until)]
    assert [(wait.until, wait.late, wait.why) for wait in waits] == [
        (until, False, "torn"),
        (until, True, "torn"),
    ]


def test_a_payment_of_which_nothing_was_heard_is_waited_for_once_the_order_is_over() -> None:
    begun = told(
        STANDING, lambda it: payment.start(it, Offer("k", "p-1", "https://pay"), PLACED.total, NOW)
    )
    assert on(begun) == [WAITS["placed"]]
    assert on(told(begun, paid)) == [WAITS["confirmed"], "the provider's word on payment p-1"]


def test_a_refund_above_the_limit_waits_for_a_second_person() -> None:
    asked = told(
        AT["completed"],
        lambda it: refund.ask(it, "r", mop(9), NOW, reason="late", by="eva", limit={"MOP": 1}),
    )
    assert on(asked) == ["a second person to agree to refund r"]


def test_a_return_waits_for_its_answer_and_then_for_its_goods() -> None:
    asked = told(DELIVERED, lambda it: returns.ask(it, "r", units(wine=1), "dry", AFTER_GRACE))
    assert on(asked)[1:] == ["an answer to return r"]
    order = told(DELIVERED, returning(*units(wine=1)))
    assert on(order)[1:] == ["the goods of return r"]
    back = told(order, arrived(), lambda it: refund.paid(it, "r", AFTER_GRACE))
    assert on(back) == [WAITS["delivered"]]


def test_goods_of_a_return_are_late_once_customs_takes_them_no_more() -> None:
    order = told(AT["released"], shipped(), returning(*units(wine=1)))
    until = AFTER_GRACE + timedelta(days=45)
    waits = [timeline.waits(order, moment)[-1] for moment in (until - timedelta(1), until)]
    assert [(wait.until, wait.late) for wait in waits] == [(until, False), (until, True)]


@pytest.mark.parametrize(
    ("came", "said"),
    [
        (None, "online"),
        (Attribution(rule="shelf", device="phone"), "shelf"),
        (Attribution(rule="booth", booth_id="b1"), "booth b1"),
        (Attribution(rule="shelf", session_id="s"), "session s (shelf)"),
        (
            Attribution(rule="pin-recent", session_id="s", pin_sequence=4),
            "session s, pin 4 (pin-recent)",
        ),
    ],
)
def test_the_first_row_says_where_the_order_came_from(came: Attribution | None, said: str) -> None:
    order = replace(STANDING, placed=PLACED.model_copy(update={"attribution": came}))
    assert timeline.tell(order, NOW).rows[0].why == said


def test_an_order_nobody_placed_has_no_story() -> None:
    with pytest.raises(Refused) as no:
        timeline.tell(NOTHING, NOW)
    assert no.value.kind == "missing"

"""Money that goes back: by units or by amount, never more than came, much of it by two people."""

from collections.abc import Iterable
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.orders.ordering import course, payment, placing, refund
from services.orders.ordering.order import CASH, Order
from shared.events.ids import derived_id
from shared.events.money import Money
from shared.events.orders import (
    RefundApproved,
    RefundDenied,
    RefundDue,
    RefundPaid,
    RefundRequested,
    Units,
)
from shared.refusal import Refused
from tests.rules.orders.standing import (
    AT,
    LIMIT,
    NOTHING,
    NOW,
    PLACED,
    POLICY,
    STANDING,
    TARTS,
    Decision,
    arrived,
    cny,
    mop,
    paid,
    returning,
    told,
    units,
)
from tests.rules.orders.standing import off as coupon

CONFIRMED = AT["confirmed"]
LOW = {"MOP": 1_000, "HKD": 1_000, "CNY": 1_000}


def asking(
    amount: Money | None = None,
    *what: Units,
    id: str = "r",
    by: str = "eva",
    limit: dict[str, int] | None = None,
) -> Decision:
    """Ask for an amount, or for the price of units."""

    def decide(order: Order) -> Iterable[object]:
        return refund.ask(
            order,
            id,
            amount or refund.price_of(order, what),
            NOW,
            reason="stale",
            by=by,
            limit=limit or LIMIT,
            units=what,
        )

    return decide


def test_an_amount_below_the_limit_goes_back_at_once() -> None:
    [said] = asking(mop(500))(CONFIRMED)
    assert said == RefundDue(
        order_id="o", payment_id="p", refund_id="r", amount=mop(500), reason="stale", at=NOW
    )
    after = told(CONFIRMED, asking(mop(500)))
    assert (refund.left(after), after.refund_at) == (PLACED.total.amount - 500, NOW)


def test_units_cost_what_their_buyer_paid_for_them() -> None:
    assert refund.price_of(CONFIRMED, units(wine=1)) == mop(10_000)
    assert refund.price_of(CONFIRMED, units(egg_tart=3)) == mop(14_300), "the discount counts"
    assert refund.price_of(CONFIRMED, units(egg_tart=3, wine=2)) == PLACED.total


def test_the_units_of_a_line_given_back_one_by_one_come_to_its_price_exactly() -> None:
    order, amounts = CONFIRMED, list[int]()
    for n in range(3):
        order = told(order, asking(None, *units(egg_tart=1), id=f"r-{n}"))
        amounts.append(order.refunds[-1].amount.amount)
    assert amounts == [4767, 4766, 4767]
    assert sum(amounts) == TARTS.payable.amount


@given(
    price=st.integers(1, 10_000),
    parts=st.lists(st.integers(1, 5), min_size=1, max_size=6),
    off=st.integers(0, 99),
)
def test_however_a_line_is_parted_its_parts_come_to_its_price(
    price: int, parts: list[int], off: int
) -> None:
    line = TARTS.model_copy(
        update={
            "quantity": sum(parts),
            "unit_price": mop(price),
            "discounts": (coupon(min(off, price * sum(parts) - 1)),),
        }
    )
    agreed = PLACED.model_copy(update={"lines": (line,), "total": line.payable})
    order = told(NOTHING, lambda _: placing.place(agreed), paid)
    shares = list[int]()
    for part in parts:
        what = Units(sku=line.sku, quantity=part)
        share = refund.price_of(order, [what])
        shares.append(share.amount)
        assert abs(share.amount * sum(parts) - line.payable.amount * part) <= sum(parts)
        if share.amount:
            order = told(order, asking(share, what, id=f"r-{len(shares)}", limit={"MOP": 10**9}))
        else:
            return  # nothing to give back, and so nothing that is noted
    assert sum(shares) == line.payable.amount
    assert refund.left(order) == 0


@pytest.mark.parametrize(
    ("before", "wanted"),
    [((), {"wine": 3}), ((), {"magnet": 1}), (units(wine=1), {"wine": 2})],
)
def test_no_more_units_are_paid_back_than_were_bought(
    before: tuple[Units, ...], wanted: dict[str, int]
) -> None:
    order = told(CONFIRMED, asking(None, *before)) if before else CONFIRMED
    with pytest.raises(Refused, match=r"refund\.units"):
        refund.price_of(order, units(**wanted))


@pytest.mark.parametrize("amount", [mop(0), mop(34_301), cny(1)])
def test_no_more_goes_back_than_came_and_no_other_money(amount: Money) -> None:
    with pytest.raises(Refused) as no:
        asking(amount)(CONFIRMED)
    assert (no.value.code, no.value.facts["left"]) == ("refund.above-captured", 34_300)


def test_what_is_asked_for_counts_as_gone_until_it_is_denied() -> None:
    asked = told(CONFIRMED, asking(mop(30_000), limit=LOW))
    with pytest.raises(Refused, match=r"refund\.above-captured"):
        asking(mop(4_301), id="r-2")(asked)
    denied = told(asked, lambda it: refund.deny(it, "r", "rui", "no", NOW))
    assert refund.left(denied) == 34_300
    assert asking(mop(34_300), id="r-2")(denied)


@given(amounts=st.lists(st.integers(1, 20_000), max_size=8))
def test_no_number_of_refunds_comes_to_more_than_was_captured(amounts: list[int]) -> None:
    order, gone = CONFIRMED, 0
    for n, amount in enumerate(amounts):
        try:
            order = told(order, asking(mop(amount), id=f"r-{n}"))
        except Refused:
            assert gone + amount > 34_300
        else:
            gone += amount
    assert (refund.left(order), gone <= 34_300) == (34_300 - gone, True)


def test_before_money_comes_there_is_none_to_go_back() -> None:
    with pytest.raises(Refused, match=r"refund\.above-captured"):
        asking(mop(1))(STANDING)
    with pytest.raises(Refused) as no:
        asking(mop(1))(NOTHING)
    assert no.value.kind == "missing"


def test_money_goes_back_to_the_payment_that_still_has_it() -> None:
    gone = told(
        STANDING,
        lambda it: payment.capture(it, "wrong", mop(40_000), NOW, POLICY),
        lambda it: payment.resolve(it, "wrong", "refund", NOW, POLICY),
        paid,
        lambda it: payment.capture(it, "late", PLACED.total, NOW, POLICY),
    )
    [said] = asking(PLACED.total)(gone)
    assert isinstance(said, RefundDue)
    assert said.payment_id == "p"


def test_above_the_limit_two_people_are_needed_and_never_the_same() -> None:
    [asked] = asking(mop(1_001), limit=LOW)(CONFIRMED)
    assert isinstance(asked, RefundRequested)
    assert asking(mop(1_000), limit=LOW)(CONFIRMED)[0] != asked
    waiting = course.evolve(CONFIRMED, asked)
    assert waiting.refund_at is None, "nothing is sent yet"
    for decide in (
        lambda: refund.approve(waiting, "r", "eva", NOW),
        lambda: refund.deny(waiting, "r", "eva", "I think again", NOW),
    ):
        with pytest.raises(Refused) as no:
            decide()
        assert (no.value.code, no.value.kind) == ("refund.second-person", "forbidden")
    agreed, due = refund.approve(waiting, "r", "rui", NOW)
    assert agreed == RefundApproved(order_id="o", refund_id="r", by="rui", at=NOW)
    assert isinstance(due, RefundDue)
    after = told(waiting, lambda _: [agreed, due])
    assert [(r.status, r.amount, r.asked_by) for r in after.refunds] == [("due", mop(1_001), "eva")]


def test_a_refund_that_is_decided_is_decided_once() -> None:
    waiting = told(CONFIRMED, asking(mop(1_001), limit=LOW))
    [no_] = refund.deny(waiting, "r", "rui", "not stale", NOW)
    assert isinstance(no_, RefundDenied)
    for decided in (
        course.evolve(waiting, no_),
        told(waiting, lambda it: refund.approve(it, "r", "rui", NOW)),
        CONFIRMED,
    ):
        for decide in (
            lambda it: refund.approve(it, "r", "leo", NOW),
            lambda it: refund.deny(it, "r", "leo", "no", NOW),
        ):
            with pytest.raises(Refused) as no:
                decide(decided)
            assert (no.value.code, no.value.kind) == ("refund.unknown", "missing")


def test_units_whose_refund_was_denied_may_be_asked_for_again() -> None:
    denied = told(
        CONFIRMED,
        asking(None, *units(wine=2), limit=LOW),
        lambda it: refund.deny(it, "r", "rui", "no", NOW),
    )
    assert refund.price_of(denied, units(wine=2)) == mop(20_000)


def test_cash_goes_back_from_the_till_at_once() -> None:
    sold = told(NOTHING, lambda _: placing.sell(PLACED, POLICY))
    due, back = asking(mop(500))(sold)
    assert isinstance(due, RefundDue)
    assert isinstance(back, RefundPaid)
    assert (due.payment_id, back.amount) == (CASH, mop(500))
    after = told(sold, asking(mop(500)))
    assert ([r.status for r in after.refunds], after.refund_at) == (["paid"], None)
    waiting = told(sold, asking(mop(2_000), limit=LOW))
    after = told(waiting, lambda it: refund.approve(it, "r", "rui", NOW))
    assert [r.status for r in after.refunds] == ["paid"]


def test_all_the_rest_goes_back_of_each_payment_and_what_waits_for_a_second_person_with_it() -> (
    None
):
    asked = told(CONFIRMED, asking(mop(5_000), limit=LOW), asking(mop(300), id="r-2"))
    facts = refund.rest(asked, "cancelled", NOW)
    assert all(isinstance(fact, RefundDue) for fact in facts)
    after = told(asked, lambda _: facts)
    assert {(r.id, r.status, r.amount.amount) for r in after.refunds} == {
        ("r", "due", 5_000),
        ("r-2", "due", 300),
        (derived_id("o", "p", "cancelled"), "due", 29_000),
    }
    assert refund.rest(after, "cancelled", NOW) == []


def test_money_is_sent_back_once() -> None:
    owed = told(CONFIRMED, asking(mop(500)))
    [back] = refund.paid(owed, "r", NOW)
    assert back == RefundPaid(order_id="o", payment_id="p", refund_id="r", amount=mop(500), at=NOW)
    assert refund.paid(course.evolve(owed, back), "r", NOW) == []
    assert refund.paid(owed, "another", NOW) == []
    waiting = told(CONFIRMED, asking(mop(1_001), limit=LOW))
    assert refund.paid(waiting, "r", NOW) == []


def test_money_that_cannot_be_sent_back_is_tried_again_later_and_later() -> None:
    owed = told(CONFIRMED, asking(mop(500)))
    assert owed.refund_at == NOW, "at once, the first time"
    pauses: list[timedelta] = []
    for _ in range(40):
        [later] = refund.put_off(owed, NOW)
        pauses.append(later.again_at - NOW)
        owed = course.evolve(owed, later)
        assert owed.refund_at == later.again_at
    assert pauses[:4] == [timedelta(seconds=pause) for pause in (1, 2, 4, 8)]
    assert all(shorter <= longer for shorter, longer in pairwise(pauses))
    assert timedelta(hours=1) < pauses[-1] < timedelta(hours=2)
    back = told(owed, lambda it: refund.paid(it, "r", NOW))
    assert back.refund_at is None
    assert refund.put_off(back, NOW) == []


def test_since_when_money_is_owed_and_what_holds_it_up_is_known_until_it_is_paid() -> None:
    owed = told(CONFIRMED, asking(mop(500)))
    later = refund.ask(
        owed, "r-2", mop(600), NOW + timedelta(hours=1), reason="x", by="eva", limit=None
    )
    both = told(owed, lambda _: later, lambda it: refund.put_off(it, NOW, "status 503"))
    assert (both.owed_since, both.refund_trouble) == (NOW, "status 503")
    one = told(both, lambda it: refund.paid(it, "r", NOW))
    assert (one.owed_since, one.refund_trouble) == (NOW + timedelta(hours=1), "status 503")
    none = told(one, lambda it: refund.paid(it, "r-2", NOW))
    assert (none.owed_since, none.refund_trouble) == (None, "")


def test_one_refund_of_two_that_is_paid_leaves_the_other_due() -> None:
    owed = told(CONFIRMED, asking(mop(500)), asking(mop(600), id="r-2"))
    for sent, still_due in (("r", True), ("r-2", False)):
        owed = told(owed, lambda it, sent=sent: refund.paid(it, sent, NOW))
        assert (owed.refund_at is not None) == still_due


def test_the_limit_of_one_person_is_none_that_small_parts_get_around() -> None:
    order = told(CONFIRMED, asking(mop(600), id="r-1", limit=LOW))
    assert [type(said) for said in asking(mop(400), id="r-2", limit=LOW)(order)] == [RefundDue]
    [said] = asking(mop(401), id="r-2", by="rui", limit=LOW)(order)
    assert isinstance(said, RefundRequested)


def test_what_two_people_agreed_to_and_goods_that_came_leave_one_person_the_whole_limit() -> None:
    order = told(
        AT["delivered"],
        asking(mop(5000), limit=LOW),
        lambda it: refund.approve(it, "r", "rui", NOW),
        returning(*units(wine=1), id="back"),
        arrived(id="back"),
    )
    assert [type(said) for said in asking(mop(1000), id="r-2", limit=LOW)(order)] == [RefundDue]

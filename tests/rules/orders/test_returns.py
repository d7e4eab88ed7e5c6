"""Returns and their clocks: seven days from receipt; of customs, 30 days to ask, 45 to arrive."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from services.orders.ordering import placing, refund, returns
from services.orders.ordering.life import Status
from services.orders.ordering.order import Order
from shared.events.money import Money
from shared.events.orders import (
    RefundDue,
    RefundPaid,
    ReturnApproved,
    ReturnReceived,
    ReturnRequested,
    Units,
)
from shared.refusal import Refused
from tests.rules.orders.standing import (
    AFTER_GRACE,
    AT,
    DELIVERED,
    ENTERING,
    LIMIT,
    NOTHING,
    NOW,
    PLACED,
    POLICY,
    arrived,
    cny,
    declared,
    delivered,
    duty,
    entering,
    mop,
    paid,
    released,
    returning,
    shipped,
    told,
    units,
)

INSTANT = timedelta(microseconds=1)
RELEASED_AT = AFTER_GRACE


def imported(days: int = 31) -> Order:
    """An order that entered the mainland and took *days* to come to its buyer."""
    late = RELEASED_AT + timedelta(days=days)
    return told(AT["released"], shipped(), delivered(at=late))


def received(
    order: Order, *damaged: Units, id: str = "r", at: timedelta = timedelta(0)
) -> tuple[ReturnReceived, Money]:
    """What is said when the goods of a return are back, and what goes back for them."""
    facts = returns.receive(order, id, damaged, AFTER_GRACE + at, by="ops", policy=POLICY)
    came, *money = facts
    assert isinstance(came, ReturnReceived)
    [due] = [fact for fact in money if isinstance(fact, RefundDue)]
    return came, due.amount


# The seven days ----------------------------------------------------------------------------------


def test_goods_may_be_returned_for_seven_days_from_their_receipt_and_not_at_the_end_of_them() -> (
    None
):
    until = DELIVERED.return_until
    assert until == AFTER_GRACE + timedelta(days=7)
    assert returns.ask(DELIVERED, "r", units(wine=1), "dry", until - INSTANT)
    with pytest.raises(Refused, match=r"return\.too-late"):
        returns.ask(DELIVERED, "r", units(wine=1), "dry", until)


def test_the_seven_days_begin_with_the_last_parcel_however_long_the_first_is_there() -> None:
    both = told(AT["confirmed"], shipped(*units(wine=2), id="a"), delivered("a"), shipped(id="b"))
    month = AFTER_GRACE + timedelta(days=30)
    assert returns.ask(both, "r", units(wine=1), "dry", month)
    order = told(both, delivered("b", month))
    assert order.return_until == month + timedelta(days=7)


@pytest.mark.parametrize("status", ["placed", "confirmed", "released", "cancelled", "rejected"])
def test_what_has_not_left_cannot_come_back(status: Status) -> None:
    with pytest.raises(Refused) as no:
        returns.ask(AT[status], "r", units(wine=1), "dry", AFTER_GRACE)
    assert (no.value.code, no.value.kind) == ("return.not-sent", "conflict")


def test_an_order_nobody_placed_is_missing() -> None:
    with pytest.raises(Refused) as no:
        returns.ask(NOTHING, "r", units(wine=1), "dry", AFTER_GRACE)
    assert no.value.kind == "missing"


def test_units_that_are_not_there_to_come_back_are_all_named() -> None:
    part = told(AT["confirmed"], shipped(*units(egg_tart=2)))
    with pytest.raises(Refused) as no:
        returns.ask(part, "r", units(egg_tart=3, wine=1), "dry", AFTER_GRACE)
    assert no.value.facts["over"] == [{"sku": "egg-tart", "short": 1}, {"sku": "wine", "short": 1}]


def test_a_unit_comes_back_once_unless_its_return_was_refused() -> None:
    asked = told(DELIVERED, lambda it: returns.ask(it, "r", units(wine=2), "dry", AFTER_GRACE))
    with pytest.raises(Refused, match=r"return\.units"):
        returns.ask(asked, "r-2", units(wine=1), "dry", AFTER_GRACE)
    refused = told(asked, lambda it: returns.refuse(it, "r", "opened", AFTER_GRACE))
    assert returns.ask(refused, "r-2", units(wine=2), "dry", AFTER_GRACE)
    back = told(DELIVERED, returning(*units(wine=2)), arrived())
    with pytest.raises(Refused, match=r"return\.units"):
        returns.ask(back, "r-2", units(wine=1), "dry", AFTER_GRACE)


def test_a_return_is_answered_once_and_its_goods_are_received_once() -> None:
    asked = told(DELIVERED, lambda it: returns.ask(it, "r", units(wine=1), "dry", AFTER_GRACE))
    approved = told(asked, lambda it: returns.approve(it, "r", AFTER_GRACE))
    back = told(approved, arrived())
    refused = told(asked, lambda it: returns.refuse(it, "r", "opened", AFTER_GRACE))
    for order in (approved, back, refused):
        with pytest.raises(Refused, match=r"return\.illegal-move"):
            returns.approve(order, "r", AFTER_GRACE)
    for order in (back, refused):
        with pytest.raises(Refused, match=r"return\.illegal-move"):
            returns.refuse(order, "r", "no", AFTER_GRACE)
    for order in (asked, back, refused):
        with pytest.raises(Refused, match=r"return\.illegal-move"):
            arrived()(order)
    with pytest.raises(Refused) as no:
        arrived(id="never-asked")(asked)
    assert (no.value.code, no.value.kind) == ("return.unknown", "missing")


def test_an_order_is_not_complete_while_goods_may_still_come_back() -> None:
    until = DELIVERED.return_until
    assert until
    with pytest.raises(Refused, match=r"order\.not-due"):
        placing.complete(DELIVERED, until - INSTANT)
    assert placing.complete(DELIVERED, until)
    under_way = told(DELIVERED, returning(*units(wine=1)))
    with pytest.raises(Refused, match=r"order\.not-due"):
        placing.complete(under_way, until)
    assert placing.complete(told(under_way, arrived()), until)
    never_came = told(under_way, lambda it: returns.refuse(it, "r", "nothing came", until))
    assert placing.complete(never_came, until), "no order waits for ever"


# What comes back ---------------------------------------------------------------------------------


def test_what_comes_back_is_for_sale_again_or_damaged_and_its_price_goes_back() -> None:
    order = told(DELIVERED, returning(*units(egg_tart=1, wine=2)))
    came, price = received(order, *units(wine=1))
    assert (came.restock, came.damaged) == (units(egg_tart=1, wine=1), units(wine=1))
    assert price == mop(4767 + 20_000)
    assert came.refund_by == AFTER_GRACE + timedelta(days=7)
    assert (came.tax_refundable, came.quota) == (False, None)


def test_no_more_is_damaged_than_came_back() -> None:
    order = told(DELIVERED, returning(*units(egg_tart=1)))
    for damaged in (units(egg_tart=2), units(wine=1), units(egg_tart=1) * 2):
        with pytest.raises(Refused, match=r"return\.damaged"):
            received(order, *damaged)


def test_the_parts_of_an_order_that_come_back_one_by_one_come_to_its_price() -> None:
    order = DELIVERED
    for n, what in enumerate((units(egg_tart=1),) * 3 + (units(wine=1),) * 2):
        order = told(order, returning(*what, id=f"r-{n}"), arrived(id=f"r-{n}"))
    assert sum(back.amount.amount for back in order.refunds) == PLACED.total.amount
    assert refund.left(order) == 0


def test_what_was_paid_back_before_it_came_is_not_paid_back_again() -> None:
    limit, price = LIMIT, mop(10_000)
    before = told(
        DELIVERED,
        lambda it: refund.ask(
            it, "f", price, NOW, reason="cork", by="eva", limit=limit, units=units(wine=1)
        ),
    )
    order = told(before, returning(*units(wine=2)))
    came, paid_back = received(order)
    assert (came.restock, paid_back) == (units(wine=2), mop(10_000))
    whole = told(
        DELIVERED,
        lambda it: refund.ask(
            it, "f", mop(20_000), NOW, reason="cork", by="eva", limit=limit, units=units(wine=2)
        ),
        returning(*units(wine=1)),
    )
    assert [type(fact) for fact in arrived()(whole)] == [ReturnReceived]


def test_goods_of_a_booth_come_back_over_the_counter_at_once_until_their_time_is_over() -> None:
    sold = told(NOTHING, lambda _: placing.sell(PLACED, POLICY))

    def back(order: Order, at: datetime, *what: Units, id: str = "r") -> list[Any]:
        return returns.take_back(
            order, id, what, units(wine=1), at, reason="corked", by="rui", policy=POLICY
        )

    last = NOW + POLICY.return_within - timedelta(microseconds=1)
    facts = back(sold, last, *units(wine=2))
    assert [type(fact) for fact in facts] == [
        ReturnRequested,
        ReturnApproved,
        ReturnReceived,
        RefundDue,
        RefundPaid,
    ]
    assert facts[2].restock == facts[2].damaged == units(wine=1)
    assert facts[-1].cash == mop(20_000)
    after = told(sold, lambda _: facts)
    assert [(it.status, it.units) for it in after.returns] == [("received", units(wine=2))]
    for late, what, no in (
        (NOW + POLICY.return_within, units(wine=1), r"return\.too-late"),
        (last, units(wine=3), r"return\.units"),
    ):
        with pytest.raises(Refused, match=no):
            back(sold, late, *what)
    with pytest.raises(Refused, match=r"return\.units"):
        back(after, last, *units(wine=1), id="r-2")


def test_an_amount_given_back_before_is_not_given_back_twice() -> None:
    before = told(
        DELIVERED,
        lambda it: refund.ask(it, "f", mop(20_000), NOW, reason="late", by="eva", limit=LIMIT),
        returning(*units(egg_tart=3, wine=2)),
    )
    _, price = received(before)
    assert price == mop(14_300)


def test_what_was_sold_at_a_booth_comes_back_and_its_cash_goes_out_of_the_till() -> None:
    sold = told(NOTHING, lambda _: placing.sell(PLACED, POLICY), returning(*units(wine=1)))
    facts = [*arrived()(sold)]
    assert [type(fact) for fact in facts] == [ReturnReceived, RefundDue, RefundPaid]


def test_a_merchant_deals_with_returns_of_its_own_goods_alone() -> None:
    order = told(DELIVERED, returning(*units(wine=1)), returning(*units(egg_tart=1), id="r-2"))
    order = told(order, returning(*units(egg_tart=1, wine=1), id="both"))
    named = ("r", "r-2", "both", "none")
    assert [back for back in named if returns.all_of(order, back, "m02")] == ["r"]


# Customs -----------------------------------------------------------------------------------------


def test_import_tax_and_quota_go_back_with_the_goods() -> None:
    order = told(imported(1), returning(*units(wine=1), at=RELEASED_AT + timedelta(days=2)))
    [back] = order.returns
    assert back.arrive_by == RELEASED_AT + timedelta(days=45)
    came, money = received(order, at=timedelta(days=10))
    assert money == cny(15_036 + 1243 + 1616)
    assert (came.tax_refundable, came.quota) == (True, cny(15_985))


@pytest.mark.parametrize(
    ("asked", "arrives", "tax_goes_back"),
    [
        (timedelta(days=30), timedelta(days=45), True),
        (timedelta(days=30) + INSTANT, timedelta(days=45), False),
        (timedelta(days=30), timedelta(days=45) + INSTANT, False),
        (timedelta(days=35), timedelta(days=36), False),
    ],
)
def test_tax_and_quota_go_back_if_asked_within_30_days_of_the_release_and_arrived_within_45(
    *, asked: timedelta, arrives: timedelta, tax_goes_back: bool
) -> None:
    order = told(imported(29), returning(*units(wine=1), at=RELEASED_AT + asked))
    came, money = received(order, at=arrives)
    assert came.tax_refundable is tax_goes_back
    assert money == cny(15_036 + (2859 if tax_goes_back else 0)), "the price goes back anyway"
    assert came.quota == (cny(15_985) if tax_goes_back else None)


def test_all_that_is_returned_in_time_brings_back_all_tax_and_quota_but_not_the_freight() -> None:
    order, quota = imported(1), 0
    for back in (units(cookies=1), units(oil=1), units(wine=1)):
        name = f"r-{back[0].sku}"
        order = told(order, returning(*back, id=name))
        came, _ = received(order, id=name)
        assert came.quota is not None
        quota += came.quota.amount
        order = told(order, arrived(id=name))
    assert (quota, refund.left(order)) == (33_683, 2000)


def test_the_tax_of_a_line_that_comes_back_in_parts_comes_back_to_the_last_fen() -> None:
    line = ENTERING.lines[0].model_copy(update={"quantity": 3, "unit_price": cny(1000)})
    all_of_it = duty(0, line, 1, 0, 100)
    agreed = ENTERING.model_copy(
        update={
            "lines": (line,),
            "total": cny(3101),
            "entry": entering(all_of_it),
        }
    )
    order = told(NOTHING, lambda _: placing.place(agreed), paid, declared, released)
    order, quotas = told(order, shipped(), delivered()), list[int]()
    for n in range(3):
        order = told(order, returning(*units(cookies=1), id=f"r-{n}"))
        came, _ = received(order, id=f"r-{n}")
        quotas.append(came.quota.amount if came.quota else 0)
        order = told(order, arrived(id=f"r-{n}"))
    assert [back.amount.amount for back in order.refunds] == [1033, 1033, 1034]
    assert quotas == [1000, 1000, 1001]
    assert refund.left(order) == 1, "the freight stays paid"


def test_units_of_one_product_on_two_lines_bring_back_their_own_tax_and_quota_once() -> None:
    shelf = ENTERING.lines[2]
    dealt = shelf.model_copy(update={"unit_price": cny(9000), "deal_id": "d", "listing_id": None})
    taxed = duty(0, shelf, 0, 0, 1000), duty(1, dealt, 0, 0, 500)
    agreed = ENTERING.model_copy(
        update={
            "lines": (shelf, dealt),
            "total": cny(24_036 + 1500),
            "entry": entering(*taxed),
        }
    )
    order = told(NOTHING, lambda _: placing.place(agreed), paid, declared, released)
    order = told(order, shipped(), delivered())
    one = told(order, returning(*units(wine=1)))
    first, price = received(one)
    assert (first.quota, price) == (cny(15_036), cny(12_018 + 1000))
    second, rest = received(told(one, arrived(), returning(*units(wine=1), id="r-2")), id="r-2")
    assert (second.quota, rest) == (cny(9000), cny(12_018 + 500))
    both, whole = received(told(order, returning(*units(wine=2))))
    assert (both.quota, whole) == (cny(24_036), agreed.total)

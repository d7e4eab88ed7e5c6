"""The life of one order, and the price on the shelf."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.orders import claims
from services.orders import order as orders
from services.orders import shelf as shelves
from services.orders.claims import Claims
from services.orders.order import Order
from services.orders.shelf import Shelf
from shared.events.catalog import ListingState, Offer
from shared.events.money import Money
from shared.events.orders import (
    Line,
    OrderConfirmed,
    OrderPlaced,
    PaymentFailed,
    RefundDue,
    RefundPaid,
)
from shared.refusal import Refused

NOW = datetime(2025, 5, 24, 2, tzinfo=UTC)
PRICE = Money(amount=4800, currency="MOP")
TARTS = Line(sku="egg-tart", merchant_id="m01", quantity=2, unit_price=PRICE)
PLACED = OrderPlaced(
    order_id="o",
    festival_id="fair",
    buyer_id="ana",
    channel="online",
    lines=(TARTS,),
    total=Money(amount=9600, currency="MOP"),
    placed_at=NOW,
    hold_until=NOW + timedelta(minutes=15),
)
STANDING = orders.evolve(Order("o"), PLACED)
CONFIRMED = orders.evolve(STANDING, orders.capture(STANDING, "p", PLACED.total)[0])
EXPIRED = orders.evolve(STANDING, orders.expire(STANDING, PLACED.hold_until)[0])


def test_the_right_money_confirms_an_order_that_waits() -> None:
    [said] = orders.capture(STANDING, "p", PLACED.total)
    assert isinstance(said, OrderConfirmed)
    assert (said.lines, said.method, said.payment_id) == (PLACED.lines, "provider", "p")


@pytest.mark.parametrize(
    ("standing", "payment", "amount", "reason"),
    [
        (STANDING, "p", 9599, "amount"),
        (CONFIRMED, "p2", 9600, "order-confirmed"),
        (EXPIRED, "p", 9600, "order-expired"),
    ],
)
def test_any_other_money_goes_back(standing: Order, payment: str, amount: int, reason: str) -> None:
    [said] = orders.capture(standing, payment, Money(amount=amount, currency="MOP"))
    assert isinstance(said, RefundDue)
    assert (said.reason, said.amount.amount) == (reason, amount)


def test_the_same_payment_told_again_changes_nothing() -> None:
    assert orders.capture(CONFIRMED, "p", PLACED.total) == []
    assert orders.fail(CONFIRMED, "p") == []


def test_a_success_told_after_a_failure_of_the_same_payment_counts() -> None:
    failed = orders.evolve(STANDING, PaymentFailed(order_id="o", payment_id="p"))
    assert isinstance(orders.capture(failed, "p", PLACED.total)[0], OrderConfirmed)


def test_money_is_sent_back_once() -> None:
    owed = orders.evolve(EXPIRED, orders.capture(EXPIRED, "p", PLACED.total)[0])
    [back] = orders.refunded(owed, "p", "r")
    assert back == RefundPaid(order_id="o", payment_id="p", refund_id="r", amount=PLACED.total)
    assert orders.refunded(orders.evolve(owed, back), "p", "r") == []


def test_an_order_ends_at_the_instant_its_hold_does_and_not_before() -> None:
    with pytest.raises(Refused, match="order\\.not-due"):
        orders.expire(STANDING, PLACED.hold_until - timedelta(milliseconds=1))
    assert orders.expire(STANDING, PLACED.hold_until)[0].lines == PLACED.lines


@pytest.mark.parametrize("standing", [CONFIRMED, EXPIRED])
def test_what_is_decided_is_neither_expired_nor_cancelled_nor_paid_for(standing: Order) -> None:
    for ask in (
        lambda: orders.expire(standing, NOW + timedelta(days=1)),
        lambda: orders.cancel(standing),
        lambda: orders.check_payable(standing),
    ):
        with pytest.raises(Refused):
            ask()


def test_a_booth_sale_is_placed_and_confirmed_at_once_for_cash() -> None:
    placed, confirmed = orders.sell(PLACED)
    assert placed == PLACED
    assert isinstance(confirmed, OrderConfirmed)
    assert (confirmed.method, confirmed.payment_id) == ("cash", None)


def test_currencies_do_not_add() -> None:
    fen = Line(
        sku="wine", merchant_id="m01", quantity=1, unit_price=Money(amount=1, currency="CNY")
    )
    with pytest.raises(Refused, match="order\\.currencies"):
        orders.total([TARTS, fen])


def test_an_order_nobody_placed_is_missing() -> None:
    with pytest.raises(Refused) as no:
        orders.capture(Order("ghost"), "p", PLACED.total)
    assert no.value.kind == "missing"


ANA = Claims(claims.name("fair", "ana"))


def listed(listing: str, price: int, hours: tuple[int, int], *, withdrawn: bool = False) -> Shelf:
    offer = Offer(
        festival_id="fair",
        sku="egg-tart",
        merchant_id="m01",
        channel="online",
        price=Money(amount=price, currency="MOP"),
        valid_from=NOW + timedelta(hours=hours[0]),
        valid_until=NOW + timedelta(hours=hours[1]),
        max_per_buyer=3,
    )
    told = ListingState(listing_id=listing, offer=offer, withdrawn=withdrawn)
    return shelves.evolve(SHELF, told)


SHELF = Shelf(shelves.name("fair", "egg-tart", "online"))


def test_the_price_is_the_one_whose_window_the_clock_is_in() -> None:
    shelf = listed("l1", 4800, (0, 1))
    assert shelves.take(shelf, ANA, 1, NOW) == ("l1", PRICE)
    for moment in (NOW - timedelta(milliseconds=1), NOW + timedelta(hours=1)):
        with pytest.raises(Refused, match="listing\\.not-on-sale"):
            shelves.take(shelf, ANA, 1, moment)


def test_a_listing_that_is_withdrawn_sells_nothing() -> None:
    with pytest.raises(Refused):
        shelves.take(listed("l1", 4800, (0, 1), withdrawn=True), ANA, 1, NOW)


def test_nobody_has_more_than_the_listing_allows_in_however_many_orders() -> None:
    shelf = listed("l1", 4800, (0, 1))
    shelves.take(shelf, ANA, 3, NOW)
    with pytest.raises(Refused, match="listing\\.limit"):
        shelves.take(shelf, ANA, 4, NOW)
    with pytest.raises(Refused) as no:
        shelves.take(shelf, replace(ANA, listings={"l1": 2}), 2, NOW)
    assert (no.value.code, no.value.facts["yours"]) == ("listing.limit", 2)
    assert shelves.take(shelf, replace(ANA, listings={"l0": 9}), 3, NOW) == ("l1", PRICE)


def test_two_shelves_never_share_a_name() -> None:
    ids = ("fair:tart", "fair", "tart:box", "box", "a.b-c")
    names = {shelves.name(fair, sku, "live") for fair in ids for sku in ids}
    assert len(names) == len(ids) ** 2
    no_shelf = Shelf(shelves.name("fair:1", "tart:1", "live"))
    with pytest.raises(Refused) as no:
        shelves.take(no_shelf, ANA, 1, NOW)
    assert (no.value.facts["sku"], no.value.facts["channel"]) == ("tart:1", "live")


def test_more_than_money_can_count_is_no_order() -> None:
    dear = TARTS.model_copy(update={"unit_price": Money(amount=10**15, currency="MOP")})
    for lines in ([dear], [dear.model_copy(update={"quantity": 1}), TARTS]):
        with pytest.raises(Refused) as no:
            orders.total(lines)
        assert (no.value.code, no.value.kind) == ("order.too-dear", "invalid")


def test_money_that_cannot_be_sent_back_is_tried_again_later_and_later() -> None:
    owed = orders.evolve(EXPIRED, orders.capture(EXPIRED, "p", PLACED.total)[0])
    assert owed.refund_at is not None
    assert owed.refund_at <= NOW, "at once, the first time"
    pauses: list[timedelta] = []
    for _ in range(40):
        [later] = orders.put_off(owed, NOW)
        pauses.append(later.again_at - NOW)
        owed = orders.evolve(owed, later)
        assert owed.refund_at == later.again_at
    assert pauses[:4] == [timedelta(seconds=pause) for pause in (1, 2, 4, 8)]
    assert pauses == sorted(pauses)
    assert timedelta(hours=1) < pauses[-1] < timedelta(hours=2)
    [back] = orders.refunded(owed, "p", "r")
    paid = orders.evolve(owed, back)
    assert paid.refund_at is None
    assert orders.put_off(paid, NOW) == []


def test_one_refund_of_two_that_is_paid_leaves_the_other_due() -> None:
    owed = EXPIRED
    for payment in ("p1", "p2"):
        owed = orders.evolve(owed, orders.capture(owed, payment, PLACED.total)[0])
    for payment, still_due in (("p1", True), ("p2", False)):
        owed = orders.evolve(owed, orders.refunded(owed, payment, f"r-{payment}")[0])
        assert (owed.refund_at is not None) == still_due

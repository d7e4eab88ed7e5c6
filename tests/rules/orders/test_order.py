"""The life of one order, and the price on the shelf."""

from datetime import UTC, datetime, timedelta

import pytest

from services.orders import order as orders
from services.orders import shelf as shelves
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
    assert shelves.price_at(shelf, 1, NOW).amount == 4800
    for moment in (NOW - timedelta(milliseconds=1), NOW + timedelta(hours=1)):
        with pytest.raises(Refused, match="listing\\.not-on-sale"):
            shelves.price_at(shelf, 1, moment)


def test_a_listing_that_is_withdrawn_sells_nothing() -> None:
    with pytest.raises(Refused):
        shelves.price_at(listed("l1", 4800, (0, 1), withdrawn=True), 1, NOW)


def test_nobody_has_more_than_the_listing_allows() -> None:
    with pytest.raises(Refused, match="listing\\.limit"):
        shelves.price_at(listed("l1", 4800, (0, 1)), 4, NOW)

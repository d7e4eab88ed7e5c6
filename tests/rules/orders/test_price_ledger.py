"""What a price may be compared with: what was really paid in the same venue, the week before."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.orders.kept import PRICES
from services.orders.pool import shelf
from services.orders.pricing import price as prices
from services.orders.pricing.price import Ledger, Transacted
from shared.events.ids import Channel
from shared.events.money import Money
from shared.events.orders import Discount, Line, OrderConfirmed
from shared.refusal import Refused

NOW = datetime(2025, 5, 24, 2, tzinfo=UTC)
MIDNIGHT = datetime(2025, 5, 23, 16, tzinfo=UTC)
"""When 24 May begins in Shanghai."""
NAME = shelf.name("fair", "cookies", "live")


def yuan(amount: int) -> Money:
    return Money(amount=amount * 100, currency="CNY")


def sold(*sales: tuple[int, int]) -> Ledger:
    """A ledger after sales, each at a price so many days from today."""
    ledger = Ledger(NAME)
    for price, days in sales:
        fact = Transacted(NAME, yuan(price), NOW + timedelta(days=days))
        ledger = prices.evolve(ledger, fact)
    return ledger


@pytest.mark.parametrize(
    ("ledger", "allowed"),
    [
        (sold((60, -6), (68, -3)), 60),
        (sold((64, -12)), 64),
        (sold((50, -20), (64, -12)), 64),
        (sold((50, -12), (68, -3)), 68),
    ],
)
def test_the_worked_reference_prices_come_out(ledger: Ledger, allowed: int) -> None:
    assert prices.highest_compared(ledger, "CNY", NOW) == yuan(allowed)
    assert prices.check(yuan(allowed), ledger, NOW) == yuan(allowed)
    with pytest.raises(Refused) as no:
        prices.check(yuan(72), ledger, NOW)
    assert no.value.code == "price.compared-too-high"
    assert no.value.facts["allowed"] == yuan(allowed).model_dump()
    with pytest.raises(Refused):
        prices.check(Money(amount=allowed * 100 + 1, currency="CNY"), ledger, NOW)


def test_what_was_never_sold_has_nothing_to_compare_with() -> None:
    never = Ledger(NAME)
    assert prices.highest_compared(never, "CNY", NOW) is None
    with pytest.raises(Refused) as no:
        prices.check(yuan(1), never, NOW)
    assert (no.value.code, no.value.facts["allowed"]) == ("price.compared-too-high", None)


def test_prices_of_two_currencies_are_not_compared() -> None:
    with pytest.raises(Refused, match="price\\.compared-too-high"):
        prices.check(Money(amount=1, currency="MOP"), sold((60, -6)), NOW)


def test_the_seventh_day_before_counts_and_the_eighth_does_not() -> None:
    seventh = MIDNIGHT - timedelta(days=7)
    for at, allowed in ((seventh, 40), (seventh - timedelta(milliseconds=1), 60)):
        ledger = prices.evolve(Ledger(NAME), Transacted(NAME, yuan(40), at))
        ledger = prices.evolve(ledger, Transacted(NAME, yuan(60), NOW))
        assert prices.highest_compared(ledger, "CNY", NOW) == yuan(allowed)
        assert len(ledger.paid["CNY"].days) == (2 if allowed == 40 else 1), (
            "older days are forgotten"
        )


def test_a_day_is_one_of_shanghai() -> None:
    assert set(sold((60, 0)).paid["CNY"].days) == {"2025-05-24"}
    late = prices.evolve(Ledger(NAME), Transacted(NAME, yuan(60), MIDNIGHT))
    early = Transacted(NAME, yuan(50), MIDNIGHT - timedelta(milliseconds=1))
    assert set(prices.evolve(late, early).paid["CNY"].days) == {"2025-05-24", "2025-05-23"}


def test_days_grow_old_without_a_sale() -> None:
    ledger = sold((40, -3), (60, 0))
    assert prices.highest_compared(ledger, "CNY", NOW + timedelta(days=4)) == yuan(40)
    assert prices.highest_compared(ledger, "CNY", NOW + timedelta(days=5)) == yuan(60)
    assert prices.highest_compared(ledger, "CNY", NOW + timedelta(days=50)) == yuan(60)


def test_a_price_that_was_raised_first_makes_no_cut() -> None:
    ledger = sold((60, -6))
    prices.check_cut(yuan(59), yuan(60), ledger, NOW)
    for price, compared, code in (
        (70, 80, "price.compared-too-high"),
        (60, 60, "price.not-cut"),
        (70, 60, "price.not-cut"),
    ):
        with pytest.raises(Refused) as no:
            prices.check_cut(yuan(price), yuan(compared), ledger, NOW)
        assert no.value.code == code
    raised = prices.evolve(ledger, Transacted(NAME, yuan(80), NOW))
    with pytest.raises(Refused, match="price\\.compared-too-high"):
        prices.check_cut(yuan(70), yuan(80), raised, NOW)
    mop = Money(amount=1, currency="MOP")
    with pytest.raises(Refused, match="price\\.not-cut"):
        prices.check_cut(mop, yuan(60), ledger, NOW)


def confirmed(*lines: Line, channel: Channel = "live") -> OrderConfirmed:
    return OrderConfirmed(
        order_id="o",
        festival_id="fair",
        buyer_id="ana",
        channel=channel,
        lines=lines,
        total=yuan(1),
        method="cash",
    )


def bought(quantity: int, unit: int, *off: int, sku: str = "cookies") -> Line:
    return Line(
        sku=sku,
        merchant_id="m01",
        quantity=quantity,
        unit_price=Money(amount=unit, currency="CNY"),
        discounts=tuple(
            Discount(
                coupon_id=f"c{place}",
                funded_by="platform" if place else "merchant",
                amount=Money(amount=amount, currency="CNY"),
            )
            for place, amount in enumerate(off)
        ),
    )


@pytest.mark.parametrize(
    ("line", "paid"),
    [
        (bought(2, 6800), 6800),
        (bought(3, 6800, 1000), 6466),  # 194.00 for three
        (bought(1, 6800, 1000, 300), 5500),
    ],
)
def test_what_counts_is_what_was_paid_for_one(line: Line, paid: int) -> None:
    [said] = prices.transacted(confirmed(line), NOW)
    assert said == Transacted(NAME, Money(amount=paid, currency="CNY"), NOW)


def test_a_gift_is_no_transaction() -> None:
    assert prices.transacted(confirmed(bought(1, 1000, 1000)), NOW) == []


def test_each_line_is_written_in_the_ledger_of_its_sku_and_venue() -> None:
    said = prices.transacted(
        confirmed(bought(1, 100), bought(1, 200, sku="oil"), channel="booth"), NOW
    )
    assert [fact.ledger_id for fact in said] == ["fair/cookies/booth", "fair/oil/booth"]
    ledger = Ledger(NAME)
    assert prices.evolve(ledger, said[0]) is ledger


def test_of_two_lines_of_one_order_the_lower_is_the_last_price() -> None:
    for order in permutations((bought(1, 6000), bought(1, 4800))):
        ledger = Ledger(NAME)
        for fact in prices.transacted(confirmed(*order), NOW - timedelta(days=20)):
            ledger = prices.evolve(ledger, fact)
        assert prices.highest_compared(ledger, "CNY", NOW) == Money(amount=4800, currency="CNY")


sales = st.lists(st.tuples(st.integers(1, 9), st.integers(-30, 0)), min_size=1, max_size=30)


@given(made=sales)
def test_the_ledger_says_what_a_list_of_all_sales_would(made: list[tuple[int, int]]) -> None:
    made.sort(key=lambda sale: sale[1])
    recent = [price for price, day in made if day >= -7]
    last = min(price for price, day in made if day == made[-1][1])
    ledger = sold(*made)
    assert prices.highest_compared(ledger, "CNY", NOW) == yuan(min(recent) if recent else last)
    assert len(ledger.paid["CNY"].days) <= 8


@given(made=sales, data=st.data())
def test_sales_heard_in_another_order_make_the_same_ledger(
    made: list[tuple[int, int]], data: st.DataObject
) -> None:
    assert sold(*data.draw(st.permutations(made))) == sold(*made)


def test_a_ledger_is_written_down_and_read_back() -> None:
    ledger = sold((60, -6), (68, -3))
    document = PRICES.dump(NAME, 1, ledger)
    assert PRICES.load(document) == ledger
    assert all("." not in day for day in document["paid"]["CNY"]["days"])

"""What goes into the till in Macau, where 10 avos are the smallest coin."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.orders.pricing.cash import round_cash
from shared.events.money import Currency, Money


@pytest.mark.parametrize(
    ("total", "due", "difference"),
    [(1234, 1230, -4), (1235, 1240, 5), (1230, 1230, 0), (1239, 1240, 1), (4, 0, -4), (0, 0, 0)],
)
def test_a_total_is_rounded_half_up_to_ten_avos(total: int, due: int, difference: int) -> None:
    cash = round_cash(Money(amount=total, currency="MOP"))
    assert cash == (Money(amount=due, currency="MOP"), difference)


@pytest.mark.parametrize("currency", ["HKD", "CNY"])
def test_other_currencies_are_paid_as_they_are(currency: Currency) -> None:
    total = Money(amount=1234, currency=currency)
    assert round_cash(total) == (total, 0)


@given(amount=st.integers(0, 10**15), currency=st.sampled_from(get_args(Currency)))
def test_the_till_and_the_difference_make_the_total(amount: int, currency: Currency) -> None:
    cash = round_cash(Money(amount=amount, currency=currency))
    assert cash.due.amount - cash.difference == amount
    assert -5 < cash.difference <= 5
    assert currency != "MOP" or cash.due.amount % 10 == 0
    assert round_cash(cash.due) == (cash.due, 0)

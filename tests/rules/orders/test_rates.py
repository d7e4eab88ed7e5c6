"""Patacas, Hong Kong dollars and renminbi, turned into each other and rounded once."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.orders.kept import RATES
from services.orders.pricing import rates as rating
from services.orders.pricing.rates import BOARD, MOST_AGE, Rates, RateSet
from shared.events.money import Currency, Money, Rate, RateSnapshot
from shared.refusal import Refused

NOW = datetime(2025, 5, 24, 2, tzinfo=UTC)
CNY = Rate(base="MOP", quote="CNY", rate="0.8950", source="illustrative", as_of=NOW)
BLANK = Rates("board")
RATED = rating.evolve(BLANK, RateSet("board", CNY))
ALL = (BOARD, CNY)

currencies = st.sampled_from(get_args(Currency))
amounts = st.integers(0, 10**12)


def money(amount: int, currency: Currency) -> Money:
    return Money(amount=amount, currency=currency)


@pytest.mark.parametrize(
    ("mop", "cny"),
    [(6800, 6086), (11800, 10561), (16800, 15036), (32800, 29356), (7800, 6981), (12800, 11456)],
)
def test_the_catalogue_costs_in_renminbi_what_the_worked_figures_say(mop: int, cny: int) -> None:
    assert rating.convert(money(mop, "MOP"), "CNY", ALL) == money(cny, "CNY")


def test_a_hundred_patacas_go_to_hong_kong_and_come_back() -> None:
    there = rating.convert(money(10000, "MOP"), "HKD", ALL)
    assert there == money(9709, "HKD")
    assert rating.convert(there, "MOP", ALL) == money(10000, "MOP")


def test_a_few_avos_may_come_back_as_one_more() -> None:
    there = rating.convert(money(17, "MOP"), "HKD", ALL)
    assert there == money(17, "HKD")
    assert rating.convert(there, "MOP", ALL) == money(18, "MOP")


def test_half_a_minor_unit_is_rounded_up() -> None:
    half = Rate(base="MOP", quote="CNY", rate="0.5", source="a test")
    for there, back in ((1, 1), (2, 1), (3, 2)):
        assert rating.convert(money(there, "MOP"), "CNY", [half]) == money(back, "CNY")


def test_by_way_of_a_third_currency_is_rounded_once() -> None:
    # 0.06 × 1.03 × 0.895 is 0.0553; rounded on the way it would be 0.06 × 0.895, 0.0537.
    for rates in (ALL, ALL[::-1]):
        assert rating.convert(money(6, "HKD"), "CNY", rates) == money(6, "CNY")
        assert rating.convert(money(100_00, "HKD"), "CNY", rates) == money(92_19, "CNY")
        assert rating.convert(money(92_19, "CNY"), "HKD", rates) == money(100_01, "HKD")
    assert rating.snapshot(RATED, "CNY", "HKD", NOW).rates == (CNY, BOARD), "in order of the way"


def test_a_rate_nobody_has_set_is_unknown() -> None:
    for base, to in (("MOP", "CNY"), ("CNY", "HKD")):
        for ask in (
            lambda base=base, to=to: rating.convert(money(1, base), to, [BOARD]),
            lambda base=base, to=to: rating.snapshot(BLANK, base, to, NOW),
        ):
            with pytest.raises(Refused) as no:
                ask()
            assert (no.value.code, no.value.facts) == ("rate.unknown", {"base": base, "quote": to})


def test_a_rate_too_old_is_not_used_and_the_boards_does_not_age() -> None:
    late = NOW + MOST_AGE
    assert rating.snapshot(RATED, "HKD", "CNY", late) == RateSnapshot(rates=ALL)
    with pytest.raises(Refused) as no:
        rating.snapshot(RATED, "HKD", "CNY", late + timedelta(milliseconds=1))
    assert (no.value.code, no.value.facts["pair"]) == ("rate.stale", "MOP/CNY")
    with pytest.raises(Refused):
        rating.snapshot(RATED, "CNY", "MOP", NOW + timedelta(hours=2), timedelta(hours=1))
    years = NOW + timedelta(days=9999)
    assert rating.snapshot(RATED, "MOP", "HKD", years).rates == (BOARD,)
    assert rating.snapshot(RATED, "CNY", "CNY", years).rates == ()


def test_what_was_frozen_converts_the_same_after_the_rate_has_moved() -> None:
    frozen = rating.snapshot(RATED, "MOP", "CNY", NOW)
    read = RateSnapshot.model_validate_json(frozen.model_dump_json(exclude_none=True))
    moved = CNY.model_copy(update={"rate": "0.9615"})
    now = rating.evolve(RATED, RateSet("board", moved))
    assert rating.convert(money(6800, "MOP"), "CNY", read.rates) == money(6086, "CNY")
    assert rating.convert(money(6800, "MOP"), "CNY", now.known.values()) == money(6538, "CNY")


def test_a_rate_is_set_and_the_same_again_changes_nothing() -> None:
    assert rating.set_rate(BLANK, CNY, NOW) == [RateSet("board", CNY)]
    assert rating.set_rate(RATED, CNY, NOW) == []
    assert rating.set_rate(BLANK, BOARD, NOW) == []
    mended = CNY.model_copy(update={"rate": "0.8951"})
    assert rating.set_rate(RATED, mended, NOW) == [RateSet("board", mended)]
    assert rating.evolve(Rates("other"), RateSet("board", CNY)) == Rates("other")


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ({"as_of": NOW + timedelta(milliseconds=1)}, "rate.as-of"),
        ({"as_of": NOW - rating.MOST_AGE - timedelta(milliseconds=1)}, "rate.as-of"),
        ({"as_of": None}, "rate.as-of"),
        ({"as_of": NOW - timedelta(milliseconds=1)}, "rate.older"),
        ({"base": "CNY", "quote": "MOP"}, "rate.pair"),
        ({"base": "CNY", "quote": "CNY"}, "rate.pair"),
        ({"base": "HKD", "quote": "MOP"}, "rate.pair"),
        ({"base": "MOP", "quote": "HKD"}, "rate.pair"),
    ],
)
def test_a_rate_that_could_disagree_with_what_is_known_is_refused(
    other: dict[str, object], code: str
) -> None:
    with pytest.raises(Refused) as no:
        rating.set_rate(RATED, CNY.model_copy(update=other), NOW)
    assert no.value.code == code


@pytest.mark.parametrize(
    "rate", ["0", "0.0", "-1", "1e3", "1,03", ".5", "NaN", "01", "1.123456789"]
)
def test_a_rate_is_decimal_digits_above_zero(rate: str) -> None:
    with pytest.raises(ValidationError):
        Rate(base="MOP", quote="CNY", rate=rate, source="a test")


@given(rate=st.decimals("0.00000001", "999999", places=8))
def test_every_rate_there_may_be_can_be_said(rate: Decimal) -> None:
    assert Decimal(Rate(base="MOP", quote="CNY", rate=f"{rate:f}", source="x").rate) == rate


def test_more_than_money_can_count_is_refused() -> None:
    with pytest.raises(Refused, match="rate\\.too-dear"):
        rating.convert(money(10**15, "HKD"), "MOP", ALL)


@given(amount=amounts, base=currencies, to=currencies)
def test_a_conversion_is_less_than_a_minor_unit_from_the_exact(
    amount: int, base: Currency, to: Currency
) -> None:
    worth = {"MOP": Decimal("0.8950"), "HKD": Decimal("0.92185"), "CNY": Decimal(1)}
    converted = rating.convert(money(amount, base), to, ALL)
    assert converted.currency == to
    assert abs(2 * (converted.amount * worth[to] - amount * worth[base])) <= worth[to]


@given(amount=amounts, base=currencies, to=currencies)
def test_there_and_back_is_exact_from_the_dearer_and_one_off_at_most_from_the_other(
    amount: int, base: Currency, to: Currency
) -> None:
    dear = ["MOP", "HKD", "CNY"]
    there = rating.convert(money(amount, base), to, ALL)
    back = rating.convert(there, base, ALL)
    most = 0 if dear.index(base) >= dear.index(to) else 1
    assert abs(back.amount - amount) <= most


def test_rates_are_written_down_and_read_back() -> None:
    assert RATES.load(RATES.dump("board", 1, RATED)) == RATED

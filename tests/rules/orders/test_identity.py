"""Real names and ID numbers: what is taken for one, and what is never said back."""

import unicodedata
from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.orders.people.identity import LONGEST_NAME, Identity, check_digit, identify
from shared.refusal import Refused

TODAY = date(2025, 5, 24)
NUMBER = "11010519491231002X"

births = st.dates(date(1900, 1, 1), TODAY)
names = st.text(
    st.characters(categories=("L", "Nd", "Pd", "Po")), min_size=1, max_size=LONGEST_NAME // 3
).map(partial(unicodedata.normalize, "NFC"))
"""In normal form C one character is three at most."""


@st.composite
def numbers(draw: st.DrawFn, born: st.SearchStrategy[date] = births) -> str:
    region = draw(st.integers(110_000, 829_999))
    body = f"{region}{draw(born):%Y%m%d}{draw(st.integers(1, 999)):03}"
    return body + check_digit(body)


def refused(name: str = "王小明", number: str = NUMBER, **more: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        identify(name, number, TODAY, **more)
    return caught.value


@pytest.mark.parametrize(
    ("body", "digit"),
    [("11010519491231002", "X"), ("44052418800101001", "4")],
    ids=["the example of GB 11643", "its other example"],
)
def test_the_check_digit_is_that_of_the_standard(body: str, digit: str) -> None:
    assert check_digit(body) == digit


@given(numbers())
def test_a_number_made_by_the_rule_is_taken(number: str) -> None:
    assert identify("王小明", number, TODAY).id_number == number


@given(numbers(), st.integers(0, 17), st.integers(1, 9))
def test_one_wrong_digit_is_always_noticed(number: str, at: int, by: int) -> None:
    """Weights and modulus have no factor in common, so no digit can stand for another."""
    digits = "0123456789X" if at == 17 else "0123456789"
    wrong = digits[(digits.index(number[at]) + by) % len(digits)]
    assert refused(number=number[:at] + wrong + number[at + 1 :]).code == "person.id-number"


@given(numbers(), st.integers(0, 16))
def test_two_digits_that_changed_places_are_always_noticed(number: str, at: int) -> None:
    swapped = number[:at] + number[at + 1] + number[at] + number[at + 2 :]
    if swapped != number:
        assert refused(number=swapped).code == "person.id-number"


@pytest.mark.parametrize(
    "number",
    [
        "",
        "110105491231002",  # as before 1999
        NUMBER + "0",
        NUMBER[:-1],
        "010105194912310024",
        "1101051949123100２X",
        "11010518491231002X",
        "110105 19491231002X",
        NUMBER + "\n1",
    ],
)
def test_what_is_not_shaped_like_a_number_is_none(number: str) -> None:
    assert (refused(number=number).code, refused(number=number).kind) == (
        "person.id-number",
        "invalid",
    )


@pytest.mark.parametrize("day", ["20250525", "19490229", "20251301", "19000001", "20250431"])
def test_nobody_is_born_in_the_future_or_on_no_day(day: str) -> None:
    body = f"110105{day}002"
    assert "born" in refused(number=body + check_digit(body)).detail


def test_who_is_born_today_has_a_number() -> None:
    body = f"110105{TODAY:%Y%m%d}002"
    assert identify("王小明", body + check_digit(body), TODAY).age_on(TODAY) == 0


def test_a_small_x_and_blanks_around_are_the_same_number() -> None:
    assert identify("王小明", f" {NUMBER.lower()}\n", TODAY).id_number == NUMBER


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("  王小明\u3000", "王小明"),
        ("Jose\u0301", "José"),
        ("\uf9d1", "\u516d"),  # a compatibility ideograph is the plain one
        ("\uff21na", "\uff21na"),  # what only looks alike is left as it is written
        ("买买提·吐尔逊", "买买提·吐尔逊"),
        ("\U00030edd", "\U00030edd"),  # newer than the tables of Python 3.11
    ],
)
def test_one_name_written_two_ways_is_one_name(written: str, kept: str) -> None:
    assert identify(written, NUMBER, TODAY).name == kept


@pytest.mark.parametrize(
    "name",
    [
        "",
        "   ",
        "王" * (LONGEST_NAME + 1),
        *(f"王{c}明" for c in "\0\n\r\t\x7f\x85\u200b\u202e\u2028"),
    ],
)
def test_what_is_no_name_is_refused(name: str) -> None:
    assert (refused(name).code, refused(name).kind) == ("person.name", "invalid")


@given(names, numbers())
def test_a_name_taken_once_is_taken_again_as_it_is(name: str, number: str) -> None:
    identity = identify(name, number, TODAY)
    assert identify(identity.name, number, TODAY) == identity


@given(births, st.dates(TODAY, date(2199, 12, 31)))
def test_age_is_the_years_completed(born: date, day: date) -> None:
    body = f"110105{born:%Y%m%d}002"
    age = Identity("王小明", body + check_digit(body)).age_on(day)
    assert birthday(born, born.year + age) <= day < birthday(born, born.year + age + 1)


def birthday(born: date, year: int) -> date:
    try:
        return born.replace(year=year)
    except ValueError:
        return date(year, 3, 1)


@pytest.mark.parametrize(("days", "old_enough"), [(-1, False), (0, True), (1, True)])
def test_one_is_of_an_age_from_the_birthday_on(days: int, old_enough: bool) -> None:  # noqa: FBT001
    body = "11010520070524002"
    day = TODAY + timedelta(days=days)
    number = body + check_digit(body)
    if old_enough:
        assert identify("王小明", number, day, least_age=18)
    else:
        with pytest.raises(Refused) as caught:
            identify("王小明", number, day, least_age=18)
        assert (caught.value.code, caught.value.kind) == ("person.age", "forbidden")
        assert caught.value.facts == {"least": 18}


def test_neither_a_refusal_nor_a_repr_says_who_it_is() -> None:
    identity = identify("王小明", NUMBER, TODAY)
    minor = refused(number=NUMBER, least_age=99)
    wrong = refused(number="110105194912310021")
    named = refused("王\n小明")
    told = f"{identity!r} {identity} {[identity]} {minor!r} {minor.facts} {wrong!r} {named!r}"
    for secret in ("王", "小明", "110105", "1949", "002X"):
        assert secret not in told

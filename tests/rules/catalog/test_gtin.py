"""The check digit of a GTIN: what it catches."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.catalog import gtin

bodies = st.text("0123456789", min_size=12, max_size=12)
sound = bodies.map(lambda body: body + gtin.check_digit(body))


@pytest.mark.parametrize(
    "code", ["2900010000015", "4006381333931", "9780201379624", "5901234123457"]
)
def test_printed_bar_codes_are_sound(code: str) -> None:
    assert gtin.is_sound(code)


@given(bodies)
def test_exactly_one_of_ten_digits_closes_a_code(body: str) -> None:
    assert sum(gtin.is_sound(f"{body}{digit}") for digit in range(10)) == 1


@given(sound, st.integers(0, 12), st.integers(1, 9))
def test_any_one_digit_misread_is_caught(code: str, place: int, by: int) -> None:
    misread = str((int(code[place]) + by) % 10)
    assert not gtin.is_sound(code[:place] + misread + code[place + 1 :])


@given(sound, st.integers(0, 11))
def test_neighbours_swapped_are_caught_unless_they_are_five_apart(code: str, place: int) -> None:
    left, right = code[place], code[place + 1]
    swapped = code[:place] + right + left + code[place + 2 :]
    assert gtin.is_sound(swapped) == (abs(int(left) - int(right)) in {0, 5})


@given(st.text(max_size=20))
def test_what_is_not_thirteen_plain_digits_is_no_gtin(code: str) -> None:
    if not (len(code) == 13 and code.isascii() and code.isdigit()):
        assert not gtin.is_sound(code)


@pytest.mark.parametrize(
    "code", ["", "290001000001", "２９０００１００００００１５", "2900010000015\n"]
)
def test_digits_of_another_script_length_or_line_are_no_gtin(code: str) -> None:
    assert not gtin.is_sound(code)

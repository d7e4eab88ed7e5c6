"""HS codes: which could stand on a customs paper."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.catalog import hs


@given(st.integers(0, 99), st.integers(0, 9999))
def test_a_code_is_sound_exactly_in_a_chapter_that_there_is(chapter: int, rest: int) -> None:
    there = 1 <= chapter <= 97 and chapter != 77
    assert hs.is_sound(f"{chapter:02}{rest:04}") == there


@pytest.mark.parametrize(
    "code", ["", "19053", "1905310", "19.0531", "１９０５３１", "190531\n", "1905AB"]
)
def test_what_is_not_six_plain_digits_is_no_code(code: str) -> None:
    assert not hs.is_sound(code)

"""Canaries sing: whatever form a word is written down in, it is found."""

import base64
import hashlib
import json
from collections.abc import Callable
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.canary import Canaries

NUMBER, NAME = "11010519491231002X", "歐陽慎獨"
DIGITS = "110101199001011237"
CANARIES = Canaries(NUMBER, NAME, DIGITS)

Write = Callable[[str], bytes]


@pytest.mark.parametrize("word", [NUMBER, NAME])
@pytest.mark.parametrize(
    "write",
    [
        str.encode,
        lambda word: word.lower().encode(),
        lambda word: word.encode("utf-16"),
        lambda word: word.encode("utf-16-be"),
        lambda word: word.encode("gb18030"),
        lambda word: word.encode().hex().encode(),
        lambda word: word.encode("utf-16-le").hex().upper().encode(),
        lambda word: json.dumps({"name": word}).encode(),
        lambda word: quote(word).encode(),
        lambda word: hashlib.sha256(word.encode()).digest(),
        lambda word: hashlib.md5(word.encode()).hexdigest().encode(),  # noqa: S324 - as others may
        lambda word: base64.b64encode(hashlib.sha1(word.encode()).digest()),  # noqa: S324
        lambda word: hashlib.blake2b(word.encode(), digest_size=16).hexdigest().encode(),
    ],
)
def test_a_word_is_found_in_every_form(write: Write, word: str) -> None:
    assert CANARIES.in_text("log", b"before " + write(word) + b" after")


@given(st.binary(max_size=9), st.binary(max_size=9), st.sampled_from([NUMBER, NAME]))
def test_a_word_is_found_in_the_base64_of_whatever_is_around_it(
    before: bytes, after: bytes, word: str
) -> None:
    for encoding in ("utf-8", "utf-16-le"):
        data = before + word.encode(encoding) + after
        assert CANARIES.in_text("log", base64.b64encode(data))
        assert CANARIES.in_text("log", base64.urlsafe_b64encode(data).rstrip(b"="))


def test_a_number_that_became_an_integer_is_found() -> None:
    assert CANARIES.in_text("record", b"\x12id\0" + int(DIGITS).to_bytes(8, "little"))


def test_a_sighting_tells_where_and_how_and_not_the_word() -> None:
    [sighting] = CANARIES.in_text("log", f"buyer {NUMBER}")
    assert sighting == "log: word 1 as utf-8"


def test_a_digest_that_was_made_of_a_word_is_looked_for_as_it_is() -> None:
    digest = hashlib.sha256(b"a body with a number in it").hexdigest()
    assert Canaries(verbatim=[digest]).in_text("journal", f"fingerprint {digest}") == [
        "journal: verbatim 1"
    ]


@given(st.binary(min_size=1, max_size=2000))
def test_nothing_is_found_where_nothing_is(data: bytes) -> None:
    assert CANARIES.in_text("log", data) == []


def test_a_sweep_of_nothing_and_a_word_too_short_are_mistakes() -> None:
    with pytest.raises(AssertionError, match="nothing was looked at"):
        CANARIES.in_text("log", "")
    for word in ("王小", "1234"):
        with pytest.raises(ValueError, match="six bytes"):
            Canaries(word)

"""How a wish is read: its nesting, its fingerprint, its place in a list, its refusal."""

import json
from datetime import UTC, datetime
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.platform.clock import utc_now
from shared.platform.web.body import nesting
from shared.platform.web.idempotency import fingerprint
from shared.platform.web.paging import _decode, _encode, paged  # pyright: ignore[reportPrivateUsage] # opaque outside
from shared.platform.web.problem import STATUS, Problem, problem_of, render, title_of
from shared.refusal import Busy, Kind, Refused

leaves = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8)
documents = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


def depth(document: Any) -> int:
    match document:
        case list():
            return 1 + max(map(depth, document), default=0)
        case dict():
            return 1 + max(map(depth, document.values()), default=0)
        case _:
            return 0


@given(documents)
def test_nesting_is_counted_without_parsing(document: Any) -> None:
    assert nesting(json.dumps(document).encode()) == depth(document)
    assert nesting(json.dumps(document, ensure_ascii=False, indent=1).encode()) == depth(document)


@given(st.binary(max_size=200))
def test_nesting_of_anything_at_all_can_be_counted(garbage: bytes) -> None:
    assert 0 <= nesting(garbage) <= 200


def shuffled(document: Any) -> Any:
    match document:
        case list():
            return [shuffled(each) for each in document]
        case dict():
            return {name: shuffled(document[name]) for name in reversed(document)}
        case _:
            return document


@given(documents)
def test_one_wish_has_one_fingerprint_however_it_is_written(document: Any) -> None:
    plain = json.dumps(document).encode()
    other = json.dumps(shuffled(document), ensure_ascii=False, indent=2).encode(
        "utf-8", "surrogatepass"
    )
    assert fingerprint(plain) == fingerprint(other)
    assert len(fingerprint(plain)) == 32


def test_another_wish_has_another_fingerprint() -> None:
    wishes = [b"", b"{}", b"[]", b'{"a":1}', b'{"a":"1"}', b'{"a":[1,2]}', b'{"a":[2,1]}', b"x"]
    assert len({fingerprint(wish) for wish in wishes}) == len(wishes)


# Cursors.


@given(st.datetimes(), st.text(max_size=20), st.integers())
def test_a_place_in_a_list_survives_the_journey(at: datetime, name: str, number: int) -> None:
    place = place_of(datetime, str, int)
    cursor = _encode(place, (at.replace(tzinfo=UTC), name, number))
    assert cursor.isascii()
    assert "=" not in cursor
    assert _decode(place, cursor) == (at.replace(tzinfo=UTC), name, number)


@given(st.text(max_size=80))
def test_a_made_up_cursor_is_a_mistake_and_never_a_fault(cursor: str) -> None:
    with pytest.raises(Problem, match="not given out here"):
        _decode(place_of(str), cursor)


def test_a_cursor_of_one_list_does_not_open_another() -> None:
    cursor = _encode(place_of(str, int), ("a", 1))
    for other in (place_of(int, int), place_of(str), place_of(str, int, int)):
        with pytest.raises(Problem):
            _decode(other, cursor)


def place_of(*types: type) -> Any:
    dependency: Any = paged(*types).dependency
    (place,) = [
        cell.cell_contents
        for cell in dependency.__closure__
        if hasattr(cell.cell_contents, "validate_json")
    ]
    return place


# Refusals.


def test_every_kind_of_refusal_has_a_status_of_its_own() -> None:
    assert set(STATUS) == set(get_args(Kind))
    assert len(set(STATUS.values())) == len(STATUS)


def test_a_code_reads_as_words() -> None:
    assert title_of("stock.sold-out") == "Stock: sold out"
    assert title_of("too-large") == "Too large"


@pytest.mark.parametrize(("seconds", "told"), [(0.01, "1"), (1.0, "1"), (1.2, "2"), (30, "30")])
def test_who_is_asked_to_come_back_is_told_whole_seconds(seconds: float, told: str) -> None:
    problem = problem_of(Busy(seconds))
    assert problem is not None
    assert render(problem).headers["retry-after"] == told


def test_facts_of_any_sort_can_be_told() -> None:
    refused = Refused(
        "order.closed", "Gone.", at=datetime(2026, 12, 5, tzinfo=UTC), odd={1}, type="x"
    )
    problem = problem_of(refused)
    assert problem is not None
    told = json.loads(bytes(render(problem).body))
    assert told["type"] == "urn:feira:problem:order.closed"
    assert told["at"] == "2026-12-05T00:00:00+00:00"
    assert told["fact_type"] == "x"


def test_a_fault_of_ours_is_no_problem_of_theirs() -> None:
    assert problem_of(RuntimeError("inside")) is None
    assert problem_of(ValueError("inside")) is None


def test_the_clock_tells_what_the_database_can_keep() -> None:
    now = utc_now()
    assert now.microsecond % 1000 == 0
    assert now.utcoffset() == UTC.utcoffset(None)

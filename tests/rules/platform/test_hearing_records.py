"""What a record must say to be understood, and what it may say besides."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.platform.bus.hearing import MAX_ID, Poison, Record, read
from tests.support.bakery import TartsBaked
from tests.support.bus import record

FACT = TartsBaked(tart="egg", units=3)
ENVELOPE: dict[str, Any] = {"ce_id": b"e-1", "ce_type": FACT.type.encode()}


def heard(value: bytes | None = FACT.write(), **headers: Any) -> Record:
    return record(FACT.topic, value, list((ENVELOPE | headers).items()))


def test_an_event_is_its_type_and_value_and_its_cause_is_its_id() -> None:
    understood = read(
        heard(ce_correlationid=b"wish", traceparent=b"00-1", ce_time=b"2026-11-22T10:00:00.000Z")
    )
    assert understood
    assert understood.event == FACT
    cause = understood.cause
    assert (cause.key, cause.causation, cause.correlation) == ("event:e-1", "e-1", "wish")
    assert (cause.traceparent, cause.patient) == ("00-1", True)
    assert cause.heard
    assert cause.heard.at.hour == 10


def test_what_our_language_does_not_have_is_passed_over() -> None:
    assert read(heard(b"\xff", ce_type=b"com.example.thing")) is None


def test_fields_that_came_later_are_passed_over() -> None:
    understood = read(heard(b'{"tart": "egg", "units": 3, "icing": "lemon"}'))
    assert understood
    assert understood.event == FACT


@pytest.mark.parametrize("name", ["ce_id", "ce_type"])
@pytest.mark.parametrize("value", [b"", None, b"\xff\xfe"])
def test_an_envelope_without_id_or_type_is_poison(name: str, value: bytes | None) -> None:
    with pytest.raises(Poison):
        read(heard(**{name: value}))


def test_an_id_too_long_to_be_one_is_poison() -> None:
    assert read(heard(ce_id=b"x" * MAX_ID))
    with pytest.raises(Poison):
        read(heard(ce_id=b"x" * (MAX_ID + 1)))


@given(st.one_of(st.none(), st.binary(max_size=100)), st.dictionaries(st.text(), st.binary()))
def test_whatever_is_said_is_understood_passed_over_or_poison(
    value: bytes | None, headers: dict[str, bytes]
) -> None:
    enveloped = record(FACT.topic, value, list((ENVELOPE | headers).items()))
    for said in (record("t", value, list(headers.items())), enveloped):
        try:
            read(said)
        except Poison:
            continue

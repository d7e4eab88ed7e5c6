"""The flood gate: a burst each, and no more than that."""

import pytest

from services.livestream.chat.flood import FloodGate
from shared.refusal import Refused
from tests.rules.livestream.room import (
    refused,
)


def test_of_ten_thousand_messages_at_once_only_a_burst_gets_through_and_others_are_let() -> None:
    gate = FloodGate(1.0, 8)
    for _ in range(8):
        gate.let("li", 100.0)
    for _ in range(10_000 - 8):
        with pytest.raises(Refused) as no:
            gate.let("li", 100.0)
        assert (no.value.code, no.value.kind) == ("flood", "limit")
        assert no.value.facts == {"retry_after": 1}
    gate.let("wu", 100.0)
    gate.let("li", 101.0)


def test_who_waits_as_long_as_told_is_let() -> None:
    gate = FloodGate(0.25, 1)
    gate.let("li", 0.0)
    with pytest.raises(Refused) as no:
        gate.let("li", 1.0)
    assert no.value.facts == {"retry_after": 3}
    gate.let("li", 4.0)


def test_who_was_silent_for_long_has_no_more_than_a_burst() -> None:
    gate = FloodGate(1.0, 2)
    gate.let("li", 0.0)
    for _ in range(2):
        gate.let("li", 1_000.0)
    with refused("flood"):
        gate.let("li", 1_000.0)


def test_a_flood_of_callers_is_forgotten_again() -> None:
    gate = FloodGate(1.0, 2, most=10)
    for n in range(1_000):
        gate.let(f"caller-{n}", float(n))
    assert len(gate._buckets) == 10

"""The pin: one product at a time, moved by whoever has seen the last move."""

from datetime import timedelta

import pytest

from services.livestream.record.timeline import Pinned
from services.livestream.showing.pin import MOST_PINS
from shared.events.livestream import ProductPinned, ProductUnpinned
from shared.refusal import Refused
from tests.rules.livestream.room import OTHER_HOST, Room, live_room, refused


def test_a_pin_says_how_long_after_the_start_it_was_made() -> None:
    room = live_room()
    room.now += timedelta(seconds=90, milliseconds=5)
    assert room.pin("FEI-BAK-005", 0)[0] == ProductPinned(
        session_id="sess-1", sku="FEI-BAK-005", sequence=1, offset_ms=90_005
    )


def test_a_controller_with_an_old_picture_does_not_move_the_pin() -> None:
    room = live_room()
    room.pin("FEI-BAK-001", 0)
    with pytest.raises(Refused) as no:
        room.pin("FEI-BAK-005", 0)
    assert (no.value.code, no.value.kind) == ("pin.stale", "stale")
    assert no.value.facts == {"sequence": 1}
    with refused("pin.stale"):
        room.unpin(0)
    assert room.session.pin
    assert room.session.pin.sku == "FEI-BAK-001"


def test_the_next_pin_takes_down_the_one_before() -> None:
    room = live_room()
    room.pin("FEI-BAK-001", 0)
    room.now += timedelta(seconds=60)
    room.pin("FEI-BAK-005", 1)
    room.now += timedelta(seconds=30)
    assert room.unpin() == [ProductUnpinned(session_id="sess-1", sequence=3, offset_ms=90_000)]
    assert room.timeline.pins == (
        Pinned("FEI-BAK-001", 1, 0, 60_000),
        Pinned("FEI-BAK-005", 2, 60_000, 90_000),
    )


def test_only_what_is_in_the_run_of_show_is_pinned() -> None:
    with refused("pin.not-in-show"):
        live_room().pin("FEI-WIN-001", 0)


def test_nothing_is_pinned_before_the_start_or_during_a_pause() -> None:
    planned = Room()
    planned.schedule()
    planned.approve()
    paused = live_room()
    paused.pause()
    for room in (planned, paused):
        with refused("pin.not-live"):
            room.pin("FEI-BAK-001", 0)


def test_another_host_does_not_touch_the_pin() -> None:
    room = live_room()
    with refused("session.not-yours"):
        room.pin("FEI-BAK-001", 0, OTHER_HOST)


def test_what_is_not_pinned_cannot_be_taken_down() -> None:
    with refused("pin.none"):
        live_room().unpin()


def test_a_runaway_script_is_stopped() -> None:
    room = live_room()
    for n in range(MOST_PINS):
        room.pin("FEI-BAK-001", n)
    with refused("pin.limit"):
        room.pin("FEI-BAK-001", MOST_PINS)

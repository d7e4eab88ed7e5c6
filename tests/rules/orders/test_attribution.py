"""Which pin an order belongs to: the active one, one that ended just before, or none."""

from datetime import UTC, datetime, timedelta

import pytest

from services.orders.ordering import attribution
from services.orders.pool import session as sessions
from services.orders.pool.session import Session
from shared.events.livestream import ProductPinned, ProductUnpinned, SessionState
from shared.events.orders import Attribution
from tests.rules.livestream.room import Room, live_room, session

START = datetime(2025, 5, 24, 12, tzinfo=UTC)
TARTS, WINE = "egg-tart", "wine"


def pinned(sku: str, sequence: int, offset_ms: int) -> ProductPinned:
    return ProductPinned(session_id="s", sku=sku, sequence=sequence, offset_ms=offset_ms)


def unpinned(sequence: int, offset_ms: int) -> ProductUnpinned:
    return ProductUnpinned(session_id="s", sequence=sequence, offset_ms=offset_ms)


def room(*facts: object) -> Session:
    """A room that began at START, and what it showed."""
    known = Session("s", "live", "fair", "host-mei", revision=1, started_at=START)
    for fact in facts:
        known = sessions.evolve(known, fact)
    return known


def placed(known: Session, at_ms: int, *skus: str) -> Attribution:
    return attribution.of_room(known, skus or (TARTS,), START + timedelta(milliseconds=at_ms))


def test_an_order_belongs_to_the_pin_that_is_active_when_it_is_placed() -> None:
    of = placed(room(pinned(TARTS, 1, 60_000)), 75_250)
    assert of == Attribution(
        rule="pin-active", session_id="s", host_id="host-mei", pin_sequence=1, offset_ms=75_250
    )


def test_a_pin_is_active_however_long_ago_it_began() -> None:
    assert placed(room(pinned(TARTS, 1, 0)), 7_200_000).rule == "pin-active"


@pytest.mark.parametrize(
    ("after_ms", "rule", "pin"),
    [(0, "pin-recent", 1), (180_000, "pin-recent", 1), (180_001, "shelf", None)],
)
def test_a_pin_that_ended_counts_for_three_minutes_and_not_a_millisecond_more(
    after_ms: int, rule: str, pin: int | None
) -> None:
    for ending in (unpinned(2, 90_001), pinned(WINE, 2, 90_001)):
        of = placed(room(pinned(TARTS, 1, 60_000), ending), 90_001 + after_ms)
        assert (of.rule, of.pin_sequence) == (rule, pin)
        assert of.offset_ms == 90_001 + after_ms


def test_an_active_pin_goes_before_one_that_ended_and_the_later_before_the_earlier() -> None:
    known = room(pinned(TARTS, 1, 0), pinned(WINE, 2, 1_000))
    assert placed(known, 2_000, TARTS, WINE).pin_sequence == 2
    known = room(pinned(WINE, 1, 0), pinned(TARTS, 2, 1_000), unpinned(3, 2_000))
    of = placed(known, 3_000, TARTS, WINE)
    assert (of.rule, of.pin_sequence) == ("pin-recent", 2)


def test_a_product_that_is_pinned_again_belongs_to_its_last_pin() -> None:
    known = room(pinned(TARTS, 1, 0), unpinned(2, 1_000), pinned(TARTS, 3, 400_000))
    assert placed(known, 400_000).pin_sequence == 3


def test_the_pin_of_another_product_is_no_reason_to_buy_this_one() -> None:
    of = placed(room(pinned(WINE, 1, 0)), 1_000)
    assert (of.rule, of.pin_sequence, of.session_id) == ("shelf", None, "s")


def test_pins_that_are_told_out_of_turn_or_twice_change_nothing() -> None:
    known = room(pinned(TARTS, 1, 0), pinned(WINE, 3, 5_000))
    for old in (pinned(TARTS, 1, 0), unpinned(2, 4_000), pinned(WINE, 3, 5_000)):
        assert sessions.evolve(known, old) is known


def test_an_order_before_the_room_is_known_to_have_begun_is_at_its_beginning() -> None:
    assert placed(Session("s", "live", "fair"), 5_000).offset_ms == 0
    assert placed(room(), -1).offset_ms == 0


def test_device_and_activity_are_kept_as_they_were_given() -> None:
    of = attribution.of_room(room(), [TARTS], START, device="phone", activity_id="draw-1")
    assert (of.rule, of.device, of.activity_id) == ("shelf", "phone", "draw-1")


def test_what_livestream_tells_of_its_room_is_enough_to_attribute() -> None:
    live: Room = live_room()
    told: SessionState = session.state_of(live.session)
    known = sessions.evolve(Session(told.session_id), told)
    assert known.started_at == told.started_at is not None
    assert known.host_id == told.host_id

"""The running order: moved at once, repriced by two, laid out against the clock."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.livestream.directing.running import rundown
from services.livestream.directing.session import Asker, Session
from services.livestream.record.timeline import Pinned
from services.livestream.showing.deal import Wanted
from shared.events.livestream import RunningOrderChanged, Slot
from tests.rules.livestream.room import (
    HOST,
    MORNING,
    ORGANISER,
    OTHER_HOST,
    PLAN,
    Room,
    live_room,
    mop,
    refused,
    slot,
)

BISCUITS, TARTS = "FEI-BAK-001", "FEI-BAK-005"
FIRST, SECOND = PLAN.slots
PRODUCER = Asker("producer-rui", organises=True)


def replace_slot(of: Slot, **changes: object) -> Slot:
    return of.model_copy(update=changes)


def test_slots_are_moved_shortened_and_dropped_at_once_and_each_change_has_a_version() -> None:
    room = live_room()
    assert room.session.order == 1
    room.now += timedelta(seconds=10)
    swapped = (replace_slot(SECOND, position=1), replace_slot(FIRST, position=2, seconds=60))
    [changed] = room.reorder(*swapped, seen=1)
    assert changed == RunningOrderChanged(
        session_id="sess-1", version=2, slots=swapped, offset_ms=10_000, by=HOST.id
    )
    room.reorder(swapped[0], seen=2)
    assert (room.session.skus, room.session.order) == ((TARTS,), 3)


def test_a_running_order_seen_too_long_ago_is_not_changed() -> None:
    room = live_room()
    room.reorder(FIRST, seen=1)
    with refused("version.stale") as no:
        room.reorder(SECOND, seen=1)
    assert (no.value.kind, no.value.facts) == ("stale", {"version": 2})


@pytest.mark.parametrize(
    "changes",
    [{"price": mop(4700)}, {"price": mop(4900)}, {"units": 101}, {"per_buyer": 3}, {"sku": "x"}],
    ids=str,
)
def test_a_price_a_product_and_a_number_of_units_take_a_second_person(
    changes: dict[str, object],
) -> None:
    room = live_room()
    told = len(room.said)
    wanted = (replace_slot(FIRST, **changes), SECOND)
    room.reorder(*wanted)
    assert room.session.slots == PLAN.slots
    assert len(room.said) == told
    [changed] = room.approve_order(seen=2)
    assert isinstance(changed, RunningOrderChanged)
    assert (changed.by, changed.approved_by) == (HOST.id, ORGANISER.id)
    assert room.session.slots == wanted
    assert room.session.proposal is None


def test_the_second_person_is_neither_the_first_nor_the_host() -> None:
    room = live_room()
    room.reorder(replace_slot(FIRST, price=mop(1)), asker=PRODUCER)
    for asker in (PRODUCER, HOST, OTHER_HOST, replace(HOST, organises=True)):
        with refused("running-order.own-approval"):
            room.approve_order(asker)
    room.approve_order(ORGANISER)
    with refused("running-order.none"):
        room.approve_order(ORGANISER)


def test_a_second_person_agrees_to_the_proposal_they_have_seen_and_no_other() -> None:
    room = live_room()
    room.reorder(replace_slot(FIRST, price=mop(4700)))
    room.reorder(replace_slot(FIRST, price=mop(1)))
    with refused("version.stale"):
        room.approve_order(seen=2)
    room.approve_order(seen=3)
    assert room.session.slots[0].price == mop(1)


def test_a_change_made_meanwhile_takes_a_proposal_with_it() -> None:
    room = live_room()
    room.reorder(replace_slot(FIRST, price=mop(4700)), SECOND)
    room.reorder(FIRST)
    with refused("running-order.none"):
        room.approve_order()


def test_what_is_pinned_and_what_deals_hold_stays_in_the_running_order() -> None:
    room = live_room()
    room.pin(BISCUITS, 0)
    with refused("running-order.pinned"):
        room.reorder(SECOND)
    room.ask("deal-1", Wanted(position=2, units=40))
    with refused("running-order.units"):
        room.reorder(FIRST)
    with refused("running-order.units"):
        room.reorder(FIRST, replace_slot(SECOND, units=39))
    room.reorder(replace_slot(SECOND, position=1), replace_slot(FIRST, position=2))


def test_a_running_order_is_changed_while_the_session_is_under_way_by_who_runs_it() -> None:
    room = Room()
    room.schedule()
    with refused("running-order.not-live"):
        room.reorder(SECOND)
    room.approve()
    room.start()
    with refused("session.not-yours"):
        room.reorder(SECOND, asker=OTHER_HOST)
    with refused("session.positions"):
        room.reorder(FIRST, replace_slot(SECOND, position=1))
    with refused("session.empty"):
        room.reorder()
    assert room.reorder(*PLAN.slots) == []
    room.flag("cure", "medicine_restricted")
    with refused("session.never-live"):
        room.reorder(FIRST, slot(2, "cure"))


def test_before_the_start_slots_follow_each_other_from_the_beginning() -> None:
    room = Room()
    room.schedule()
    laid = rundown(room.session, (), MORNING + timedelta(minutes=5))
    assert [(run.stage, run.from_ms, run.until_ms) for run in laid.runs] == [
        ("to-come", 0, 180_000),
        ("to-come", 180_000, 360_000),
    ]
    assert (laid.length_ms, laid.falls_out) == (7_200_000, ())


def session_of(seconds: list[int], length: float) -> Session:
    slots = tuple(
        replace_slot(slot(n, f"sku-{n}"), seconds=each) for n, each in enumerate(seconds, 1)
    )
    ends_at = MORNING + timedelta(seconds=length)
    return Session("s", "live", starts_at=MORNING, started_at=MORNING, ends_at=ends_at, slots=slots)


def test_a_slot_that_overruns_pushes_the_last_ones_out() -> None:
    session = session_of([60, 60, 60, 60], length=240)
    on = Pinned("sku-1", 1, 0)
    assert rundown(session, (on,), MORNING + timedelta(seconds=60)).falls_out == ()
    late = rundown(session, (on,), MORNING + timedelta(seconds=100))
    assert late.falls_out == (4,)
    assert [(run.stage, run.from_ms, run.until_ms) for run in late.runs] == [
        ("on", 0, 100_000),
        ("to-come", 100_000, 160_000),
        ("to-come", 160_000, 220_000),
        ("to-come", 220_000, 280_000),
    ]


def test_a_product_shown_twice_has_its_pins_in_turn() -> None:
    session = session_of([60, 60, 60], length=600)
    twice = replace(session, slots=(*session.slots[:2], replace_slot(slot(3, "sku-1"), seconds=60)))
    pins = (Pinned("sku-1", 1, 0, 50_000), Pinned("sku-1", 2, 50_000))
    stages = {
        run.slot.position: run.stage
        for run in rundown(twice, pins, MORNING + timedelta(seconds=70)).runs
    }
    assert stages == {1: "shown", 2: "to-come", 3: "on"}


@given(
    st.lists(st.integers(1, 600), min_size=1, max_size=12),
    st.integers(1, 5_000),
    st.integers(0, 5_000),
)
def test_what_falls_out_is_the_tail_that_does_not_fit(
    seconds: list[int], length: int, elapsed: int
) -> None:
    session = session_of(seconds, length)
    laid = rundown(session, (), MORNING + timedelta(seconds=elapsed))
    fits = [run.until_ms <= laid.length_ms for run in laid.runs]
    assert fits == sorted(fits, reverse=True)
    assert laid.falls_out == tuple(n for n, fit in enumerate(fits, 1) if not fit)
    starts = [run.from_ms for run in laid.runs]
    assert starts == [elapsed * 1000 + 1000 * sum(seconds[:n]) for n in range(len(seconds))]

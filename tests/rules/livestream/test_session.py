"""The life of a session: planned, looked over by another, run, ended."""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.livestream.directing.life import MOVES, WAITS, picture
from shared.events.livestream import (
    ProductPinned,
    ProductUnpinned,
    SessionApproved,
    SessionEnded,
    SessionScheduled,
    SessionStarted,
)
from shared.refusal import Refused
from tests.rules.livestream.room import (
    HOST,
    ORGANISER,
    OTHER_HOST,
    PLAN,
    Room,
    live_room,
    refused,
    slot,
)

STEPS = (*MOVES, "pin", "unpin")


def _take(room: Room, step: str) -> None:
    match step:
        case "schedule":  # each time another plan
            room.schedule(plan=replace(PLAN, ends_at=PLAN.ends_at + timedelta(len(room.facts))))
        case "rehearse" if room.session.status == "approved":  # nothing can be prepared in it
            room.prepare()
            room.rehearse()
        case "pin":
            room.pin("FEI-BAK-001", room.session.sequence)
        case _:
            getattr(room, step)()


def _try(room: Room, step: str) -> None:
    with suppress(Refused):
        _take(room, step)


@given(st.lists(st.sampled_from(STEPS), max_size=40))
def test_no_path_reaches_live_without_approval_of_the_plan_that_is_run(steps: list[str]) -> None:
    room = Room()
    for step in steps:
        _try(room, step)
    approved = False
    for fact in room.facts:
        match fact:
            case SessionScheduled():
                approved = False
            case SessionApproved():
                approved = True
            case SessionStarted():
                assert approved
            case _:
                pass


@given(st.lists(st.sampled_from(STEPS), max_size=40))
def test_a_move_is_allowed_by_the_table_or_refused_naming_both_states(steps: list[str]) -> None:
    room = Room()
    for step in steps:
        if step not in MOVES:
            _try(room, step)
            continue
        before = room.session.status
        allowed, to = MOVES[step]
        if before in allowed:
            _take(room, step)
            assert room.session.status == to
        elif before == "new":
            with refused("session.unknown"):
                _take(room, step)
        else:
            with refused("session.illegal-move") as no:
                _take(room, step)
            assert no.value.kind == "conflict"
            assert no.value.facts == {"state": before, "wanted": to}


@given(st.lists(st.sampled_from((*STEPS, "pin", "pin", "unpin")), max_size=60))
def test_at_most_one_product_is_pinned_and_the_sequence_only_rises(steps: list[str]) -> None:
    room = Room()
    for step in ["schedule", "approve", "start", *steps]:
        _try(room, step)
    moved = [f for f in room.facts if isinstance(f, ProductPinned | ProductUnpinned)]
    assert [fact.sequence for fact in moved] == list(range(1, len(moved) + 1))
    still_up = [pinned for pinned in room.timeline.pins if pinned.until_ms is None]
    assert len(still_up) == (1 if room.session.pin else 0)
    if room.session.status in ("ended", "cancelled"):
        assert room.session.pin is None


def test_a_host_may_not_approve_their_own_session_even_as_an_organiser() -> None:
    room = Room()
    room.schedule()
    for asker in (HOST, OTHER_HOST, replace(HOST, organises=True)):
        with refused("session.own-approval"):
            room.approve(asker)
    room.approve(ORGANISER)
    assert room.session.status == "approved"


def test_a_changed_run_of_show_has_to_be_approved_again() -> None:
    room = Room()
    room.schedule()
    room.approve()
    room.schedule(plan=replace(PLAN, slots=(slot(1, "FEI-CON-001"),)))
    with refused("session.illegal-move"):
        room.start()
    room.approve()
    [started] = room.start()
    assert isinstance(started, SessionStarted)
    assert started.skus == ("FEI-CON-001",)


def test_a_plan_that_stands_already_need_not_be_approved_again() -> None:
    room = Room()
    room.schedule()
    room.approve()
    assert room.schedule() == []
    assert room.session.status == "approved"


def test_a_live_session_keeps_the_run_of_show_it_was_approved_with() -> None:
    room = live_room()
    with refused("session.illegal-move"):
        room.schedule(ORGANISER)


def test_only_its_own_host_or_an_organiser_runs_a_session() -> None:
    room = Room()
    room.schedule()
    room.approve()
    for move in (room.start, room.cancel):
        with pytest.raises(Refused) as no:
            move(OTHER_HOST)
        assert no.value.kind == "forbidden"
    room.start(ORGANISER)
    assert room.session.status == "live"


def test_a_host_plans_their_own_sessions_and_nobody_elses() -> None:
    room = Room()
    with refused("session.not-yours"):
        room.schedule(OTHER_HOST)
    room.schedule()
    with refused("session.not-yours"):
        room.schedule(OTHER_HOST, replace(PLAN, host_id=OTHER_HOST.id))
    assert room.session.host_id == HOST.id


def test_two_slots_do_not_share_a_position_and_a_session_does_not_end_before_it_begins() -> None:
    twice = replace(PLAN, slots=(slot(1, "FEI-BAK-001"), slot(1, "FEI-BAK-002")))
    backwards = replace(PLAN, ends_at=PLAN.starts_at)
    for plan in (twice, backwards):
        with pytest.raises(Refused) as no:
            Room().schedule(plan=plan)
        assert no.value.kind == "invalid"


def test_an_empty_run_of_show_is_not_approved() -> None:
    room = Room()
    room.schedule(plan=replace(PLAN, slots=()))
    with refused("session.empty"):
        room.approve()


def test_ending_takes_down_the_pin_and_then_the_room() -> None:
    room = live_room()
    room.pin("FEI-BAK-001", 0)
    unpinned, ended = room.end()
    assert isinstance(unpinned, ProductUnpinned)
    assert isinstance(ended, SessionEnded)
    assert ended.ended_at == room.now


def test_the_picture_has_every_move_and_every_state_waits_for_something_or_is_an_end() -> None:
    drawn = picture()
    for name, move in MOVES.items():
        for source in move.sources - {"new"}:
            assert f"    {source} --> {move.target}: {name.replace('_', ' ')}\n" in drawn
    reached = {move.target for move in MOVES.values()}
    assert reached - WAITS.keys() == {"archived", "cancelled"}
    assert "archived --> [*]" in drawn

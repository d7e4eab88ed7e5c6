"""What orders knows of live rooms: a copy, never taken back by what is older."""

import pytest

from services.orders.pool import session as sessions
from services.orders.pool.session import Session
from shared.events.livestream import SessionState
from shared.refusal import Refused
from tests.rules.livestream.room import Room, live_room, session


def told(room: Room) -> SessionState:
    return session.state_of(room.session)


def test_a_room_sells_while_it_is_live_or_paused_and_only_for_its_own_festival() -> None:
    room = Room()
    known = Session(room.session.id)
    sells: dict[str, bool] = {}
    for step in (room.schedule, room.approve, room.start, room.pause, room.resume, room.end):
        step()
        known = sessions.evolve(known, told(room))
        try:
            sessions.must_be_live(known, "beijing-2025")
            sells[step.__name__] = True
        except Refused:
            sells[step.__name__] = False
        with pytest.raises(Refused, match="session\\.not-live"):
            sessions.must_be_live(known, "lisboa-2026")
    assert [step for step, yes in sells.items() if yes] == ["start", "pause", "resume"]


def test_a_room_nobody_has_told_of_sells_nothing() -> None:
    with pytest.raises(Refused, match="session\\.not-live"):
        sessions.must_be_live(Session("made-up"), "beijing-2025")


def test_what_was_told_before_does_not_open_a_room_again() -> None:
    room = live_room()
    live = told(room)
    room.end()
    ended = sessions.evolve(Session(room.session.id), told(room))
    assert ended.status == "ended"
    assert sessions.evolve(ended, live) is ended


def test_a_pin_that_moves_changes_nothing() -> None:
    room = live_room()
    known = sessions.evolve(Session(room.session.id), told(room))
    room.pin("FEI-BAK-001", 0)
    assert sessions.evolve(known, told(room)) is known

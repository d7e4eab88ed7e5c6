"""A rehearsal: the host tries things out, and the public sees nothing of it."""

from hypothesis import given
from hypothesis import strategies as st

from services.livestream.directing.session import as_public, state_of
from services.livestream.record.timeline import Timeline
from services.livestream.room.picture import Picture
from services.livestream.showing.deal import Wanted
from services.livestream.showing.tally import Tally
from tests.rules.livestream.room import HOST, OTHER_HOST, Room, refused

BISCUITS = "FEI-BAK-001"


def approved_room() -> Room:
    room = Room()
    room.schedule()
    room.approve()
    return room


@given(st.lists(st.sampled_from(("pin", "unpin", "attend")), max_size=20))
def test_whatever_is_tried_out_the_public_sees_an_approved_session(steps: list[str]) -> None:
    room = approved_room()
    told, before = len(room.said), state_of(room.session)
    looks = Picture(room.session, (), Tally("sess-1"), {}).whole()
    room.rehearse()
    for step in steps:
        match step:
            case "pin":
                room.pin(BISCUITS, room.session.sequence)
            case "unpin" if room.session.pin:
                room.unpin()
            case _:
                room.attend()
        assert state_of(room.session) == before
        assert Picture(room.session, (), Tally("sess-1"), {}).whole() == looks
        assert as_public(room.session).status == "approved"
    room.end_rehearsal()
    assert len(room.said) == told
    assert state_of(room.session) == before
    assert room.timeline == Timeline("sess-1")
    assert (room.session.pin, room.session.sequence) == (None, 0)


def test_the_pin_is_tried_out_as_it_will_be_moved() -> None:
    room = approved_room()
    room.rehearse()
    room.pin(BISCUITS, 0)
    assert room.session.pin
    assert (room.session.pin.sku, room.session.sequence) == (BISCUITS, 1)
    with refused("pin.stale"):
        room.pin(BISCUITS, 0)
    with refused("pin.not-in-show"):
        room.pin("FEI-WIN-001", 1)


def test_a_session_goes_live_from_its_rehearsal_with_nothing_left_of_it() -> None:
    room = approved_room()
    room.prepare()
    room.rehearse()
    room.pin(BISCUITS, 0)
    room.go_live()
    assert (room.session.status, room.session.pin, room.session.sequence) == ("live", None, 0)
    room.pin(BISCUITS, 0)
    assert [pin.sequence for pin in room.timeline.pins] == [1]


def test_a_rehearsal_asks_for_no_units_and_is_not_recorded() -> None:
    room = approved_room()
    room.rehearse()
    with refused("deal.no-session"):
        room.ask("deal-1", Wanted(position=1))
    with refused("recording.not-now"):
        room.record()
    with refused("correction.not-live"):
        room.correct("It cures.", "It does not.")


def test_only_who_runs_the_session_rehearses_and_only_what_is_approved() -> None:
    room = Room()
    with refused("session.unknown"):
        room.rehearse()
    room.schedule()
    with refused("session.illegal-move"):
        room.rehearse()
    room.approve()
    with refused("session.not-yours"):
        room.rehearse(OTHER_HOST)
    room.rehearse(HOST)
    with refused("session.not-yours"):
        room.end_rehearsal(OTHER_HOST)

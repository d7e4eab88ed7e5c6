"""Following a host: once, taken back, and in which session somebody was won."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from services.livestream.directing import following
from services.livestream.directing.following import Following, following_id
from services.livestream.directing.session import Session
from shared.events.livestream import HostFollowed, HostUnfollowed
from tests.rules.livestream.room import HOST, MORNING, Room, live_room, refused

LI = "buyer-li"


def blank() -> Following:
    return Following(following_id(HOST.id, LI))


def follow(one: Following, session: Session, buyer: str = LI) -> Following:
    for fact in following.follow(one, session, HOST.id, buyer, MORNING):
        one = following.evolve(one, fact)
    return one


def unfollow(one: Following) -> Following:
    for fact in following.unfollow(one, MORNING):
        one = following.evolve(one, fact)
    return one


def another(session_id: str) -> Session:
    """Another session of the host, which is live."""
    return replace(live_room().session, id=session_id)


def test_who_follows_in_a_session_is_won_by_it() -> None:
    [fact] = following.follow(blank(), live_room().session, HOST.id, LI, MORNING)
    assert fact == HostFollowed(
        host_id=HOST.id, buyer_id=LI, session_id="sess-1", is_new=True, at=MORNING
    )
    one = following.evolve(blank(), fact)
    assert (one.host_id, one.buyer_id, one.since) == (HOST.id, LI, MORNING)
    assert one.session_id == "sess-1"


def test_who_follows_already_goes_on_and_nothing_is_said() -> None:
    session = live_room().session
    one = follow(blank(), session)
    assert following.follow(one, session, HOST.id, LI, MORNING) == []


def test_what_is_taken_back_is_said_once() -> None:
    one = follow(blank(), live_room().session)
    assert following.unfollow(one, MORNING) == [
        HostUnfollowed(host_id=HOST.id, buyer_id=LI, at=MORNING)
    ]
    assert following.unfollow(unfollow(one), MORNING) == []
    assert following.unfollow(blank(), MORNING) == []


def test_who_comes_back_is_not_new_and_was_won_by_the_first_session() -> None:
    one = unfollow(follow(blank(), live_room().session))
    assert (one.since, one.session_id) == (None, "sess-1")
    [fact] = following.follow(one, another("sess-2"), HOST.id, LI, MORNING)
    assert (fact.is_new, fact.session_id) == (False, "sess-2")
    back = following.evolve(one, fact)
    assert (back.since, back.session_id) == (MORNING, "sess-1")


@given(st.lists(st.sampled_from(("sess-1", "sess-2", "no")), max_size=12))
def test_however_often_somebody_follows_and_stops_one_session_alone_has_won_them(
    wishes: list[str],
) -> None:
    sessions = {"sess-1": live_room().session, "sess-2": another("sess-2")}
    one = blank()
    for wish in wishes:
        one = unfollow(one) if wish == "no" else follow(one, sessions[wish])
    followed = [wish for wish in wishes if wish != "no"]
    assert one.session_id == (followed[0] if followed else None)
    assert bool(one.since) == bool(wishes and wishes[-1] != "no")


def test_before_the_start_in_rehearsal_and_after_the_end_nobody_is_won() -> None:
    room = Room()
    for step in (room.schedule, room.approve, room.rehearse):
        step()
        assert follow(blank(), room.session).session_id is None
    room.end_rehearsal()
    room.start()
    room.end()
    one = follow(blank(), room.session)
    assert (one.since, one.session_id) == (MORNING, None)
    # Nor by the next: they had followed before.
    assert follow(unfollow(one), live_room().session).session_id is None


def test_nobody_follows_a_host_of_nothing_of_another_session_or_themselves() -> None:
    session = live_room().session
    with refused("session.unknown"):
        following.follow(blank(), Session("sess-9"), HOST.id, LI, MORNING)
    with refused("follow.other-host"):
        following.follow(blank(), session, "host-rui", LI, MORNING)
    with refused("follow.self"):
        following.follow(blank(), session, HOST.id, HOST.id, MORNING)

"""Grants: co-hosts and guests, let in for a while, taken out at once."""

from datetime import timedelta

from services.livestream.directing.grants import MOST_GRANTS
from services.livestream.directing.moves import GRACE
from services.livestream.directing.session import Asker, may
from shared.events.livestream import GrantGiven, GrantRevoked
from tests.rules.livestream.room import (
    HOST,
    MORNING,
    ORGANISER,
    OTHER_HOST,
    PLAN,
    live_room,
    refused,
)

BISCUITS = "FEI-BAK-001"


def test_a_co_host_pins_while_the_grant_lasts_and_not_a_moment_longer() -> None:
    room = live_room()
    room.grant(OTHER_HOST.id, "pin", "chat", seconds=60)
    room.now += timedelta(seconds=59)
    room.pin(BISCUITS, 0, OTHER_HOST)
    room.now += timedelta(seconds=1)
    with refused("session.not-yours"):
        room.pin(BISCUITS, 1, OTHER_HOST)


def test_a_grant_that_is_taken_back_is_gone_at_once() -> None:
    room = live_room()
    room.grant(OTHER_HOST.id, "pin")
    assert room.revoke(OTHER_HOST.id) == [GrantRevoked(session_id="sess-1", subject=OTHER_HOST.id)]
    with refused("session.not-yours"):
        room.pin(BISCUITS, 0, OTHER_HOST)
    with refused("grant.unknown"):
        room.revoke(OTHER_HOST.id)


def test_a_guest_does_what_they_were_let_do_and_nothing_else() -> None:
    room = live_room()
    room.grant(OTHER_HOST.id, "chat", "publish")
    with refused("session.not-yours"):
        room.pin(BISCUITS, 0, OTHER_HOST)
    for act in (room.pause, room.end):
        with refused("session.not-yours"):
            act(OTHER_HOST)


def test_a_new_grant_takes_the_place_of_the_one_before() -> None:
    room = live_room()
    room.grant("guest", "chat", "moderate")
    [given] = room.grant("guest", "publish", seconds=30)
    assert isinstance(given, GrantGiven)
    assert [grant.may for grant in room.session.grants] == [("publish",)]
    assert not may(room.session, "guest", "chat", room.now)
    assert room.grant("guest", "publish", seconds=30) == []


def test_who_was_let_in_lets_nobody_in() -> None:
    room = live_room()
    room.grant(OTHER_HOST.id, "publish", "chat", "pin", "moderate")
    with refused("session.not-yours"):
        room.grant("friend", "chat", asker=OTHER_HOST)
    room.grant("friend", "chat", asker=ORGANISER)


def test_a_grant_begins_and_ends_with_its_session() -> None:
    room = live_room()
    longest = (PLAN.ends_at + GRACE - MORNING).total_seconds()
    room.grant("guest", "chat", seconds=longest)
    for seconds in (0, -1, longest + 1):
        with refused("grant.until"):
            room.grant("guest", "chat", seconds=seconds)
    room.end()
    with refused("grant.over"):
        room.grant("guest", "chat")


def test_the_host_needs_no_grant_and_a_crowd_gets_none() -> None:
    room = live_room()
    with refused("grant.host"):
        room.grant(HOST.id, "chat")
    for n in range(MOST_GRANTS):
        room.grant(f"guest-{n}", "chat")
    with refused("grant.limit"):
        room.grant("one-more", "chat")
    room.grant("guest-0", "publish")


def test_a_guest_with_the_keys_to_the_chat_is_the_moderator_the_checklist_wants() -> None:
    room = live_room()
    moderator = Asker("buyer-li")
    room.now += timedelta(minutes=5)
    room.grant(moderator.id, "moderate")
    assert not room.presence.is_moderated(room.now)
    room.attend(moderator)
    assert room.presence.is_moderated(room.now)

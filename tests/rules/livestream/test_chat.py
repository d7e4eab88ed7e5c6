"""The chat: numbered, slow when it must be, moderated with reasons."""

from dataclasses import replace
from datetime import timedelta

import pytest

from services.livestream.chat import author, moderation
from services.livestream.chat.author import (
    MOST_BARRED,
    MOST_DEVICES,
    Author,
    Bar,
    Barred,
    author_of,
)
from services.livestream.chat.chat import Chat, Mode
from services.livestream.chat.message import Message
from services.livestream.chat.moderation import Moderator
from services.livestream.directing.session import Session
from shared.events.livestream import AuthorBanned, AuthorUnbanned, BanScope
from shared.refusal import Refused
from tests.rules.livestream.room import (
    HOST,
    MORNING,
    ORGANISER,
    OTHER_HOST,
    Room,
    refused,
)
from tests.rules.livestream.talk import LI, WU, Talk


def test_what_is_said_in_a_room_is_numbered_without_a_gap_and_kept_as_it_was_typed() -> None:
    talk = Talk()
    typed = "<b>bom dia</b> & 早安 \u202e"
    assert [talk.say(text=text).sequence for text in ("a", "b", typed)] == [1, 2, 3]
    assert talk.messages["m3"].text == typed
    assert (talk.chat.sequence, talk.chat.speakers) == (3, 1)


def test_nobody_talks_before_the_start_or_after_the_end() -> None:
    planned = Talk(Room())
    with refused("session.unknown"):
        planned.say()
    planned.room.schedule()
    with refused("chat.closed"):
        planned.say()
    ended = Talk()
    ended.room.end()
    with refused("chat.closed"):
        ended.say(HOST, nick="Mei")


def test_an_author_has_another_id_in_every_room() -> None:
    assert author_of("sess-1", "buyer-li") != author_of("sess-2", "buyer-li")
    assert author_of("sess-1", "buyer-li") == author_of("sess-1", "buyer-li")
    assert "li" not in author_of("sess-1", "buyer-li")


def test_in_slow_mode_a_buyer_waits_and_is_told_how_long_and_moderators_do_not_wait() -> None:
    talk = Talk()
    talk.happen(moderation.slow(talk.moderator(), talk.mode, 30))
    talk.say()
    talk.later(9.5)
    with pytest.raises(Refused) as no:
        talk.say()
    assert (no.value.code, no.value.kind) == ("chat.slow", "limit")
    assert no.value.facts == {"retry_after": 21}
    talk.say(WU, nick="Wu")
    talk.say(HOST, nick="Mei")
    talk.say(HOST, nick="Mei")
    talk.later(20.5)
    talk.say()


def test_who_is_muted_is_told_until_when_and_speaks_again_then() -> None:
    talk = Talk()
    said = talk.say()
    talk.happen(moderation.mute(talk.moderator(), talk.author(LI), 60, "Spam", talk.room.now))
    with pytest.raises(Refused) as no:
        talk.say()
    assert (no.value.code, no.value.kind) == ("chat.muted", "forbidden")
    assert no.value.facts == {"until": said.at + timedelta(seconds=60), "retry_after": 60}
    talk.later(60)
    talk.say()


def test_a_mute_can_be_taken_back() -> None:
    talk = Talk()
    talk.say()
    talk.happen(moderation.mute(talk.moderator(), talk.author(LI), 60, "Spam", talk.room.now))
    talk.happen(moderation.unmute(talk.moderator(ORGANISER), talk.author(LI)))
    assert moderation.unmute(talk.moderator(), talk.author(LI)) == []
    talk.say()


def test_a_ban_goes_for_the_person_and_for_whoever_comes_from_their_device() -> None:
    talk = Talk()
    talk.say(device="phone")
    talk.ban()
    assert talk.ban() == []
    with refused("chat.banned"):
        talk.say()
    with refused("chat.banned"):
        talk.say(WU, nick="Wu", device="phone")
    talk.say(WU, nick="Wu", device="other")
    talk.unban()
    assert talk.unban() == []
    talk.say(device="phone")
    talk.say(WU, nick="Wu", device="phone")


def in_another_room(talk: Talk, festival_id: str = "beijing-2025") -> Talk:
    """The same people and devices in another room; what they are kept out of goes with them."""
    other = Talk(bars=talk.bars)
    other.room.session = replace(other.room.session, id="sess-2", festival_id=festival_id)
    other.chat = Chat("sess-2")
    return other


def test_an_organiser_bans_from_all_rooms_of_the_festival_and_takes_it_back() -> None:
    talk = Talk()
    talk.say(device="phone")
    banned, *_ = talk.ban(by=ORGANISER, scope="festival")
    assert isinstance(banned, AuthorBanned)
    assert (banned.scope, banned.reason, banned.by) == ("festival", "Fraud", ORGANISER.id)
    assert talk.ban(by=ORGANISER, scope="festival") == []
    other, elsewhere = in_another_room(talk), in_another_room(talk, "lisbon-2026")
    for room in (talk, other):
        with refused("chat.banned"):
            room.say()
        with refused("chat.banned"):
            room.say(WU, nick="Wu", device="phone")
    elsewhere.say(device="phone")  # another festival
    with refused("chat.not-yours"):
        talk.unban(by=HOST)
    back, *_ = talk.unban(by=ORGANISER)
    assert isinstance(back, AuthorUnbanned)
    assert back.scope == "festival"
    for room in (talk, in_another_room(talk)):
        room.say(device="phone")


def test_a_ban_from_all_rooms_goes_for_the_devices_of_all_of_them() -> None:
    talk = Talk()
    talk.say(device="phone")
    there = Author(author_of("sess-2", LI.id), "sess-2", LI.id, devices=("laptop", "phone"))
    for name in there.devices:
        talk.bar(name)
    talk.ban(by=ORGANISER, scope="festival", elsewhere=[there])
    assert talk.bar(LI.id).devices == ("phone", "laptop")
    for device in there.devices:
        with refused("chat.banned"):
            talk.say(WU, nick="Wu", device=device)
    talk.unban(by=ORGANISER)
    talk.say(WU, nick="Wu", device="laptop")


@pytest.mark.parametrize("scope", ["room", "festival"])
def test_a_device_that_a_banned_person_tries_goes_with_them(scope: BanScope) -> None:
    talk = Talk()
    talk.say(device="phone")
    assert talk.follow(LI, "tablet") == []
    talk.ban(by=ORGANISER, scope=scope)
    talk.follow(LI, "tablet")
    assert talk.follow(LI, "tablet") == []
    with refused("chat.banned"):
        talk.say(WU, nick="Wu", device="tablet")
    assert talk.follow(WU, "clean") == [], "who is at a device that is kept out is not banned"
    assert talk.bar(LI.id).reason == "Fraud"
    talk.unban(by=ORGANISER)
    talk.say(WU, nick="Wu", device="tablet")


def test_a_banned_person_who_makes_up_devices_takes_only_so_many_along() -> None:
    talk = Talk()
    talk.say(device="phone")
    talk.ban()
    for n in range(MOST_BARRED + 5):
        talk.follow(LI, f"made-up-{n}")
    assert len(talk.bar(LI.id).devices) == MOST_BARRED


def test_a_ban_from_one_room_is_none_from_another_whatever_they_are_called() -> None:
    talk = Talk()
    talk.say(device="phone")
    talk.ban()
    in_another_room(talk).say(device="phone")
    in_another_room(talk, "sess-1").say(device="phone")  # a festival of the room's name


def test_who_runs_one_room_bans_from_no_other() -> None:
    talk = Talk()
    talk.say()
    talk.room.grant(OTHER_HOST.id, "moderate")
    for who in (HOST, OTHER_HOST):
        with refused("chat.not-yours"):
            talk.ban(by=who, scope="festival")


def test_a_person_banned_twice_over_is_let_in_again_by_an_organiser_at_once() -> None:
    talk = Talk()
    talk.say()
    talk.ban()
    talk.ban(by=ORGANISER, scope="festival")
    back = [fact for fact in talk.unban(by=ORGANISER) if isinstance(fact, AuthorUnbanned)]
    assert [fact.scope for fact in back] == ["room", "festival"]
    talk.say()


def test_only_the_last_devices_of_an_author_are_remembered() -> None:
    one = Author("a", person_id="p", devices=tuple("12345"))
    assert len(one.devices) == MOST_DEVICES
    spoke = author.Spoke("sess-1", "a", "p", "6", first=False)
    assert author.evolve(one, spoke).devices == tuple("23456")
    assert author.evolve(one, author.Spoke("sess-1", "a", "p", "1", first=False)) is one


def test_who_looks_after_a_chat_is_not_silenced_in_it() -> None:
    talk = Talk()
    talk.say(HOST, nick="Mei")
    with refused("chat.author-exempt"):
        talk.ban(HOST, by=ORGANISER)


def test_another_rooms_author_and_message_are_not_there() -> None:
    talk = Talk()
    with refused("chat.author-unknown"):
        moderation.ban(talk.moderator(), [Author("a", "sess-2")], Bar("p"), "Fraud", "room")
    with refused("chat.message-unknown"):
        moderation.hide(talk.moderator(), Message("m", "sess-2"), "Rude", deleted=False)


def test_only_the_sessions_host_and_organisers_moderate() -> None:
    talk = Talk()
    talk.say()
    for somebody in (LI, OTHER_HOST):
        moderator = talk.moderator(somebody)
        for wish in (
            lambda who=moderator: moderation.slow(who, talk.mode, 5),
            lambda who=moderator: moderation.hide(who, talk.messages["m1"], "x", deleted=True),
            lambda who=moderator: moderation.mute(who, talk.author(LI), 5, "x", MORNING),
            lambda who=moderator: moderation.unmute(who, talk.author(LI)),
            lambda who=somebody: talk.ban(by=who),
            lambda who=somebody: talk.unban(by=who),
        ):
            with refused("chat.not-yours"):
                wish()


def test_whom_the_host_lets_moderate_does_so_until_their_time_is_over() -> None:
    talk = Talk()
    talk.room.grant(OTHER_HOST.id, "moderate", seconds=60)
    assert moderation.slow(talk.moderator(OTHER_HOST), talk.mode, 5)
    talk.later(60)
    with refused("chat.not-yours"):
        moderation.slow(talk.moderator(OTHER_HOST), talk.mode, 5)


def test_a_hidden_message_may_still_be_deleted_and_its_text_stays_as_evidence() -> None:
    talk = Talk()
    talk.say(text="rude")
    [hidden] = talk.happen(
        moderation.hide(talk.moderator(), talk.messages["m1"], "Rude", deleted=False)
    )
    assert (hidden.deleted, hidden.reason, hidden.by) == (False, "Rude", HOST.id)  # type: ignore[union-attr]
    assert moderation.hide(talk.moderator(), talk.messages["m1"], "x", deleted=False) == []
    talk.happen(moderation.hide(talk.moderator(), talk.messages["m1"], "Rude", deleted=True))
    assert moderation.hide(talk.moderator(), talk.messages["m1"], "x", deleted=False) == []
    assert (talk.messages["m1"].sight, talk.messages["m1"].text) == ("deleted", "rude")


def test_others_see_what_somebody_is_in_the_room() -> None:
    talk = Talk()
    roles = [talk.say(who, nick="Ana").role for who in (LI, HOST, ORGANISER, OTHER_HOST)]
    assert roles == ["buyer", "host", "staff", "buyer"]
    assert talk.say(WU, moderates=True, nick="Wu").role == "moderator"


def test_a_device_is_barred_by_its_id_alone() -> None:
    barred = author.evolve_bar(Bar("d"), Barred("d", "room:s", barred=True))
    assert barred.within == ("room:s",)
    assert author.evolve_bar(barred, Barred("e", "room:s", barred=False)) is barred
    assert author.evolve_bar(barred, Barred("d", "room:s", barred=False)) == Bar("d")


def test_a_session_that_nobody_knows_is_moderated_by_nobody() -> None:
    with refused("session.unknown"):
        moderation.slow(Moderator(Session("none"), HOST, may=True), Mode("none"), 5)

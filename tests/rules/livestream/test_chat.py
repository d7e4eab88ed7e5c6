"""The chat: numbered, slow when it must be, moderated with reasons, never markup or a lure."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.livestream.chat import author, chat, message, moderation, words
from services.livestream.chat.author import MOST_DEVICES, Author, Device, DeviceBarred, author_of
from services.livestream.chat.chat import Chat, Mode
from services.livestream.chat.flood import FloodGate
from services.livestream.chat.message import Message, Place, Saying
from services.livestream.chat.moderation import Moderator, may_moderate
from services.livestream.chat.words import WordList
from services.livestream.session import Asker, Session
from shared.events.base import Event
from shared.events.livestream import ChatMessageSent, WordsListed
from shared.platform.change.aggregate import Note
from shared.refusal import Refused
from tests.rules.livestream.room import (
    HOST,
    MORNING,
    ORGANISER,
    OTHER_HOST,
    Room,
    live_room,
    refused,
)

LI, WU = Asker("buyer-li"), Asker("buyer-wu")


@dataclass
class Talk:
    """The chat of one room, run by hand: wishes decided and their facts applied."""

    room: Room = field(default_factory=live_room)
    chat: Chat = field(default_factory=lambda: Chat("sess-1"))
    mode: Mode = field(default_factory=lambda: Mode("sess-1"))
    authors: dict[str, Author] = field(default_factory=dict)
    devices: dict[str, Device] = field(default_factory=dict)
    messages: dict[str, Message] = field(default_factory=dict)
    barred: tuple[str, ...] = ()
    trusted: frozenset[str] = frozenset()

    def author(self, who: Asker) -> Author:
        return self.authors.setdefault(who.id, Author(author_of("sess-1", who.id)))

    def happen(self, facts: Iterable[Event | Note]) -> list[Event | Note]:
        happened = list(facts)
        for fact in happened:
            if isinstance(fact, ChatMessageSent):
                self.messages[fact.message_id] = Message(fact.message_id)
            self.chat = chat.evolve(self.chat, fact)
            self.mode = chat.evolve_mode(self.mode, fact)
            for states, evolve in (
                (self.authors, author.evolve),
                (self.devices, author.evolve_device),
                (self.messages, message.evolve),
            ):
                kept: dict[str, Any] = states
                kept.update({name: evolve(one, fact) for name, one in kept.items()})
        return happened

    def say(
        self,
        who: Asker = LI,
        text: str = "你好",
        *,
        nick: str = "Li",
        device: str = "",
        **may: bool,
    ) -> ChatMessageSent:
        place = Place(
            self.room.session,
            self.chat,
            self.mode,
            self.author(who),
            self.devices.setdefault(device, Device(device)) if device else None,
            [WordList("en", self.barred)],
            self.trusted,
        )
        moderates = may.get("moderates", may_moderate(self.room.session, who, self.room.now))
        saying = Saying(f"m{self.chat.sequence + 1}", text, nick)
        sent, _ = self.happen(message.say(place, saying, who, self.room.now, moderates=moderates))
        assert isinstance(sent, ChatMessageSent)
        return sent

    def moderator(self, who: Asker = HOST) -> Moderator:
        return Moderator(
            self.room.session, who, may_moderate(self.room.session, who, self.room.now)
        )

    def later(self, seconds: float) -> None:
        self.room.now += timedelta(seconds=seconds)


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
    talk.happen(moderation.ban(talk.moderator(), talk.author(LI), "Fraud"))
    with refused("chat.banned"):
        talk.say()
    with refused("chat.banned"):
        talk.say(WU, nick="Wu", device="phone")
    talk.say(WU, nick="Wu", device="other")
    talk.happen(moderation.unban(talk.moderator(), talk.author(LI)))
    talk.say(device="phone")


def test_only_the_last_devices_of_an_author_are_remembered() -> None:
    one = Author("a", devices=tuple("12345"))
    assert len(one.devices) == MOST_DEVICES
    spoke = author.Spoke("sess-1", "a", "6", first=False)
    assert author.evolve(one, spoke).devices == tuple("23456")
    assert author.evolve(one, author.Spoke("sess-1", "a", "1", first=False)) is one


def test_who_looks_after_a_chat_is_not_silenced_in_it() -> None:
    talk = Talk()
    talk.say(HOST, nick="Mei")
    with refused("chat.author-exempt"):
        moderation.ban(talk.moderator(ORGANISER), talk.author(HOST), "No")


def test_another_rooms_author_and_message_are_not_there() -> None:
    talk = Talk()
    with refused("chat.author-unknown"):
        moderation.ban(talk.moderator(), Author("a", "sess-2"), "Fraud")
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
            lambda who=moderator: moderation.ban(who, talk.author(LI), "x"),
            lambda who=moderator: moderation.unban(who, talk.author(LI)),
        ):
            with refused("chat.not-yours"):
                wish()


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


# Words --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "the best!",
        "THE BEST",
        "b e s t",
        "b.e-s_t",
        "b\u200bes\u00adt",
        "ｂｅｓｔ",
        "bést",
        "Ьеst best",
        "bеst",  # the e is Cyrillic
        "买best吧",
        "国家级的",
        "国 家 级",
        "国\u200b家。级",
    ],
)
def test_a_barred_word_is_found_however_it_is_dressed_up(text: str) -> None:
    assert words.holds([WordList("en", ("best",)), WordList("zh-Hans", ("国家级",))], text)
    with refused("chat.words"):
        Talk(barred=("best", "国家级")).say(text=text)


@pytest.mark.parametrize("text", ["bestow", "the bes", "国家", "abestb", "😀", ""])
def test_a_barred_word_is_not_found_in_another(text: str) -> None:
    assert not words.holds([WordList("en", ("best", "国家级"))], text)


def test_moderators_are_not_read_for_words_and_links() -> None:
    talk = Talk(barred=("best",))
    talk.say(HOST, "best https://anywhere.example", nick="Mei")


@given(st.text(max_size=60), st.lists(st.text(min_size=1, max_size=8), max_size=5))
def test_any_text_can_be_read_for_any_words(text: str, barred: list[str]) -> None:
    listed = [word for word in barred if words.letters_of(word).joined]
    lists = [WordList("en", tuple(listed))]
    assert words.holds(lists, text) in (True, False)
    for word in listed:
        assert words.holds(lists, f"({word})")


def test_a_list_is_kept_in_order_once_each_and_refuses_what_has_no_letters() -> None:
    known = WordList("en")
    [listed] = words.put(known, "en", ["b", "a", "b"], ORGANISER)
    assert listed == WordsListed(locale="en", words=("a", "b"), by=ORGANISER.id)
    assert words.put(words.evolve(known, listed), "en", ["a", "b"], ORGANISER) == []
    with refused("words.empty"):
        words.put(known, "en", ["a", "…"], ORGANISER)


# Links --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "see https://evil.example/x",
        "HTTPS://EVIL.EXAMPLE",
        "evil.com",
        "go to evil。com now",
        "ｅｖｉｌ．ｃｏｍ",
        "e\u200bvil.c\u200bom",
        "www.evil",
        "https://feira.example@evil.com/",
        "https://evil.com\\@feira.example/",
        "https://feira.example.evil.com",
        "https://notfeira.example",
        "javascript:alert(1)",
        "weixin://dl/chat",
        "https:///evil.com",
        "https://[evil",
        "t.cn/abc",
        "ftp://feira.example",
    ],
)
def test_a_link_to_a_host_that_is_not_trusted_is_refused(text: str) -> None:
    with refused("chat.link"):
        Talk(trusted=frozenset({"feira.example"})).say(text=text)


@pytest.mark.parametrize(
    "text",
    [
        "https://feira.example/p/1?a=b",
        "https://shop.feira.example.",
        "1.5 kg",
        "ok...yes",
        "MOP$48.00",
        "e.g. tarts",
        "at 14:30",
        "杏仁餅。好吃",
        "ratio 3:1",
    ],
)
def test_trusted_links_and_plain_talk_pass(text: str) -> None:
    Talk(trusted=frozenset({"feira.example"})).say(text=text)


# Names --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "nick",
    ["a\u202eb", "\u200b", "a\nb", "…", "a\u0000", "z\u0301\u0302\u0303\u0304", "\u3164", "\ue000"],
)
def test_a_name_that_cannot_be_read_is_refused(nick: str) -> None:
    with refused("chat.nick"):
        Talk().say(nick=nick)


@pytest.mark.parametrize(
    "nick",
    [
        "Host",
        "H O S T",
        "host-mei",
        "ｈｏｓｔ",
        "hоst",
        "Feira",
        "Moderador",
        "主播小美",
        "官方客服",
        "staff01",
    ],
)
def test_a_buyer_is_not_called_what_staff_are_called(nick: str) -> None:
    with refused("chat.nick-official"):
        Talk().say(nick=nick)
    Talk().say(HOST, nick=nick)


@pytest.mark.parametrize("nick", ["Ghost", "João", "小明", "Mod3rno", "Li Wu", "hostel"])
def test_other_names_are_let(nick: str) -> None:
    assert Talk().say(nick=f" {nick} ").nick == nick


def test_a_message_with_nothing_to_be_seen_is_refused() -> None:
    with refused("chat.empty"):
        Talk().say(text="\u200b \u2060")


# Floods -------------------------------------------------------------------------------------------


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


def test_a_device_is_barred_by_its_id_alone() -> None:
    barred = author.evolve_device(Device("d"), DeviceBarred("d", barred=True))
    assert barred.barred
    assert author.evolve_device(barred, DeviceBarred("e", barred=False)) is barred


def test_a_session_that_nobody_knows_is_moderated_by_nobody() -> None:
    with refused("session.unknown"):
        moderation.slow(Moderator(Session("none"), HOST, may=True), Mode("none"), 5)

"""What is typed in a chat: barred words, links and names, however they are dressed up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.livestream.chat import words
from services.livestream.chat.words import WordList
from shared.events.livestream import WordsListed
from tests.rules.livestream.room import (
    HOST,
    ORGANISER,
    refused,
)
from tests.rules.livestream.talk import Talk

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

"""The history of a chat: the same for who saw everything and who came late, gaps owned up to."""

from collections.abc import Iterable
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.livestream.chat.history import MOST, OLDEST, RECENT, History
from services.livestream.chat.message import Message, evolve
from shared.events.livestream import ChatMessageHidden, ChatMessageSent, ChatSlowed
from tests.rules.livestream.room import MORNING


def sent(sequence: int, seconds: float = 0) -> ChatMessageSent:
    return ChatMessageSent(
        session_id="sess-1",
        message_id=f"m{sequence}",
        sequence=sequence,
        author_id="author-1",
        nick="Li",
        role="buyer",
        text=f"text {sequence}",
        at=MORNING + timedelta(seconds=seconds),
    )


def hidden(sequence: int) -> ChatMessageHidden:
    return ChatMessageHidden(
        session_id="sess-1",
        message_id=f"m{sequence}",
        sequence=sequence,
        author_id="author-1",
        deleted=False,
        reason="Rude",
        by="host-mei",
    )


def history(facts: Iterable[ChatMessageSent | ChatMessageHidden]) -> History:
    seen = History()
    for fact in facts:
        list(seen.apply(fact))
    return seen


def test_a_message_is_a_card_with_its_author_and_what_was_typed() -> None:
    assert list(History().apply(sent(1))) == [
        (
            "chat",
            {
                "sequence": 1,
                "message_id": "m1",
                "author": {"id": "author-1", "nick": "Li", "role": "buyer"},
                "text": "text 1",
                "at": MORNING,
            },
        )
    ]


def test_who_comes_back_gets_what_was_said_meanwhile() -> None:
    seen = history(sent(n) for n in range(1, 11))
    missed = seen.since(7)
    assert ([card["sequence"] for card in missed.items], missed.reset) == ([8, 9, 10], False)
    assert seen.since(10) == ([], [], False)


def test_who_comes_back_too_late_is_told_that_there_is_a_gap() -> None:
    seen = history(sent(n) for n in range(1, MOST + 12))
    gap = seen.since(10)
    assert (gap.reset, len(gap.items), gap.items[0]["sequence"]) == (True, MOST, 12)
    assert not seen.since(11).reset
    assert seen.since(11).items == gap.items


def test_a_sequence_that_was_never_reached_is_a_gap_too() -> None:
    assert history([sent(1)]).since(5).reset
    assert History(7).since(3).reset
    assert not History(7).since(7).reset


def test_what_is_older_than_ten_minutes_goes_when_something_new_is_said() -> None:
    seen = history([sent(1), sent(2, 1), sent(3, OLDEST.total_seconds())])
    assert [card["sequence"] for card in seen.since(0).items] == [1, 2, 3]
    list(seen.apply(sent(4, OLDEST.total_seconds() + 0.5)))
    assert [card["sequence"] for card in seen.since(1).items] == [2, 3, 4]
    assert seen.since(0).reset


def test_what_is_hidden_is_told_and_shown_to_nobody_any_more() -> None:
    seen = history([sent(1), sent(2)])
    assert list(seen.apply(hidden(1))) == [
        ("chat-hidden", {"message_ids": ["m1"], "reason": "Rude"})
    ]
    assert [card["message_id"] for card in seen.whole()["recent"]] == ["m2"]
    assert seen.since(2) == ([], ["m1"], False)


def test_who_comes_in_sees_the_last_fifty_and_how_slow_the_chat_goes() -> None:
    seen = history(sent(n) for n in range(1, 100))
    slowed = ChatSlowed(session_id="sess-1", seconds=30, by="host-mei")
    assert list(seen.apply(slowed)) == [("chat-mode", {"slow_seconds": 30})]
    assert list(seen.apply(slowed)) == []
    whole = seen.whole()
    assert (whole["last_sequence"], whole["slow_seconds"]) == (99, 30)
    assert [card["sequence"] for card in whole["recent"]] == list(range(100 - RECENT, 100))


@given(st.data())
def test_a_history_read_at_any_moment_and_one_that_heard_all_say_the_same(
    data: st.DataObject,
) -> None:
    pauses = data.draw(st.lists(st.integers(0, 90), min_size=1, max_size=40))
    facts = [sent(n, sum(pauses[:n])) for n in range(1, len(pauses) + 1)]
    read = data.draw(st.integers(0, len(facts)))
    heard_from = data.draw(st.integers(0, read))
    heard = history(facts)
    late = History(read, 0, [evolve(Message(one.message_id), one) for one in facts[:read]])
    for fact in facts[heard_from:]:
        list(late.apply(fact))
    assert late.whole() == heard.whole()
    for sequence in range(len(facts) + 2):
        assert late.since(sequence) == heard.since(sequence)

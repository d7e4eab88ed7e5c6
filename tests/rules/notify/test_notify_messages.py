"""One message to each person about each thing that happened, mailed once at a time."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from services.notify import broadcast, message, recipient
from services.notify.broadcast import AT_ONCE, Broadcast
from services.notify.message import Letter, Message, Patience, message_id
from services.notify.recipient import MOST_FOLLOWS, Recipient
from shared.events.livestream import SessionStarted
from shared.events.notify import MessageFailed, MessageQueued, MessageSent
from shared.events.text import Text
from shared.refusal import Refused

NOW = datetime(2025, 5, 24, 2, tzinfo=UTC)
PATIENCE = Patience(first=10, deadline=timedelta(days=2), claim=timedelta(minutes=2))
KEEP = timedelta(days=90)
LETTER = Letter("order-confirmed", "Encomenda confirmada", "Bom dia")
ANA = Recipient("ana", "known", "ana@example.mo", "pt", "Ana")
NAMES = st.text("ab", min_size=1, max_size=3)


def happen(thing: Any, facts: Any, evolve: Any = message.evolve) -> Any:
    for fact in facts:
        thing = evolve(thing, fact)
    return thing


def queued(at: datetime = NOW) -> Message:
    new = Message(message_id("event-1", "ana", "order-confirmed"))
    return happen(new, message.queue(new, ANA, "event-1", LETTER, at, keep=KEEP))


@given(
    one=st.tuples(NAMES, NAMES, NAMES),
    other=st.tuples(NAMES, NAMES, NAMES),
)
def test_one_event_one_recipient_one_template_is_one_message(
    one: tuple[str, str, str], other: tuple[str, str, str]
) -> None:
    assert (message_id(*one) == message_id(*other)) is (one == other)


def test_what_is_queued_already_is_not_queued_again() -> None:
    assert message.queue(queued(), ANA, "event-1", LETTER, NOW, keep=KEEP) == []


@pytest.mark.parametrize("status", ["new", "forgotten"])
def test_nobody_unknown_is_written_to(status: Any) -> None:
    stranger = replace(ANA, status=status)
    assert message.queue(Message("m1"), stranger, "event-1", LETTER, NOW, keep=KEEP) == []


def test_a_letter_that_could_not_be_written_fails_with_its_reason_and_is_never_mailed() -> None:
    half = Letter("order-confirmed", fault="template-UndefinedError")
    facts = message.queue(Message("m1"), ANA, "event-1", half, NOW, keep=KEEP)
    failed = happen(Message("m1"), facts)
    assert [type(fact) for fact in facts if not isinstance(fact, message.MessageWritten)] == [
        MessageQueued,
        MessageFailed,
    ]
    assert (failed.status, failed.reason) == ("failed", "template-UndefinedError")
    with pytest.raises(Refused):
        message.claim(failed, ANA, "c1", PATIENCE, NOW)


def test_the_message_of_one_who_wants_to_be_forgotten_is_given_up() -> None:
    gone = happen(ANA, recipient.forget(ANA, NOW), recipient.evolve)
    assert gone == Recipient("ana", "forgotten", erase_until=NOW)
    [failed] = message.claim(queued(), gone, "c1", PATIENCE, NOW)
    assert isinstance(failed, MessageFailed)
    assert failed.reason == "recipient-unknown"


def test_of_one_who_was_forgotten_no_word_is_kept_or_mailed_even_when_they_come_back() -> None:
    silent = happen(queued(), message.erase(queued()))
    assert LETTER.subject not in str(silent)
    assert LETTER.text not in str(silent)
    assert message.erase(silent) == []
    [failed] = message.claim(silent, ANA, "c1", PATIENCE, NOW)
    assert isinstance(failed, MessageFailed)
    with pytest.raises(Refused):
        message.read(silent, "ana", NOW)
    # An event that is heard again is known to have been told.
    assert message.queue(silent, ANA, "event-1", LETTER, NOW, keep=KEEP) == []


def test_who_comes_back_while_being_forgotten_is_forgotten_up_to_then() -> None:
    gone = happen(ANA, recipient.forget(ANA, NOW), recipient.evolve)
    back = happen(gone, recipient.introduce(gone, "a@example.mo", "pt", ""), recipient.evolve)
    assert (back.known, back.erase_until) == (True, NOW)
    again = happen(back, recipient.forget(back, NOW + KEEP), recipient.evolve)
    assert recipient.erased(again, NOW) == []
    done = happen(again, recipient.erased(again, NOW + KEEP), recipient.evolve)
    assert done == Recipient("ana", "forgotten")


def test_mail_that_is_refused_for_good_is_not_tried_again() -> None:
    claimed = happen(queued(), message.claim(queued(), ANA, "c1", PATIENCE, NOW))
    failed = happen(claimed, message.refuse(claimed, "c1", "smtp-550 5.1.1"))
    assert (failed.status, failed.reason, failed.due) == ("failed", "smtp-550 5.1.1", None)


def test_mail_that_cannot_be_taken_is_tried_again_but_not_beyond_its_deadline() -> None:
    claimed = happen(queued(), message.claim(queued(), ANA, "c1", PATIENCE, NOW))
    soon = happen(claimed, message.defer(claimed, "c1", "smtp-451", PATIENCE, NOW))
    assert (soon.status, soon.reason) == ("queued", "smtp-451")
    assert soon.due
    assert NOW + timedelta(seconds=10) <= soon.due <= NOW + timedelta(seconds=11)
    late = NOW + PATIENCE.deadline - timedelta(seconds=9)
    given_up = happen(claimed, message.defer(claimed, "c1", "smtp-451", PATIENCE, late))
    assert (given_up.status, given_up.reason) == ("failed", "smtp-451")


def test_only_its_reader_reads_a_message_and_only_once() -> None:
    mine = queued()
    for somebody_else in ("rui", ""):
        with pytest.raises(Refused) as no:
            message.read(mine, somebody_else, NOW)
        assert no.value.kind == "missing"
    read = happen(mine, message.read(mine, "ana", NOW))
    assert read.read_at == NOW
    assert message.read(read, "ana", NOW + timedelta(hours=1)) == []
    with pytest.raises(Refused):
        message.read(Message("never-heard-of"), "", NOW)


class Replicas(RuleBasedStateMachine):
    """Two replicas mail the same message, each at its own pace, and may die at any moment."""

    def __init__(self) -> None:
        super().__init__()
        self.message = queued()
        self.now = NOW
        self.handing_over: dict[str, datetime] = {}
        self.claims = 0
        self.ends: list[object] = []

    @rule(seconds=st.integers(0, 200_000))
    def time_goes_on(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule()
    def claim(self) -> None:
        self.claims += 1
        try:
            facts = message.claim(self.message, ANA, f"c{self.claims}", PATIENCE, self.now)
        except Refused:
            return
        live = [at for at in self.handing_over.values() if self.now - at < PATIENCE.claim]
        assert not live, "two replicas at once"
        self._happen(facts)
        if self.message.status == "sending":
            self.handing_over[f"c{self.claims}"] = self.now

    @rule(data=st.data())
    def hand_over(self, data: st.DataObject) -> None:
        if self.handing_over:
            claim = data.draw(st.sampled_from(sorted(self.handing_over)))
            del self.handing_over[claim]
            how = data.draw(st.sampled_from(["sent", "later", "never", "died"]))
            if how == "sent":
                self._happen(message.sent(self.message))
            elif how == "later":
                self._happen(message.defer(self.message, claim, "smtp-451", PATIENCE, self.now))
            elif how == "never":
                self._happen(message.refuse(self.message, claim, "smtp-550"))

    def _happen(self, facts: Any) -> None:
        self.ends += [fact for fact in facts if isinstance(fact, MessageSent | MessageFailed)]
        self.message = happen(self.message, facts)

    @invariant()
    def it_ends_once(self) -> None:
        assert len(self.ends) == (self.message.status in {"sent", "failed"})

    @invariant()
    def what_has_not_ended_comes_up_again(self) -> None:
        assert (self.message.due is None) is (self.message.status in {"sent", "failed"})

    @invariant()
    def nothing_is_deferred_beyond_its_deadline(self) -> None:
        if self.message.status == "queued" and self.message.due:
            assert self.message.due <= NOW + PATIENCE.deadline


TestReplicas = Replicas.TestCase
TestReplicas.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


# Following --------------------------------------------------------------------------------------

TITLES = Text(pt="Doces", zh_hant="甜點", zh_hans="甜点", en="Sweets")
STARTED = SessionStarted(session_id="s1", festival_id="fair", titles=TITLES, skus=("tart",))


def test_only_one_who_can_be_reached_follows_and_not_without_end() -> None:
    with pytest.raises(Refused):
        recipient.follow(Recipient("rui"), "s1")
    fan = replace(ANA, follows=tuple(f"s{n}" for n in range(MOST_FOLLOWS)))
    assert recipient.follow(fan, "s1") == []
    with pytest.raises(Refused) as no:
        recipient.follow(fan, "one-more")
    assert no.value.kind == "limit"
    fewer = happen(fan, recipient.unfollow(fan, "s1"), recipient.evolve)
    assert "s1" not in fewer.follows
    assert recipient.unfollow(fewer, "s1") == []


def test_who_follows_a_host_in_a_room_is_told_when_they_can_be_reached() -> None:
    told = recipient.follow_host(Recipient("rui"), "host-mei")
    rui = happen(Recipient("rui"), told, recipient.evolve)
    assert rui.follows == ("host:host-mei",)
    assert recipient.follow_host(rui, "host-mei") == []
    named = recipient.introduce(rui, "rui@example.mo", "pt", "Rui")
    known = happen(rui, named, recipient.evolve)
    assert known.follows == ("host:host-mei",)
    gone = happen(known, recipient.forget(known, NOW), recipient.evolve)
    assert recipient.follow_host(gone, "host-mei") == []
    full = replace(ANA, follows=tuple(f"s{n}" for n in range(MOST_FOLLOWS)))
    assert recipient.follow_host(full, "host-mei") == []


def test_a_session_is_announced_to_who_follows_it_its_festival_or_its_host() -> None:
    hosted = STARTED.model_copy(update={"host_id": "host-mei"})
    [begun] = broadcast.begin(Broadcast("event-1"), hosted, "session-started")
    assert isinstance(begun, broadcast.BroadcastBegun)
    assert begun.targets == ("s1", "fair", "host:host-mei")


@given(followers=st.integers(0, 3 * AT_ONCE + 1), stumbles=st.sets(st.integers(0, 4)))
def test_a_broadcast_reaches_everybody_once_wherever_it_is_interrupted(
    followers: int, stumbles: set[int]
) -> None:
    everybody = sorted(f"fan-{n:03}" for n in range(followers))
    running = happen(
        Broadcast("event-1"),
        broadcast.begin(Broadcast("event-1"), STARTED, "session-started"),
        broadcast.evolve,
    )
    assert running.targets == ("s1", "fair")
    told: list[str] = []
    steps = 0
    while running.status == "running":
        page = tuple(who for who in everybody if who > running.reached)[:AT_ONCE]
        since = running.reached
        moved = broadcast.move(running, since, page)
        told += page
        running = broadcast.evolve(running, moved)
        if steps in stumbles:  # another replica comes late with the same step
            with pytest.raises(Refused):
                broadcast.move(replace(running, reached=running.reached + "!"), since, page)
        steps += 1
    assert told == everybody
    assert broadcast.begin(running, STARTED, "session-started") == []
    with pytest.raises(Refused):
        broadcast.move(running, running.reached, ())

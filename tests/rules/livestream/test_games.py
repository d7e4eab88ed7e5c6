"""Games: sums that add up, chance that can be checked, terms that stand."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.livestream.games import draw, packet
from services.livestream.games.chance import Chance
from services.livestream.games.draw import Draw, Entry, Terms, commit_of, drawn_from
from services.livestream.games.packet import Packet, Taker, Wanted, split
from services.livestream.games.shown import Games
from services.livestream.session import Asker
from shared.events.base import Event
from shared.events.livestream import (
    DrawClosed,
    DrawDone,
    DrawPublished,
    PacketClosed,
    PacketOpened,
    PacketTaken,
    Prize,
    PrizeClaimed,
    PrizeLapsed,
)
from shared.events.money import Money
from shared.platform.change.aggregate import Note
from shared.refusal import Refused
from tests.rules.livestream.room import HOST, ORGANISER, TITLES, Room, live_room, refused

SEED = bytes(range(32))
MINUTE = timedelta(minutes=1)
LI = Asker("buyer-li")


def cny(amount: int) -> Money:
    return Money(amount=amount, currency="CNY")


# Chance -------------------------------------------------------------------------------------------


def test_the_same_seed_leads_to_the_same_numbers_as_anybody_can_check() -> None:
    first = int.from_bytes(sha256(SEED + bytes(8)).digest())
    second = int.from_bytes(sha256(SEED + (1).to_bytes(8)).digest())
    chance = Chance(SEED)
    assert [chance.below(10), chance.below(7)] == [first % 10, second % 7]


def test_a_digest_beyond_the_last_whole_multiple_is_passed_over() -> None:
    bound = 2**255 + 1
    digests = [int.from_bytes(sha256(SEED + n.to_bytes(8)).digest()) for n in range(40)]
    fit = [number for number in digests if number < bound]
    assert len(fit) < len(digests)
    chance = Chance(SEED)
    assert [chance.below(bound) for _ in fit] == fit


@given(st.binary(max_size=8), st.integers(1, 10**9))
def test_a_number_is_below_its_bound(seed: bytes, bound: int) -> None:
    assert 0 <= Chance(seed).below(bound) < bound


def test_each_number_is_as_likely_as_the_others() -> None:
    chance = Chance(SEED)
    drawn = [chance.below(6) for _ in range(6_000)]
    assert all(850 < drawn.count(n) < 1_150 for n in range(6))


# Red packets --------------------------------------------------------------------------------------


@given(st.integers(1, 2_000), st.integers(0, 2_000_000), st.binary(max_size=4))
def test_the_parts_of_a_packet_add_up_to_its_sum_and_none_is_empty(
    parts: int, more: int, seed: bytes
) -> None:
    shares = list(split(parts + more, parts, Chance(seed)))
    assert (len(shares), sum(shares)) == (parts, parts + more)
    assert min(shares) >= 1


def test_a_thousand_fen_in_two_hundred_parts() -> None:
    shares = list(split(1_000, 200, Chance(SEED)))
    assert (len(shares), sum(shares), min(shares)) == (200, 1_000, 1)
    assert list(split(1_000, 200, Chance(SEED))) == shares
    assert list(split(1_000, 200, Chance(b"other"))) != shares


def test_no_part_is_above_twice_the_average_of_what_is_left() -> None:
    left, parts = 1_000, 10
    for share in split(left, parts, Chance(SEED)):
        assert parts == 1 or share <= 2 * (left // parts) - 1
        left, parts = left - share, parts - 1


@dataclass
class Party:
    """One packet and one draw of a room, run by hand."""

    room: Room = field(default_factory=live_room)
    packet: Packet = field(default_factory=lambda: Packet("p"))
    takers: dict[str, Taker] = field(default_factory=dict)
    draw: Draw = field(default_factory=lambda: Draw("d"))
    entries: dict[str, Entry] = field(default_factory=dict)
    facts: list[Event] = field(default_factory=list)

    @property
    def now(self) -> datetime:
        return self.room.now

    def later(self, time: timedelta) -> None:
        self.room.now += time

    def happen(self, facts: Iterable[Event | Note]) -> list[Any]:
        happened = list(facts)
        for fact in happened:
            self.packet = packet.evolve(self.packet, fact)
            self.draw = draw.evolve(self.draw, fact)
            self.takers = {n: packet.evolve_taker(one, fact) for n, one in self.takers.items()}
            self.entries = {n: draw.evolve_entry(one, fact) for n, one in self.entries.items()}
        self.facts += [fact for fact in happened if isinstance(fact, Event)]
        return happened

    def open(self, wanted: Wanted, asker: Asker = HOST) -> list[Any]:
        return self.happen(
            packet.open_(self.room.session, self.packet, wanted, SEED, asker, at=self.now)
        )

    def take(self, who: str = "buyer-li", word: str = "") -> PacketTaken:
        taker = self.takers.setdefault(who, Taker(who))
        taken, *_ = self.happen(
            packet.take(self.room.session, self.packet, taker, Asker(who), self.now, word=word)
        )
        return taken

    def publish(self, terms: Terms, asker: Asker = HOST) -> list[Any]:
        return self.happen(
            draw.publish(self.room.session, self.draw, terms, SEED, asker, at=self.now)
        )

    def enter(self, who: Asker = LI) -> None:
        entry = self.entries.setdefault(who.id, Entry(who.id))
        self.happen(draw.enter(self.room.session, self.draw, entry, who, self.now))

    def answer(self, who: Asker = LI) -> list[Any]:
        entry = self.entries.setdefault(who.id, Entry(who.id))
        return self.happen(draw.answer(self.room.session, self.draw, entry, self.now))

    def close(self) -> list[Any]:
        return self.happen(draw.close(self.draw, self.now))

    def finish(self) -> DrawDone:
        present = sorted(
            (one for one in self.entries.values() if one.present), key=lambda one: one.number
        )
        [done] = self.happen(draw.finish(self.draw, present, self.now))
        return done

    def claim(self, number: int) -> list[Any]:
        [entry] = [one for one in self.entries.values() if one.number == number]
        return self.happen(draw.claim(self.draw, entry, self.now))

    def lapse(self) -> list[Any]:
        return self.happen(draw.lapse(self.draw, self.now))


SMALL = Wanted(cny(100), 3, timedelta(), MINUTE)


def test_everybody_gets_one_part_and_the_last_one_closes_the_packet() -> None:
    party = Party()
    opened, *_ = party.open(SMALL)
    assert opened == PacketOpened(
        packet_id="p",
        session_id="sess-1",
        total=cny(100),
        parts=3,
        opens_at=party.now,
        closes_at=party.now + MINUTE,
        asks_word=False,
    )
    taken = [party.take(f"buyer-{n}") for n in range(3)]
    assert sum(one.share.amount for one in taken) == 100
    assert [one.number for one in taken] == [1, 2, 3]
    assert party.facts[-1] == PacketClosed(
        packet_id="p", session_id="sess-1", reason="empty", left=cny(0)
    )
    with refused("packet.over"):
        party.take("buyer-4")


def test_who_had_their_part_is_told_what_it_was() -> None:
    party = Party()
    party.open(SMALL)
    share = party.take().share
    with pytest.raises(Refused) as no:
        party.take()
    assert (no.value.code, no.value.facts) == ("packet.had", {"share": share.model_dump()})


def test_a_packet_is_open_from_its_time_to_its_time_and_gives_the_rest_back() -> None:
    party = Party()
    party.open(SMALL._replace(after=MINUTE))
    with refused("packet.early"):
        party.take()
    party.later(MINUTE)
    share = party.take().share
    with refused("packet.not-due"):
        packet.close(party.packet, party.now)
    party.later(MINUTE)
    with refused("packet.over"):
        party.take("buyer-wu")
    [closed] = party.happen(packet.close(party.packet, party.now))
    assert (closed.reason, closed.left.amount) == ("time", 100 - share.amount)
    with refused("packet.not-due"):
        packet.close(party.packet, party.now)


def test_a_packet_may_ask_for_a_word() -> None:
    party = Party()
    party.open(SMALL._replace(word="Feira 2025"))
    with refused("packet.word"):
        party.take(word="feira")
    party.take(word=" FEIRA 2025 ")


def test_a_packet_that_cannot_be_shared_out_or_is_not_ones_to_give_is_refused() -> None:
    party = Party()
    with refused("packet.too-little"):
        party.open(SMALL._replace(total=cny(2)))
    with refused("session.not-yours"):
        party.open(SMALL, LI)
    with refused("packet.unknown"):
        party.take()
    party.open(SMALL)
    with refused("packet.exists"):
        party.open(SMALL)
    party.room.end()
    with refused("game.not-live"):
        party.take()


# Lucky draws --------------------------------------------------------------------------------------

PRIZES = (
    Prize(name=TITLES, value=cny(5_000_000), units=1),
    Prize(name=TITLES, value=cny(4_800), units=2),
)
TERMS = Terms(TITLES, PRIZES, 5 * MINUTE, MINUTE, 48 * 60 * MINUTE)


def entered(party: Party, count: int, *, present: int) -> None:
    """So many enter, and the first of them answer when they are called."""
    party.publish(TERMS)
    for n in range(count):
        party.enter(Asker(f"buyer-{n}"))
    party.later(5 * MINUTE)
    party.close()
    for n in range(present):
        party.answer(Asker(f"buyer-{n}"))


def test_the_digest_of_the_seed_is_published_before_and_the_seed_with_the_winners() -> None:
    party = Party()
    entered(party, 9, present=9)
    published = next(fact for fact in party.facts if isinstance(fact, DrawPublished))
    assert published.commit == commit_of(SEED) == sha256(SEED).hexdigest()
    assert SEED.hex() not in published.model_dump_json()
    party.later(MINUTE)
    done = party.finish()
    assert sha256(bytes.fromhex(done.seed)).hexdigest() == published.commit
    again = drawn_from(bytes.fromhex(done.seed), done.present, published.prizes)
    assert [(one.number, one.prize) for one in done.winners] == list(again.items())


def test_only_who_answers_when_called_can_win_and_nobody_wins_twice() -> None:
    party = Party()
    entered(party, 50, present=2)
    party.later(MINUTE)
    done = party.finish()
    assert done.present == (1, 2)
    assert {one.number for one in done.winners} == {1, 2}
    assert [one.prize for one in done.winners] == [0, 1]


def test_a_draw_can_be_drawn_again_from_nothing_but_what_its_event_says() -> None:
    present = [2, 3, 5, 7, 11]
    start = sha256(SEED + b"2,3,5,7,11").digest()
    left, winners = list(present), []
    for n in range(3):
        place = int.from_bytes(sha256(start + n.to_bytes(8)).digest()) % len(left)
        left[place], left[-1] = left[-1], left[place]
        winners.append(left.pop())
    assert list(drawn_from(SEED, present, PRIZES)) == winners


@given(st.sets(st.integers(1, 1_000), max_size=60), st.binary(min_size=1, max_size=8))
def test_winners_are_different_people_of_those_present(present: set[int], seed: bytes) -> None:
    listed = sorted(present)
    won = drawn_from(seed, listed, PRIZES)
    assert len(won) == min(3, len(listed))
    assert present.issuperset(won)
    assert list(won.values()) == [0, 1, 1][: len(won)]
    assert drawn_from(seed, listed, PRIZES) == won


def test_in_the_long_run_everybody_present_wins_as_often() -> None:
    one = (Prize(name=TITLES, value=cny(1), units=1),)
    wins = [next(iter(drawn_from(n.to_bytes(4), (1, 2, 3), one))) for n in range(3_000)]
    assert all(900 < wins.count(number) < 1_100 for number in (1, 2, 3))


def test_a_draw_goes_from_open_by_way_of_the_call_to_its_end_each_in_time() -> None:
    party = Party()
    party.publish(TERMS)
    party.enter()
    with refused("draw.not-due"):
        party.close()
    with refused("draw.not-called"):
        party.answer()
    party.later(5 * MINUTE)
    with refused("draw.closed"):
        party.enter(Asker("buyer-late"))
    assert party.close() == [DrawClosed(draw_id="d", session_id="sess-1", entries=1)]
    with refused("draw.not-due"):
        party.finish()
    with refused("draw.not-entered"):
        party.answer(Asker("buyer-late"))
    party.answer()
    assert party.answer() == []
    party.later(MINUTE)
    with refused("draw.too-late"):
        party.answer()
    assert party.draw.status == "drawing"
    party.finish()
    assert party.draw.status == "drawn"
    with refused("draw.not-due"):
        party.finish()


def test_who_answered_in_between_is_not_left_out() -> None:
    party = Party()
    entered(party, 3, present=3)
    party.later(MINUTE)
    with refused("draw.present-moved"):
        draw.finish(party.draw, [party.entries["buyer-0"]], party.now)


def test_a_prize_is_claimed_in_time_or_lapses() -> None:
    party = Party()
    entered(party, 5, present=5)
    party.later(MINUTE)
    done = party.finish()
    first, second, third = done.winners
    assert party.claim(first.number) == [
        PrizeClaimed(
            draw_id="d",
            session_id="sess-1",
            number=first.number,
            prize=0,
            buyer_id=f"buyer-{first.number - 1}",
        )
    ]
    assert party.claim(first.number) == []
    [loser, *_] = set(done.present) - {one.number for one in done.winners}
    with refused("draw.not-won"):
        party.claim(loser)
    with refused("draw.not-due"):
        party.lapse()
    party.later(48 * 60 * MINUTE)
    with refused("draw.lapsed"):
        party.claim(second.number)
    lapsed = party.lapse()
    assert all(isinstance(fact, PrizeLapsed) for fact in lapsed)
    assert {fact.number for fact in lapsed} == {second.number, third.number}
    assert [won.fate for won in party.draw.winners] == ["claimed", "lapsed", "lapsed"]
    with refused("draw.not-due"):
        party.lapse()


def test_no_prize_is_worth_more_than_fifty_thousand_yuan() -> None:
    for value in (cny(5_000_001), Money(amount=1, currency="MOP")):
        prize = Prize(name=TITLES, value=value, units=1)
        with refused("draw.prize-value"):
            Party().publish(TERMS._replace(prizes=[prize]))


def test_what_is_published_stands() -> None:
    party = Party()
    party.publish(TERMS)
    with refused("draw.exists"):
        party.publish(TERMS._replace(open_for=MINUTE))


def test_who_runs_the_session_does_not_enter_and_nobody_enters_twice() -> None:
    party = Party()
    party.publish(TERMS)
    for who in (HOST, ORGANISER):
        with refused("draw.insider"):
            party.enter(who)
    party.enter()
    with refused("draw.entered"):
        party.enter()


# As viewers see them ------------------------------------------------------------------------------


def test_who_comes_late_sees_the_games_as_who_saw_everything() -> None:
    party = Party()
    party.open(SMALL)
    party.take()
    entered(party, 5, present=4)
    party.later(MINUTE)
    for stop in range(2):
        seen = Games()
        for fact in party.facts:
            list(seen.apply(fact))
            assert list(seen.apply(fact)) == []
        assert Games([party.packet], [party.draw]).whole() == seen.whole()
        if not stop:
            party.finish()


def test_a_packet_that_is_over_does_not_come_back() -> None:
    party = Party()
    party.open(SMALL)
    opened = party.facts[0]
    for n in range(3):
        party.take(f"buyer-{n}")
    seen = Games()
    told = [one for fact in party.facts for one in seen.apply(fact)]
    assert [one.data["status"] for one in told][-1] == "closed"
    assert list(seen.apply(opened)) == []
    assert seen.whole()["packets"] == []

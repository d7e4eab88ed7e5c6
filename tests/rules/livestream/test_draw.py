"""Lucky draws: terms that stand, winners anybody can draw again, prizes claimed or lapsed."""

from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from services.livestream.directing.session import Asker
from services.livestream.games import draw, prize
from services.livestream.games.chance import commit_of, order_of
from services.livestream.games.draw import drawn_from
from shared.events.livestream import (
    DrawClosed,
    DrawPublished,
    DrawRepeated,
    Prize,
    PrizeClaimed,
    PrizeLapsed,
)
from shared.events.money import Money
from tests.rules.livestream.party import MINUTE, PRIZES, SEED, TERMS, Party, cny, entered
from tests.rules.livestream.room import HOST, ORGANISER, TITLES, refused


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
    *lapsed, again = party.lapse()
    assert all(isinstance(fact, PrizeLapsed) and not fact.goes_back for fact in lapsed)
    assert [fact.number for fact in lapsed] == [second.number, third.number]
    assert isinstance(again, DrawRepeated)
    assert [won.fate for won in party.draw.winners] == ["claimed", "lapsed", "lapsed", "won", "won"]
    with refused("draw.lapsed"):
        party.claim(second.number)
    with refused("draw.not-due"):
        party.lapse()


GOLDEN = [3, 4, 2, 5, 1]
"""How the five who are present are drawn, by the seed of the tests."""


def test_what_nobody_claims_is_drawn_again_by_the_same_seed_as_anybody_can_check() -> None:
    party = Party()
    entered(party, 5, present=5)
    party.later(MINUTE)
    done = party.finish()
    seed = bytes.fromhex(done.seed)
    assert list(order_of(seed, done.present)) == GOLDEN
    assert [one.number for one in done.winners] == GOLDEN[:3]
    party.claim(GOLDEN[1])
    party.later(48 * 60 * MINUTE)
    *lapsed, again = party.lapse()
    assert [(one.number, one.prize) for one in lapsed] == [(GOLDEN[0], 0), (GOLDEN[2], 1)]
    assert again.claim_until == party.now + 48 * 60 * MINUTE
    assert [(one.number, one.prize) for one in again.winners] == [(GOLDEN[3], 0), (GOLDEN[4], 1)]
    assert party.claim(GOLDEN[3])[0].prize == 0
    party.later(48 * 60 * MINUTE)
    [back] = party.lapse()
    assert (back.number, back.goes_back) == (GOLDEN[4], True)
    with refused("draw.not-due"):
        party.lapse()


def test_what_there_is_nobody_left_to_win_goes_back() -> None:
    party = Party()
    entered(party, 9, present=4)
    party.later(MINUTE)
    party.finish()
    party.later(48 * 60 * MINUTE)
    *lapsed, again = party.lapse()
    assert [fact.goes_back for fact in lapsed] == [False, True, True]
    assert len(again.winners) == 1
    few = Party()
    entered(few, 3, present=2)
    few.later(MINUTE)
    few.finish()
    few.later(48 * 60 * MINUTE)
    assert [fact.goes_back for fact in few.lapse()] == [True, True]
    with refused("draw.not-due"):
        few.lapse()


@given(st.integers(0, 12), st.data())
def test_nobody_is_drawn_twice_and_each_prize_is_claimed_or_goes_back_once(
    present: int, data: st.DataObject
) -> None:
    party = Party()
    entered(party, 12, present=present)
    party.later(MINUTE)
    party.finish()
    for _ in range(2):
        for won in party.draw.winners:
            if won.fate == "won" and data.draw(st.booleans()):
                party.claim(won.number)
        party.later(48 * 60 * MINUTE)
        if any(won.fate == "won" for won in party.draw.winners):
            party.lapse()
    numbers = [won.number for won in party.draw.winners]
    assert len(set(numbers)) == len(numbers) <= present
    assert all(won.fate != "won" for won in party.draw.winners)
    claimed = sum(isinstance(fact, PrizeClaimed) for fact in party.facts)
    back = sum(isinstance(fact, PrizeLapsed) and fact.goes_back for fact in party.facts)
    assert claimed + back == min(3, present)


def test_a_prize_is_drawn_again_from_all_who_were_present() -> None:
    party = Party()
    entered(party, 5, present=5)
    party.later(MINUTE)
    party.finish()
    party.later(48 * 60 * MINUTE)
    with refused("draw.present-moved"):
        prize.lapse(party.draw, party.present[1:], party.now)


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

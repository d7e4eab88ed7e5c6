"""Chance out of a seed: uniform, and to be checked."""

from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from services.livestream.games.chance import Chance
from tests.rules.livestream.party import SEED


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

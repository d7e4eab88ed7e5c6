"""Red packets: the parts add up, one a person, while it lasts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.livestream.games import packet
from services.livestream.games.chance import Chance
from services.livestream.games.packet import split
from shared.events.livestream import (
    PacketClosed,
    PacketOpened,
)
from shared.refusal import Refused
from tests.rules.livestream.party import LI, MINUTE, SEED, SMALL, Party, cny
from tests.rules.livestream.room import refused


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

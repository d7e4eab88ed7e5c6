"""Games as viewers see them: the same for who saw everything and who came late."""

from services.livestream.games.shown import Games
from tests.rules.livestream.party import MINUTE, SMALL, Party, entered


def test_who_comes_late_sees_the_games_as_who_saw_everything() -> None:
    party = Party()
    party.open(SMALL)
    party.take()
    entered(party, 5, present=4)
    party.later(MINUTE)
    for stop in range(3):
        seen = Games()
        for fact in party.facts:
            list(seen.apply(fact))
            assert list(seen.apply(fact)) == []
        assert Games([party.packet], [party.draw]).whole() == seen.whole()
        if stop == 0:
            party.finish()
        elif stop == 1:
            party.later(48 * 60 * MINUTE)
            party.lapse()
    assert [len(seen.whole()["draws"][0][name]) for name in ("winners", "winners_again")] == [3, 1]


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

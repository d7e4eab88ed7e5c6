"""One person's year: what orders take of it, tried in every order that hypothesis can think of."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from services.orders.crossborder import quota as quotas
from services.orders.crossborder import tables
from services.orders.crossborder.quota import Quota, QuotaReserved
from shared.platform.change.aggregate import Aggregate, Note
from shared.refusal import Refused

MOST = 26_000_00
ANA = quotas.name("ana-token", 2025)
RELEASE = datetime(2025, 5, 26, 2, tzinfo=UTC)
RETURNS = tables.on(RELEASE.date()).returns


def after(*facts: Note, quota: Quota | None = None) -> Quota:
    quota = quota or Quota(ANA)
    for fact in facts:
        quota = quotas.evolve(quota, fact)
    return quota


def placed(amount: int = 1_000_00, order_id: str = "o") -> Quota:
    return after(*quotas.reserve(Quota(ANA), order_id, amount, MOST))


def paid(amount: int = 1_000_00) -> Quota:
    standing = placed(amount)
    return after(*quotas.consume(standing, "o"), quota=standing)


def test_an_order_reserves_then_uses() -> None:
    assert (placed().reserved, placed().used) == (1_000_00, 0)
    assert (paid().reserved, paid().used) == (0, 1_000_00)


def test_an_order_that_comes_to_nothing_gives_back_all_it_took() -> None:
    assert after(*quotas.release(placed(), "o"), quota=placed()) == Quota(ANA)


def test_the_last_fen_of_a_year_is_to_be_had_and_no_more() -> None:
    standing = placed(MOST - 1)
    quotas.may_reserve(standing, 1, MOST)
    with pytest.raises(Refused) as no:
        quotas.reserve(standing, "p", 2, MOST)
    assert no.value.code == "cbec.annual-limit"
    assert no.value.facts == {"value": 2, "left": 1, "limit": MOST}


def test_what_is_only_reserved_counts_against_the_year() -> None:
    with pytest.raises(Refused, match=r"cbec\.annual-limit"):
        quotas.may_reserve(placed(25_900_00), 200_00, MOST)


def test_a_fact_told_again_later_changes_nothing() -> None:
    [reserved] = quotas.reserve(Quota(ANA), "o", 1_000_00, MOST)
    assert after(reserved, quota=paid()) == paid()
    assert quotas.consume(paid(), "o") == []
    assert quotas.reserve(paid(), "o", 1_000_00, MOST) == []


def test_an_order_that_customs_turn_back_gives_back_what_was_paid_for() -> None:
    assert after(*quotas.release(paid(), "o"), quota=paid()) == Quota(ANA)
    assert quotas.release(Quota(ANA), "o") == []


def test_returns_give_back_in_part_each_once_and_never_more_than_was_bought() -> None:
    [half] = quotas.restore(paid(), "o", "r1", 400_00)
    standing = after(half, quota=paid())
    assert standing.used == 600_00
    assert quotas.restore(standing, "o", "r1", 400_00) == []
    with pytest.raises(Refused, match=r"quota\.restored"):
        quotas.restore(standing, "o", "r2", 600_01)
    whole = after(*quotas.restore(standing, "o", "r2", 600_00), quota=standing)
    assert (whole.taken, len(whole.orders)) == (0, 1)


@pytest.mark.parametrize("standing", [Quota(ANA), placed()])
def test_only_a_paid_order_gives_back_by_a_return(standing: Quota) -> None:
    with pytest.raises(Refused, match=r"quota\.not-used"):
        quotas.restore(standing, "o", "r", 1)


def test_what_does_not_cross_the_border_takes_nothing() -> None:
    assert quotas.reserve(placed(MOST), "p", 0, MOST) == []


def test_a_year_is_not_moved_by_the_facts_of_another() -> None:
    other = QuotaReserved(quotas.name("ana-token", 2026), "p", 5_00)
    assert after(other, quota=paid()) == paid()


@pytest.mark.parametrize(
    ("applied", "back", "undone"),
    [
        (timedelta(days=30), timedelta(days=45), True),
        (timedelta(days=30, seconds=1), timedelta(days=45), False),
        (timedelta(days=30), timedelta(days=45, seconds=1), False),
    ],
)
def test_tax_is_undone_when_goods_are_asked_back_in_30_days_and_there_in_45(
    applied: timedelta, back: timedelta, *, undone: bool
) -> None:
    assert quotas.tax_refundable(RELEASE, RELEASE + applied, RELEASE + back, RETURNS) == undone


def test_a_year_is_kept_and_read_again() -> None:
    kept = Aggregate("quotas", Quota, new=Quota, evolve=quotas.evolve)
    standing = after(*quotas.restore(paid(), "o", "r", 1_00), quota=paid())
    assert kept.load(kept.dump(ANA, 1, standing)) == standing


ORDERS = st.sampled_from(["o1", "o2", "o3"])
FEN = st.integers(0, 15_000_00)


class Year(RuleBasedStateMachine):
    """A person who orders, pays, gives up and sends back; every fact is told twice."""

    def __init__(self) -> None:
        super().__init__()
        self.quota = Quota(ANA)
        self.ledger: dict[str, int] = {}
        self.paid: set[str] = set()

    def tell(self, facts: list[Note]) -> bool:
        for fact in facts:
            once = quotas.evolve(self.quota, fact)
            self.quota = quotas.evolve(once, fact)
            assert self.quota == once
        return bool(facts)

    @rule(order=ORDERS, amount=FEN)
    def reserve(self, order: str, amount: int) -> None:
        try:
            said = self.tell([*quotas.reserve(self.quota, order, amount, MOST)])
        except Refused:
            assert sum(self.ledger.values()) + amount > MOST
        else:
            if said:
                self.ledger[order] = amount

    @rule(order=ORDERS)
    def consume(self, order: str) -> None:
        if self.tell([*quotas.consume(self.quota, order)]):
            self.paid.add(order)

    @rule(order=ORDERS)
    def release(self, order: str) -> None:
        if self.tell([*quotas.release(self.quota, order)]):
            del self.ledger[order]
            self.paid.discard(order)

    @rule(order=ORDERS, back=st.sampled_from(["r1", "r2"]), amount=FEN)
    def restore(self, order: str, back: str, amount: int) -> None:
        try:
            said = self.tell([*quotas.restore(self.quota, order, back, amount)])
        except Refused:
            assert order not in self.paid or amount > self.ledger[order]
        else:
            self.ledger[order] -= amount if said else 0

    @invariant()
    def it_adds_up_and_stays_within_the_year(self) -> None:
        used = sum(left for order, left in self.ledger.items() if order in self.paid)
        assert (self.quota.used, self.quota.taken) == (used, sum(self.ledger.values()))
        assert self.quota.reserved >= 0
        assert 0 <= self.quota.taken <= MOST


TestYear = Year.TestCase
TestYear.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)

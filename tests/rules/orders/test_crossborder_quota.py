"""One person's year: what orders take of it, tried in every order that hypothesis can think of."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from services.orders.border.crossborder import quota as quotas
from services.orders.border.crossborder import tables
from services.orders.border.crossborder.quota import Quota
from services.orders.kept import QUOTAS
from shared.events.duty import Duty, LineDuty
from shared.events.money import Money
from shared.events.orders import (
    Import,
    Line,
    OrderCancelled,
    OrderConfirmed,
    OrderEvent,
    OrderPlaced,
    OrderRejected,
    ReturnReceived,
)
from shared.refusal import Refused

MOST = 26_000_00
PERSON = f"person-{'a' * 32}"
ANA = quotas.name(PERSON, 2025)
RELEASE = datetime(2025, 5, 26, 2, tzinfo=UTC)
RETURNS = tables.on(RELEASE.date()).returns
LINES = (Line(sku="s", merchant_id="m", quantity=1, unit_price=Money(amount=1, currency="CNY")),)
BOUGHT = {"festival_id": "fair", "buyer_id": "ana", "lines": LINES}
TOTAL = Money(amount=1, currency="CNY")


def placing(amount: int = 1_000_00, order_id: str = "o", year: int = 2025) -> OrderPlaced:
    sums = dict.fromkeys(("freight", "insurance", "tariff", "consumption_tax", "vat"), 0)
    line = LineDuty(
        line=0,
        sku="s",
        quantity=1,
        channel="CBEC_DIRECT_9610",
        price=amount,
        quota=amount,
        rules="2025-01-01",
        **sums,
    )
    duty = Duty(currency="CNY", channel="CBEC_DIRECT_9610", lines=(line,))
    return OrderPlaced(
        order_id=order_id,
        channel="online",
        total=TOTAL,
        placed_at=RELEASE,
        hold_until=RELEASE,
        entry=Import(person=PERSON, consignee=f"consignee-{'a' * 32}", year=year, duty=duty),
        **BOUGHT,
    )


def paying(order_id: str = "o") -> OrderConfirmed:
    return OrderConfirmed(
        order_id=order_id, channel="online", total=TOTAL, method="provider", **BOUGHT
    )


def giving_back(amount: int, return_id: str = "r", order_id: str = "o") -> ReturnReceived:
    return ReturnReceived(
        order_id=order_id,
        return_id=return_id,
        restock=(),
        damaged=(),
        tax_refundable=True,
        quota=Money(amount=amount, currency="CNY"),
        at=RELEASE,
        refund_by=RELEASE,
    )


def may_reserve(quota: Quota, amount: int, most: int) -> None:
    """Refuse what does not fit into the year any more, as splitting a cart does."""
    if refusal := quotas.annual_limit(quota.taken, amount, most):
        raise refusal


def after(*facts: OrderEvent) -> Quota:
    quota = Quota(ANA)
    for fact in facts:
        quota = quotas.evolve(quota, fact)
    return quota


def test_an_order_reserves_then_uses() -> None:
    assert (after(placing()).reserved, after(placing()).used) == (1_000_00, 0)
    assert (after(placing(), paying()).reserved, after(placing(), paying()).used) == (0, 1_000_00)


def test_the_last_fen_of_a_year_is_to_be_had_and_no_more() -> None:
    standing = after(placing(MOST - 1))
    may_reserve(standing, 1, MOST)
    with pytest.raises(Refused) as no:
        may_reserve(standing, 2, MOST)
    assert no.value.code == "cbec.annual-limit"
    assert no.value.facts == {"value": 2, "left": 1, "limit": MOST}


def test_what_is_only_reserved_counts_against_the_year() -> None:
    with pytest.raises(Refused, match=r"cbec\.annual-limit"):
        may_reserve(after(placing(25_900_00)), 200_00, MOST)


def test_an_order_that_comes_to_nothing_gives_back_all_it_took_paid_or_not() -> None:
    gone = OrderCancelled(order_id="o", **BOUGHT)
    turned_back = OrderRejected(order_id="o", were="sold", reason="no", **BOUGHT)
    assert after(placing(), gone) == after(placing(), paying(), turned_back) == Quota(ANA)


def test_returns_give_back_in_part_and_the_order_stays_in_its_year() -> None:
    standing = after(placing(), paying(), giving_back(400_00), giving_back(600_00, "r2"))
    assert (standing.taken, len(standing.orders)) == (0, 1)
    with pytest.raises(AssertionError, match="gives back more"):
        after(placing(), paying(), giving_back(1_000_01))


def test_what_does_not_cross_the_border_takes_nothing() -> None:
    assert after(placing(0)) == Quota(ANA)
    assert after(placing().model_copy(update={"entry": None})) == Quota(ANA)


def test_a_year_is_not_moved_by_the_facts_of_another() -> None:
    assert after(placing(), placing(5_00, "p", year=2026)) == after(placing())


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
    standing = after(placing(), paying(), giving_back(1_00))
    assert QUOTAS.load(QUOTAS.dump(ANA, 1, standing)) == standing


ORDERS = st.sampled_from(["o1", "o2", "o3"])
FEN = st.integers(1, 15_000_00)


class Year(RuleBasedStateMachine):
    """A person who orders, pays, gives up and sends back; every fact is told twice."""

    def __init__(self) -> None:
        super().__init__()
        self.quota = Quota(ANA)
        self.ledger: dict[str, int] = {}
        self.paid: set[str] = set()

    def tell(self, fact: OrderEvent) -> None:
        once = quotas.evolve(self.quota, fact)
        self.quota = quotas.evolve(once, fact)
        assert self.quota == once

    @rule(order=ORDERS, amount=FEN)
    def place(self, order: str, amount: int) -> None:
        if order in self.ledger:
            return
        try:
            may_reserve(self.quota, amount, MOST)
        except Refused:
            assert sum(self.ledger.values()) + amount > MOST
        else:
            self.tell(placing(amount, order))
            self.ledger[order] = amount

    @rule(order=ORDERS)
    def pay(self, order: str) -> None:
        self.tell(paying(order))
        if order in self.ledger:
            self.paid.add(order)

    @rule(order=ORDERS)
    def give_up(self, order: str) -> None:
        self.tell(OrderCancelled(order_id=order, **BOUGHT))
        self.ledger.pop(order, None)
        self.paid.discard(order)

    @rule(order=ORDERS, back=st.sampled_from(["r1", "r2"]), part=st.fractions(0, 1))
    def send_back(self, order: str, back: str, part: float) -> None:
        known = self.quota.orders.get(order)
        if order in self.paid and known and back not in known.restored:
            amount = int(known.left * part)
            self.tell(giving_back(amount, back, order))
            self.ledger[order] -= amount

    @invariant()
    def it_adds_up_and_stays_within_the_year(self) -> None:
        used = sum(left for order, left in self.ledger.items() if order in self.paid)
        assert (self.quota.used, self.quota.taken) == (used, sum(self.ledger.values()))
        assert 0 <= self.quota.taken <= MOST


TestYear = Year.TestCase
TestYear.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)

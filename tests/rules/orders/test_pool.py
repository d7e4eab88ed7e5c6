"""The pool's rules, tried in every order that hypothesis can think of."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from services.orders import claims as claiming
from services.orders import deal as deals
from services.orders import order as orders
from services.orders import stock as stocks
from services.orders.claims import Claims
from services.orders.deal import Asked, Deal
from services.orders.order import Order
from services.orders.stock import Stock
from shared.events.base import Event
from shared.events.catalog import StockDelivered
from shared.events.livestream import DealRequested, DealShown
from shared.events.money import Money
from shared.events.orders import Line, OrderConfirmed, OrderPlaced, RefundDue
from shared.refusal import Refused

NOW = datetime(2025, 5, 24, 2, tzinfo=UTC)
TARTS, ROOM = "egg-tart", "room-1"
MOST_OPEN = 5
PRICE = Money(amount=4800, currency="MOP")


def line(quantity: int, deal_id: str | None = None) -> Line:
    return Line(
        sku=TARTS,
        merchant_id="m01",
        quantity=quantity,
        unit_price=PRICE,
        deal_id=deal_id,
        listing_id=None if deal_id else "l1",
    )


def placed(order_id: str, lines: tuple[Line, ...], buyer: str = "ana") -> OrderPlaced:
    return OrderPlaced(
        order_id=order_id,
        festival_id="fair",
        buyer_id=buyer,
        channel="live",
        lines=lines,
        total=orders.total(lines),
        placed_at=NOW,
        hold_until=NOW + timedelta(minutes=15),
    )


@dataclass
class Fair:
    """Everything that orders keeps about one SKU, moved only by rules and facts."""

    stock: Stock = field(default_factory=lambda: Stock(TARTS))
    deals: dict[str, Deal] = field(default_factory=dict)
    claims: dict[str, Claims] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)
    captured: int = 0
    sold_for: int = 0
    owed_back: int = 0

    def happen(self, facts: list[Event]) -> None:
        for fact in facts:
            self.stock = stocks.evolve(self.stock, fact)
            self.deals = {name: deals.evolve(it, fact) for name, it in self.deals.items()}
            self.claims = {name: claiming.evolve(it, fact) for name, it in self.claims.items()}
            self.orders = {name: orders.evolve(it, fact) for name, it in self.orders.items()}
            if isinstance(fact, OrderConfirmed):
                self.sold_for += fact.total.amount
            if isinstance(fact, RefundDue):
                self.owed_back += fact.amount.amount

    def buy(self, quantity: int, deal_id: str | None, buyer: str) -> None:
        lines = (line(quantity, deal_id),)
        mine = self.claims.setdefault(buyer, Claims(claiming.name("fair", buyer)))
        claiming.may_order(mine, MOST_OPEN)
        if deal_id:
            deals.take(self.deals[deal_id], mine, Asked(ROOM, TARTS, quantity), NOW)
        stocks.require({} if deal_id else {TARTS: quantity}, [self.stock])
        order_id = f"o-{len(self.orders)}"
        self.orders[order_id] = Order(order_id)
        self.happen(list(orders.place(placed(order_id, lines, buyer))))


class PoolMachine(RuleBasedStateMachine):
    """Deliveries, deals, sales, payments and endings in any order and any number of times."""

    def __init__(self) -> None:
        super().__init__()
        self.fair = Fair()
        self.deliver(30)

    @rule(units=st.integers(1, 20))
    def deliver(self, units: int) -> None:
        said = StockDelivered(sku=TARTS, intake_id="i", merchant_id="m01", units=units)
        self.fair.happen(list(stocks.receive(said)))

    @rule(units=st.integers(1, 8), per_buyer=st.integers(1, 3))
    def ask_for_a_deal(self, units: int, per_buyer: int) -> None:
        deal_id = f"d-{len(self.fair.deals)}"
        self.fair.deals[deal_id] = Deal(deal_id)
        asked = DealRequested(
            deal_id=deal_id,
            session_id=ROOM,
            sku=TARTS,
            festival_id="fair",
            units=units,
            price=PRICE,
            per_buyer=per_buyer,
            seconds=60,
        )
        for _ in range(2):  # livestream may say it twice
            self.fair.happen(list(deals.fund(self.fair.deals[deal_id], self.fair.stock, asked)))

    @rule(data=st.data(), quantity=st.integers(1, 4), buyer=st.sampled_from(["ana", "rui"]))
    def buy(self, data: st.DataObject, quantity: int, buyer: str) -> None:
        deal_id = data.draw(st.sampled_from([None, *self.fair.deals]))
        before = self.fair.stock
        try:
            self.fair.buy(quantity, deal_id, buyer)
        except Refused:
            assert self.fair.stock == before

    @rule(data=st.data(), wrong_by=st.sampled_from([0, 0, 1]))
    def money_comes(self, data: st.DataObject, wrong_by: int) -> None:
        if not self.fair.orders:
            return
        order = self.fair.orders[data.draw(st.sampled_from(sorted(self.fair.orders)))]
        assert order.total is not None
        amount = Money(amount=order.total.amount + wrong_by, currency="MOP")
        payment = data.draw(st.sampled_from([f"{order.id}-p1", f"{order.id}-p2"]))
        if all(known.id != payment for known in order.payments):
            self.fair.captured += amount.amount
            for _ in range(2):  # the provider may say it twice
                standing = self.fair.orders[order.id]
                self.fair.happen(list(orders.capture(standing, payment, amount)))

    @rule(data=st.data(), how=st.sampled_from(["expire", "cancel"]))
    def end(self, data: st.DataObject, how: str) -> None:
        if not self.fair.orders:
            return
        order = self.fair.orders[data.draw(st.sampled_from(sorted(self.fair.orders)))]
        try:
            late = NOW + timedelta(hours=1)
            facts = orders.expire(order, late) if how == "expire" else orders.cancel(order)
            self.fair.happen(list(facts))
        except Refused:
            assert order.status != "placed"

    @rule(data=st.data())
    def close_a_deal(self, data: st.DataObject) -> None:
        if self.fair.deals:
            deal_id = data.draw(st.sampled_from(sorted(self.fair.deals)))
            for _ in range(2):
                self.fair.happen(list(deals.settle(self.fair.deals[deal_id])))

    @invariant()
    def every_unit_is_in_one_place(self) -> None:
        stock = self.fair.stock
        held, sold = (
            sum(
                line.quantity
                for order in self.fair.orders.values()
                if order.status == status
                for line in order.lines
            )
            for status in ("placed", "confirmed")
        )
        left = sum(deal.left for deal in self.fair.deals.values())
        assert (stock.held, stock.sold, stock.allocated) == (held, sold, left)
        assert stock.free == stock.received - held - sold - left >= 0

    @invariant()
    def nobody_has_more_of_a_deal_than_they_may(self) -> None:
        for claims in self.fair.claims.values():
            for deal_id, units in claims.deals.items():
                assert 0 < units <= self.fair.deals[deal_id].per_buyer

    @invariant()
    def claims_say_what_orders_say(self) -> None:
        for buyer, claims in self.fair.claims.items():
            mine = [order for order in self.fair.orders.values() if order.buyer_id == buyer]
            assert claims.open == sum(order.status == "placed" for order in mine) <= MOST_OPEN
            units: Counter[str] = Counter()
            for order in mine:
                if order.status in ("placed", "confirmed"):
                    for each in order.lines:
                        units[each.deal_id or each.listing_id or ""] += each.quantity
            assert {**claims.deals, **claims.listings} == units

    @invariant()
    def money_adds_up(self) -> None:
        assert self.fair.captured == self.fair.sold_for + self.fair.owed_back


PoolMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestPool = PoolMachine.TestCase


ANA = Claims("fair/ana")


def funded(units: int = 5, per_buyer: int = 2) -> Deal:
    return Deal(
        "d",
        "funded",
        session_id=ROOM,
        sku=TARTS,
        units=units,
        left=units,
        per_buyer=per_buyer,
        price=PRICE,
    )


@pytest.mark.parametrize(
    ("deal", "code"),
    [
        (Deal("d"), "deal.unknown"),
        (funded(units=1), "deal.sold-out"),
        (funded(per_buyer=1), "deal.limit"),
    ],
)
def test_a_deal_says_why_it_is_not_to_be_had(deal: Deal, code: str) -> None:
    with pytest.raises(Refused) as no:
        deals.take(deal, ANA, Asked(ROOM, TARTS, 2), NOW)
    assert no.value.code == code


def test_a_deal_is_over_at_the_very_instant_it_ends() -> None:
    shown = DealShown(
        deal_id="d",
        session_id=ROOM,
        sku=TARTS,
        starts_at=NOW,
        ends_at=NOW + timedelta(seconds=60),
        price=PRICE,
        units=5,
    )
    deal, asked = deals.evolve(funded(), shown), Asked(ROOM, TARTS, 1)
    assert deals.take(deal, ANA, asked, NOW + timedelta(seconds=59.999)) == PRICE
    with pytest.raises(Refused, match="deal\\.over"):
        deals.take(deal, ANA, asked, NOW + timedelta(seconds=60))


def test_a_deal_of_another_room_is_unknown_in_this_one() -> None:
    with pytest.raises(Refused, match="deal\\.unknown"):
        deals.take(funded(), ANA, Asked("room-2", TARTS, 1), NOW)


def test_a_pool_that_does_not_add_up_cannot_be_written_down() -> None:
    with pytest.raises(AssertionError):
        Stock(TARTS, received=5, free=3, held=1)

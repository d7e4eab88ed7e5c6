"""The pool and the money of orders, through whole lives in every order hypothesis can think of."""

import os
from collections import Counter
from collections.abc import Iterable
from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from services.orders.ordering import parcel, payment, refund, shortfall
from services.orders.ordering.life import MOVES
from services.orders.ordering.order import Order
from services.orders.pool import deal as deals
from services.orders.pool import stock as stocks
from services.orders.pool.deal import Deal
from services.orders.pricing.price import Ledger
from shared.events.catalog import StockDelivered
from shared.events.livestream import DealRequested
from shared.events.orders import Line, Units
from shared.refusal import Refused
from tests.rules.orders.doings import ALL, KEYED, decision, usual
from tests.rules.orders.fair import GONE, MOST_OPEN, ROOM, TARTS, WINE, Fair, line
from tests.rules.orders.standing import POLICY, mop

EXAMPLES = int(os.environ.get("FEIRA_EXAMPLES", "120"))
"""How many fairs are tried; a long night may try thousands."""

WAY = {move.type.rpartition(".")[2]: ways for move, ways in MOVES.items()}


class PoolMachine(RuleBasedStateMachine):
    """Deliveries, deals, leases, sales, payments, customs, parcels, returns, refunds; repeated."""

    def __init__(self) -> None:
        super().__init__()
        self.fair = Fair()
        for sku in (TARTS, WINE):
            self.deliver(sku, 30)

    # The warehouse -------------------------------------------------------------------------------

    @rule(sku=st.sampled_from([TARTS, WINE]), units=st.integers(1, 20))
    def deliver(self, sku: str, units: int) -> None:
        merchant = self.fair.stocks[sku].merchant_id
        said = StockDelivered(sku=sku, intake_id="i", merchant_id=merchant, units=units)
        self.fair.happen(stocks.receive(said))
        self.fair.received[sku] += units

    @rule(sku=st.sampled_from([TARTS, WINE]), units=st.integers(-9, 9))
    def count(self, sku: str, units: int) -> None:
        pool = self.fair.stocks[sku]
        try:
            self.fair.happen(stocks.correct(pool, "m", units, "counted"))
            self.fair.received[sku] += units
        except Refused:
            assert not units or pool.free + units < 0

    @rule(sku=st.sampled_from([TARTS, WINE]), units=st.integers(1, 9), found_fit=st.booleans())
    def sort_out(self, sku: str, units: int, *, found_fit: bool) -> None:
        pool = self.fair.stocks[sku]
        try:
            way = ("damaged", "free") if found_fit else ("free", "damaged")
            self.fair.happen(stocks.move(pool, "m", units, way, "looked at"))
            self.fair.damaged[sku] += -units if found_fit else units
        except Refused:
            assert units > (pool.damaged if found_fit else pool.free)

    @rule(minutes=st.sampled_from([1, 20, 20, 40, 3 * 24 * 60, 8 * 24 * 60]))
    def time_goes_by(self, minutes: int) -> None:
        self.fair.now += timedelta(minutes=minutes)

    # Deals and leases ----------------------------------------------------------------------------

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
            price=mop(4000),
            per_buyer=per_buyer,
            seconds=60,
        )
        for _ in range(2):  # livestream may say it twice
            pool = self.fair.stocks[TARTS]
            self.fair.happen(
                deals.fund(self.fair.deals[deal_id], pool, Ledger("paid"), asked, self.fair.now)
            )

    @precondition(lambda self: self.fair.deals)
    @rule(data=st.data(), units=st.integers(-4, 4), ends=st.booleans())
    def resize_or_close_a_deal(self, data: st.DataObject, units: int, *, ends: bool) -> None:
        deal = self.fair.deals[data.draw(st.sampled_from(sorted(self.fair.deals)))]
        pool = self.fair.stocks[TARTS]
        for _ in range(2 * ends):
            self.fair.happen(deals.settle(self.fair.deals[deal.id]))
        try:
            if not ends:
                self.fair.happen(deals.resize(deal, pool, "m", units, "more asked for it"))
        except Refused:
            over = deal.status not in ("funded", "shown")
            assert over or not units or not -deal.left <= units <= pool.free

    @rule(data=st.data(), units=st.integers(0, 6))
    def grant_or_end_a_lease(self, data: st.DataObject, units: int) -> None:
        if units or not self.fair.leases:
            self.fair.grant(units or 1)
        else:
            self.fair.end_lease(data.draw(st.sampled_from(sorted(self.fair.leases))))

    # Sales ---------------------------------------------------------------------------------------

    @rule(
        data=st.data(),
        tarts=st.integers(0, 4),
        wine=st.integers(0, 3),
        off=st.integers(0, 99),
        buyer=st.sampled_from(["ana", "rui"]),
        enters=st.booleans(),
    )
    def buy(
        self, data: st.DataObject, tarts: int, wine: int, off: int, buyer: str, *, enters: bool
    ) -> None:
        deal = data.draw(st.sampled_from(["", *self.fair.deals]))
        lines = [line(TARTS, tarts, off=off, deal=deal)] if tarts else []
        lines += [line(WINE, wine, off=off)] if wine else []
        before = self.fair.stocks
        try:
            if lines:
                self.fair.buy(tuple(lines), buyer, enters=enters)
        except Refused:
            assert self.fair.stocks == before

    @rule(data=st.data(), units=st.integers(1, 4))
    def sell_at_the_booth(self, data: st.DataObject, units: int) -> None:
        leases = [lease for lease, left in self.fair.leases.items() if left >= units]
        lease = data.draw(st.sampled_from(["", *leases]))
        before = self.fair.stocks
        try:
            self.fair.sell(line(TARTS, units, lease=lease))
        except Refused:
            assert self.fair.stocks == before

    @precondition(lambda self: self.fair.orders)
    @rule(data=st.data(), wrong_by=st.sampled_from([0, 50, -1]))
    def money_comes(self, data: st.DataObject, wrong_by: int) -> None:
        self._pay(data, self._any(data), wrong_by)

    # Whatever else happens to an order -----------------------------------------------------------

    @precondition(lambda self: self.fair.orders)
    @rule(data=st.data(), steps=st.integers(1, 8), patient=st.booleans())
    def go_on(self, data: st.DataObject, steps: int, *, patient: bool) -> None:
        alive = [order.id for order in self.fair.orders.values() if order.due]
        order_id = data.draw(st.sampled_from(alive or sorted(self.fair.orders)))
        for _ in range(steps):
            order = self.fair.orders[order_id]
            name = data.draw(st.sampled_from(usual(order) or ["cancel"]))
            if name == "pay":
                self._pay(data, order, data.draw(st.sampled_from([0, 0, 50])))
                continue
            if patient and name in ("declare", "complete"):
                last = order.grace_until if name == "declare" else order.return_until
                self.fair.now = max(self.fair.now, last or self.fair.now)
            self._do(data, order, name)

    @precondition(lambda self: self.fair.orders)
    @rule(data=st.data())
    def all_go_on(self, data: st.DataObject) -> None:
        for order in [*self.fair.orders.values()]:
            if (names := usual(order)) and (name := data.draw(st.sampled_from(names))) != "pay":
                self._do(data, order, name)

    @precondition(lambda self: self.fair.orders)
    @rule(data=st.data(), name=st.sampled_from(ALL))
    def interfere(self, data: st.DataObject, name: str) -> None:
        self._do(data, self._any(data), name)

    def _any(self, data: st.DataObject) -> Order:
        return self.fair.orders[data.draw(st.sampled_from(sorted(self.fair.orders)))]

    def _pay(self, data: st.DataObject, order: Order, wrong_by: int) -> None:
        """Money comes; that of a payment comes once, however often it is told."""
        payment_id = f"{order.id}-{data.draw(st.sampled_from(['p1', 'p2']))}"
        if (order.id, payment_id) not in self.fair.came:
            amount, now = mop(order.terms.total.amount + wrong_by), self.fair.now
            self.fair.came[order.id, payment_id] = amount.amount
            assert self.fair.decide(
                order.id, lambda it: payment.capture(it, payment_id, amount, now, POLICY)
            )

    def _do(self, data: st.DataObject, order: Order, name: str) -> None:
        if decided := decision(data.draw, order, name, self.fair.now):
            self.fair.decide(order.id, decided, once=name in KEYED)

    # What is true at every moment ----------------------------------------------------------------

    @invariant()
    def every_unit_is_where_orders_deals_leases_and_counts_say(self) -> None:
        held, sold, shipped = Counter[str](), Counter[str](), Counter[str]()
        for order in self.fair.orders.values():
            if order.status == "placed":
                held.update(units_of(order.lines))
            elif order.status == "completed" and not order.parcels:
                shipped.update(units_of(order.lines))
            elif order.status not in GONE:
                sold.update(parcel.unsent(order))
                for sent in order.parcels:
                    shipped.update(units_of(sent.units))
            for back in order.returns:
                if back.status == "received":
                    shipped.subtract(units_of(back.units))
        allocated = {TARTS: sum(deal.left for deal in self.fair.deals.values())}
        leased = {TARTS: sum(self.fair.leases.values())}
        for sku, pool in self.fair.stocks.items():
            places = (
                allocated.get(sku, 0),
                leased.get(sku, 0),
                held[sku],
                sold[sku],
                shipped[sku],
                self.fair.damaged[sku],
            )
            assert places == (
                pool.allocated,
                pool.leased,
                pool.held,
                pool.sold,
                pool.shipped,
                pool.damaged,
            )
            assert pool.received == self.fair.received[sku]
            assert pool.free == pool.received - sum(places) >= 0

    @invariant()
    def a_deal_has_what_it_was_given_left_or_taken(self) -> None:
        for deal in self.fair.deals.values():
            if deal.status != "settled":
                assert deal.units == deal.left + deal.taken

    @invariant()
    def nobody_has_more_of_a_deal_than_they_may(self) -> None:
        for claims in self.fair.claims.values():
            for deal_id, units in claims.deals.items():
                assert 0 < units <= self.fair.deals[deal_id].per_buyer

    @invariant()
    def claims_say_what_orders_say(self) -> None:
        for buyer, claims in self.fair.claims.items():
            mine = [o for o in self.fair.orders.values() if o.terms.buyer_id == buyer]
            assert claims.open == sum(order.status == "placed" for order in mine) <= MOST_OPEN
            units: Counter[str] = Counter()
            for order in mine:
                if order.status not in GONE:
                    for each in shortfall.remaining(order):
                        units[each.deal_id or each.listing_id or ""] += each.quantity
            assert {**claims.deals, **claims.listings} == units

    @invariant()
    def all_money_that_came_is_kept_for_what_it_bought_or_goes_back_or_waits_for_a_word(
        self,
    ) -> None:
        for order in self.fair.orders.values():
            came = sum(amount for (of, _), amount in self.fair.came.items() if of == order.id)
            going = [back for back in order.refunds if back.status != "denied"]
            waiting = sum(p.amount.amount for p in order.payments if p.status == "quarantined")
            kept = 0
            if order.status != "placed" and order.status not in GONE:
                given_back = (r.amount.amount for r in going if r.id[:2] in ("f-", "r-"))
                kept = order.terms.total.amount - sum(given_back)
            assert kept >= 0
            assert came == kept + sum(back.amount.amount for back in going) + waiting
            assert refund.left(order) == kept

    @invariant()
    def no_payment_gives_back_more_than_it_brought(self) -> None:
        for order in self.fair.orders.values():
            back = Counter[str]()
            for money in order.refunds:
                if money.status != "denied":
                    back[money.payment_id] += money.amount.amount
            for payment_id, amount in back.items():
                assert amount <= self.fair.came[order.id, payment_id]
            for known in order.payments:
                if known.status in ("captured", "quarantined"):
                    assert known.amount.amount == self.fair.came[order.id, known.id]

    @invariant()
    def what_is_to_be_sent_back_has_its_turn(self) -> None:
        for order in self.fair.orders.values():
            owing = any(back.status == "due" for back in order.refunds)
            assert (order.refund_at is not None) == owing
            assert (order.owed_since is not None) == owing

    @invariant()
    def no_more_quota_is_given_back_than_was_taken(self) -> None:
        for order_id, amount in self.fair.quota_back.items():
            taken = self.fair.orders[order_id].terms.entry
            assert amount <= (taken.duty.quota if taken else 0)

    @invariant()
    def every_history_goes_the_ways_of_the_table(self) -> None:
        for order in self.fair.orders.values():
            status, at = "placed", order.terms.placed_at
            for step in order.history:
                assert step.status == WAY.get(step.what, {}).get(status, status), order.history
                assert step.what not in WAY or status in WAY[step.what], order.history
                assert step.at >= at
                status, at = step.status, step.at
            assert status == order.status


def units_of(lines: Iterable[Line | Units]) -> Counter[str]:
    """How many of each SKU."""
    units = Counter[str]()
    for each in lines:
        units[each.sku] += each.quantity
    return units


PoolMachine.TestCase.settings = settings(
    max_examples=EXAMPLES, stateful_step_count=50, deadline=None
)
TestPool = PoolMachine.TestCase

"""A whole fair in memory: all that orders keeps, moved by rules and their facts alone."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from services.orders.ordering import claims as claiming
from services.orders.ordering import course, placing
from services.orders.ordering.claims import Claims
from services.orders.ordering.order import CASH, Order
from services.orders.pool import deal as deals
from services.orders.pool import stock as stocks
from services.orders.pool.deal import Asked, Deal
from services.orders.pool.stock import Stock
from shared.events.orders import (
    Import,
    LeaseEnded,
    LeaseGranted,
    Line,
    OrderCompleted,
    OrderPlaced,
    OrderUndone,
    ReturnReceived,
    Units,
    UnitsCancelled,
)
from shared.refusal import Refused
from tests.rules.orders.standing import NOW, POLICY, Decision, duty, entering, mop
from tests.rules.orders.standing import off as coupon

TARTS, WINE = "egg-tart", "wine"
MERCHANTS = {TARTS: "m01", WINE: "m02"}
PRICES = {TARTS: mop(4800), WINE: mop(9999)}
ROOM = "room-1"
MOST_OPEN = 5
GONE = frozenset({"expired", "cancelled", "rejected"})


@dataclass
class Fair:
    """Two SKUs, their deals and leases, those who buy them, and the money that really came."""

    now: datetime = NOW
    stocks: dict[str, Stock] = field(
        default_factory=lambda: {sku: Stock(sku, merchant) for sku, merchant in MERCHANTS.items()}
    )
    deals: dict[str, Deal] = field(default_factory=dict[str, Deal])
    claims: dict[str, Claims] = field(default_factory=dict[str, Claims])
    orders: dict[str, Order] = field(default_factory=dict[str, Order])
    leases: dict[str, int] = field(default_factory=dict[str, int])
    received: Counter[str] = field(default_factory=Counter[str])
    damaged: Counter[str] = field(default_factory=Counter[str])
    came: dict[tuple[str, str], int] = field(default_factory=dict[tuple[str, str], int])
    quota_back: Counter[str] = field(default_factory=Counter[str])

    def happen(self, facts: Iterable[object]) -> None:
        """Let every aggregate follow what was said."""
        for fact in facts:
            self.stocks = {name: stocks.evolve(it, fact) for name, it in self.stocks.items()}
            self.deals = {name: deals.evolve(it, fact) for name, it in self.deals.items()}
            self.claims = {name: claiming.evolve(it, fact) for name, it in self.claims.items()}
            self.orders = {name: course.evolve(it, fact) for name, it in self.orders.items()}
            if isinstance(fact, ReturnReceived):
                self._found_unfit(fact.damaged)
                self.quota_back[fact.order_id] += fact.quota.amount if fact.quota else 0
            if isinstance(fact, UnitsCancelled | OrderUndone):
                self._found_unfit(fact.damaged)
            if isinstance(fact, OrderUndone | OrderCompleted):
                ended = self.orders[fact.order_id]
                again = course.evolve(ended, fact)
                assert replace(again, history=ended.history) == ended, "an end told twice moves it"

    def _found_unfit(self, damaged: Iterable[Units]) -> None:
        for each in damaged:
            self.damaged[each.sku] += each.quantity

    def decide(self, order_id: str, decision: Decision, *, once: bool = False) -> bool:
        """Take a decision, and (unless its wish has a key of its own) take it again.

        So does who crashed before knowing that it was taken. The second time nothing comes of it.
        """
        try:
            self.happen([*decision(self.orders[order_id])])
        except Refused:
            return False
        if not once:
            try:
                again = [*decision(self.orders[order_id])]
            except Refused:
                again = []
            assert not again, f"taken twice: {again}"
        return True

    def buy(self, lines: tuple[Line, ...], buyer: str, *, enters: bool) -> None:
        """Place an order, of goods that enter the mainland or not. Refuses as the basket does."""
        mine = self.claims.setdefault(buyer, Claims(claiming.name("fair", buyer)))
        claiming.may_order(mine, MOST_OPEN)
        for line in lines:
            if line.deal_id:
                asked = Asked(ROOM, line.sku, line.quantity)
                deals.take(self.deals[line.deal_id], mine, asked, self.now)
        shelf = {line.sku: line.quantity for line in lines if not line.deal_id}
        stocks.require(shelf, self.stocks.values())
        placed = self.placed(lines, buyer, enters=enters)
        self.orders[placed.order_id] = Order(placed.order_id)
        self.happen(placing.place(placed))

    def sell(self, line: Line) -> None:
        """Sell at a booth, off the shelf or out of a till's lease."""
        if not line.lease_id:
            stocks.require({line.sku: line.quantity}, self.stocks.values())
        placed = self.placed((line,), "cashier", enters=False)
        self.orders[placed.order_id] = Order(placed.order_id)
        self.happen(placing.sell(placed, POLICY))
        self.came[placed.order_id, CASH] = placed.total.amount
        if line.lease_id:
            self.leases[line.lease_id] -= line.quantity

    def placed(self, lines: tuple[Line, ...], buyer: str, *, enters: bool) -> OrderPlaced:
        entry = entry_of(lines) if enters else None
        return OrderPlaced(
            order_id=f"o-{len(self.orders)}",
            festival_id="fair",
            buyer_id=buyer,
            channel="live",
            lines=lines,
            total=mop(entry.duty.payable) if entry else placing.total(lines),
            entry=entry,
            placed_at=self.now,
            hold_until=self.now + timedelta(minutes=15),
        )

    def grant(self, units: int) -> None:
        """Give a till units to sell on its own, if there are so many."""
        if units <= self.stocks[TARTS].free:
            lease = f"lease-{len(self.leases)}"
            self.leases[lease] = units
            granted = LeaseGranted(
                till_id="till-1",
                lease_id=lease,
                shift_id="shift-1",
                sku=TARTS,
                units=units,
                listing_id="l-till",
                unit_price=PRICES[TARTS],
                fence=len(self.leases),
                expires_at=self.now + timedelta(hours=1),
                at=self.now,
            )
            self.happen([granted])

    def end_lease(self, lease: str) -> None:
        """Take back what a till has left."""
        left, self.leases[lease] = self.leases[lease], 0
        ended = LeaseEnded(
            till_id="till-1", lease_id=lease, sku=TARTS, sold=0, returned=left, reason="returned"
        )
        self.happen([ended])


def line(sku: str, quantity: int, *, off: int = 0, deal: str = "", lease: str = "") -> Line:
    """Units of one of the two SKUs, with something off the whole line."""
    return Line(
        sku=sku,
        merchant_id=MERCHANTS[sku],
        quantity=quantity,
        unit_price=PRICES[sku],
        discounts=(coupon(off),) if off else (),
        deal_id=deal or None,
        listing_id=None if deal else f"l-{sku}",
        lease_id=lease or None,
    )


def entry_of(lines: tuple[Line, ...]) -> Import:
    """How the goods of an order enter the mainland: one duty for each line."""
    duties = (
        duty(place, each, 0, 0, each.payable.amount * 91 // 1000)
        for place, each in enumerate(lines)
    )
    return entering(*duties, currency="MOP")

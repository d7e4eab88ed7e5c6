"""Tills' rules: who sells, from which units, for how much cash; tried in every order as well."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from services.orders.counter import cashier as cashiers
from services.orders.counter import desk
from services.orders.counter import sale as selling
from services.orders.counter import till as tills
from services.orders.counter.cashier import Cashier
from services.orders.counter.desk import LeaseWish, Opening
from services.orders.counter.sale import SKEW, Sale, SaleLine
from services.orders.counter.till import Till
from services.orders.ordering import course, placing, refund
from services.orders.ordering.order import Order
from services.orders.pool import shelf as shelves
from services.orders.pool import stock as stocks
from services.orders.pool.shelf import Shelf
from services.orders.pool.stock import Stock
from shared.events.base import Event
from shared.events.catalog import ListingState, Offer, StockDelivered
from shared.events.money import Money
from shared.events.orders import (
    Line,
    OrderPlaced,
    RefundPaid,
    SaleMade,
    SaleRefused,
    ShiftClosed,
    ShiftOpened,
)
from shared.refusal import Refused
from tests.rules.orders.standing import POLICY

NOON = datetime(2025, 5, 24, 4, tzinfo=UTC)
TARTS, WINE = "egg-tart", "red-wine"
TTL, GRACE = timedelta(minutes=30), timedelta(minutes=2)


def mop(amount: int) -> Money:
    return Money(amount=amount, currency="MOP")


def listed(sku: str, price: int, *, since: datetime = NOON, per_buyer: int | None = None) -> Event:
    offer = Offer(
        festival_id="fair",
        sku=sku,
        merchant_id="m01",
        channel="booth",
        price=mop(price),
        valid_from=since - timedelta(hours=4),
        valid_until=since + timedelta(hours=20),
        max_per_buyer=per_buyer,
    )
    return ListingState(listing_id=f"l-{sku}", offer=offer)


@dataclass
class Fair:
    """Everything that a till has to do with, moved only by rules and facts."""

    now: datetime = NOON
    till: Till = field(default_factory=lambda: Till("t1"))
    pools: dict[str, Stock] = field(default_factory=dict)
    shelf_of: dict[str, Shelf] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)
    booked: dict[str, list[Event]] = field(default_factory=dict)

    def stocks(self, sku: str, units: int, price: int, **offer: Any) -> None:
        self.pools[sku] = Stock(sku)
        self.shelf_of[sku] = Shelf(shelves.name("fair", sku, "booth"))
        came = StockDelivered(sku=sku, intake_id="i", merchant_id="m01", units=units)
        self.happen(stocks.receive(came))
        self.prices(sku, price, **offer)

    def prices(self, sku: str, price: int, **offer: Any) -> None:
        told = listed(sku, price, **offer)
        self.shelf_of[sku] = shelves.evolve(self.shelf_of[sku], told)

    def happen(self, facts: list[Any]) -> list[Any]:
        for fact in facts:
            self.till = tills.evolve(self.till, fact)
            self.pools = {sku: stocks.evolve(pool, fact) for sku, pool in self.pools.items()}
            if isinstance(fact, OrderPlaced):
                self.orders[fact.order_id] = Order(fact.order_id)
            self.orders = {name: course.evolve(it, fact) for name, it in self.orders.items()}
        return facts

    def opens(self, cashier: str = "rui", float_: int = 50_000, device: str = "pad-1") -> Any:
        opening = Opening(
            festival_id="fair", booth_id="b7", device=device, opening_float=mop(float_)
        )
        name = f"shift-{self.till.fence + 1}"
        return self.happen(desk.open_shift(self.till, name, opening, cashier, self.now))[0]

    def leases(self, units: int, sku: str = TARTS, *, cashier: str = "rui", **wish: Any) -> Any:
        facts = desk.lease(
            self.till,
            self.pools[sku],
            self.shelf_of[sku],
            LeaseWish(sku=sku, units=units, **wish),
            lease_id=f"lease-{self.till.fence + 1}",
            cashier_id=cashier,
            now=self.now,
            ttl=TTL,
        )
        return self.happen(facts)[0]

    def sale(self, *lines: tuple[str, int, int], name: str = "s1", **told: Any) -> Sale:
        units = tuple(SaleLine(sku=sku, quantity=n, unit_price=mop(p)) for sku, n, p in lines)
        due = 10 * ((sum(n * p for _, n, p in lines) + 5) // 10)
        return Sale(
            **{
                "sale_id": name,
                "fence": self.till.fence,
                "lines": units,
                "sold_at": self.now,
                "tendered": mop(due),
            }
            | told
        )

    def tells(self, sale: Sale, cashier: str = "rui") -> list[Any]:
        """What comes of a sale; told again it is the same, as a cause acts once."""
        if sale.sale_id not in self.booked:
            facts = selling.sell(
                self.till,
                sale,
                {line.sku: self.pools[line.sku] for line in sale.lines},
                {line.sku: self.shelf_of[line.sku] for line in sale.lines},
                order_id=f"order-{sale.sale_id}",
                cashier_id=cashier,
                now=self.now,
                policy=POLICY,
            )
            self.booked[sale.sale_id] = self.happen(facts)
        return self.booked[sale.sale_id]

    def sells(self, *lines: tuple[str, int, int], **told: Any) -> list[Any]:
        return self.tells(self.sale(*lines, **told))

    def gives_back(
        self, order: Order, amount: int, *, id: str = "r1", by: str | None = None
    ) -> Any:
        """Money goes back out of the drawer, on the word of the house."""
        said = refund.ask(
            order, id, mop(amount), self.now, reason="torn", by="eva", limit={"MOP": 10**9}
        )
        return self.happen(
            [
                desk.pay_back(self.till, fact, "fair", by) if isinstance(fact, RefundPaid) else fact
                for fact in said
            ]
        )[-1]


@pytest.fixture
def fair() -> Fair:
    """Ten tarts at 48.00, five bottles at 168.00, and a shift that has begun."""
    fair = Fair()
    fair.stocks(TARTS, 10, 4_800)
    fair.stocks(WINE, 5, 16_800)
    fair.opens()
    return fair


def refusal(facts: list[Any]) -> SaleRefused:
    [no] = facts
    assert isinstance(no, SaleRefused)
    return no


def made(facts: list[Any]) -> SaleMade:
    assert isinstance(facts[-1], SaleMade), facts
    return facts[-1]


# Who sells --------------------------------------------------------------------------------------


def test_a_till_has_one_shift_at_a_time_and_only_its_cashier_sells(fair: Fair) -> None:
    with pytest.raises(Refused, match=r"till\.open"):
        fair.opens("eva")
    with pytest.raises(Refused, match=r"till\.not-yours"):
        fair.leases(1, cashier="eva")
    with pytest.raises(Refused, match=r"till\.not-yours"):
        fair.tells(fair.sale((TARTS, 1, 4_800)), cashier="eva")
    with pytest.raises(Refused, match=r"till\.not-yours"):
        desk.close_shift(fair.till, "eva", mop(0), NOON)


def test_a_cashier_has_one_till_at_a_time() -> None:
    def opened(till_id: str) -> ShiftOpened:
        opening = Opening(festival_id="f", booth_id="b", device="d", opening_float=mop(0))
        return desk.open_shift(Till(till_id), "s", opening, "rui", NOON)[0]

    rui = cashiers.evolve(Cashier("rui"), opened("t1"))
    with pytest.raises(Refused, match=r"cashier\.busy"):
        cashiers.must_be_off(rui)
    elsewhere = ShiftClosed(
        till_id="t2", shift_id="s", sales=0, expected=mop(0), counted=mop(0), at=NOON
    )
    assert cashiers.evolve(rui, elsewhere) == rui
    cashiers.must_be_off(cashiers.evolve(rui, elsewhere.model_copy(update={"till_id": "t1"})))


def test_a_closed_shift_sells_nothing_and_has_given_everything_back(fair: Fair) -> None:
    fair.leases(4)
    fair.sells((TARTS, 1, 4_800))
    facts = fair.happen(desk.close_shift(fair.till, "rui", mop(54_800), fair.now))
    assert [fact.type.rpartition(".")[2] for fact in facts] == ["lease-ended", "shift-closed"]
    assert (facts[0].sold, facts[0].returned, facts[0].reason) == (1, 3, "shift-closed")
    assert (fair.pools[TARTS].free, fair.pools[TARTS].leased, fair.till.leases) == (9, 0, ())
    with pytest.raises(Refused, match=r"till\.closed"):
        fair.sells((TARTS, 1, 4_800), name="s2")
    with pytest.raises(Refused, match=r"till\.closed"):
        fair.leases(1)


# Units ------------------------------------------------------------------------------------------


def test_a_lease_takes_units_from_everybody_else_and_its_fence_rises(fair: Fair) -> None:
    first, second = fair.leases(4), fair.leases(2, WINE, seconds=60)
    assert (fair.pools[TARTS].free, fair.pools[TARTS].leased) == (6, 4)
    assert (first.fence, second.fence, fair.till.shift and fair.till.shift.fence) == (2, 3, 1)
    assert (first.expires_at, second.expires_at) == (NOON + TTL, NOON + timedelta(minutes=1))
    with pytest.raises(Refused, match=r"stock\.sold-out") as no:
        fair.leases(7)
    assert no.value.facts["short"] == [{"sku": TARTS, "wanted": 7, "free": 6}]


def test_only_what_a_booth_sells_now_is_leased(fair: Fair) -> None:
    fair.now = NOON + timedelta(hours=20)
    with pytest.raises(Refused, match=r"listing\.not-on-sale"):
        fair.leases(1)


def test_a_till_keeps_no_more_leases_than_it_may(fair: Fair, monkeypatch: Any) -> None:
    monkeypatch.setattr(desk, "MOST_LEASES", 2)
    fair.leases(1)
    fair.leases(1)
    with pytest.raises(Refused, match=r"till\.leases"):
        fair.leases(1)


def test_a_sale_takes_from_the_oldest_lease_first_then_from_what_is_free(fair: Fair) -> None:
    first, second = fair.leases(2), fair.leases(1)
    placed, confirmed, *_, over, _ = fair.sells((TARTS, 5, 4_800))
    assert [(line.lease_id, line.quantity) for line in placed.lines] == [
        (first.lease_id, 2),
        (second.lease_id, 1),
        (None, 2),
    ]
    assert (confirmed.method, over.lines) == ("cash", placed.lines)
    assert (placed.channel, placed.booth_id, placed.attribution.till_id) == ("booth", "b7", "t1")
    pool = fair.pools[TARTS]
    assert (pool.free, pool.leased, pool.shipped) == (5, 0, 5)
    assert fair.orders["order-s1"].status == "completed"


def test_two_lines_of_one_product_draw_on_a_lease_one_after_the_other(fair: Fair) -> None:
    lease = fair.leases(3)
    fair.prices(TARTS, 5_200)
    placed, *_ = fair.sells((TARTS, 2, 4_800), (TARTS, 2, 5_200))
    assert [(line.lease_id, line.quantity, line.unit_price.amount) for line in placed.lines] == [
        (lease.lease_id, 2, 4_800),
        (lease.lease_id, 1, 5_200),
        (None, 1, 5_200),
    ]


def test_a_sale_takes_nothing_of_leases_its_device_did_not_know(fair: Fair) -> None:
    fair.leases(8)
    fence = fair.till.fence - 1
    no = refusal(fair.sells((TARTS, 3, 4_800), fence=fence))
    assert [(line.sku, line.there) for line in no.lines] == [(TARTS, 2)]
    assert made(fair.sells((TARTS, 2, 4_800), name="s2", fence=fence))
    assert fair.till.leases[0].left == 8


def test_a_refused_sale_names_every_line_that_fails_and_takes_nothing(fair: Fair) -> None:
    fair.leases(4)
    before = fair.pools
    no = refusal(fair.sells((TARTS, 6, 4_800), (TARTS, 5, 4_800), (WINE, 6, 16_800)))
    assert no.reason == "sale.lines"
    assert [(line.sku, line.reason, line.wanted, line.there) for line in no.lines] == [
        (TARTS, "stock.sold-out", 11, 10),
        (WINE, "stock.sold-out", 6, 5),
    ]
    assert fair.pools == before


def test_lines_fail_for_their_price_their_limit_and_their_stock_all_at_once(fair: Fair) -> None:
    fair.prices(WINE, 16_800, per_buyer=2)
    no = refusal(fair.sells((TARTS, 11, 4_700), (WINE, 3, 16_800)))
    assert {(line.sku, line.reason) for line in no.lines} == {
        (TARTS, "stock.sold-out"),
        (TARTS, "sale.price"),
        (WINE, "listing.limit"),
    }
    price = next(line for line in no.lines if line.reason == "sale.price")
    assert (price.charged, price.listed) == (mop(4_700), mop(4_800))


def test_a_lease_that_is_over_still_sells_until_it_is_ended_and_then_free_units_do(
    fair: Fair,
) -> None:
    lease = fair.leases(8)
    sold_at = fair.now + timedelta(minutes=5)
    fair.now = lease.expires_at + GRACE - timedelta(seconds=1)
    with pytest.raises(Refused, match=r"lease\.not-due"):
        desk.expire(fair.till, lease.lease_id, fair.now, GRACE)
    placed, *_ = fair.sells((TARTS, 3, 4_800), sold_at=sold_at)
    assert [line.lease_id for line in placed.lines] == [lease.lease_id]
    fair.now += timedelta(seconds=1)
    [ended] = fair.happen(desk.expire(fair.till, lease.lease_id, fair.now, GRACE))
    assert (ended.sold, ended.returned, fair.pools[TARTS].free) == (3, 5, 7)
    late, *_ = fair.sells((TARTS, 4, 4_800), name="late", sold_at=sold_at)
    assert [line.lease_id for line in late.lines] == [None]
    no = refusal(fair.sells((TARTS, 4, 4_800), name="too-late", sold_at=sold_at))
    assert [line.there for line in no.lines] == [3]


def test_a_lease_given_back_frees_the_rest_once(fair: Fair) -> None:
    lease = fair.leases(4)
    fair.sells((TARTS, 1, 4_800))
    [ended] = fair.happen(desk.give_back(fair.till, lease.lease_id, "rui"))
    assert (ended.sold, ended.returned, ended.reason) == (1, 3, "returned")
    with pytest.raises(Refused, match=r"lease\.unknown"):
        desk.give_back(fair.till, lease.lease_id, "rui")


# Time and prices --------------------------------------------------------------------------------


def test_what_was_sold_before_the_shift_or_is_sold_tomorrow_is_refused(fair: Fair) -> None:
    early, soon = NOON - SKEW - timedelta(seconds=1), NOON + SKEW + timedelta(seconds=1)
    for name, sold_at in (("early", early), ("soon", soon)):
        no = refusal(fair.sells((TARTS, 1, 4_800), name=name, sold_at=sold_at))
        assert no.reason == "sale.outside-shift"


def test_a_clock_that_is_a_little_off_is_believed_and_put_right(fair: Fair) -> None:
    late = fair.sells((TARTS, 1, 4_800), sold_at=NOON - SKEW)
    early = fair.sells((TARTS, 1, 4_800), name="s2", sold_at=NOON + SKEW)
    assert made(late).sold_at == made(early).sold_at == NOON


def test_what_was_sold_under_a_fence_of_another_shift_or_of_none_is_refused(fair: Fair) -> None:
    assert refusal(fair.sells((TARTS, 1, 4_800), fence=0)).reason == "sale.fenced-off"
    no = refusal(fair.sells((TARTS, 1, 4_800), name="s2", fence=fair.till.fence + 1))
    assert no.reason == "sale.unknown-fence"
    fair.happen(desk.close_shift(fair.till, "rui", mop(50_000), fair.now))
    old = fair.till.fence
    fair.opens("rui", device="pad-2")
    assert refusal(fair.sells((TARTS, 1, 4_800), name="s3", fence=old)).reason == "sale.fenced-off"


def test_a_price_the_till_was_told_with_a_lease_counts_while_that_runs(fair: Fair) -> None:
    lease = fair.leases(4)
    fair.prices(TARTS, 5_200)
    fair.now = NOON + timedelta(minutes=10)
    assert made(fair.sells((TARTS, 1, 4_800))).total == mop(4_800)
    assert made(fair.sells((TARTS, 1, 5_200), name="s2")).total == mop(5_200)
    fair.now = lease.expires_at + SKEW
    assert refusal(fair.sells((TARTS, 1, 4_800), name="s3")).lines[0].reason == "sale.price"
    sold_at = NOON + timedelta(minutes=20)
    assert made(fair.sells((TARTS, 1, 4_800), name="s4", sold_at=sold_at))


def test_leases_at_one_price_are_one_quote_and_a_new_price_is_another(fair: Fair) -> None:
    fair.leases(1)
    fair.now += timedelta(minutes=20)
    fair.leases(1)
    fair.prices(TARTS, 5_200)
    fair.leases(1)
    shift = fair.till.shift
    assert shift
    assert [(quote.price.amount, quote.since, quote.until) for quote in shift.quotes] == [
        (4_800, NOON, fair.now + TTL),
        (5_200, fair.now, fair.now + TTL),
    ]


def test_what_was_not_on_sale_when_it_was_sold_is_refused(fair: Fair) -> None:
    fair.prices(WINE, 16_800, since=NOON + timedelta(days=2))
    [line] = refusal(fair.sells((WINE, 1, 16_800))).lines
    assert (line.reason, line.listed) == ("listing.not-on-sale", None)


# Cash -------------------------------------------------------------------------------------------


def test_cash_is_rounded_to_ten_avos_half_up_and_the_order_is_not(fair: Fair) -> None:
    fair.prices(TARTS, 1_235)
    for n, (units, due) in enumerate([(1, 1_240), (2, 2_470), (3, 3_710)]):
        sale = made(fair.sells((TARTS, units, 1_235), name=f"s{n}", tendered=mop(10_000)))
        assert (sale.total.amount, sale.due.amount) == (units * 1_235, due)
        assert sale.change.amount == 10_000 - due
    shift = fair.till.shift
    assert shift
    assert (shift.sales, shift.taken, shift.expected) == (3, 7_420, mop(57_420))


def test_less_cash_than_is_due_buys_nothing(fair: Fair) -> None:
    fair.prices(TARTS, 1_235)
    assert refusal(fair.sells((TARTS, 1, 1_235), tendered=mop(1_235))).reason == "sale.tendered"
    assert fair.pools[TARTS].free == 10


@pytest.mark.parametrize("price", [0, 4])
def test_what_comes_to_no_coin_is_not_sold(fair: Fair, price: int) -> None:
    fair.prices(TARTS, price)
    assert refusal(fair.sells((TARTS, 1, price), tendered=mop(1_000))).reason == "sale.free"
    assert fair.pools[TARTS].free == 10
    free_with_it = fair.sells((TARTS, 1, price), (WINE, 1, 16_800), name="s2")
    assert made(free_with_it).due == mop(16_800), "a gift with what is paid for is sold"


def test_a_drawer_has_one_currency(fair: Fair) -> None:
    hkd = Money(amount=10_000, currency="HKD")
    assert refusal(fair.sells((TARTS, 1, 4_800), tendered=hkd)).reason == "sale.currency"
    with pytest.raises(Refused, match=r"till\.currency"):
        desk.close_shift(fair.till, "rui", hkd, NOON)


def test_the_difference_is_what_was_counted_less_what_should_be_there(fair: Fair) -> None:
    fair.sells((TARTS, 2, 4_800))
    [closed] = fair.happen(desk.close_shift(fair.till, "rui", mop(59_550), fair.now))
    assert (closed.sales, closed.expected, closed.counted) == (1, mop(59_600), mop(59_550))
    assert fair.till.shift
    assert fair.till.shift.difference == -50


def test_cash_that_goes_back_leaves_the_drawer_and_no_more_than_is_there(fair: Fair) -> None:
    fair.prices(TARTS, 1_235)
    fair.sells((TARTS, 1, 1_235))
    back = fair.gives_back(fair.orders["order-s1"], 1_235)
    assert (back.amount, back.cash, back.till_id) == (mop(1_235), mop(1_240), "t1")
    assert fair.till.shift
    assert fair.till.shift.expected == mop(50_000)
    much = back.model_copy(update={"cash": mop(50_010)})
    with pytest.raises(Refused, match=r"till\.too-little"):
        desk.pay_back(fair.till, much, "fair", None)
    fair.happen(desk.close_shift(fair.till, None, mop(50_000), NOON))
    with pytest.raises(Refused, match=r"till\.closed"):
        desk.pay_back(fair.till, back, "fair", None)


def test_parts_that_go_back_come_to_the_coins_that_the_whole_would(fair: Fair) -> None:
    fair.prices(TARTS, 1_234)
    assert made(fair.sells((TARTS, 3, 1_234))).due == mop(3_700)
    coins = [
        fair.gives_back(fair.orders["order-s1"], 1_234, id=f"r{n}").cash.amount for n in range(3)
    ]
    assert coins == [1_230, 1_240, 1_230]
    assert sum(coins) == 3_700, "and not three times 1 230"
    assert [each.coins for each in fair.orders["order-s1"].refunds] == coins
    assert fair.till.shift
    assert fair.till.shift.expected == mop(50_000)


def test_the_drawer_that_pays_is_the_one_that_is_short(fair: Fair) -> None:
    fair.sells((TARTS, 1, 4_800))
    other, sold_at = Fair(till=Till("t2"), orders=fair.orders), fair.till
    other.opens(cashier="leo")
    back = other.gives_back(fair.orders["order-s1"], 4_800, by="leo")
    assert back.till_id == "t2"
    assert tills.evolve(sold_at, back) is sold_at
    assert other.till.shift
    assert other.till.shift.expected == mop(45_200)
    with pytest.raises(Refused, match=r"till\.not-yours"):
        desk.pay_back(other.till, back, "fair", "rui")
    with pytest.raises(Refused, match=r"till\.elsewhere"):
        desk.pay_back(other.till, back, "another fair", None)


def test_receipts_are_numbered_without_a_gap_from_shift_to_shift(fair: Fair) -> None:
    numbers = [made(fair.sells((TARTS, 1, 4_800))).receipt]
    refusal(fair.sells((TARTS, 99, 4_800), name="s2"))
    fair.happen(desk.close_shift(fair.till, "rui", mop(54_800), fair.now))
    fair.opens("eva")
    numbers.append(made(fair.tells(fair.sale((TARTS, 1, 4_800), name="s3"), "eva")).receipt)
    assert numbers == ["t1-000001", "t1-000002"]


# In every order ---------------------------------------------------------------------------------


class Tills(RuleBasedStateMachine):
    """A till, its leases, live buyers on the same units, and sales told of late and often."""

    UNITS = 60

    @initialize()
    def begin(self) -> None:
        self.fair = Fair()
        self.fair.stocks(TARTS, self.UNITS, 1_235)
        self.fair.opens(float_=1_000)
        self.made: list[Sale] = []
        """What the device sold, told of or not."""
        self.live = 0
        self.given_back = Counter[str]()
        """Coins that went back, by shift."""

    @rule(units=st.integers(1, 20), seconds=st.integers(1, 300))
    def lease(self, units: int, seconds: int) -> None:
        if units > self.fair.pools[TARTS].free:
            with pytest.raises(Refused, match="sold-out"):
                self.fair.leases(units, seconds=seconds)
        else:
            before = self.fair.till.fence
            assert self.fair.leases(units, seconds=seconds).fence > before

    @rule(units=st.integers(1, 8), ago=st.integers(0, 200), behind=st.integers(0, 2))
    def sell_offline(self, units: int, ago: int, behind: int) -> None:
        fence = max(0, self.fair.till.fence - behind)
        sold_at = self.fair.now - timedelta(seconds=ago)
        sale = self.fair.sale(
            (TARTS, units, 1_235), name=f"s{len(self.made)}", fence=fence, sold_at=sold_at
        )
        self.made.append(sale)

    @rule(data=st.data())
    def sync(self, data: st.DataObject) -> None:
        """Tell of some sales, in any order, some of them again."""
        if self.made:
            for sale in data.draw(st.lists(st.sampled_from(self.made), max_size=6)):
                was = self.fair.booked.get(sale.sale_id)
                assert was is None or self.fair.tells(sale) is was
                self.fair.tells(sale)

    @rule(units=st.integers(1, 10))
    def buy_live(self, units: int) -> None:
        """Somebody in a live room takes what is free."""
        pool = self.fair.pools[TARTS]
        if units <= pool.free:
            self.live += 1
            line = Line(sku=TARTS, merchant_id="m01", quantity=units, unit_price=mop(1_000))
            placed = OrderPlaced(
                order_id=f"live-{self.live}",
                festival_id="fair",
                buyer_id="ana",
                channel="live",
                lines=(line,),
                total=mop(1_000 * units),
                placed_at=self.fair.now,
                hold_until=self.fair.now + TTL,
            )
            self.fair.happen(placing.place(placed))

    @rule(seconds=st.integers(1, 400))
    def wait(self, seconds: int) -> None:
        self.fair.now += timedelta(seconds=seconds)
        for lease in self.fair.till.leases:
            if lease.expires_at + GRACE <= self.fair.now:
                ended = desk.expire(self.fair.till, lease.id, self.fair.now, GRACE)
                self.fair.happen(ended)

    @rule(data=st.data())
    def give_back(self, data: st.DataObject) -> None:
        if self.fair.till.leases:
            lease = data.draw(st.sampled_from(self.fair.till.leases))
            self.fair.happen(desk.give_back(self.fair.till, lease.id, "rui"))

    @rule(data=st.data())
    def take_back_a_sale(self, data: st.DataObject) -> None:
        """Wholly or in part, at whatever shift is open now."""
        sold = [order for order in self.fair.orders.values() if order.sale and refund.left(order)]
        if sold:
            order = data.draw(st.sampled_from(sold))
            amount = data.draw(st.integers(1, refund.left(order)))
            shift = self.fair.till.shift
            assert shift
            had, name = order.refunds, f"r{len(order.refunds)}"
            gone = sum(back.amount.amount for back in had)
            coins = (gone + amount + 5) // 10 * 10 - sum(back.coins or 0 for back in had)
            if coins > shift.cash:
                with pytest.raises(Refused, match="too-little"):
                    self.fair.gives_back(order, amount, id=name)
            else:
                assert self.fair.gives_back(order, amount, id=name).cash == mop(coins)
                self.given_back[shift.id] += coins

    @rule(off=st.integers(-20, 20))
    def change_shifts(self, off: int) -> None:
        shift = self.fair.till.shift
        assert shift
        counted = max(0, shift.expected.amount + off)
        closing = desk.close_shift(self.fair.till, "rui", mop(counted), self.fair.now)
        self.fair.happen(closing)
        assert self.fair.till.shift
        assert self.fair.till.shift.difference == counted - shift.expected.amount
        assert self.fair.pools[TARTS].leased == 0
        self.fair.opens(float_=1_000)

    @invariant()
    def every_unit_is_in_one_place(self) -> None:
        pool = self.fair.pools[TARTS]
        assert pool.leased == sum(lease.left for lease in self.fair.till.leases)
        assert pool.received == self.UNITS
        assert all(0 <= lease.left <= lease.units for lease in self.fair.till.leases)

    @invariant()
    def no_unit_is_sold_twice(self) -> None:
        pool = self.fair.pools[TARTS]
        sold = sum(line.quantity for order in self.fair.orders.values() for line in order.lines)
        assert pool.held + pool.sold + pool.shipped == sold <= self.UNITS

    @invariant()
    def no_sale_is_booked_twice(self) -> None:
        said = [order.sale for order in self.fair.orders.values() if order.sale]
        assert all(count == 1 for count in Counter(sale.sale_id for sale in said).values())
        numbers = sorted(sale.receipt for sale in said)
        assert numbers == [f"t1-{n + 1:06d}" for n in range(len(said))]

    @invariant()
    def cash_adds_up(self) -> None:
        shift = self.fair.till.shift
        assert shift
        mine = [o for o in self.fair.orders.values() if o.sale and o.sale.shift_id == shift.id]
        assert shift.sales == len(mine)
        assert shift.taken == sum(order.sale.due.amount for order in mine if order.sale)
        assert shift.given_back == self.given_back[shift.id]
        assert shift.expected.amount == 1_000 + shift.taken - shift.given_back

    @invariant()
    def no_order_gives_back_more_coins_than_it_brought(self) -> None:
        for order in self.fair.orders.values():
            coins = sum(back.coins or 0 for back in order.refunds)
            assert coins == (sum(back.amount.amount for back in order.refunds) + 5) // 10 * 10
            assert order.sale is None or coins <= order.sale.due.amount


TestTills = Tills.TestCase
TestTills.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)


def test_a_shift_begins_with_no_more_than_can_still_be_counted_with_what_is_taken() -> None:
    most = mop(desk.MOST_FLOAT)
    opening = Opening(festival_id="fair", booth_id="b", device="d", opening_float=most)
    assert desk.open_shift(Till("t"), "s", opening, "rui", NOON)
    more = opening.model_copy(update={"opening_float": mop(desk.MOST_FLOAT + 1)})
    with pytest.raises(Refused, match=r"till\.float"):
        desk.open_shift(Till("t"), "s", more, "rui", NOON)

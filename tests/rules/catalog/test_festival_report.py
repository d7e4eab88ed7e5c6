"""The report: it adds up, however its facts arrive."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.catalog import report as rules
from services.catalog import sale as sales
from services.catalog.festival import Festival, day_of
from services.catalog.report import Figures, Report
from services.catalog.sale import Sale
from shared.events.livestream import SessionEnded, SessionStarted
from shared.events.money import Money
from shared.events.orders import Line, OrderConfirmed, RefundPaid
from tests.rules.catalog.fair import NOON, text

DAYS = ("2025-05-24", "2025-05-25")
MORNINGS = {day: datetime.fromisoformat(f"{day}T02:00:00+00:00") for day in DAYS}
BEIJING = Festival("f1", "open", timezone="Asia/Shanghai")


def mop(amount: int) -> Money:
    return Money(amount=amount, currency="MOP")


def order(number: int = 1, **other: Any) -> OrderConfirmed:
    line = Line(sku="TART", merchant_id="m01", quantity=2, unit_price=mop(1000))
    said: dict[str, Any] = {
        "order_id": f"o{number}",
        "festival_id": "f1",
        "buyer_id": "b1",
        "channel": "live",
        "lines": (line,),
        "total": mop(2500),
        "method": "provider",
        "payment_id": "p1",
        "session_id": "s1",
    }
    return OrderConfirmed(**{**said, **other})


def refund(number: int = 1, amount: int = 2500, id: str = "r1", payment: str = "p1") -> RefundPaid:
    return RefundPaid(order_id=f"o{number}", payment_id=payment, refund_id=id, amount=mop(amount))


class Books:
    """What catalog has booked so far, as its bookkeeping would."""

    def __init__(self) -> None:
        self.sales: dict[str, Sale] = {}
        self.report = Report("f1")

    def hear(self, event: OrderConfirmed | RefundPaid, day: str = DAYS[0]) -> None:
        sale = self.sales.get(event.order_id, Sale(event.order_id))
        at = MORNINGS[day]
        if isinstance(event, OrderConfirmed):
            self._book(sale, sales.sell(sale, event, BEIJING, at))
        else:
            self._book(sale, sales.hear(sale, event, at))
            sale = self.sales.get(sale.id, sale)
            self._book(sale, sales.settle(sale, BEIJING))

    def _book(self, sale: Sale, notes: list[Any]) -> None:
        for note in notes:
            sale = sales.evolve(sale, note)
            self.report = rules.evolve(self.report, note)
        self.sales[sale.id] = sale


lines = st.builds(
    Line,
    sku=st.sampled_from(["TART", "PIE"]),
    merchant_id=st.just("m01"),
    quantity=st.integers(1, 5),
    unit_price=st.integers(1, 9999).map(mop),
)
orders = st.builds(
    order,
    number=st.integers(1, 6),
    channel=st.sampled_from(["booth", "live", "online"]),
    session_id=st.sampled_from([None, "s1", "s2"]),
    lines=st.lists(lines, min_size=1, max_size=3).map(tuple),
    total=st.integers(1, 99999).map(mop),
)
refunds = st.builds(
    refund,
    number=st.integers(1, 6),
    amount=st.integers(1, 999),
    id=st.sampled_from(["r1", "r2", "r3"]),
    payment=st.sampled_from(["p1", "p2"]),
)
heard = st.lists(st.tuples(st.one_of(orders, refunds), st.sampled_from(DAYS)), max_size=25)


def summed(parts: Any) -> tuple[int, int, int, int, int]:
    found: list[Figures] = list(parts)
    return (
        sum(one.orders for one in found),
        sum(one.units for one in found),
        sum(one.refunded for one in found),
        sum(one.sales.get("MOP", 0) for one in found),
        sum(one.refunds.get("MOP", 0) for one in found),
    )


@given(heard)
def test_the_channels_add_up_to_the_whole_and_so_do_the_days(facts: list[tuple[Any, str]]) -> None:
    books = Books()
    for event, day in facts:
        books.hear(event, day)
    whole = summed([books.report.total])
    assert summed(books.report.channels.values()) == whole
    assert summed(books.report.days.values()) == whole
    assert sum(one.units for one in books.report.products.values()) == whole[1]


def _once_each(facts: Sequence[tuple[Any, str]]) -> list[tuple[Any, str]]:
    """The first fact of each order and of each refund."""
    first = {(e.order_id, getattr(e, "refund_id", "")): (e, day) for e, day in reversed(facts)}
    return list(first.values())


@given(heard.map(_once_each), st.data())
def test_facts_heard_twice_and_in_any_order_make_the_same_report(
    facts: list[tuple[Any, str]], data: st.DataObject
) -> None:
    straight, tangled = Books(), Books()
    for event, day in facts:
        straight.hear(event, day)
    for event, day in data.draw(st.permutations([*facts, *facts])):
        tangled.hear(event, day)
    assert tangled.report == straight.report


def test_an_order_counts_in_its_channel_session_day_and_products() -> None:
    books = Books()
    books.hear(order())
    sold = Figures(orders=1, units=2, sales={"MOP": 2500})
    assert books.report.total == sold
    assert books.report.channels == {"live": sold}
    assert books.report.sessions == {"s1": sold}
    assert books.report.days == {DAYS[0]: sold}
    assert books.report.products == {"TART": Figures(orders=1, units=2, sales={"MOP": 2000})}


def test_two_lines_of_one_product_are_one_order_of_it() -> None:
    line = Line(sku="TART", merchant_id="m01", quantity=2, unit_price=mop(1000))
    cheap = Line(sku="TART", merchant_id="m01", quantity=1, unit_price=mop(500))
    books = Books()
    books.hear(order(lines=(line, cheap)))
    assert books.report.products["TART"] == Figures(orders=1, units=3, sales={"MOP": 2500})


def test_a_refund_counts_on_its_own_day_in_the_channel_of_its_order() -> None:
    books = Books()
    books.hear(order(), DAYS[0])
    books.hear(refund(), DAYS[1])
    assert books.report.channels["live"].refunds == {"MOP": 2500}
    assert books.report.sessions["s1"].refunded == 1
    assert books.report.days[DAYS[0]].refunds == {}
    assert books.report.days[DAYS[1]].refunds == {"MOP": 2500}


def test_money_back_for_what_was_never_sold_is_in_no_report() -> None:
    books = Books()
    books.hear(refund())
    assert books.report == Report("f1")


@pytest.mark.parametrize("early", [True, False])
def test_a_second_payment_that_went_back_leaves_the_sale_as_it_is(*, early: bool) -> None:
    books, surplus = Books(), refund(id="r2", payment="p2")
    for event in [surplus, order()] if early else [order(), surplus]:
        books.hear(event)
    sold = Figures(orders=1, units=2, sales={"MOP": 2500})
    assert books.report.total == sold
    assert books.report.days == {DAYS[0]: sold}
    assert books.sales["o1"].waiting == ()


def test_a_sale_for_cash_has_no_payment_that_could_go_back() -> None:
    books = Books()
    books.hear(refund())
    books.hear(order(method="cash", payment_id=None))
    assert books.report.total.refunds == {}


def test_currencies_are_never_added() -> None:
    books = Books()
    books.hear(order(1))
    books.hear(order(2, total=Money(amount=7, currency="CNY")))
    assert books.report.total.sales == {"MOP": 2500, "CNY": 7}


def test_a_session_shows_when_it_began_and_ended_whichever_was_heard_first() -> None:
    started = SessionStarted(session_id="s1", festival_id="f1", titles=text("Tarts"), skus=())
    ended = SessionEnded(session_id="s1", festival_id="f1")
    began, over = rules.see(started, NOON), rules.see(ended, NOON + timedelta(hours=2))
    reports: list[Report] = []
    for notes in ([*began, *over], [*over, *began]):
        report = Report("f1")
        for note in notes:
            report = rules.evolve(report, note)
        reports.append(report)
    assert reports[0] == reports[1]
    showing = reports[0].showings["s1"]
    assert showing.titles == text("Tarts")
    assert (showing.started_at, showing.ended_at) == (NOON, NOON + timedelta(hours=2))


@pytest.mark.parametrize(
    ("timezone", "midnight"),
    [
        ("Asia/Shanghai", datetime(2025, 5, 24, 16, tzinfo=UTC)),
        ("Europe/Lisbon", datetime(2025, 5, 24, 23, tzinfo=UTC)),
        ("", datetime(2025, 5, 25, tzinfo=UTC)),
    ],
)
def test_a_day_ends_at_midnight_where_the_festival_is(timezone: str, midnight: datetime) -> None:
    there = Festival("f1", timezone=timezone)
    assert day_of(there, midnight - timedelta(seconds=1)) == "2025-05-24"
    assert day_of(there, midnight) == "2025-05-25"

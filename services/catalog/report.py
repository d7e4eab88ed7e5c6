"""The report of a festival: what was sold and refunded, by channel, session, day and product.

A sale is one order confirmed. It counts on the day it was confirmed; a refund of what it was paid
with counts on the day that was paid, in the channel and session of the order. Money that came too
late or a second time bought nothing: its refund is none of a sale. Days are those of the festival's
time zone. Money is price times units; that of an order is the sum of its lines. Whatever is heard
twice, or late, or in another order, counts once.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from services.catalog.sale import RefundBooked, SaleBooked
from shared.events.livestream import SessionEnded, SessionStarted
from shared.events.money import Money
from shared.events.orders import Line
from shared.events.text import Text
from shared.platform.change.aggregate import Note


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts, and sums of minor units by currency."""

    orders: int = 0
    units: int = 0
    refunded: int = 0
    sales: Mapping[str, int] = field(default_factory=dict[str, int])
    refunds: Mapping[str, int] = field(default_factory=dict[str, int])

    def sold(self, units: int, money: Money) -> "Figures":
        return replace(
            self,
            orders=self.orders + 1,
            units=self.units + units,
            sales=_plus(self.sales, money),
        )

    def paid_back(self, money: Money) -> "Figures":
        return replace(self, refunded=self.refunded + 1, refunds=_plus(self.refunds, money))


def _plus(sums: Mapping[str, int], money: Money) -> Mapping[str, int]:
    return {**sums, money.currency: sums.get(money.currency, 0) + money.amount}


@dataclass(frozen=True, slots=True)
class SessionSeen(Note):
    """A live session began or ended."""

    festival_id: str
    session_id: str
    titles: Text | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Showing:
    """A live session, as far as it was heard of."""

    titles: Text | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """The figures of one festival."""

    id: str
    total: Figures = field(default_factory=Figures)
    channels: Mapping[str, Figures] = field(default_factory=dict[str, Figures])
    sessions: Mapping[str, Figures] = field(default_factory=dict[str, Figures])
    days: Mapping[str, Figures] = field(default_factory=dict[str, Figures])
    products: Mapping[str, Figures] = field(default_factory=dict[str, Figures])
    showings: Mapping[str, Showing] = field(default_factory=dict[str, Showing])


def see(event: SessionStarted | SessionEnded, at: datetime) -> list[SessionSeen]:
    """Note that a session began or ended."""
    if isinstance(event, SessionStarted):
        return [SessionSeen(event.festival_id, event.session_id, event.titles, started_at=at)]
    return [SessionSeen(event.festival_id, event.session_id, ended_at=at)]


def evolve(report: Report, fact: object) -> Report:
    match fact:
        case SaleBooked(festival_id=report.id):
            return _with_sale(report, fact)
        case RefundBooked(festival_id=report.id):
            back = fact.refund.amount
            return replace(
                report,
                total=report.total.paid_back(back),
                channels=_back(report.channels, fact.channel, back),
                sessions=_back(report.sessions, fact.session_id, back),
                days=_back(report.days, fact.day, back),
            )
        case SessionSeen(festival_id=report.id):
            before = report.showings.get(fact.session_id, Showing())
            now = Showing(
                fact.titles or before.titles,
                before.started_at or fact.started_at,
                before.ended_at or fact.ended_at,
            )
            return replace(report, showings={**report.showings, fact.session_id: now})
        case _:
            return report


def _with_sale(report: Report, sale: SaleBooked) -> Report:
    units = sum(line.quantity for line in sale.lines)
    by_product: dict[str, list[Line]] = {}
    for line in sale.lines:
        by_product.setdefault(line.sku, []).append(line)
    products = dict(report.products)
    for sku, lines in by_product.items():
        products[sku] = _of(products, sku).sold(*_value(lines))
    return replace(
        report,
        total=report.total.sold(units, sale.total),
        channels=_sold(report.channels, sale.channel, units, sale.total),
        sessions=_sold(report.sessions, sale.session_id, units, sale.total),
        days=_sold(report.days, sale.day, units, sale.total),
        products=products,
    )


def _value(lines: Iterable[Line]) -> tuple[int, Money]:
    """Units and money of one product's lines, which are all in the order's currency."""
    first, *more = lines
    units, money = first.quantity, first.payable
    for line in more:
        units, money = units + line.quantity, money + line.payable
    return units, money


def _of(figures: Mapping[str, Figures], name: str) -> Figures:
    return figures.get(name, Figures())


def _sold(
    figures: Mapping[str, Figures], name: str | None, units: int, money: Money
) -> Mapping[str, Figures]:
    return figures if name is None else {**figures, name: _of(figures, name).sold(units, money)}


def _back(figures: Mapping[str, Figures], name: str | None, money: Money) -> Mapping[str, Figures]:
    return figures if name is None else {**figures, name: _of(figures, name).paid_back(money)}

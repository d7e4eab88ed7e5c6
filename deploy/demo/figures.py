"""The festival's figures: what was sold where, when, to whom, and how quickly it was answered.

Terms are those of live commerce: GMV counts money paid; viewers are people (UV), each once; what
would be divided by nothing is unknown, not zero.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from deploy.demo.books import Books, Order
from deploy.demo.calendar import Calendar
from deploy.demo.cast import Cast
from deploy.demo.data import Festival, Product, Session
from deploy.demo.notebook import Notebook, at_rank
from deploy.demo.proof.finding import facts, units_sold
from shared.events.ids import Channel, Locale
from shared.events.orders import DealFunded
from shared.events.text import Text

CHANNELS: tuple[Channel, ...] = ("booth", "live", "online")
RANKS = (0.5, 0.9, 0.99)


@dataclass(frozen=True, slots=True)
class Sold:
    """Orders confirmed, their units, and the money paid."""

    orders: int
    units: int
    gmv: int

    @property
    def per_order(self) -> float | None:
        """AOV: what an order is worth."""
        return self.gmv / self.orders if self.orders else None


@dataclass(frozen=True, slots=True)
class Show:
    """One live session in figures."""

    session_id: str
    titles: Text
    starts_at: datetime
    ends_at: datetime
    viewers: int
    peak: int
    buyers: int
    sold: Sold
    funded: int
    """Units set aside for deals."""
    dealt: int
    """Units of deals that were sold."""

    @property
    def conversion(self) -> float | None:
        """Paying viewers of all viewers."""
        return self.buyers / self.viewers if self.viewers else None

    @property
    def per_viewer(self) -> float | None:
        """UV value: GMV paid per viewer."""
        return self.sold.gmv / self.viewers if self.viewers else None

    @property
    def sell_through(self) -> float | None:
        return self.dealt / self.funded if self.funded else None


@dataclass(frozen=True, slots=True)
class Goods:
    """One product in figures."""

    product: Product
    merchant: Text
    brought: int
    sold: Sold


@dataclass(frozen=True, slots=True)
class Tongue:
    """One language in figures."""

    locale: Locale
    buyers: int
    sold: Sold


@dataclass(frozen=True, slots=True)
class Figures:
    """All figures of a festival."""

    total: Sold
    channels: dict[Channel, Sold]
    days: dict[date, dict[Channel, Sold]]
    shows: tuple[Show, ...]
    goods: tuple[Goods, ...]
    """By money, the best first."""
    tongues: tuple[Tongue, ...]
    outcomes: Counter[str]
    """Wishes by how they ended: confirmed, expired, cancelled, or why they were refused."""
    captured: int
    refunded: int
    moments: dict[Channel, list[datetime]]
    """When, by the festival's time, each confirmed order was placed."""
    answered: dict[float, float]
    """Milliseconds to an answer, by rank."""
    shown: dict[float, float]
    """Milliseconds from showing a deal to a viewer's screen, by rank."""
    answer_ms: list[float]
    """All of them, in order of size."""

    @property
    def sold_out(self) -> int:
        """Products of which nothing is left."""
        return sum(goods.sold.units == goods.brought for goods in self.goods)


def work_out(
    books: Books,
    festival: Festival,
    sessions: Sequence[Session],
    *,
    cast: Cast,
    calendar: Calendar,
    notebook: Notebook,
) -> Figures:
    """Add everything up."""
    confirmed = [order for order in books.orders.values() if order.sold]
    when = {order.id: calendar.moment(order.placed_at) for order in confirmed}
    openings = [opens for opens, _ in festival.days]
    day = {order.id: _day_of(when[order.id], openings) for order in confirmed}
    answers, showings = sorted(notebook.answer_ms), sorted(notebook.shown_ms)
    return Figures(
        total=_sold(confirmed),
        channels=_by_channel(confirmed),
        days={
            opens.date(): _by_channel(o for o in confirmed if day[o.id] == opens.date())
            for opens in openings
        },
        shows=tuple(_show(each, books, confirmed, cast, notebook) for each in sessions),
        goods=_goods(festival, books, confirmed),
        tongues=_tongues(cast, confirmed),
        outcomes=_outcomes(books),
        captured=sum(entry.captured for entry in books.ledger),
        refunded=sum(entry.refunded for entry in books.ledger),
        moments={
            channel: sorted(when[order.id] for order in confirmed if order.channel == channel)
            for channel in CHANNELS
        },
        answered={rank: at_rank(answers, rank) for rank in RANKS},
        shown={rank: at_rank(showings, rank) for rank in RANKS},
        answer_ms=answers,
    )


def _day_of(moment: datetime, openings: Sequence[datetime]) -> date:
    """The zone day a moment belongs to: what was clicked at closing time belongs to that day."""
    begun = [opens for opens in openings if opens <= moment]
    return (begun[-1] if begun else openings[0]).date()


def _sold(orders: Iterable[Order]) -> Sold:
    orders = list(orders)
    return Sold(
        len(orders), sum(order.units for order in orders), sum(order.total for order in orders)
    )


def _by_channel(orders: Iterable[Order]) -> dict[Channel, Sold]:
    orders = list(orders)
    return {
        channel: _sold(order for order in orders if order.channel == channel)
        for channel in CHANNELS
    }


def _show(
    session: Session, books: Books, confirmed: Iterable[Order], cast: Cast, notebook: Notebook
) -> Show:
    mine = [order for order in confirmed if order.session_id == session.session_id]
    deals = {
        deal.deal_id: deal.units
        for deal in facts(DealFunded, books.records)
        if deal.session_id == session.session_id
    }
    return Show(
        session_id=session.session_id,
        titles=session.titles,
        starts_at=session.starts_at,
        ends_at=session.ends_at,
        viewers=len(cast.audience(session.session_id)),
        peak=notebook.viewers.get(session.session_id, 0),
        buyers=len({order.buyer_id for order in mine}),
        sold=_sold(mine),
        funded=sum(deals.values()),
        dealt=sum(line.units for order in mine for line in order.lines if line.deal_id in deals),
    )


def _goods(festival: Festival, books: Books, confirmed: list[Order]) -> tuple[Goods, ...]:
    merchants = {each.merchant_id: each.names for each in festival.goods.merchants}
    units, money, orders = units_sold(confirmed), Counter[str](), Counter[str]()
    for order in confirmed:
        orders.update({line.sku for line in order.lines})
        for line in order.lines:
            money[line.sku] += line.amount
    found = (
        Goods(
            product,
            merchants[product.merchant_id],
            books.intake[sku],
            Sold(orders[sku], units[sku], money[sku]),
        )
        for sku, product in festival.products.items()
    )
    return tuple(sorted(found, key=lambda each: (-each.sold.gmv, each.product.sku)))


def _tongues(cast: Cast, confirmed: list[Order]) -> tuple[Tongue, ...]:
    spoken = {buyer.id: buyer.locale for buyer in cast.buyers}
    people: Counter[Locale] = Counter(buyer.locale for buyer in cast.buyers)
    return tuple(
        Tongue(locale, count, _sold(o for o in confirmed if spoken.get(o.buyer_id) == locale))
        for locale, count in people.most_common()
    )


def _outcomes(books: Books) -> Counter[str]:
    ended: Counter[str] = Counter()
    for wish in books.tries:
        for order_id in wish.order_ids:
            order = books.orders.get(order_id)
            ended["lost" if order is None else "confirmed" if order.sold else order.status] += 1
        if not wish.order_ids:
            ended[wish.refusal or "unanswered"] += 1
    return ended

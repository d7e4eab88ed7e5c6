"""The quota: what one person has bought of cross-border goods in one calendar year of Shanghai."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from services.orders.border.crossborder.tables import ReturnRule
from shared.events.ids import OrderId
from shared.events.money import Money
from shared.events.orders import (
    Import,
    OrderConfirmed,
    OrderPlaced,
    OrderUndone,
    ReturnReceived,
)
from shared.refusal import Refused


@dataclass(frozen=True, slots=True)
class Entry:
    """What one order takes of the year, in fen, and what each of its returns gave back."""

    amount: int
    paid: bool = False
    restored: dict[str, int] = field(default_factory=dict[str, int])

    def __post_init__(self) -> None:
        if min(self.amount, self.left) < 0:
            raise AssertionError(f"an order gives back more of a year than it took: {self}")

    @property
    def left(self) -> int:
        return self.amount - sum(self.restored.values())


@dataclass(frozen=True, slots=True)
class Quota:
    """One person's year, by order; an order released is gone from it."""

    id: str
    orders: dict[str, Entry] = field(default_factory=dict[str, Entry])

    @property
    def reserved(self) -> int:
        """What orders that wait for their money take, in fen."""
        return sum(entry.left for entry in self.orders.values() if not entry.paid)

    @property
    def used(self) -> int:
        """What paid orders take, in fen."""
        return sum(entry.left for entry in self.orders.values() if entry.paid)

    @property
    def taken(self) -> int:
        """Reserved and used: what a new order must fit beside."""
        return self.reserved + self.used


def name(person_token: str, year: int) -> str:
    """What the year of a person is called; no token has a slash in it.

    A year is that of the moment an order is placed (`shanghai.year_of`). An order stays in it,
    whenever it is paid or returned.
    """
    return f"{person_token}/{year}"


def annual_limit(taken: int, amount: int, most: int) -> Refused | None:
    """Why *amount* more does not fit into a year (Caiguanshui 2018-49); None if it does."""
    if taken + amount <= most:
        return None
    return Refused(
        "cbec.annual-limit",
        "This is above what one person may buy across the border in a year.",
        kind="limit",
        value=amount,
        left=max(0, most - taken),
        limit=most,
    )


def tax_refundable(
    released_at: datetime, applied_at: datetime, back_at: datetime, rule: ReturnRule
) -> bool:
    """Whether a return undoes its tax and restores its quota (GACC 2020-45).

    It is asked for, and then back in the zone it came from, each within its days of the release by
    customs. The buyer's seven days without a reason are another clock.
    """
    apply_by = released_at + timedelta(days=rule.apply_within_days)
    back_by = released_at + timedelta(days=rule.back_within_days)
    return applied_at <= apply_by and back_at <= back_by


def evolve(quota: Quota, fact: object) -> Quota:
    """Follow what a person's orders take of the year, and what they give back.

    An order takes it when it is placed, and keeps it when it is paid; one that comes to nothing, or
    is turned back by customs, gives it back, and goods that go back in time their part. A fact told
    again changes nothing.
    """
    match fact:
        case OrderPlaced(entry=Import() as entry) if name(entry.person, entry.year) == quota.id:
            known = fact.order_id in quota.orders or not entry.duty.quota
            return quota if known else _with(quota, fact.order_id, Entry(entry.duty.quota))
        case OrderConfirmed() if its := quota.orders.get(fact.order_id):
            return _with(quota, fact.order_id, replace(its, paid=True))
        case OrderUndone() if fact.order_id in quota.orders:
            return _with(quota, fact.order_id, None)
        case ReturnReceived(quota=Money(amount=amount)) if its := quota.orders.get(fact.order_id):
            restored = {**its.restored, fact.return_id: amount}
            return _with(quota, fact.order_id, replace(its, restored=restored))
        case _:
            return quota


def _with(quota: Quota, order_id: OrderId, entry: Entry | None) -> Quota:
    others = {known: its for known, its in quota.orders.items() if known != order_id}
    return Quota(quota.id, {**others, order_id: entry} if entry else others)

"""Prices: what was really paid for a SKU in one venue, and what a price may be compared with.

The law (SAMR Order 56 arts. 16–21, Order 117 art. 32): a price that a lower one is shown beside is
at most the lowest that was transacted in the same venue in the seven days before; if nothing was
sold in them, at most that of the last transaction; what was never sold has nothing to compare with.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import reduce

from services.orders.border.crossborder.shanghai import day_of
from services.orders.pool import shelf
from shared.events.money import Currency, Money
from shared.events.orders import Line, OrderConfirmed
from shared.platform.change.aggregate import Note
from shared.refusal import Refused

DAYS = 7
"""How many days before today count, besides today."""


@dataclass(frozen=True, slots=True)
class Paid:
    """What units went for in one currency; eight days at most, and the last transaction.

    Attributes:
        days: The lowest price of one unit, by calendar day in Asia/Shanghai (ISO 8601).
    """

    days: dict[str, Money] = field(default_factory=dict[str, Money])
    last: Money | None = None
    last_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Ledger:
    """What units of one SKU went for in one venue, by currency; prices of two do not compare."""

    id: str
    paid: dict[Currency, Paid] = field(default_factory=dict[Currency, Paid])


@dataclass(frozen=True, slots=True)
class Transacted(Note):
    """Units were paid for, each at this price."""

    ledger_id: str
    unit_price: Money
    at: datetime


def transacted(confirmed: OrderConfirmed, at: datetime) -> list[Transacted]:
    """What an order that is paid *at* some time says of prices, one for each line.

    What counts is what the buyer paid for one unit, less every discount, whoever bears it, rounded
    down: the law may see it higher, never lower. Units for nothing are gifts, and no transaction.
    """
    return [
        Transacted(shelf.name(confirmed.festival_id, line.sku, confirmed.channel), paid, at)
        for line, paid in _units(confirmed.lines)
    ]


def highest_compared(ledger: Ledger, currency: Currency, now: datetime) -> Money | None:
    """The most that a price may be compared with, from *now* on; None if it was never sold here.

    Ask when the comparison begins: what is sold at the lower price while it runs would count too.
    """
    known = ledger.paid.get(currency, Paid())
    recent = [price for day, price in known.days.items() if day >= _first(now)]
    return reduce(_lower, recent) if recent else known.last


def check(compared: Money, ledger: Ledger, now: datetime) -> Money:
    """Refuse to compare with a price above what the law allows; returns the allowed."""
    allowed = highest_compared(ledger, compared.currency, now)
    if allowed is None or compared.amount > allowed.amount:
        raise Refused(
            "price.compared-too-high",
            "It was sold for less." if allowed else "It was never sold here for such money.",
            compared=compared.model_dump(),
            allowed=allowed.model_dump() if allowed else None,
        )
    return allowed


def check_cut(price: Money, compared: Money, ledger: Ledger, now: datetime) -> None:
    """Refuse to call a price a cut that is none: it is below what it is compared with.

    This is all of "no raise before a cut" that transactions can tell. A list price raised first
    lends nothing, for no one has paid it; and a "cut" from it down to what was paid before, or to
    above that, is refused here. Raised prices that are really paid for a week are prices.
    """
    check(compared, ledger, now)
    if price.currency != compared.currency or price.amount >= compared.amount:
        raise Refused(
            "price.not-cut",
            "A cut is below the price it is compared with.",
            price=price.model_dump(),
            compared=compared.model_dump(),
        )


def evolve(ledger: Ledger, fact: object) -> Ledger:
    """Write a transaction down, and forget the days that no longer count."""
    match fact:
        case Transacted(ledger_id=ledger.id, unit_price=price, at=at):
            before = ledger.paid.get(price.currency, Paid())
            after = _with(before, price, at)
            return replace(ledger, paid={**ledger.paid, price.currency: after})
        case _:
            return ledger


def _with(paid: Paid, price: Money, at: datetime) -> Paid:
    newest, day = max(at, paid.last_at or at), _day(at)
    lowest = _lower(price, paid.days.get(day, price))
    last = _lower(price, paid.last) if paid.last and at == paid.last_at else price
    days = {
        known: each for known, each in {**paid.days, day: lowest}.items() if known >= _first(newest)
    }
    return Paid(days, last if newest == at else paid.last, newest)


def _lower(one: Money, other: Money) -> Money:
    return min(one, other, key=lambda price: price.amount)


def _units(lines: Iterable[Line]) -> Iterable[tuple[Line, Money]]:
    for line in lines:
        unit = line.payable.amount // line.quantity
        if unit:
            yield line, Money(amount=unit, currency=line.unit_price.currency)


def _day(at: datetime) -> str:
    return day_of(at).isoformat()


def _first(now: datetime) -> str:
    """The first day that counts at *now*; ISO days compare as text."""
    return (day_of(now) - timedelta(days=DAYS)).isoformat()

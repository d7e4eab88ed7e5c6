"""Rates: what the currencies of the festival cost in each other, and how money is converted.

The pataca is bound to the Hong Kong dollar by a currency board: 1 HKD = 1.03 MOP, always. What a
renminbi costs floats, so it is data, said by somebody at some time, and frozen in what it was for.

Converting rounds, half-up to the minor unit and once. So from the dearer of two currencies to the
other and back is where it began; the other way the end is at most one minor unit off, as long as
the one costs less than two of the other. MOP 100.00 is HKD 97.09 (97.0873…) and MOP 100.00
(100.0027) again; MOP 0.17 is HKD 0.17 (0.1650…) and MOP 0.18 (0.1751).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import product

from pydantic import ValidationError

from shared.events.money import Currency, Money, Rate, RateSnapshot
from shared.platform.change.aggregate import Note
from shared.refusal import Refused

BOARD = Rate(
    base="HKD", quote="MOP", rate="1.03", source="AMCM currency board, MOP 1.03 for HKD 1, fixed"
)
"""The Monetary Authority of Macao must give and take at it without limit; it does not age."""

MOST_AGE = timedelta(days=3)
"""How old a rate that floats may be when it is used: Friday's serves over the weekend."""


@dataclass(frozen=True, slots=True)
class Rates:
    """The rates that are known, by pair; none but the board's until somebody sets them."""

    id: str
    known: dict[str, Rate] = field(default_factory=lambda: {_pair(BOARD): BOARD})


@dataclass(frozen=True, slots=True)
class RateSet(Note):
    """A pair has another rate."""

    rates_id: str
    rate: Rate


def set_rate(rates: Rates, rate: Rate, now: datetime) -> list[RateSet]:
    """Know another rate of a pair; the same again changes nothing.

    A rate says when it is of: neither later than *now*, nor so early that it is too old to be used,
    nor earlier than the one known.
    Refuses the board's pair either way round, and a pair that is set the other way round already:
    two rates of a pair could disagree.
    """
    known = rates.known.get(_pair(rate))
    if rate == known:
        return []
    other = f"{rate.quote}/{rate.base}"
    if rate.base == rate.quote or other in rates.known or _pair(rate) == _pair(BOARD):
        raise Refused(
            "rate.pair", "This pair has no rate to set.", kind="invalid", pair=_pair(rate)
        )
    if rate.as_of is None or not now - MOST_AGE <= rate.as_of <= now:
        raise Refused(
            "rate.as-of",
            "A rate is of now, or of a time so short before that it may be used.",
            kind="invalid",
            pair=_pair(rate),
        )
    if known and known.as_of and rate.as_of < known.as_of:
        raise Refused(
            "rate.older",
            "A later rate of this pair is known.",
            kind="stale",
            pair=_pair(rate),
            as_of=known.as_of.isoformat(),
        )
    return [RateSet(rates.id, rate)]


def snapshot(
    rates: Rates, base: Currency, to: Currency, now: datetime, most_age: timedelta = MOST_AGE
) -> RateSnapshot:
    """The rates that count at *now* for turning *base* into *to*, to be frozen in what needs them.

    Refuses a pair that cannot be made of what is known, and a rate older than *most_age*.
    """
    way = _way(base, to, rates.known.values())
    for rate in way:
        if rate.as_of is not None and now - rate.as_of > most_age:
            raise Refused(
                "rate.stale",
                "The rate is too old to be used.",
                kind="stale",
                pair=_pair(rate),
                as_of=rate.as_of.isoformat(),
                most_age_seconds=int(most_age.total_seconds()),
            )
    return RateSnapshot(rates=way)


def convert(money: Money, to: Currency, rates: Iterable[Rate]) -> Money:
    """*money* in another currency: exact until it is rounded half-up to the minor unit, once.

    *rates* are those of a snapshot; each may be used either way round, two by way of a third
    currency. All three currencies have two decimals. Refuses a pair they do not make, and more
    than money counts.
    """
    worth = Fraction(money.amount)
    held = money.currency
    for rate in _way(money.currency, to, rates):
        forth = rate.base == held
        worth = worth * Fraction(rate.rate) if forth else worth / Fraction(rate.rate)
        held = rate.quote if forth else rate.base
    try:
        return Money(amount=int(worth + Fraction(1, 2)), currency=to)
    except ValidationError as error:
        raise Refused("rate.too-dear", "No money counts that much.", kind="invalid") from error


def evolve(rates: Rates, fact: object) -> Rates:
    """Know what was set."""
    match fact:
        case RateSet(rates_id=rates.id, rate=rate):
            return replace(rates, known={**rates.known, _pair(rate): rate})
        case _:
            return rates


def _pair(rate: Rate) -> str:
    return f"{rate.base}/{rate.quote}"


def _way(base: Currency, to: Currency, rates: Iterable[Rate]) -> tuple[Rate, ...]:
    """The rates from one currency to another: none, the pair's own, or two by way of a third."""
    if base == to:
        return ()
    known = tuple(rates)
    for rate in known:
        if {rate.base, rate.quote} == {base, to}:
            return (rate,)
    for first, second in product(known, known):
        ends = {first.base, first.quote} ^ {second.base, second.quote}
        if base in (first.base, first.quote) and ends == {base, to}:
            return first, second
    raise Refused("rate.unknown", "There is no rate for this.", kind="missing", base=base, quote=to)

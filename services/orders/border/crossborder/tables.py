"""Tables: the rates, lists and limits in force on a day, each by the law it comes from.

The files under `rules` hold every rule with the day it takes effect. A later rule replaces an
earlier one for the same goods; none is ever taken out, so that an old order can be reckoned again.
"""

import tomllib
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, TypeAlias, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PositiveInt,
    StringConstraints,
    model_validator,
)

from services.orders.border.crossborder.net_content import Measure
from shared.events.duty import BasisPoints
from shared.events.money import Amount
from shared.refusal import Refused

FOLDER = Path(__file__).parent / "rules"
EVERYTHING = "*"
_SCALE = {2: "an amount", 4: "a rate"}


def _scaled(places: int) -> BeforeValidator:
    """Read a decimal written as text, `0.13`, into an integer of its smallest part."""

    def read(text: object) -> int:
        whole, _, part = text.partition(".") if isinstance(text, str) else ("", "", "")
        if not (whole.isascii() and whole.isdigit() and len(part) <= places):
            raise ValueError(f"{text!r} is not {_SCALE[places]}: text, at most {places} decimals")
        return int(whole + part.ljust(places, "0"))

    return BeforeValidator(read)


_Rate: TypeAlias = Annotated[BasisPoints, _scaled(4)]
_Yuan: TypeAlias = Annotated[Amount, _scaled(2)]
_Goods: TypeAlias = Annotated[str, StringConstraints(pattern=r"^([0-9]{2,10}|\*)$")]


class Rule(BaseModel):
    """What the law says from a day on.

    Attributes:
        hs: For which goods: beginnings of HS codes, the longest that fits counts; `*` is all goods.
        source: The law or notice, or whence it is known.
        illustrative: Made for demonstration: to be checked against the gazette before real use.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    effective_from: date
    source: Annotated[str, StringConstraints(min_length=1)]
    illustrative: bool = False
    hs: Annotated[tuple[_Goods, ...], Field(min_length=1)]


class RateRule(Rule):
    """A rate; without one it is known only that the general rate is not to be used."""

    rate: _Rate | None = None


class ConsumptionTaxRule(RateRule):
    """A rate that may hold only from a price up: fen per gram, millilitre or piece."""

    rate: Annotated[_Rate, Field(lt=10_000)] | None = None
    at_least: dict[Measure, _Yuan] = {}


class OriginRule(RateRule):
    """A tariff for goods that are proven to come from a place."""

    origin: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]


class ListRule(Rule):
    """Whether goods are on the positive list of cross-border e-commerce retail imports."""

    listed: bool = True


class CbecRule(Rule):
    """The limits of cross-border e-commerce, in fen, and the share collected within them."""

    per_order: _Yuan
    per_year: _Yuan
    collected: _Rate


class ReturnRule(Rule):
    """Within how many days of release a return is asked for and back, for its tax to be undone."""

    apply_within_days: PositiveInt
    back_within_days: PositiveInt


class Book(BaseModel):
    """All rules of all times; a field is a file of that name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    vat: tuple[RateRule, ...]
    consumption_tax: tuple[ConsumptionTaxRule, ...]
    tariff: tuple[RateRule, ...]
    cepa: tuple[OriginRule, ...]
    positive_list: tuple[ListRule, ...]
    cbec: tuple[CbecRule, ...]
    returns: tuple[ReturnRule, ...]

    @model_validator(mode="after")
    def _one_rule_at_a_time(self) -> "Book":
        for name, rules in self:
            keys = [(rule.effective_from, hs) for rule in rules for hs in rule.hs]
            if not keys or len(set(keys)) < len(keys):
                raise ValueError(f"{name} is empty, or says two things of the same goods and day")
        return self


R = TypeVar("R", bound=Rule)
InForce: TypeAlias = Mapping[str, R]
"""Rules by the goods they are for."""


@dataclass(frozen=True, slots=True)
class Tables:
    """What is in force from the day *version* until some rule changes."""

    version: date
    cbec: CbecRule
    returns: ReturnRule
    _vat: InForce[RateRule]
    _consumption_tax: InForce[ConsumptionTaxRule]
    _tariff: InForce[RateRule]
    _cepa: InForce[OriginRule]
    _positive_list: InForce[ListRule]

    def listed(self, hs: str) -> bool:
        """Whether goods may come by cross-border e-commerce at all."""
        rule = _find(self._positive_list, hs)
        return rule is not None and rule.listed

    def vat(self, hs: str) -> int:
        """The rate of import VAT, in basis points. Refuses goods whose rate is not known."""
        return _known("vat", hs, _find(self._vat, hs))

    def tariff(self, hs: str, proven_origin: str | None) -> int:
        """The tariff in basis points: of the origin if it is proven, else most-favoured-nation.

        Refuses goods whose rate is not known.
        """
        cepa = _find(self._cepa, hs)
        if cepa and cepa.origin == proven_origin:
            return _known("tariff", hs, cepa)
        return _known("tariff", hs, _find(self._tariff, hs))

    def consumption_tax(self, hs: str) -> ConsumptionTaxRule | None:
        """By which rule consumption tax is due; None if the goods are free of it."""
        return _find(self._consumption_tax, hs)


def on(day: date) -> Tables:
    """The tables in force on a day (`shanghai.day_of`).

    Raises:
        LookupError: It lies before the first day that all tables speak of.
    """
    at = bisect_right(_versions(), day)
    if not at:
        raise LookupError(f"no tables are known for {day}")
    return _as_of(_versions()[at - 1])


def unknown(tax: str, hs: str) -> Refused:
    """Goods are not sold at a tax that is guessed."""
    return Refused("duty.rate-unknown", "No rate is known for these goods.", tax=tax, hs_code=hs)


def in_force(rules: Book, version: date) -> Tables:
    """The tables that a book comes to on a day of change, when each of them has begun."""
    return Tables(
        version=version,
        cbec=_in_force(rules.cbec, version)[EVERYTHING],
        returns=_in_force(rules.returns, version)[EVERYTHING],
        _vat=_in_force(rules.vat, version),
        _consumption_tax=_in_force(rules.consumption_tax, version),
        _tariff=_in_force(rules.tariff, version),
        _cepa=_in_force(rules.cepa, version),
        _positive_list=_in_force(rules.positive_list, version),
    )


@cache
def book() -> Book:
    """Every rule in the files. Raises pydantic.ValidationError, tomllib.TOMLDecodeError."""
    return Book.model_validate(
        {
            name: tomllib.loads((FOLDER / f"{name}.toml").read_text("utf-8"))["rule"]
            for name in Book.model_fields
        }
    )


@cache
def _versions() -> list[date]:
    """Days on which something changes, from the one on which every table has a rule."""
    days = [[rule.effective_from for rule in rules] for _, rules in book()]
    start = max(min(table) for table in days)
    return sorted({start, *(day for table in days for day in table if day > start)})


@cache
def _as_of(version: date) -> Tables:
    return in_force(book(), version)


def _in_force(rules: Iterable[R], day: date) -> InForce[R]:
    begun = sorted(
        (rule for rule in rules if rule.effective_from <= day), key=lambda rule: rule.effective_from
    )
    return {hs: rule for rule in begun for hs in rule.hs}


def _find(rules: InForce[R], hs: str) -> R | None:
    prefixes = (hs[:length] for length in range(len(hs), 1, -1))
    return next((rules[prefix] for prefix in prefixes if prefix in rules), rules.get(EVERYTHING))


def _known(tax: str, hs: str, rule: RateRule | None) -> int:
    if rule is None or rule.rate is None:
        raise unknown(tax, hs)
    return rule.rate

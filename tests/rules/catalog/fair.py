"""What the rules of catalog are tried with: a festival in May, two merchants, a tart."""

from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar

import pytest

from services.catalog import festival as festivals
from services.catalog import product as products
from services.catalog.festival import Festival, Item, Plan
from services.catalog.merchant import Merchant, Profile
from services.catalog.product import Particulars, Product
from shared.events.text import Text
from shared.refusal import Refused

S = TypeVar("S")

NOW = datetime(2025, 5, 1, tzinfo=UTC)
NOON = datetime(2025, 5, 24, 4, tzinfo=UTC)
"""Noon of the first day in Beijing."""
HOUR = timedelta(hours=1)


@contextmanager
def refusal(code: str) -> Generator[pytest.ExceptionInfo[Refused]]:
    """What is asked here is refused, and for this reason."""
    with pytest.raises(Refused) as no:
        yield no
    assert no.value.code == code


def text(said: str) -> Text:
    return Text.model_validate(dict.fromkeys(("pt", "zh-Hant", "zh-Hans", "en"), said))


def told(state: S, evolve: Callable[[S, Any], S], facts: Iterable[Any]) -> S:
    """How *state* stands after *facts*."""
    for fact in facts:
        state = evolve(state, fact)
    return state


def plan(**other: Any) -> Plan:
    days: dict[str, Any] = {"starts_on": date(2025, 5, 24), "ends_on": date(2025, 6, 30)}
    said = {"titles": text("Festival"), **days, "timezone": "Asia/Shanghai", **other}
    return Plan.model_validate(said)


def announced(id: str = "f1") -> Festival:
    blank = Festival(id)
    return told(blank, festivals.evolve, festivals.announce(blank, plan()))


def item(kind: Any = "promotion", starts_at: datetime = NOON, hours: float = 1) -> Item:
    return Item(
        kind=kind,
        titles=text(kind),
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=hours),
    )


def with_activities(openings: int, mains: int, promotions: int) -> Festival:
    festival = announced()
    kinds = ["opening"] * openings + ["main"] * mains + ["promotion"] * promotions
    for number, kind in enumerate(kinds):
        drafted = festivals.draft(festival, f"a-{number}", item(kind))
        festival = told(festival, festivals.evolve, drafted)
    return festival


def merchant(id: str = "m01") -> Merchant:
    profile = Profile(
        names=text(id),
        category="bakery",
        country="MO",
        address="1 Demonstration Street, Macao",
        contact="+853 0000 0000",
    )
    return Merchant(id, "registered", profile)


def particulars(**other: Any) -> Particulars:
    return Particulars.model_validate(
        {
            "merchant_id": "m01",
            "names": text("Egg tart"),
            "category": "bakery",
            "gtin": "2900010000015",
            "hs_code": "190590",
            "origin": "MO",
            "net_content": "300 g",
            "weight_g": 420,
            **other,
        }
    )


def tart(sku: str = "TART", merchant_id: str = "m01", **other: Any) -> Product:
    said, blank = particulars(merchant_id=merchant_id, **other), Product(sku)
    submitted = products.describe(blank, merchant(merchant_id), said, acting=None)
    return told(blank, products.evolve, submitted)

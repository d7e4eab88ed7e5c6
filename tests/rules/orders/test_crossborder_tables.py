"""The dated tables: which rule is in force, and which book of rules is not taken."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from services.orders.border.crossborder import tables
from services.orders.border.crossborder.tables import Book, RateRule
from shared.refusal import Refused

IN_2025, IN_2026 = date(2025, 12, 31), date(2026, 1, 1)


def rule(**more: Any) -> dict[str, Any]:
    return {"effective_from": date(2025, 1, 1), "source": "a test", "hs": ["*"], **more}


BOOK: dict[str, list[dict[str, Any]]] = {
    "vat": [rule(rate="0.13")],
    "consumption_tax": [rule(hs=["2204"], rate="0.10")],
    "tariff": [rule(rate="0.05")],
    "cepa": [rule(origin="MO", rate="0")],
    "positive_list": [rule(hs=["1905"])],
    "cbec": [rule(per_order="5000.00", per_year="26000.00", collected="0.7")],
    "returns": [rule(apply_within_days=30, back_within_days=45)],
}


def test_the_vat_law_takes_over_on_new_year_of_2026() -> None:
    assert tables.on(IN_2025).version == date(2025, 1, 1)
    assert tables.on(IN_2026).version == IN_2026
    assert tables.on(date(2026, 11, 25)) is tables.on(IN_2026)


def test_days_before_the_tables_begin_are_unknown() -> None:
    with pytest.raises(LookupError, match="2024-12-31"):
        tables.on(date(2024, 12, 31))


def test_the_longest_code_that_fits_counts() -> None:
    rules = tables.on(IN_2026)
    assert [rules.vat(hs) for hs in ("090121", "150920", "490199", "490900", "190531")] == [
        1300, 900, 900, 1300, 1300,
    ]  # fmt: skip


@pytest.mark.parametrize("hs", ["040721", "090111", "151800"])
def test_a_rate_that_hangs_on_processing_is_not_guessed(hs: str) -> None:
    with pytest.raises(Refused) as no:
        tables.on(IN_2026).vat(hs)
    assert (no.value.code, no.value.facts) == ("duty.rate-unknown", {"tax": "vat", "hs_code": hs})


def test_only_macau_goods_with_a_proof_are_free_of_tariff() -> None:
    rules = tables.on(IN_2026)
    assert [rules.tariff("190531", origin) for origin in ("MO", "PT", None)] == [0, 1000, 1000]
    with pytest.raises(Refused, match=r"duty\.rate-unknown"):
        rules.tariff("999999", None)
    assert rules.tariff("999999", "MO") == 0


def test_every_rule_names_its_source_and_what_is_made_up_says_so() -> None:
    for name, rules in tables.book():
        assert all(each.source for each in rules), name
    assert all(each.illustrative for each in tables.book().tariff)
    assert all(each.illustrative for each in tables.book().positive_list)


def test_a_sound_book_is_taken() -> None:
    assert Book.model_validate(BOOK).vat == (
        RateRule(effective_from=date(2025, 1, 1), source="a test", hs=("*",), rate="0.13"),
    )


def test_a_later_rule_replaces_that_of_the_same_goods_only() -> None:
    later = date(2026, 7, 1)
    changed = {
        "positive_list": [
            rule(effective_from=later, hs=["1905"], listed=False),
            rule(hs=["1905", "190532"]),
        ],
        "tariff": [rule(rate="0.05"), rule(effective_from=later, hs=["19"], rate="0.02")],
    }
    book = Book.model_validate(BOOK | changed)
    before, after = (tables.in_force(book, day) for day in (IN_2026, later))
    assert [before.listed(hs) for hs in ("190531", "190532", "2204")] == [True, True, False]
    assert [after.listed(hs) for hs in ("190531", "190532", "2204")] == [False, True, False]
    assert [each.tariff("190531", None) for each in (before, after)] == [500, 200]
    assert after.tariff("220421", None) == 500


@pytest.mark.parametrize(
    ("table", "rules"),
    [
        ("vat", []),
        ("vat", [rule(rate="0.13"), rule(rate="0.09")]),
        ("vat", [rule(rate=0.13)]),
        ("vat", [rule(rate="13 %")]),
        ("vat", [rule(rate="0.00005")]),
        ("vat", [rule(rate="1.01")]),
        ("vat", [rule(rate="0.13", hs=["1"])]),
        ("vat", [rule(rate="0.13", hs=[])]),
        ("vat", [rule(rate="0.13", source="")]),
        ("vat", [rule(rate="0.13", until="2026-01-01")]),
        ("consumption_tax", [rule(rate="1")]),
        ("consumption_tax", [rule(rate="0.15", at_least={"spoon": "1.00"})]),
        ("positive_list", [{**rule(), "hs": None}]),
        ("cbec", [rule(per_order="5000.001", per_year="26000.00", collected="0.7")]),
        ("cbec", [rule(per_order="-1", per_year="26000.00", collected="0.7")]),
        ("returns", [rule(apply_within_days=0, back_within_days=45)]),
    ],
)
def test_a_book_that_is_not_sound_is_not_taken(table: str, rules: list[dict[str, Any]]) -> None:
    with pytest.raises(ValidationError):
        Book.model_validate(BOOK | {table: rules})


@settings(deadline=None)
@given(st.dates(date(2025, 1, 1), date(2030, 1, 1)))
def test_tables_are_those_of_their_version_and_never_of_the_future(day: date) -> None:
    rules = tables.on(day)
    assert rules.version <= day
    assert tables.on(rules.version) is rules
    if day + timedelta(days=1) not in {
        each.effective_from for _, of in tables.book() for each in of
    }:
        assert tables.on(day + timedelta(days=1)) is rules

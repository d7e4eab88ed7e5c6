"""Letters in four languages, filled in whole or not at all."""

from typing import Any

import pytest

from services.notify.writing import FOLDER, LOCALES, TEMPLATES, write
from shared.events.money import Money

PRICE = Money(amount=1_234_800, currency="MOP")
FACTS: dict[str, dict[str, Any]] = {
    "order-confirmed": {
        "order_id": "order-1",
        "total": PRICE,
        "lines": [{"name": "杏仁餅 <Tarte> {{ 1 }}", "quantity": 3, "amount": PRICE}],
    },
    "refund-paid": {"order_id": "order-1", "amount": PRICE},
    "session-started": {"title": "Doces & «Bolos»"},
}


def test_every_template_is_there_in_every_language_and_no_other() -> None:
    found = {path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*") if path.is_file()}
    assert found == {f"{template}/{locale}.txt" for template in TEMPLATES for locale in LOCALES}
    assert set(FACTS) == set(TEMPLATES)


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("template", TEMPLATES)
def test_every_letter_can_be_written_and_says_all_it_was_told(template: Any, locale: Any) -> None:
    letter = write(template, locale, FACTS[template])
    assert letter.fault == ""
    assert letter.subject
    assert "\n" not in letter.subject
    assert "{%" not in letter.text
    told = FACTS[template]
    for line in told.get("lines", []):
        assert line["name"] in letter.text
        assert str(line["quantity"]) in letter.text
    for fact in (told.get("order_id"), told.get("title")):
        assert fact is None or fact in letter.subject + letter.text


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("template", TEMPLATES)
def test_a_letter_that_lacks_one_fact_is_not_written_at_all(template: Any, locale: Any) -> None:
    for missing in FACTS[template]:
        half = {name: fact for name, fact in FACTS[template].items() if name != missing}
        letter = write(template, locale, half)
        assert letter.fault == "template-UndefinedError"
        assert (letter.subject, letter.text) == ("", "")


@pytest.mark.parametrize(
    ("locale", "amount"),
    [
        ("pt", "12\N{NO-BREAK SPACE}348,00\N{NO-BREAK SPACE}MOP$"),
        ("zh-Hant", "MOP$12,348.00"),
        ("zh-Hans", "MOP12,348.00"),
        ("en", "MOP12,348.00"),
    ],
)
def test_amounts_are_written_as_their_reader_writes_them(locale: Any, amount: str) -> None:
    assert amount in write("refund-paid", locale, FACTS["refund-paid"]).text


def test_the_four_letters_differ() -> None:
    for template in TEMPLATES:
        letters = {write(template, locale, FACTS[template]).text for locale in LOCALES}
        assert len(letters) == 4


@pytest.mark.parametrize("mark", ["\n", "\r\n", "\r", "\0", "\x1b", "\x85", "\u2028"])
def test_a_title_cannot_smuggle_a_header_into_the_subject(mark: str) -> None:
    letter = write("session-started", "en", {"title": f"Sweets{mark}Bcc: rui@example.mo"})
    assert letter.fault == "subject-unsafe"
    assert letter.text == ""


def test_a_fact_is_text_and_never_a_template_itself() -> None:
    letter = write("session-started", "en", {"title": "{{ 7 * 6 }} {% raise %}"})
    assert "{{ 7 * 6 }} {% raise %}" in letter.subject


def test_a_template_cannot_reach_what_python_hides() -> None:
    class Sly:
        def __str__(self) -> str:
            raise RuntimeError("rui@example.mo")

    letter = write("session-started", "en", {"title": Sly()})
    assert letter.fault == "template-RuntimeError"
    assert "rui" not in repr(letter)

"""Agreements: valid when all have signed, and not before."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.catalog import agreement as rules
from services.catalog.agreement import Agreement, Draft
from services.catalog.organisation import Entry, Organisation
from shared.events.catalog import AgreementConcluded, AgreementRevised, AgreementSigned, Commitment
from tests.rules.catalog.fair import NOW, refusal, text, told

ENTRY = Entry(names=text("An association"), role="signatory")
EVERYBODY = {
    name: Organisation(name, "registered", ENTRY)
    for name in ("beijing", "macau", "dsedt", *(f"p{number}" for number in range(6)))
}


def memorandum(**other: Any) -> Draft:
    wish: dict[str, Any] = {
        "titles": text("Memorandum"),
        "parties": ("beijing", "macau"),
        "witnesses": ("dsedt",),
        "commitments": (Commitment(code="sharing", titles=text("Sharing")),),
    }
    return Draft(**{**wish, **other})


def draft(agreement: Agreement, wanted: Draft) -> Agreement:
    return told(agreement, rules.evolve, rules.draft(agreement, wanted, EVERYBODY))


def sign(agreement: Agreement, party: str) -> Agreement:
    return told(agreement, rules.evolve, rules.sign(agreement, party, "president", NOW))


@given(st.integers(2, 6).flatmap(lambda n: st.permutations([f"p{i}" for i in range(n)])))
def test_the_last_signature_and_only_it_makes_an_agreement_valid(order: list[str]) -> None:
    agreement = draft(Agreement("a1"), memorandum(parties=tuple(sorted(order))))
    for party in order[:-1]:
        agreement = sign(agreement, party)
        assert agreement.status == "partially-signed"
    said = rules.sign(agreement, order[-1], "president", NOW)
    assert [type(event) for event in said] == [AgreementSigned, AgreementConcluded]
    assert told(agreement, rules.evolve, said).status == "concluded"


def test_a_party_signs_once() -> None:
    agreement = sign(draft(Agreement("a1"), memorandum()), "macau")
    with refusal("agreement.signed-already"):
        rules.sign(agreement, "macau", "president", NOW)


def test_a_witness_does_not_sign() -> None:
    agreement = draft(Agreement("a1"), memorandum())
    with refusal("agreement.no-party"):
        rules.sign(agreement, "dsedt", "director", NOW)


def test_nobody_signs_what_is_not_written() -> None:
    with refusal("agreement.unknown"):
        rules.sign(Agreement("a1"), "macau", "president", NOW)


def test_a_signature_names_an_office_and_when() -> None:
    [signature] = sign(draft(Agreement("a1"), memorandum()), "macau").signatures
    assert (signature.party, signature.office, signature.signed_at) == ("macau", "president", NOW)


def test_the_text_may_change_until_the_first_signature() -> None:
    agreement = draft(Agreement("a1"), memorandum())
    other = memorandum(titles=text("Better"))
    [said] = rules.draft(agreement, other, EVERYBODY)
    assert isinstance(said, AgreementRevised)
    agreement = draft(agreement, other)
    assert agreement.draft == other
    with refusal("agreement.signed"):
        draft(sign(agreement, "macau"), memorandum())


def test_the_same_text_again_says_nothing() -> None:
    signed = sign(draft(Agreement("a1"), memorandum()), "macau")
    assert rules.draft(signed, memorandum(), {}) == []


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        (memorandum(parties=("macau",)), "agreement.parties"),
        (memorandum(parties=("macau", "macau")), "agreement.twice"),
        (memorandum(witnesses=("macau",)), "agreement.twice"),
        (
            memorandum(commitments=(Commitment(code="c", titles=text("c")),) * 2),
            "agreement.commitments",
        ),
    ],
)
def test_a_text_that_could_never_be_valid_is_refused(wanted: Draft, code: str) -> None:
    with refusal(code):
        draft(Agreement("a1"), wanted)


def test_only_registered_organisations_agree() -> None:
    named = {name: Organisation(name) for name in ("beijing", "macau", "dsedt")}
    named["macau"] = Organisation("macau", "registered", ENTRY)
    with refusal("organisation.unknown") as no:
        rules.draft(Agreement("a1"), memorandum(), named)
    assert no.value.facts["organisations"] == ["beijing", "dsedt"]

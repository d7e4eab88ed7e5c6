"""Persons: one for each ID number, whatever accounts they have, until they want to be forgotten."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.orders.kept import PERSONS
from services.orders.people import person as persons
from services.orders.people.person import MOST_ACCOUNTS, Consent, Person
from services.orders.people.sealed import Sealed
from shared.refusal import Refused

NOW = datetime(2025, 5, 24, 2, tzinfo=UTC)
TOKEN = "person-" + "a" * 32
SEALED = Sealed(1, "k1", b"wrapped", b"ciphertext", "tag")
AGAIN = Sealed(1, "k2", b"otherwise", b"sealed", "tag")
ELSE = replace(AGAIN, tag="another name")


def consent(buyer_id: str = "ana", version: str = "2025-05", at: datetime = NOW) -> Consent:
    return Consent(buyer_id, version, at)


def after(person: Person, facts: Iterable[object]) -> Person:
    for fact in facts:
        person = persons.evolve(person, fact)
    return person


def refusal(no: pytest.ExceptionInfo[Refused]) -> tuple[str, str]:
    return no.value.code, no.value.kind


KNOWN = after(Person(TOKEN), persons.register(Person(TOKEN), SEALED, consent(), adult=True))


def test_a_person_stands_for_the_account_that_registered_them() -> None:
    assert (KNOWN.sealed, KNOWN.adult, KNOWN.consents) == (SEALED, True, (consent(),))
    persons.may_buy(KNOWN, "ana", adults_only=True)
    with pytest.raises(Refused) as no:
        persons.may_buy(KNOWN, "bea")
    assert refusal(no) == ("person.unknown", "missing")


def test_nothing_is_taken_from_who_has_not_agreed() -> None:
    with pytest.raises(Refused) as no:
        persons.check_consent(None)
    assert refusal(no) == ("person.consent", "invalid")


def test_a_second_account_of_a_person_adds_its_consent_and_seals_nothing_again() -> None:
    both = after(KNOWN, persons.register(KNOWN, AGAIN, consent("bea"), adult=True))
    assert both.sealed == SEALED
    assert [each.buyer_id for each in both.consents] == ["ana", "bea"]
    persons.may_buy(both, "ana")
    persons.may_buy(both, "bea")


def test_saying_the_same_again_changes_nothing() -> None:
    later = consent(at=NOW + timedelta(days=1))
    assert persons.register(KNOWN, AGAIN, later, adult=True) == []


def test_a_new_wording_is_agreed_to_anew() -> None:
    newer = consent(version="2026-02", at=NOW + timedelta(days=300))
    assert after(KNOWN, persons.register(KNOWN, AGAIN, newer, adult=True)).consents == (newer,)


def test_who_comes_of_age_says_so_by_registering_again() -> None:
    minor = after(Person(TOKEN), persons.register(Person(TOKEN), SEALED, consent(), adult=False))
    with pytest.raises(Refused) as no:
        persons.may_buy(minor, "ana", adults_only=True)
    assert refusal(no) == ("person.age", "forbidden")
    grown = after(minor, persons.register(minor, AGAIN, consent(), adult=True))
    persons.may_buy(grown, "ana", adults_only=True)


def test_one_number_has_one_name() -> None:
    with pytest.raises(Refused) as no:
        persons.register(KNOWN, ELSE, consent("eve"), adult=True)
    assert refusal(no) == ("person.name-differs", "conflict")


def test_no_person_has_accounts_without_end() -> None:
    person = KNOWN
    for number in range(MOST_ACCOUNTS - 1):
        person = after(person, persons.register(person, AGAIN, consent(f"b{number}"), adult=True))
    with pytest.raises(Refused) as no:
        persons.register(person, AGAIN, consent("one-more"), adult=True)
    assert refusal(no) == ("person.accounts", "limit")
    newer = consent(version="2026-02")
    assert persons.register(person, AGAIN, newer, adult=True), "those there may agree anew"


@pytest.mark.parametrize("by", ["ana", None], ids=["the buyer", "an operator"])
def test_who_is_erased_is_nobody_but_their_token_and_consents(by: str | None) -> None:
    gone = after(KNOWN, persons.erase(KNOWN, by, NOW))
    withdrawn = replace(consent(), withdrawn_at=NOW)
    assert gone == Person(TOKEN, consents=(withdrawn,), erased_at=NOW)
    assert b"wrapped" not in repr(PERSONS.dump(TOKEN, 2, gone)).encode()
    with pytest.raises(Refused) as no:
        persons.disclose(gone, "customs", "order o1", NOW)
    assert refusal(no) == ("person.erased", "conflict")
    with pytest.raises(Refused):
        persons.may_buy(gone, "ana")


def test_the_wish_to_be_forgotten_comes_once_from_any_account() -> None:
    both = after(KNOWN, persons.register(KNOWN, AGAIN, consent("bea"), adult=True))
    gone = after(both, persons.erase(both, "bea", NOW))
    assert gone.sealed is None
    assert persons.erase(gone, "ana", NOW) == []
    assert persons.erase(gone, None, NOW) == []


@pytest.mark.parametrize(
    ("person", "by"), [(KNOWN, "eve"), (Person(TOKEN), "ana"), (Person(TOKEN), None)]
)
def test_others_do_not_even_learn_that_there_is_somebody(person: Person, by: str | None) -> None:
    with pytest.raises(Refused) as no:
        persons.erase(person, by, NOW)
    assert refusal(no) == ("person.unknown", "missing")


def test_who_was_erased_may_come_back_alone_under_the_same_token() -> None:
    both = after(KNOWN, persons.register(KNOWN, AGAIN, consent("bea"), adult=True))
    gone = after(both, persons.erase(both, "ana", NOW))
    back = after(gone, persons.register(gone, ELSE, consent("bea"), adult=True))
    assert back.sealed == ELSE
    persons.may_buy(back, "bea")
    with pytest.raises(Refused):
        persons.may_buy(back, "ana")


def test_a_minor_who_was_erased_may_come_back_too() -> None:
    minor = after(Person(TOKEN), persons.register(Person(TOKEN), SEALED, consent(), adult=False))
    gone = after(minor, persons.erase(minor, "ana", NOW))
    back = after(gone, persons.register(gone, AGAIN, consent(), adult=False))
    assert (back.sealed, back.consents) == (AGAIN, (consent(),))


def test_each_disclosure_is_written_down() -> None:
    shown = KNOWN
    for order in ("o1", "o2"):
        shown = after(shown, persons.disclose(shown, "customs", order, NOW))
    assert shown.disclosures == 2
    assert shown.last_disclosure == persons.Disclosure("customs", "o2", NOW)
    with pytest.raises(Refused) as no:
        persons.disclose(Person(TOKEN), "customs", "o1", NOW)
    assert refusal(no) == ("person.unknown", "missing")


def test_a_record_is_rewrapped_unless_another_stands_there_by_now() -> None:
    assert after(KNOWN, persons.rewrap(KNOWN, SEALED, AGAIN)).sealed == AGAIN
    assert persons.rewrap(KNOWN, AGAIN, SEALED) == []
    gone = after(KNOWN, persons.erase(KNOWN, None, NOW))
    assert persons.rewrap(gone, SEALED, AGAIN) == []


def test_what_happens_to_another_person_changes_nothing() -> None:
    other = "person-" + "b" * 32
    facts = [
        persons.PersonRegistered(other, AGAIN, True, consent()),
        persons.PersonRewrapped(other, AGAIN),
        persons.PersonDisclosed(other, persons.Disclosure("customs", "o1", NOW)),
        persons.PersonErased(other, NOW),
    ]
    assert after(KNOWN, facts) is KNOWN


def test_a_person_is_read_back_from_mongodb_as_it_was_written() -> None:
    person = after(KNOWN, persons.disclose(KNOWN, "customs", "o1", NOW))
    document = PERSONS.dump(TOKEN, 3, person)
    document["id"] = document["_id"]
    assert PERSONS.load(document) == person

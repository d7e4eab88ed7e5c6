"""Persons: whom customs clears goods for. All that says who they are is sealed."""

from dataclasses import dataclass, replace
from datetime import datetime

from services.orders.people.sealed import Sealed
from shared.events.ids import BuyerId, PersonToken
from shared.platform.change.aggregate import Note
from shared.refusal import Refused

LEAST_AGE = 14
"""Below it a guardian has to consent (PIPL art. 31), whom nobody here can ask."""

ADULT = 18
"""No alcohol for younger ones (Law on the Protection of Minors, art. 59)."""

MOST_ACCOUNTS = 20
"""As many accounts may stand for one person; more of them are no person's."""


@dataclass(frozen=True, slots=True)
class Consent:
    """That a buyer agreed, separately, to the processing of their ID number (PIPL art. 29).

    Attributes:
        version: Which wording they agreed to.
        withdrawn_at: When they, or the person by another account, had it all erased.
    """

    buyer_id: BuyerId
    version: str
    given_at: datetime
    withdrawn_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Disclosure:
    """The last time that somebody was shown the identity; each one is in the log."""

    by: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Person:
    """One real person, whatever accounts they have; quotas count for them.

    Attributes:
        id: The token, all that anybody else is told.
        sealed: Who they are; None before, and once that is erased.
        adult: Whether they were of age when they last registered.
        consents: One an account, the latest; they stay, as proof that there was one.
        disclosures: How often the identity was shown.
        erased_at: When the identity was last erased.
    """

    id: PersonToken
    sealed: Sealed | None = None
    adult: bool = False
    consents: tuple[Consent, ...] = ()
    disclosures: int = 0
    last_disclosure: Disclosure | None = None
    erased_at: datetime | None = None

    def consent_of(self, buyer_id: BuyerId) -> Consent | None:
        """What that account agreed to, withdrawn or not."""
        return next((each for each in self.consents if each.buyer_id == buyer_id), None)


@dataclass(frozen=True, slots=True)
class PersonRegistered(Note):
    """An account has proved to be a person's, and agreed that who they are is kept."""

    person_token: PersonToken
    sealed: Sealed
    adult: bool
    consent: Consent


@dataclass(frozen=True, slots=True)
class PersonRewrapped(Note):
    """The key of the record is wrapped by another key-encryption key."""

    person_token: PersonToken
    sealed: Sealed


@dataclass(frozen=True, slots=True)
class PersonDisclosed(Note):
    """Somebody is shown who a person is."""

    person_token: PersonToken
    disclosure: Disclosure


@dataclass(frozen=True, slots=True)
class PersonErased(Note):
    """Nobody can say any more who a person was, nor can we."""

    person_token: PersonToken
    at: datetime


def check_consent(version: str | None) -> str:
    """The wording agreed to. Refuses person.consent: nothing is taken from who has not agreed."""
    if version is None:
        raise Refused(
            "person.consent",
            "The processing of an ID number takes a consent of its own.",
            kind="invalid",
        )
    return version


def register(person: Person, sealed: Sealed, consent: Consent, *, adult: bool) -> list[Note]:
    """Keep who a person is, for one more of their accounts.

    What is sealed already stays. Refuses person.name-differs (conflict) if another name is kept for
    the same number, and person.accounts (limit).
    """
    if person.sealed is not None and person.sealed.tag != sealed.tag:
        raise Refused(
            "person.name-differs", "This number is registered with another name; ask an operator."
        )
    before = person.consent_of(consent.buyer_id)
    if before is None and len(person.consents) >= MOST_ACCOUNTS:
        raise Refused(
            "person.accounts",
            "Too many accounts say they are this person.",
            kind="limit",
            most=MOST_ACCOUNTS,
        )
    agreed = before is not None and before.version == consent.version and not before.withdrawn_at
    if agreed and person.adult == adult:
        return []
    return [PersonRegistered(person.id, person.sealed or sealed, adult, consent)]


def may_buy(person: Person, buyer_id: BuyerId, *, adults_only: bool = False) -> None:
    """Refuse person.unknown (missing) to accounts that are not this person's, person.age."""
    consent = person.consent_of(buyer_id)
    if person.sealed is None or consent is None or consent.withdrawn_at:
        raise Refused("person.unknown", "Say first who buys.", kind="missing")
    if adults_only and not person.adult:
        raise Refused("person.age", "This is for adults.", kind="forbidden", least=ADULT)


def disclose(person: Person, by: str, reason: str, now: datetime) -> list[Note]:
    """Show who a person is to *by*, who says why. Refuses person.unknown and person.erased."""
    check_known(person)
    return [PersonDisclosed(person.id, Disclosure(by, reason, now))]


def check_known(person: Person) -> Sealed:
    """What is sealed. Refuses person.unknown (missing), person.erased (conflict)."""
    if person.sealed is None:
        if person.erased_at is None:
            raise Refused("person.unknown", "There is no such person.", kind="missing")
        raise Refused("person.erased", "Who this was has been erased.")
    return person.sealed


def rewrap(person: Person, before: Sealed, after: Sealed) -> list[Note]:
    """Put *after* in the place of *before*, unless something else stands there by now."""
    return [PersonRewrapped(person.id, after)] if person.sealed == before else []


def erase(person: Person, buyer_id: BuyerId | None, now: datetime) -> list[Note]:
    """Forget who a person is, because an account of theirs asks, or (None) an operator.

    It is one person with one wish, whichever account it comes by. Token and orders stay. Refuses
    person.unknown (missing), also to accounts of others.
    """
    if not person.consents or (buyer_id is not None and person.consent_of(buyer_id) is None):
        raise Refused("person.unknown", "There is no such person.", kind="missing")
    return [PersonErased(person.id, now)] if person.sealed else []


def evolve(person: Person, fact: object) -> Person:
    """Follow what becomes of a person's record."""
    match fact:
        case PersonRegistered(person.id, sealed, adult, consent):
            others = (each for each in person.consents if each.buyer_id != consent.buyer_id)
            return replace(person, sealed=sealed, adult=adult, consents=(*others, consent))
        case PersonRewrapped(person.id, sealed):
            return replace(person, sealed=sealed)
        case PersonDisclosed(person.id, disclosure):
            count = person.disclosures + 1
            return replace(person, disclosures=count, last_disclosure=disclosure)
        case PersonErased(person.id, at):
            withdrawn = (
                each if each.withdrawn_at else replace(each, withdrawn_at=at)
                for each in person.consents
            )
            return replace(
                person, sealed=None, adult=False, consents=tuple(withdrawn), erased_at=at
            )
        case _:
            return person

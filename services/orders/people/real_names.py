"""Real names: what can be asked about who buys. What is said in the open ends here."""

from collections.abc import Awaitable, Sequence
from typing import NamedTuple

import structlog

from services.orders.border.crossborder.shanghai import day_of
from services.orders.kept import PERSONS
from services.orders.people import person
from services.orders.people.identity import Identity, identify
from services.orders.people.person import Consent, Person
from services.orders.people.vault import Vault
from services.orders.queries import Queries
from shared.events.ids import BuyerId, PersonToken
from shared.platform.change.aggregate import Note, View
from shared.platform.change.cause import Cause
from shared.platform.change.fold import Outcome
from shared.platform.change.unit_of_work import UnitOfWork
from shared.platform.clock import utc_now

log = structlog.get_logger(__name__)


class Registered(NamedTuple):
    """What somebody is told who has said who they are."""

    token: PersonToken
    last4: str


class RealNames:
    """Seals who buys, and opens it for customs alone."""

    def __init__(self, uow: UnitOfWork, queries: Queries, vault: Vault) -> None:
        self._uow, self._queries, self._vault = uow, queries, vault

    async def register(
        self, name: str, id_number: str, consent: str | None, buyer_id: BuyerId, cause: Cause
    ) -> Registered:
        """Seal who *buyer_id* is; *consent* is the wording they agreed to, None if they did not.

        The same number has the same token, whichever account says it. Refuses person.consent,
        person.name, person.id-number, person.age, person.name-differs, person.accounts.
        """
        version = person.check_consent(consent)
        today = day_of(utc_now())  # where the age of an ID number's holder is decided
        identity = identify(name, id_number, today, least_age=person.LEAST_AGE)
        token, sealed = self._vault.token(identity.id_number), self._vault.seal(identity)
        adult = identity.age_on(today) >= person.ADULT
        ref = PERSONS(token)

        def decide(view: View) -> Sequence[Note]:
            given = Consent(buyer_id, version, view.at)
            return person.register(view[ref], sealed, given, adult=adult)

        # The digest that came with the request is of the body, and has no key: whoever reads the
        # journal could try out ID numbers until one of them has it.
        keyed = self._vault.fingerprint(identity.name, identity.id_number, version)
        await self._uow.change([ref], decide, cause._replace(fingerprint=keyed))
        return Registered(token, identity.last4)

    def erase(
        self, token: PersonToken, buyer_id: BuyerId | None, cause: Cause
    ) -> Awaitable[Outcome]:
        """Forget who that is, as an account of theirs asks, or (None) an operator."""
        ref = PERSONS(token)
        return self._uow.change(
            [ref], lambda view: person.erase(view[ref], buyer_id, view.at), cause
        )

    async def reveal(self, token: PersonToken, by: str, reason: str, cause: Cause) -> Identity:
        """Say who that is, for customs alone; who asks (*by*) and why is written down first.

        Refuses person.unknown and person.erased; raises Unopenable if the keys are not there.
        """
        ref = PERSONS(token)
        await self._uow.change(
            [ref], lambda view: person.disclose(view[ref], by, reason, view.at), cause
        )
        log.info("real name disclosed", person=token, by=by, reason=reason, cause=cause.key)
        return self._vault.open(token, person.check_known(await self._queries.person(token)))

    async def to_rewrap(self) -> list[Person]:
        """Those whose records are still under a key that is no longer in force."""
        retired = self._vault.retired
        return await self._queries.wrapped_by(retired) if retired else []

    async def rewrap(self, known: Person) -> None:
        """Bring the record of *known* under the key in force."""
        ref, before = PERSONS(known.id), person.check_known(known)
        after = self._vault.rewrap(known.id, before)
        cause = Cause(key=f"rewrap:{known.id}:{before.wrapped[:12].hex()}", patient=True)
        await self._uow.change([ref], lambda view: person.rewrap(view[ref], before, after), cause)

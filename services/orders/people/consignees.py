"""Who receives: what can be asked about consignees. What is said in the open ends here."""

from collections.abc import Awaitable, Sequence
from typing import NamedTuple

import structlog

from services.orders.border.documents import Consignee
from services.orders.kept import CONSIGNEES
from services.orders.people import consignee
from services.orders.people.consignee import ConsigneeRecord
from services.orders.people.vault import Vault
from services.orders.queries import Queries
from shared.events.ids import BuyerId, ConsigneeToken
from shared.platform.change.cause import Cause
from shared.platform.change.fold import Outcome
from shared.platform.change.unit_of_work import UnitOfWork

log = structlog.get_logger(__name__)


class Written(NamedTuple):
    """Who and what a buyer wrote, as they wrote it."""

    name: str
    phone: str
    address: str


class Revealed(NamedTuple):
    """Who receives, and a mark that is another one when that is."""

    consignee: Consignee
    mark: str


class Consignees:
    """Seals who receives parcels, and opens it for carrier and customs alone."""

    def __init__(self, uow: UnitOfWork, queries: Queries, vault: Vault) -> None:
        self._uow, self._queries, self._vault = uow, queries, vault

    async def name(self, written: Written, buyer_id: BuyerId, cause: Cause) -> ConsigneeToken:
        """Seal who receives; a token of their own for each wish.

        Refuses consignee.name, consignee.phone, consignee.address.
        """
        token = self._vault.consignee_token(cause.key)
        await self._keep(token, written, buyer_id, cause, known=False)
        return token

    async def name_anew(
        self, token: ConsigneeToken, written: Written, buyer_id: BuyerId, cause: Cause
    ) -> None:
        """Correct what is sealed under a token, also after it was erased.

        Refuses as `name`, and consignee.unknown.
        """
        await self._keep(token, written, buyer_id, cause, known=True)

    async def _keep(
        self,
        token: ConsigneeToken,
        written: Written,
        buyer_id: BuyerId,
        cause: Cause,
        *,
        known: bool,
    ) -> None:
        sealed = self._vault.seal_consignee(token, consignee.receiver(*written))
        ref = CONSIGNEES(token)
        keyed = self._vault.fingerprint(*written)  # as for persons: the plain digest has no key
        await self._uow.change(
            [ref],
            lambda view: consignee.name_anew(view[ref], buyer_id, sealed, known=known),
            cause._replace(fingerprint=keyed),
        )

    def erase(
        self, token: ConsigneeToken, buyer_id: BuyerId | None, cause: Cause
    ) -> Awaitable[Outcome]:
        """Forget who that is, as its buyer asks, or (None) an operator."""
        ref = CONSIGNEES(token)
        return self._uow.change(
            [ref], lambda view: consignee.erase(view[ref], buyer_id, view.at), cause
        )

    async def reveal(self, token: ConsigneeToken, by: str, reason: str) -> Revealed:
        """Say who that is, for the carrier and customs; the log says who asked (*by*) and why.

        Refuses consignee.unknown and consignee.erased; raises Unopenable without the keys.
        """
        sealed = consignee.check_known(await self._queries.consignee(token))
        log.info("consignee disclosed", consignee=token, by=by, reason=reason)
        return Revealed(self._vault.open_consignee(token, sealed), sealed.tag)

    async def to_rewrap(self) -> Sequence[ConsigneeRecord]:
        """Those whose records are still under a key that is no longer in force."""
        retired = self._vault.retired
        return await self._queries.consignees_wrapped_by(retired) if retired else []

    async def rewrap(self, known: ConsigneeRecord) -> None:
        """Bring the record of *known* under the key in force."""
        ref, before = CONSIGNEES(known.id), consignee.check_known(known)
        after = self._vault.rewrap(known.id, before)
        cause = Cause(key=f"rewrap:{known.id}:{before.wrapped[:12].hex()}", patient=True)
        await self._uow.change(
            [ref], lambda view: consignee.rewrap(view[ref], before, after), cause
        )

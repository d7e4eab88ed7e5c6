"""Who takes part and what they have agreed: organisations, merchants, agreements."""

from collections.abc import Awaitable
from datetime import datetime

from services.catalog import agreement, merchant, organisation
from services.catalog.agreement import Draft
from services.catalog.kept import AGREEMENTS, MERCHANTS, ORGANISATIONS
from services.catalog.merchant import Merchant, Profile
from services.catalog.organisation import Entry
from shared.platform.change.cause import Cause
from shared.platform.change.fold import Outcome
from shared.platform.change.unit_of_work import UnitOfWork
from shared.platform.web.version import meant


class Registry:
    """Each method is one change."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow

    def register_organisation(
        self, id: str, entry: Entry, seen: int | None, cause: Cause
    ) -> Awaitable[Outcome]:
        ref = ORGANISATIONS(id)
        return self._uow.change(
            [ref],
            lambda view: meant(view, ref, seen, organisation.register(view[ref], entry)),
            cause,
        )

    def register_merchant(
        self, id: str, profile: Profile, seen: int | None, cause: Cause
    ) -> Awaitable[Outcome]:
        ref = MERCHANTS(id)
        return self._uow.change(
            [ref],
            lambda view: meant(view, ref, seen, merchant.register(view[ref], profile)),
            cause,
        )

    def verify_merchant(
        self, id: str, until: datetime | None, by: str, cause: Cause
    ) -> Awaitable[Outcome]:
        """An organiser has looked at a merchant: [MerchantVerified]."""
        ref = MERCHANTS(id)
        return self._uow.change(
            [ref], lambda view: merchant.verify(view[ref], until, by, view.at), cause
        )

    def expire(self, due: Merchant) -> Awaitable[Outcome]:
        """Nobody has looked at a merchant again in time: [VerificationExpired]."""
        ref = MERCHANTS(due.id)
        return self._uow.change(
            [ref],
            lambda view: merchant.expire(view[ref], view.at),
            Cause(f"verification:{due.id}:{due.next_verification_at}", patient=True),
        )

    def draft_agreement(
        self, id: str, draft: Draft, seen: int | None, cause: Cause
    ) -> Awaitable[Outcome]:
        ref = AGREEMENTS(id)
        refs = {name: ORGANISATIONS(name) for name in (*draft.parties, *draft.witnesses)}
        return self._uow.change(
            [ref, *refs.values()],
            lambda view: meant(
                view,
                ref,
                seen,
                agreement.draft(view[ref], draft, {name: view[refs[name]] for name in refs}),
            ),
            cause,
        )

    def sign(self, id: str, party: str, office: str, cause: Cause) -> Awaitable[Outcome]:
        ref = AGREEMENTS(id)
        return self._uow.change(
            [ref], lambda view: agreement.sign(view[ref], party, office, view.at), cause
        )

"""Organisations and merchants over HTTP."""

from fastapi import APIRouter, Response
from pydantic import AwareDatetime

from services.catalog.kept import MERCHANTS, ORGANISATIONS
from services.catalog.merchant import Merchant, Profile
from services.catalog.organisation import Entry, Organisation
from services.catalog.queries import Queries
from services.catalog.registry import Registry
from services.catalog.routes.door import (
    Asked,
    ById,
    Organiser,
    after,
    fields,
    organiser,
    put_answers,
    show,
)
from services.catalog.wish import Instant, Wish
from shared.events.catalog import MerchantRegistered, OrganisationRegistered
from shared.events.ids import MerchantId, OrganisationId
from shared.platform.web.auth import public, signed_in
from shared.platform.web.paging import Page
from shared.platform.web.version import Seen


class OrganisationView(Entry):
    """An organisation."""

    organisation_id: OrganisationId


class VerificationWish(Wish):
    """When to look at a merchant again, if before six months are over."""

    next_verification_at: Instant | None = None


class MerchantView(Profile):
    """A merchant: what buyers may know of whom they buy from."""

    merchant_id: MerchantId
    verified: bool
    next_verification_at: AwareDatetime | None


def organisation_routes(registry: Registry, queries: Queries) -> APIRouter:
    router = APIRouter(tags=["organisations"])

    @router.put(
        "/organisations/{organisation_id}",
        responses=put_answers(OrganisationView),
        dependencies=[organiser],
    )
    async def register_organisation(
        organisation_id: OrganisationId,
        asked: Asked,
        seen: Seen,
        entry: Entry,
        response: Response,
    ) -> OrganisationView:
        """An organisation takes part, or what is known of it is corrected."""
        outcome = await registry.register_organisation(organisation_id, entry, seen, asked)
        found = await queries.get(ORGANISATIONS, organisation_id)
        return _organisation(show(response, found, outcome, OrganisationRegistered))

    @router.get("/organisations", dependencies=[signed_in])
    async def list_organisations(paging: ById) -> Page[OrganisationView]:
        """All organisations."""
        found = await queries.find(ORGANISATIONS, {}, after(paging), paging.enough)
        views = [_organisation(organisation) for organisation in found]
        return paging.page(views, lambda view: (view.organisation_id,))

    @router.get("/organisations/{organisation_id}", dependencies=[signed_in])
    async def show_organisation(
        organisation_id: OrganisationId, response: Response
    ) -> OrganisationView:
        """One organisation."""
        return _organisation(show(response, await queries.get(ORGANISATIONS, organisation_id)))

    return router


def merchant_routes(registry: Registry, queries: Queries) -> APIRouter:
    router = APIRouter(tags=["merchants"])

    @router.put(
        "/merchants/{merchant_id}", responses=put_answers(MerchantView), dependencies=[organiser]
    )
    async def register_merchant(
        merchant_id: MerchantId,
        asked: Asked,
        seen: Seen,
        profile: Profile,
        response: Response,
    ) -> MerchantView:
        """A merchant joins, or what is known of it is corrected; address and contact are needed."""
        outcome = await registry.register_merchant(merchant_id, profile, seen, asked)
        found = await queries.get(MERCHANTS, merchant_id)
        return _merchant(show(response, found, outcome, MerchantRegistered))

    @router.post("/merchants/{merchant_id}/verification")
    async def verify_merchant(
        merchant_id: MerchantId,
        caller: Organiser,
        asked: Asked,
        wish: VerificationWish,
        response: Response,
    ) -> MerchantView:
        """A merchant has been looked at; within six months it has to be again."""
        await registry.verify_merchant(
            merchant_id, wish.next_verification_at, caller.subject, asked
        )
        return _merchant(show(response, await queries.get(MERCHANTS, merchant_id)))

    @router.get("/merchants", dependencies=[public])
    async def list_merchants(paging: ById) -> Page[MerchantView]:
        """All merchants."""
        found = await queries.find(MERCHANTS, {}, after(paging), paging.enough)
        views = [_merchant(merchant) for merchant in found]
        return paging.page(views, lambda view: (view.merchant_id,))

    @router.get("/merchants/{merchant_id}", dependencies=[public])
    async def show_merchant(merchant_id: MerchantId, response: Response) -> MerchantView:
        """One merchant."""
        return _merchant(show(response, await queries.get(MERCHANTS, merchant_id)))

    return router


def _organisation(organisation: Organisation) -> OrganisationView:
    return OrganisationView(organisation_id=organisation.id, **fields(organisation.entry))


def _merchant(merchant: Merchant) -> MerchantView:
    return MerchantView(
        merchant_id=merchant.id,
        verified=merchant.verified,
        next_verification_at=merchant.next_verification_at,
        **fields(merchant.profile),
    )

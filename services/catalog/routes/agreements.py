"""Agreements over HTTP."""

from datetime import datetime
from typing import Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel

from services.catalog.agreement import Agreement, Draft
from services.catalog.kept import AGREEMENTS
from services.catalog.queries import Queries
from services.catalog.registry import Registry
from services.catalog.routes.door import (
    Asked,
    ById,
    after,
    fields,
    organiser,
    put_answers,
    show,
)
from services.catalog.wish import Label, Wish
from shared.events.catalog import AgreementDrafted
from shared.events.ids import AgreementId, OrganisationId
from shared.platform.web.auth import signed_in
from shared.platform.web.paging import Page
from shared.platform.web.version import Seen


class SignatureView(BaseModel):
    """Which office signed for a party, and when."""

    party: OrganisationId
    office: str | None
    signed_at: datetime | None


class AgreementView(Draft):
    """An agreement, who has signed it and who has not."""

    agreement_id: AgreementId
    status: Literal["draft", "partially-signed", "concluded"]
    signatures: tuple[SignatureView, ...]
    missing: tuple[OrganisationId, ...]


class Signing(Wish):
    """Which office signs, and for which party."""

    party: OrganisationId
    office: Label


def agreement_routes(registry: Registry, queries: Queries) -> APIRouter:
    router = APIRouter(tags=["agreements"])

    @router.put(
        "/agreements/{agreement_id}", responses=put_answers(AgreementView), dependencies=[organiser]
    )
    async def draft_agreement(
        agreement_id: AgreementId,
        asked: Asked,
        seen: Seen,
        draft: Draft,
        response: Response,
    ) -> AgreementView:
        """Write an agreement down; it can be rewritten until the first party has signed."""
        outcome = await registry.draft_agreement(agreement_id, draft, seen, asked)
        found = await queries.get(AGREEMENTS, agreement_id)
        return _agreement(show(response, found, outcome, AgreementDrafted))

    @router.get("/agreements", dependencies=[signed_in])
    async def list_agreements(paging: ById) -> Page[AgreementView]:
        """All agreements."""
        found = await queries.find(AGREEMENTS, {}, after(paging), paging.enough)
        views = [_agreement(agreement) for agreement in found]
        return paging.page(views, lambda view: (view.agreement_id,))

    @router.get("/agreements/{agreement_id}", dependencies=[signed_in])
    async def show_agreement(agreement_id: AgreementId, response: Response) -> AgreementView:
        """One agreement: valid once its status is `concluded`."""
        return _agreement(show(response, await queries.get(AGREEMENTS, agreement_id)))

    @router.post("/agreements/{agreement_id}/signatures", status_code=201, dependencies=[organiser])
    async def sign_agreement(
        agreement_id: AgreementId,
        asked: Asked,
        signing: Signing,
        response: Response,
    ) -> AgreementView:
        """An office signs for a party; with the last signature the agreement is valid."""
        await registry.sign(agreement_id, signing.party, signing.office, asked)
        return _agreement(show(response, await queries.get(AGREEMENTS, agreement_id)))

    return router


def _agreement(agreement: Agreement) -> AgreementView:
    said = fields(agreement.draft) | {
        "agreement_id": agreement.id,
        "status": agreement.status,
        "signatures": agreement.signatures,
        "missing": agreement.missing,
    }
    return AgreementView.model_validate(said, from_attributes=True)

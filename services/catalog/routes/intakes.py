"""Intakes over HTTP."""

from datetime import datetime

from fastapi import APIRouter, Response
from pydantic import BaseModel

from services.catalog.assortment import Assortment
from services.catalog.intake import Delivery, Intake
from services.catalog.kept import INTAKES
from services.catalog.queries import Queries
from services.catalog.routes.door import Asked, ById, Seller, acting, after, put_answers, show
from shared.events.catalog import StockDelivered
from shared.events.ids import Id, MerchantId, Sku
from shared.platform.web.paging import Page


class IntakeView(BaseModel):
    """Units handed over."""

    intake_id: Id
    sku: Sku
    merchant_id: MerchantId
    units: int
    delivered_at: datetime | None


def intake_routes(assortment: Assortment, queries: Queries) -> APIRouter:
    router = APIRouter(tags=["intakes"])

    @router.put("/intakes/{intake_id}", responses={201: put_answers(IntakeView)[201]})
    async def deliver_units(
        intake_id: Id, caller: Seller, asked: Asked, delivery: Delivery, response: Response
    ) -> IntakeView:
        """Hand units over, to be taken into the pool; the same intake again changes nothing."""
        outcome = await assortment.deliver(intake_id, delivery, asked, acting=acting(caller))
        found = await queries.get(INTAKES, intake_id)
        return _intake(show(response, found, outcome, StockDelivered))

    @router.get("/intakes")
    async def list_intakes(
        paging: ById, caller: Seller, sku: Sku | None = None
    ) -> Page[IntakeView]:
        """What was handed over; a merchant sees its own."""
        where = {"sku": sku, "merchant_id": acting(caller)}
        found = await queries.find(INTAKES, where, after(paging), paging.enough)
        return paging.page([_intake(intake) for intake in found], lambda v: (v.intake_id,))

    return router


def _intake(intake: Intake) -> IntakeView:
    return IntakeView(
        intake_id=intake.id,
        sku=intake.sku,
        merchant_id=intake.merchant_id,
        units=intake.units,
        delivered_at=intake.delivered_at,
    )

"""Zones and the selection of what they show over HTTP."""

from typing import Annotated, Literal

from fastapi import APIRouter, Response

from services.catalog.kept import ZONES
from services.catalog.planning import Planning
from services.catalog.queries import Queries
from services.catalog.routes.door import Asked, ById, after, organiser, put_answers, show
from services.catalog.routes.products import ProductView, product_view
from services.catalog.wish import Wish
from services.catalog.zone import Layout, Zone
from shared.events.catalog import ZonePlanned
from shared.events.ids import FestivalId, Sku, ZoneId
from shared.platform.web.auth import public
from shared.platform.web.paging import Page, Paging, paged
from shared.platform.web.version import Seen


class ZoneView(Layout):
    """A zone; `filled` once its selection is closed."""

    zone_id: ZoneId
    festival_id: FestivalId
    status: Literal["planned", "filled"]
    selected: int


class Choice(Wish):
    """The product to be shown."""

    sku: Sku


def zone_routes(planning: Planning, queries: Queries) -> APIRouter:
    router = APIRouter(tags=["zones"])

    @router.put(
        "/festivals/{festival_id}/zones/{zone_id}",
        dependencies=[organiser],
        responses=put_answers(ZoneView),
    )
    async def plan_zone(
        *,
        festival_id: FestivalId,
        zone_id: ZoneId,
        asked: Asked,
        seen: Seen,
        layout: Layout,
        response: Response,
    ) -> ZoneView:
        """There will be a zone, or it has another title, window or size."""
        outcome = await planning.plan_zone(festival_id, zone_id, layout, seen, asked)
        found = await queries.get(ZONES, zone_id, festival_id=festival_id)
        return _zone(show(response, found, outcome, ZonePlanned))

    @router.get("/festivals/{festival_id}/zones", dependencies=[public])
    async def list_zones(festival_id: FestivalId, paging: ById) -> Page[ZoneView]:
        """The zones of a festival."""
        where = {"festival_id": festival_id}
        found = await queries.find(ZONES, where, after(paging), paging.enough)
        return paging.page([_zone(zone) for zone in found], lambda view: (view.zone_id,))

    @router.get("/festivals/{festival_id}/zones/{zone_id}", dependencies=[public])
    async def show_zone(festival_id: FestivalId, zone_id: ZoneId, response: Response) -> ZoneView:
        """One zone."""
        return _zone(show(response, await queries.get(ZONES, zone_id, festival_id=festival_id)))

    return router


def selection_routes(planning: Planning, queries: Queries) -> APIRouter:
    router = APIRouter(tags=["selection"])

    @router.post("/zones/{zone_id}/products", dependencies=[organiser], status_code=201)
    async def select_product(
        zone_id: ZoneId, asked: Asked, choice: Choice, response: Response
    ) -> ZoneView:
        """A product will be shown in the zone."""
        await planning.select(zone_id, choice.sku, asked)
        return _zone(show(response, await queries.get(ZONES, zone_id)))

    @router.delete("/zones/{zone_id}/products/{sku}", dependencies=[organiser], status_code=204)
    async def drop_product(zone_id: ZoneId, sku: Sku, asked: Asked) -> None:
        """A product will not be shown after all."""
        await planning.drop(zone_id, sku, asked)

    @router.post("/zones/{zone_id}/selection/closing", dependencies=[organiser])
    async def close_selection(zone_id: ZoneId, asked: Asked, response: Response) -> ZoneView:
        """The selection stands, if every place is taken."""
        await planning.close_selection(zone_id, asked)
        return _zone(show(response, await queries.get(ZONES, zone_id)))

    @router.get("/zones/{zone_id}/products", dependencies=[public])
    async def list_selected(
        zone_id: ZoneId, paging: Annotated[Paging, paged(int, str)]
    ) -> Page[ProductView]:
        """What the zone shows, in the order in which it was selected."""
        zone, _ = await queries.get(ZONES, zone_id)
        first = paging.after[0] if paging.after else 0
        products = await queries.products(zone.skus[first : first + paging.enough])
        places = {product.id: place for place, product in enumerate(products, first + 1)}
        views = [product_view(product) for product in products]
        return paging.page(views, lambda view: (places[view.sku], view.sku))

    return router


def _zone(zone: Zone) -> ZoneView:
    return ZoneView.model_validate(
        {
            "zone_id": zone.id,
            "festival_id": zone.festival_id,
            "status": zone.status,
            "titles": zone.titles,
            "opens_at": zone.opens_at,
            "closes_at": zone.closes_at,
            "capacity": zone.capacity,
            "selected": len(zone.skus),
        }
    )

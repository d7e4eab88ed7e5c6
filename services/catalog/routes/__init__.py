"""HTTP in: who may ask catalog for what."""

from fastapi import APIRouter

from services.catalog.assortment import Assortment
from services.catalog.planning import Planning
from services.catalog.queries import Queries
from services.catalog.registry import Registry
from services.catalog.routes.agreements import agreement_routes
from services.catalog.routes.festivals import festival_routes, programme_routes
from services.catalog.routes.intakes import intake_routes
from services.catalog.routes.listings import listing_routes
from services.catalog.routes.products import product_routes
from services.catalog.routes.registry import merchant_routes, organisation_routes
from services.catalog.routes.reports import report_routes
from services.catalog.routes.zones import selection_routes, zone_routes


def routes(
    registry: Registry, planning: Planning, assortment: Assortment, queries: Queries
) -> list[APIRouter]:
    """The doors of catalog."""
    return [
        organisation_routes(registry, queries),
        agreement_routes(registry, queries),
        merchant_routes(registry, queries),
        festival_routes(planning, queries),
        programme_routes(planning, queries),
        zone_routes(planning, queries),
        selection_routes(planning, queries),
        product_routes(assortment, queries),
        listing_routes(assortment, queries),
        intake_routes(assortment, queries),
        report_routes(queries),
    ]

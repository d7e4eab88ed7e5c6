"""The composition root: which parts of catalog are real."""

from services.catalog.assortment import Assortment
from services.catalog.bookkeeping import Bookkeeping
from services.catalog.planning import Planning
from services.catalog.queries import COLLECTIONS, Queries
from services.catalog.registry import Registry
from services.catalog.routes import routes
from services.catalog.settings import CatalogSettings
from services.catalog.subscribers import subscribers
from services.catalog.timers import timers
from shared.platform.core import Core
from shared.platform.service import Service


def assemble(settings: CatalogSettings) -> Service:
    core = Core(settings, COLLECTIONS)
    queries, registry = Queries(core.mongo), Registry(core.uow)
    return Service(
        settings,
        description="Who takes part in a festival, what is shown, and at which price it is sold.",
        routers=routes(registry, Planning(core.uow), Assortment(core.uow), queries),
        parts=[core.mongo, core.uow],
        background=[
            *core.relays,
            subscribers(settings.kafka, settings.database, Bookkeeping(core.uow, queries)),
            *timers(registry, queries),
        ],
    )

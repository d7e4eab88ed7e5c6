"""The composition root: which parts of orders are real."""

from services.orders.checkout import Checkout
from services.orders.paying import Paying
from services.orders.pool import Pool
from services.orders.psp.chosen import chosen
from services.orders.psp.nonces import Nonces
from services.orders.queries import COLLECTIONS, Queries
from services.orders.routes import routes
from services.orders.settings import OrdersSettings
from services.orders.subscribers import subscribers
from services.orders.timers import timers
from shared.platform.core import Core
from shared.platform.service import Service


def assemble(settings: OrdersSettings) -> Service:
    core = Core(settings, COLLECTIONS)
    provider = chosen(settings)
    queries = Queries(core.mongo)
    checkout = Checkout(core.uow, settings.hold, settings.max_open)
    paying = Paying(checkout, queries, provider)
    return Service(
        settings,
        description="One stock for booth, live room and shelf, and every promise made on it.",
        routers=routes(checkout, paying, provider, Nonces(core.mongo), queries),
        parts=[core.mongo, provider, core.uow],
        background=[
            *core.relays,
            subscribers(settings.kafka, settings.database, Pool(core.uow)),
            *timers(paying, queries),
        ],
    )

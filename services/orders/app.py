"""The composition root: which parts of orders are real."""

from datetime import timedelta

from services.orders.border.carrier import SandboxCarrier
from services.orders.border.clearing import Clearing, Outside
from services.orders.border.customs import SandboxCustoms
from services.orders.counter.tills import Tills
from services.orders.indexes import COLLECTIONS
from services.orders.ordering.book import Book
from services.orders.ordering.checkout import Checkout
from services.orders.ordering.dispatch import Dispatch
from services.orders.ordering.paying import Paying
from services.orders.people.consignees import Consignees
from services.orders.people.real_names import RealNames
from services.orders.pool.pool import Pool
from services.orders.pricing.trade import Trade
from services.orders.psp.chosen import chosen
from services.orders.queries import Queries
from services.orders.routes import routes
from services.orders.settings import OrdersSettings
from services.orders.subscribers import subscribers
from services.orders.timers import rewraps, timers
from shared.platform.core import Core
from shared.platform.service import Service


def assemble(settings: OrdersSettings) -> Service:
    core = Core(settings, COLLECTIONS)
    provider = chosen(settings)
    customs = SandboxCustoms(
        settings.customs,
        settings.customs_key.get_secret_value(),
        settings.customs_secret.get_secret_value(),
        settings.customs_callback_url,
    )
    carrier = SandboxCarrier(
        settings.carrier,
        settings.carrier_key.get_secret_value(),
        settings.carrier_checkword.get_secret_value(),
        settings.carrier_callback_url,
    )
    queries = Queries(core.mongo, core.uow.recent)
    book, policy = Book(core.uow), settings.policy
    checkout = Checkout(core.uow, book, policy)
    paying = Paying(book, checkout, queries, provider, policy)
    pool, dispatch = Pool(core.uow), Dispatch(book, policy)
    tills = Tills(
        core.uow,
        queries,
        policy,
        ttl=timedelta(seconds=settings.lease_seconds),
        grace=timedelta(seconds=settings.lease_grace_seconds),
    )
    real_names = RealNames(core.uow, queries, settings.vault)
    consignees = Consignees(core.uow, queries, settings.vault)
    outside = Outside(customs, carrier)
    clearing = Clearing(
        book=book,
        queries=queries,
        real_names=real_names,
        consignees=consignees,
        outside=outside,
        policy=policy,
    )
    return Service(
        settings,
        description="One stock for booth, live room and shelf, and every promise made on it.",
        routers=routes(
            checkout=checkout,
            paying=paying,
            dispatch=dispatch,
            pool=pool,
            tills=tills,
            trade=Trade(core.uow),
            real_names=real_names,
            consignees=consignees,
            clearing=clearing,
            outside=outside,
            provider=provider,
            queries=queries,
        ),
        parts=[core.mongo, provider, customs, carrier, core.uow],
        background=[
            *core.relays,
            subscribers(settings.kafka, settings.database, pool),
            *timers(
                checkout=checkout,
                paying=paying,
                tills=tills,
                clearing=clearing,
                queries=queries,
                stuck_after=settings.stuck_after,
            ),
            *rewraps(real_names, consignees),
        ],
    )

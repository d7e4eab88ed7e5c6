"""HTTP in: who may ask orders for what."""

from fastapi import APIRouter

from services.orders.border.clearing import Clearing, Outside
from services.orders.counter.tills import Tills
from services.orders.ordering.checkout import Checkout
from services.orders.ordering.dispatch import Dispatch
from services.orders.ordering.paying import Paying
from services.orders.people.consignees import Consignees
from services.orders.people.real_names import RealNames
from services.orders.pool.pool import Pool
from services.orders.pricing.trade import Trade
from services.orders.psp.provider import Provider
from services.orders.queries import Queries
from services.orders.routes.clearing import border_callback_routes, clearing_routes
from services.orders.routes.consignees import consignee_routes
from services.orders.routes.money import callback_routes, payment_routes, refund_routes
from services.orders.routes.orders import order_routes
from services.orders.routes.parcels import parcel_routes, return_routes
from services.orders.routes.persons import person_routes
from services.orders.routes.receipts import receipt_routes
from services.orders.routes.selling import selling_routes
from services.orders.routes.stock import deal_routes, stock_routes
from services.orders.routes.tills import till_routes
from services.orders.routes.trade import coupon_routes, rate_routes


def routes(
    *,
    checkout: Checkout,
    paying: Paying,
    dispatch: Dispatch,
    pool: Pool,
    tills: Tills,
    trade: Trade,
    real_names: RealNames,
    consignees: Consignees,
    clearing: Clearing,
    outside: Outside,
    provider: Provider,
    queries: Queries,
) -> list[APIRouter]:
    """The doors of orders; those that sell are hot."""
    return [
        selling_routes(checkout),
        till_routes(tills, dispatch, queries),
        receipt_routes(queries),
        order_routes(checkout, queries),
        payment_routes(paying, queries),
        refund_routes(paying, queries),
        parcel_routes(dispatch, queries),
        return_routes(dispatch, queries),
        stock_routes(pool, queries),
        deal_routes(queries),
        coupon_routes(trade, queries),
        rate_routes(trade, queries),
        person_routes(real_names),
        consignee_routes(consignees),
        clearing_routes(clearing, queries),
        callback_routes(paying, queries, provider),
        border_callback_routes(clearing, outside),
    ]

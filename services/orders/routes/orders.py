"""Orders over HTTP: seen, followed, cancelled; and which of them need somebody."""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict

from services.orders.ordering.checkout import Checkout
from services.orders.ordering.life import Status
from services.orders.ordering.order import Order
from services.orders.ordering.timeline import Timeline, Wait, tell, waits
from services.orders.queries import Eyes, Queries
from services.orders.routes.door import (
    ANY_ORDER,
    Asked,
    Canceller,
    House,
    OrderView,
    Reader,
    Why,
    eyes,
    seen,
    view,
)
from shared.events.ids import Id, MerchantId
from shared.events.text import Text
from shared.platform.clock import utc_now
from shared.platform.web.paging import Page, Paging, paged

MOST = 200
"""How many orders a report of those that need somebody names."""


class Withdrawal(BaseModel):
    """Why the buyer withdraws, if they say so."""

    model_config = ConfigDict(extra="forbid")

    reason: Why | None = None


class Needy(BaseModel):
    """An order that needs somebody."""

    order_id: str
    status: Status
    waits: list[Wait]
    trouble: str = ""
    """What the provider said when money could last not be sent back."""


class SellerView(BaseModel):
    """Who sold: what the law calls it, and where to find it (Consumer Rights Regulations 2024)."""

    merchant_id: MerchantId
    legal_name: Text | None
    address: str | None
    contact: str | None


class OrderPage(OrderView):
    """One order, and who sold what is in it."""

    sellers: list[SellerView]


class Report(BaseModel):
    """Orders that need somebody.

    Attributes:
        stuck: That should have moved on by now.
        owing: With money that should have gone back by now.
        undecided: That somebody has to decide about.
    """

    stuck: list[Needy]
    owing: list[Needy]
    undecided: list[Needy]


def order_routes(checkout: Checkout, queries: Queries) -> APIRouter:
    router = APIRouter(tags=["orders"])

    @router.get("/orders")
    async def list_orders(
        caller: Reader,
        paging: Annotated[Paging, paged(datetime, str)],
        status: Status | None = None,
    ) -> Page[OrderView]:
        """Orders in order of time: one's own, a merchant's with its lines, an organiser's all."""
        found = await queries.orders(paging.after, paging.enough, eyes=eyes(caller), status=status)
        page = paging.page(found, lambda order: (order.terms.placed_at, order.id))
        return Page(items=[view(order, caller) for order in page.items], next=page.next)

    @router.get("/orders/attention")
    async def report_needy(
        caller: House, late_minutes: Annotated[int, Query(ge=0, le=100_000)] = 5
    ) -> Report:
        """Which orders are stuck or owe money, and about which somebody has to decide."""
        del caller
        now = utc_now()
        since = now - timedelta(minutes=late_minutes)
        stuck, owing = await queries.stuck(since, MOST), await queries.owing(since, MOST)
        undecided = await queries.unanswered(MOST)

        def needy(order: Order) -> Needy:
            return Needy(
                order_id=order.id,
                status=order.status,
                waits=waits(order, now),
                trouble=order.refund_trouble,
            )

        return Report(
            stuck=[*map(needy, stuck)],
            owing=[*map(needy, owing)],
            undecided=[*map(needy, undecided)],
        )

    @router.get("/orders/{order_id}")
    async def show_order(order_id: Id, caller: Reader) -> OrderPage:
        """One order, and who sold what is in it."""
        shown = view(await queries.order(order_id, eyes(caller)), caller)
        sold_by = await queries.sellers(line.merchant_id for line in shown.lines)
        sellers = [
            SellerView(
                merchant_id=one.id,
                legal_name=one.names,
                address=one.address,
                contact=one.contact,
            )
            for one in sold_by.values()
        ]
        return OrderPage(**dict(shown), sellers=sellers)

    @router.get("/orders/{order_id}/timeline")
    async def show_timeline(order_id: Id, caller: Reader) -> Timeline:
        """What happened to an order, why, and what it waits for."""
        standing = await queries.order(order_id, eyes(caller))
        return tell(seen(standing, caller), utc_now())

    @router.post("/orders/{order_id}/cancellation", status_code=200)
    async def cancel_order(
        order_id: Id, caller: Canceller, asked: Asked, withdrawal: Withdrawal | None = None
    ) -> OrderView:
        """Withdraw before paying, or soon after; the units are free again at once.

        The house may give up any order of which nothing has left.
        """
        by_house = bool(caller.roles & ANY_ORDER)
        standing = await queries.order(order_id, None if by_house else Eyes(caller.subject))
        reason = withdrawal.reason if withdrawal else None
        await checkout.cancel(standing, reason, asked, by_house=by_house)
        return view(await queries.order(order_id), caller)

    return router

"""HTTP in: who may ask orders for what."""

from datetime import datetime
from typing import Annotated, Literal

import structlog
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from services.orders.checkout import Checkout, Wish
from services.orders.deal import Deal
from services.orders.order import Order, Payment
from services.orders.paying import Paying
from services.orders.psp.nonces import Nonces
from services.orders.psp.provider import Expected, Forged, Provider, Reply, Unreachable
from services.orders.queries import Eyes, Queries
from services.orders.stock import Stock
from shared.events.ids import Id
from shared.events.money import Money
from shared.events.orders import Line, OrderConfirmed, OrderPlaced
from shared.platform.change.cause import Cause
from shared.platform.clock import utc_now
from shared.platform.mongo import Lost
from shared.platform.web.auth import Caller, allow, public
from shared.platform.web.body import too_large
from shared.platform.web.hot import HotRoute
from shared.platform.web.idempotency import because, without_cause
from shared.platform.web.paging import Page, Paging, paged
from shared.platform.web.problem import Problem
from shared.refusal import Busy, Refused

log = structlog.get_logger(__name__)

ANY_ORDER = {"organiser", "operator"}
CALLBACK_LIMIT = 64 * 1024
"""Bytes of a callback; those of any provider have a few thousand."""

Asked = Annotated[Cause, because]
Buyer = Annotated[Caller, allow("buyer")]
Cashier = Annotated[Caller, allow("cashier")]
Anybody = Annotated[Caller, public]
Reader = Annotated[Caller, allow("buyer", "merchant", "organiser", "operator", "cashier")]
Keeper = Annotated[Caller, allow("merchant", "organiser", "operator", "cashier")]


class OrderView(BaseModel):
    """An order as its reader may see it: a merchant sees its own lines and no buyer."""

    order_id: str
    status: Literal["placed", "confirmed", "expired", "cancelled"]
    festival_id: str
    channel: str
    lines: list[Line]
    total: Money | None
    buyer_id: str | None
    session_id: str | None
    booth_id: str | None
    placed_at: datetime | None
    hold_until: datetime | None
    payments: list[Payment]


class Receipt(BaseModel):
    """What a cashier hands over with the goods."""

    order_id: str
    booth_id: str
    lines: list[Line]
    total: Money
    sold_at: datetime


def routes(
    checkout: Checkout, paying: Paying, provider: Provider, nonces: Nonces, queries: Queries
) -> list[APIRouter]:
    """The doors of orders; the two that sell are hot."""
    return [
        _selling(checkout),
        _orders(checkout, paying, queries),
        _stock(queries),
        _callbacks(paying, provider, nonces),
    ]


def _selling(checkout: Checkout) -> APIRouter:
    router = APIRouter(route_class=HotRoute, tags=["selling"])

    @router.post("/orders", status_code=201, response_model_exclude_none=True)
    async def place_order(caller: Buyer, asked: Asked, wish: Wish) -> OrderPlaced:
        """Hold every line of an order, or none. *hold_until* says how long they are yours."""
        [placed] = await checkout.place(wish, caller.subject, asked)
        assert isinstance(placed, OrderPlaced)  # noqa: S101 - for the types
        return placed

    @router.post("/booths/{booth_id}/sales", status_code=201)
    async def sell_at_booth(booth_id: Id, caller: Cashier, asked: Asked, wish: Wish) -> Receipt:
        """Sell for cash at a booth, from the same stock as everybody else."""
        placed, confirmed = await checkout.sell(wish, booth_id, caller.subject, asked)
        assert isinstance(placed, OrderPlaced)  # noqa: S101 - for the types
        assert isinstance(confirmed, OrderConfirmed)  # noqa: S101 - for the types
        return Receipt(
            order_id=confirmed.order_id,
            booth_id=booth_id,
            lines=list(confirmed.lines),
            total=confirmed.total,
            sold_at=placed.placed_at,
        )

    return router


def _orders(checkout: Checkout, paying: Paying, queries: Queries) -> APIRouter:
    router = APIRouter(tags=["orders"])

    @router.get("/orders")
    async def list_orders(
        caller: Reader,
        paging: Annotated[Paging, paged(datetime, str)],
        status: Literal["placed", "confirmed", "expired", "cancelled"] | None = None,
    ) -> Page[OrderView]:
        """Orders in order of time: one's own, a merchant's with its lines, an organiser's all."""
        found = await queries.orders(paging.after, paging.enough, eyes=_eyes(caller), status=status)
        page = paging.page(found, lambda order: (order.placed_at, order.id))
        return Page(items=[_view(order, caller) for order in page.items], next=page.next)

    @router.get("/orders/{order_id}")
    async def show_order(order_id: Id, caller: Reader) -> OrderView:
        """One order."""
        return _view(await queries.order(order_id, _eyes(caller)), caller)

    @router.post("/orders/{order_id}/payments", status_code=201)
    async def start_payment(order_id: Id, caller: Buyer, asked: Asked) -> Expected:
        """Begin to pay: the answer says where."""
        return await paying.start(await queries.order(order_id, Eyes(caller.subject)), asked)

    @router.post("/orders/{order_id}/cancellation", status_code=200)
    async def cancel_order(order_id: Id, caller: Buyer, asked: Asked) -> OrderView:
        """Withdraw before paying; the units are free again at once."""
        await checkout.cancel(await queries.order(order_id, Eyes(caller.subject)), asked)
        return _view(await queries.order(order_id, Eyes(caller.subject)), caller)

    return router


def _stock(queries: Queries) -> APIRouter:
    router = APIRouter(tags=["stock"])

    @router.get("/stock")
    async def list_stock(caller: Keeper, paging: Annotated[Paging, paged(str)]) -> Page[Stock]:
        """Where the units of each SKU are; a merchant sees its own."""
        [after] = paging.after or ("",)
        found = await queries.stocks(after, paging.enough, _only_merchant(caller))
        return paging.page(found, lambda stock: (stock.id,))

    @router.get("/stock/{sku}")
    async def show_stock(sku: Id, caller: Keeper) -> Stock:
        """Where the units of one SKU are."""
        stock = await queries.stock(sku)
        if _only_merchant(caller) not in (None, stock.merchant_id):
            raise Problem(404, "stock.unknown", "There is no such SKU.")
        return stock

    @router.get("/deals/{deal_id}")
    async def show_deal(deal_id: Id, caller: Anybody) -> Deal:
        """How a deal stands; before it is shown that is for those who run its room."""
        deal = await queries.deal(deal_id)
        if not (deal.was_shown or await _runs(caller, deal.session_id)):
            raise Refused("deal.unknown", "There is no such deal.", kind="missing")
        return deal

    async def _runs(caller: Caller, session_id: str) -> bool:
        """Whether *caller* is the host of a session, or an organiser."""
        if caller.roles & ANY_ORDER:
            return True
        if "host" not in caller.roles:
            return False
        return (await queries.session(session_id)).host_id == caller.subject

    return router


def _callbacks(paying: Paying, known: Provider, nonces: Nonces) -> APIRouter:
    router = APIRouter(tags=["payments"])

    @router.post(
        "/payments/callbacks/{provider}",
        response_class=Response,
        dependencies=[public, without_cause("the payment and its outcome are the cause")],
    )
    async def hear_provider(provider: Id, request: Request) -> Response:
        """For the payment provider alone: signed, over the raw body; answered in its own words."""
        if provider != known.name:
            raise Problem(404, "callback-unknown", "No such provider is spoken to.")
        body, now = await request.body(), utc_now()
        if len(body) > CALLBACK_LIMIT:
            raise too_large(CALLBACK_LIMIT)
        try:
            notice = known.read_callback(request.headers, body, now)
        except Forged as error:
            raise Problem(
                403, "callback-forged", f"This was not sent by the provider: {error}."
            ) from error
        try:
            if not await nonces.knows(known.name, notice.nonce):
                await paying.hear(notice.told)
                await nonces.remember(known.name, notice.nonce, now)
        except (Refused, Busy, Lost, Unreachable) as error:
            log.warning(
                "callback not taken", payment=notice.told.payment_id, error=str(error)[:200]
            )
            return _spoken(notice.untaken)
        return _spoken(notice.taken)

    return router


def _spoken(reply: Reply) -> Response:
    return Response(reply.body, reply.status, media_type=reply.media_type or None)


def _only_merchant(caller: Caller) -> str | None:
    """The one merchant whose stock *caller* may see; None for all."""
    if caller.roles & (ANY_ORDER | {"cashier"}):
        return None
    return caller.merchant_id or ""


def _eyes(caller: Caller) -> Eyes | None:
    """Which orders *caller* may see; None for all."""
    if caller.roles & ANY_ORDER:
        return None
    return Eyes(caller.subject, caller.merchant_id if "merchant" in caller.roles else None)


def _view(order: Order, caller: Caller) -> OrderView:
    """The whole order for who bought it and the organisers, a merchant's lines for the merchant."""
    whole = order.buyer_id == caller.subject or bool(caller.roles & ANY_ORDER)
    lines = [line for line in order.lines if whole or line.merchant_id == caller.merchant_id]
    return OrderView.model_validate(
        {
            "order_id": order.id,
            "status": order.status,
            "festival_id": order.festival_id,
            "channel": order.channel,
            "lines": lines,
            "total": order.total if whole else None,
            "buyer_id": order.buyer_id if whole else None,
            "session_id": order.session_id,
            "booth_id": order.booth_id,
            "placed_at": order.placed_at,
            "hold_until": order.hold_until,
            "payments": order.payments if whole else (),
        },
        from_attributes=True,
    )

"""Money over HTTP: payments begun, decided about, told of by their provider; refunds."""

from typing import Annotated, Literal

import structlog
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.orders.ordering import payment
from services.orders.ordering.order import Refund
from services.orders.ordering.paying import Paying
from services.orders.outside import Forged, Unreachable
from services.orders.psp.provider import Expected, Notice, Provider, Reply
from services.orders.queries import Eyes, Queries
from services.orders.routes.door import Asked, Buyer, House, OrderView, Some, Why, view
from shared.events.ids import Id, new_id
from shared.events.money import Money
from shared.events.orders import OrderEvent, RefundDue, RefundRequested
from shared.platform.clock import utc_now
from shared.platform.mongo import Lost
from shared.platform.web.auth import public
from shared.platform.web.body import too_large
from shared.platform.web.hot import HotRoute
from shared.platform.web.idempotency import without_cause
from shared.platform.web.problem import Problem
from shared.refusal import Busy, Refused

log = structlog.get_logger(__name__)

CALLBACK_LIMIT = 64 * 1024
"""Bytes of a callback; those of any provider have a few thousand."""


class Decision(BaseModel):
    """What becomes of money that is not what was asked for."""

    model_config = ConfigDict(extra="forbid")

    decision: Literal["refund", "accept"]


class GivingBack(BaseModel):
    """What is to be given back: an amount, or what some units cost; cash at a till.

    Attributes:
        units: Those that have not left will not leave: they are for sale again.
        damaged: Those of them that are not.
        till_id: Out of whose drawer cash is given; that of the till it came in at if not said.
    """

    model_config = ConfigDict(extra="forbid")

    reason: Why
    amount: Money | None = None
    units: Annotated[tuple[Some, ...], Field(max_length=50)] = ()
    damaged: Annotated[tuple[Some, ...], Field(max_length=50)] = ()
    till_id: Id | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> "GivingBack":
        if (self.amount is None) == (not self.units):
            raise ValueError("name an amount or units, one of them")
        if self.damaged and not self.units:
            raise ValueError("only units that are named are damaged")
        return self


class Agreement(BaseModel):
    """Out of whose drawer cash is given; that of the till it came in at if not said."""

    model_config = ConfigDict(extra="forbid")

    till_id: Id | None = None


class Denial(BaseModel):
    """Why a refund is not agreed to."""

    model_config = ConfigDict(extra="forbid")

    reason: Why


def payment_routes(paying: Paying, queries: Queries) -> APIRouter:
    router = APIRouter(route_class=HotRoute, tags=["payments"])

    @router.post("/orders/{order_id}/payments", status_code=201)
    async def start_payment(order_id: Id, caller: Buyer, asked: Asked) -> Expected:
        """Begin to pay: the answer says where."""
        return await paying.start(await queries.standing(order_id, Eyes(caller.subject)), asked)

    @router.post("/orders/{order_id}/payments/{payment_id}/decision")
    async def decide_about_payment(
        order_id: Id, payment_id: Id, caller: House, asked: Asked, wish: Decision
    ) -> OrderView:
        """Give back, or accept, money that came and is not what was asked for."""
        standing = await queries.order(order_id)
        await paying.resolve(standing, payment_id, wish.decision, asked)
        return view(await queries.order(order_id), caller)

    return router


def refund_routes(paying: Paying, queries: Queries) -> APIRouter:
    router = APIRouter(tags=["refunds"])

    @router.post("/orders/{order_id}/refunds", status_code=201)
    async def give_back(order_id: Id, caller: House, asked: Asked, wish: GivingBack) -> Refund:
        """Give money back: at once, or above the limit when a second person agrees."""
        said = await paying.give_back(
            await queries.order(order_id),
            new_id(),
            amount=wish.amount,
            units=wish.units,
            damaged=wish.damaged,
            reason=wish.reason,
            by=caller.subject,
            till_id=wish.till_id,
            cause=asked,
        )
        return await _refund(order_id, _named(said))

    @router.post("/orders/{order_id}/refunds/{refund_id}/approval")
    async def agree(
        order_id: Id, refund_id: Id, caller: House, asked: Asked, where: Agreement | None = None
    ) -> Refund:
        """Agree to a refund that somebody else asked for."""
        till_id = where.till_id if where else None
        standing = await queries.order(order_id)
        await paying.agree(standing, refund_id, caller.subject, till_id, asked)
        return await _refund(order_id, refund_id)

    @router.post("/orders/{order_id}/refunds/{refund_id}/denial")
    async def deny(
        order_id: Id, refund_id: Id, caller: House, asked: Asked, wish: Denial
    ) -> Refund:
        """Do not agree to a refund that somebody else asked for."""
        standing = await queries.order(order_id)
        await paying.deny(standing, refund_id, caller.subject, wish.reason, asked)
        return await _refund(order_id, refund_id)

    async def _refund(order_id: str, refund_id: str) -> Refund:
        standing = await queries.order(order_id)
        return next(refund for refund in standing.refunds if refund.id == refund_id)

    return router


def _named(said: tuple[object, ...]) -> str:
    """The id of the refund that was asked for, the first time too."""
    for event in said:
        if isinstance(event, RefundRequested | RefundDue):
            return event.refund_id
    raise AssertionError(f"no refund among {[type(e) for e in said if isinstance(e, OrderEvent)]}")


def callback_routes(paying: Paying, queries: Queries, known: Provider) -> APIRouter:
    router = APIRouter(route_class=HotRoute, tags=["payments"])

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
            await take(notice)
        except (Refused, Busy, Lost, Unreachable) as error:
            log.warning(
                "callback not taken", payment=notice.told.payment_id, error=str(error)[:200]
            )
            return _spoken(notice.untaken)
        return _spoken(notice.taken)

    async def take(notice: Notice) -> None:
        """Act on a callback, unless it changes nothing any more or is played again."""
        told = notice.told
        standing = await queries.standing(told.merchant_order)
        settled = payment.is_settled(standing, told.payment_id, told.status)
        if not settled and notice.mark not in standing.heard:
            await paying.act(standing, told, notice.mark)

    return router


def _spoken(reply: Reply) -> Response:
    return Response(reply.body, reply.status, media_type=reply.media_type or None)

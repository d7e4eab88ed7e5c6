"""Clearing over HTTP: declared anew or given up by people; customs and carrier, who tell."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from fastapi import APIRouter, Request, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict

from services.orders.border.clearing import Clearing, Outside
from services.orders.outside import Forged
from services.orders.queries import Queries
from services.orders.routes.door import Asked, House, OrderView, Why, view
from shared.events.ids import Id
from shared.platform.clock import utc_now
from shared.platform.web.auth import public
from shared.platform.web.idempotency import without_cause
from shared.platform.web.problem import Problem

T = TypeVar("T")


class Clearance(BaseModel):
    """What an importer of record declared goods under, and when customs released them."""

    model_config = ConfigDict(extra="forbid")

    number: Id
    released_at: AwareDatetime


class GivingUp(BaseModel):
    """Why goods that are held are not sent after all."""

    model_config = ConfigDict(extra="forbid")

    reason: Why


def clearing_routes(clearing: Clearing, queries: Queries) -> APIRouter:
    router = APIRouter(tags=["clearing"])

    @router.post("/orders/{order_id}/declaration")
    async def declare_anew(order_id: Id, caller: House, asked: Asked) -> OrderView:
        """Declare an order that is held, once what was wrong is mended."""
        await clearing.declare(await queries.order(order_id), asked)
        return view(await queries.order(order_id), caller)

    @router.post("/orders/{order_id}/clearance")
    async def tell_of_clearance(
        order_id: Id, caller: House, asked: Asked, told: Clearance
    ) -> OrderView:
        """Tell that goods of general trade were declared elsewhere and are released: send them."""
        standing = await queries.order(order_id)
        await clearing.clear_elsewhere(standing, told.number, told.released_at, asked)
        return view(await queries.order(order_id), caller)

    @router.post("/orders/{order_id}/rejection")
    async def give_up(order_id: Id, caller: House, asked: Asked, wish: GivingUp) -> OrderView:
        """Give up an order that customs has or that is held: all the money goes back."""
        await clearing.reject(await queries.order(order_id), wish.reason, asked)
        return view(await queries.order(order_id), caller)

    return router


def border_callback_routes(clearing: Clearing, outside: Outside) -> APIRouter:
    router = APIRouter(tags=["clearing"])

    @router.post(
        "/customs/callbacks",
        status_code=204,
        dependencies=[public, without_cause("the order and its revision are the cause")],
    )
    async def hear_customs(request: Request) -> Response:
        """For customs alone: signed, over the raw body."""
        body = await request.body()
        told = _genuine(
            lambda now: outside.customs.read_callback(request.headers, body, now), "customs"
        )
        await clearing.hear(told)
        return Response(status_code=204)

    @router.post(
        "/carrier/callbacks",
        status_code=204,
        dependencies=[public, without_cause("the node is the cause")],
    )
    async def hear_carrier(request: Request) -> Response:
        """For the carrier alone: signed as SF Express signs."""
        body = await request.body()
        nodes = _genuine(lambda now: outside.carrier.read_callback(body, now), "the carrier")
        await clearing.hear_route(nodes)
        return Response(status_code=204)

    return router


def _genuine(read: Callable[[datetime], T], sender: str) -> T:
    try:
        return read(utc_now())
    except Forged as error:
        raise Problem(403, "callback-forged", f"This was not sent by {sender}: {error}.") from error

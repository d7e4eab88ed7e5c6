"""Goods over HTTP: sent, delivered, and coming back."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.orders.ordering import returns
from services.orders.ordering.dispatch import Dispatch
from services.orders.ordering.order import Order, Return, Sent
from services.orders.queries import Eyes, Queries
from services.orders.routes.door import (
    Asked,
    Buyer,
    Goods,
    House,
    OrderView,
    Sender,
    Some,
    Why,
    acting,
    eyes,
    view,
)
from shared.events.ids import Id, new_id
from shared.events.orders import Parcel, ReturnRequested
from shared.platform.web.auth import Caller
from shared.refusal import Refused

Name = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[\w .:-]+$")]


class Consignment(BaseModel):
    """Units that leave together."""

    model_config = ConfigDict(extra="forbid")

    units: Goods
    carrier: Name
    waybill: Name


class ReturnWish(BaseModel):
    """Units a buyer wants to give back."""

    model_config = ConfigDict(extra="forbid")

    units: Goods
    reason: Why


class ReturnRefusal(BaseModel):
    """Why goods may not come back."""

    model_config = ConfigDict(extra="forbid")

    reason: Why


class Arrival(BaseModel):
    """What of the goods that came back is damaged; the rest is for sale again.

    Attributes:
        till_id: Out of whose drawer cash is given; that of the till it came in at if not said.
    """

    model_config = ConfigDict(extra="forbid")

    damaged: Annotated[tuple[Some, ...], Field(max_length=50)] = ()
    till_id: Id | None = None


def parcel_routes(dispatch: Dispatch, queries: Queries) -> APIRouter:
    router = APIRouter(tags=["parcels"])

    @router.post("/orders/{order_id}/parcels", status_code=201)
    async def send_goods(order_id: Id, caller: Sender, asked: Asked, wish: Consignment) -> Sent:
        """Send units to their buyer: a merchant its own, the house any."""
        standing = await queries.order(order_id, eyes(caller))
        said = await dispatch.ship(
            standing,
            new_id(),
            wish.units,
            carrier=wish.carrier,
            waybill=wish.waybill,
            merchant_id=acting(caller),
            cause=asked,
        )
        [sent] = [fact.parcel_id for fact in said if isinstance(fact, Parcel)]
        now = await queries.order(order_id)
        return next(parcel for parcel in now.parcels if parcel.id == sent)

    @router.post("/orders/{order_id}/parcels/{parcel_id}/delivery")
    async def deliver_parcel(order_id: Id, parcel_id: Id, caller: House, asked: Asked) -> OrderView:
        """The buyer has a parcel."""
        await dispatch.deliver(await queries.order(order_id), parcel_id, asked)
        return view(await queries.order(order_id), caller)

    return router


def return_routes(dispatch: Dispatch, queries: Queries) -> APIRouter:
    router = APIRouter(tags=["returns"])
    path = "/orders/{order_id}/returns"

    @router.post(path, status_code=201)
    async def ask_to_return(order_id: Id, caller: Buyer, asked: Asked, wish: ReturnWish) -> Return:
        """Ask to give units back."""
        standing = await queries.order(order_id, Eyes(caller.subject))
        said = await dispatch.ask_return(standing, new_id(), wish.units, wish.reason, asked)
        [return_id] = [fact.return_id for fact in said if isinstance(fact, ReturnRequested)]
        return await _shown(order_id, return_id)

    @router.post(path + "/{return_id}/approval")
    async def let_come_back(order_id: Id, return_id: Id, caller: Sender, asked: Asked) -> Return:
        """Let the goods come back."""
        await dispatch.approve_return(await _theirs(order_id, return_id, caller), return_id, asked)
        return await _shown(order_id, return_id)

    @router.post(path + "/{return_id}/refusal")
    async def refuse_return(
        order_id: Id, return_id: Id, caller: Sender, asked: Asked, wish: ReturnRefusal
    ) -> Return:
        """Do not take the goods back."""
        standing = await _theirs(order_id, return_id, caller)
        await dispatch.refuse_return(standing, return_id, wish.reason, asked)
        return await _shown(order_id, return_id)

    @router.post(path + "/{return_id}/arrival")
    async def receive_return(
        order_id: Id, return_id: Id, caller: Sender, asked: Asked, wish: Arrival
    ) -> Return:
        """The goods are back: for sale again, or damaged. Their buyer is paid back."""
        standing = await _theirs(order_id, return_id, caller)
        await dispatch.receive_return(
            standing,
            return_id,
            wish.damaged,
            by=caller.subject,
            till_id=wish.till_id,
            cause=asked,
        )
        return await _shown(order_id, return_id)

    async def _theirs(order_id: str, return_id: str, caller: Caller) -> Order:
        """The order, if all units of the return are of the merchant for which *caller* acts."""
        standing = await queries.order(order_id, eyes(caller))
        merchant_id = acting(caller)
        if merchant_id is not None and not returns.all_of(standing, return_id, merchant_id):
            raise Refused("return.unknown", "There is no such return.", kind="missing")
        return standing

    async def _shown(order_id: str, return_id: str) -> Return:
        standing = await queries.order(order_id)
        return next(back for back in standing.returns if back.id == return_id)

    return router

"""Selling over HTTP: the two hot doors."""

from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel

from services.orders.ordering.basket import Wish
from services.orders.ordering.checkout import Checkout
from services.orders.routes.door import Asked, Buyer, Cashier
from shared.events.ids import Id
from shared.events.money import Money
from shared.events.orders import Line, OrderPlaced
from shared.platform.web.hot import HotRoute


class Receipt(BaseModel):
    """What a cashier hands over with the goods."""

    order_id: str
    booth_id: str
    lines: list[Line]
    total: Money
    sold_at: datetime


class SeveralPlaced(BaseModel):
    """The orders that one wish was split into."""

    orders: list[OrderPlaced]


def selling_routes(checkout: Checkout) -> APIRouter:
    router = APIRouter(route_class=HotRoute, tags=["selling"])

    @router.post("/orders", status_code=201, response_model_exclude_none=True)
    async def place_order(caller: Buyer, asked: Asked, wish: Wish) -> OrderPlaced | SeveralPlaced:
        """Hold every line of an order, or none. *hold_until* says how long they are yours.

        Goods that have to enter the mainland by different ways are orders of their own; then all
        of them are answered, each to be paid for.
        """
        placed = await checkout.place(wish, caller.subject, asked)
        orders = [order for order in placed if isinstance(order, OrderPlaced)]
        return orders[0] if len(orders) == 1 else SeveralPlaced(orders=orders)

    @router.post("/booths/{booth_id}/sales", status_code=201)
    async def sell_at_booth(booth_id: Id, caller: Cashier, asked: Asked, wish: Wish) -> Receipt:
        """Sell for cash at a booth, from the same stock as everybody else."""
        placed, *_ = await checkout.sell(wish, booth_id, caller.subject, asked)
        assert isinstance(placed, OrderPlaced)  # noqa: S101 - for the types
        return Receipt(
            order_id=placed.order_id,
            booth_id=booth_id,
            lines=list(placed.lines),
            total=placed.total,
            sold_at=placed.placed_at,
        )

    return router

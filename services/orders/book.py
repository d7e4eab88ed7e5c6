"""The book of orders: changes of orders that stand, with or without what holds units for them."""

from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from typing import TypeAlias

from services.orders import claims
from services.orders.kept import CLAIMS, ORDERS, STOCK
from services.orders.order import Order
from shared.events.base import Event
from shared.platform.change.aggregate import AnyRef, Note
from shared.platform.change.cause import Cause
from shared.platform.change.fold import Outcome
from shared.platform.change.unit_of_work import UnitOfWork

Decision: TypeAlias = Callable[[Order, datetime], Iterable[Event | Note]]
"""A rule applied to one order at one instant."""


class Book:
    """Each method is one change, and acts once for each cause."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow

    def change(self, order_id: str, decide: Decision, cause: Cause) -> Awaitable[Outcome]:
        """Let *decide* say what becomes of one order; no units move."""
        return self._change(order_id, (), decide, cause)

    def move(self, standing: Order, decide: Decision, cause: Cause) -> Awaitable[Outcome]:
        """Let *decide* say what becomes of the order last seen *standing*, and of its units."""
        return self._change(standing.id, holders(standing), decide, cause)

    def _change(
        self, order_id: str, others: Iterable[AnyRef], decide: Decision, cause: Cause
    ) -> Awaitable[Outcome]:
        ref = ORDERS(order_id)
        return self._uow.change([ref, *others], lambda view: decide(view[ref], view.at), cause)


def holders(standing: Order) -> list[AnyRef]:
    """What holds something for an order: the pools, the buyer's claims."""
    placed = standing.terms
    pools = [STOCK(sku) for sku in dict.fromkeys(line.sku for line in placed.lines)]
    return [*pools, CLAIMS(claims.name(placed.festival_id, placed.buyer_id))]

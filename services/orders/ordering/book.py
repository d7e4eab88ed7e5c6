"""The book of orders: changes of orders that stand, with or without what holds units for them."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime
from typing import TypeAlias

from services.orders.border.crossborder import quota
from services.orders.counter import till
from services.orders.counter.till import Till
from services.orders.kept import CLAIMS, COUPONS, ORDERS, PRICES, QUOTAS, STOCK, TILLS
from services.orders.ordering import claims
from services.orders.ordering.order import CASH, Order
from services.orders.pool import shelf
from services.orders.pricing.coupon import used_by
from shared.events.base import Event
from shared.events.orders import RefundPaid
from shared.platform.change.aggregate import AnyRef, Note, Ref, View
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
        return self._change(standing.id, holders(standing), decide, cause, drawers(standing))

    def pay_back(self, standing: Order, decide: Decision, cause: Cause) -> Awaitable[Outcome]:
        """Let *decide* give money back; cash comes out of the till the order was sold at."""
        return self._change(standing.id, (), decide, cause, drawers(standing))

    def _change(
        self,
        order_id: str,
        others: Iterable[AnyRef],
        decide: Decision,
        cause: Cause,
        drawers: Sequence[Ref[Till]] = (),
    ) -> Awaitable[Outcome]:
        ref = ORDERS(order_id)

        def checked(view: View) -> Iterable[Event | Note]:
            facts = tuple(decide(view[ref], view.at))
            for fact in facts:
                if isinstance(fact, RefundPaid) and fact.payment_id == CASH:
                    for drawer in drawers:
                        till.pay_back(view[drawer], fact.amount)
            return facts

        return self._uow.change([ref, *others, *drawers], checked, cause)


def holders(standing: Order) -> list[AnyRef]:
    """What holds something for an order, or learns from it: each once.

    The pools, the buyer's claims, coupons, what is known of prices, and a person's year.
    """
    placed = standing.terms
    prices = {shelf.name(placed.festival_id, line.sku, placed.channel) for line in placed.lines}
    entry = placed.entry
    return [
        *(STOCK(sku) for sku in dict.fromkeys(line.sku for line in placed.lines)),
        CLAIMS(claims.name(placed.festival_id, placed.buyer_id)),
        *map(COUPONS, sorted(used_by(placed.lines))),
        *map(PRICES, sorted(prices)),
        *([QUOTAS(quota.name(entry.person, entry.year))] if entry else ()),
    ]


def drawers(standing: Order) -> list[Ref[Till]]:
    """Where the cash of an order is; nowhere if it was not sold at a till."""
    came = standing.terms.attribution
    return [TILLS(came.till_id)] if came and came.till_id else []

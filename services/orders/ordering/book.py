"""The book of orders: changes of orders that stand, with or without what holds units for them."""

from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from typing import TypeAlias

from services.orders.border.crossborder import quota
from services.orders.counter import desk, till
from services.orders.counter.desk import Drawer
from services.orders.kept import CLAIMS, COUPONS, ORDERS, PRICES, QUOTAS, STOCK, TILLS
from services.orders.ordering import claims
from services.orders.ordering.order import CASH, Order
from services.orders.pool import shelf
from services.orders.pricing.coupon import used_by
from shared.events.base import Event
from shared.events.ids import BuyerId, Id
from shared.events.orders import RefundPaid
from shared.platform.change.aggregate import AnyRef, Note, View
from shared.platform.change.cause import Cause
from shared.platform.change.fold import Outcome
from shared.platform.change.unit_of_work import UnitOfWork
from shared.refusal import Refused

Decision: TypeAlias = Callable[[Order, datetime], Iterable[Event | Note]]
"""A rule applied to one order at one instant."""


class Book:
    """Each method is one change, and acts once for each cause."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow

    def change(self, order_id: str, decide: Decision, cause: Cause) -> Awaitable[Outcome]:
        """Let *decide* say what becomes of one order; no units move."""
        return self._change(order_id, (), decide, cause)

    def move(
        self, standing: Order, decide: Decision, cause: Cause, drawer: Drawer | None = None
    ) -> Awaitable[Outcome]:
        """Let *decide* say what becomes of the order last seen *standing*, and of its units.

        Cash that goes back is given out of *drawer*.
        """
        return self._change(standing.id, holders(standing), decide, cause, drawer)

    def _change(
        self,
        order_id: str,
        others: Iterable[AnyRef],
        decide: Decision,
        cause: Cause,
        drawer: Drawer | None = None,
    ) -> Awaitable[Outcome]:
        ref = ORDERS(order_id)
        if drawer is None:
            return self._uow.change([ref, *others], lambda view: decide(view[ref], view.at), cause)
        given, by = TILLS(drawer.till_id), drawer.by

        def given_out(view: View) -> Iterable[Event | Note]:
            if by is not None:
                till.on_duty(view[given], by)
            festival_id = view[ref].terms.festival_id
            return [
                desk.pay_back(view[given], fact, festival_id, by)
                if isinstance(fact, RefundPaid) and fact.cash
                else fact
                for fact in decide(view[ref], view.at)
            ]

        return self._uow.change([ref, *others, given], given_out, cause)


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


def drawer_of(standing: Order, named: Id | None = None, by: BuyerId | None = None) -> Drawer | None:
    """Where the cash of an order is given back: at the till *named*, else at that it was sold at.

    None of what was sold at no till, or not for cash. Refuses to have such money given back at one.
    """
    came, in_cash = standing.terms.attribution, any(p.id == CASH for p in standing.payments)
    if named and not in_cash:
        raise Refused("refund.not-cash", "This was not paid for in cash.", kind="invalid")
    till_id = named or (came and came.till_id)
    return Drawer(till_id, by) if till_id and in_cash else None

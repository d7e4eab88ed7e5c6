"""Checkout: how orders are placed and sold, and how they end. Each method is one change."""

from collections.abc import Awaitable, Sequence

from services.orders.border.crossborder.shanghai import year_of
from services.orders.kept import ORDERS
from services.orders.ordering import placing
from services.orders.ordering.basket import Basket, Wish
from services.orders.ordering.book import Book
from services.orders.ordering.order import Order
from services.orders.ordering.policy import Policy
from shared.events.base import Event
from shared.events.ids import BuyerId, Channel, Id, new_id
from shared.events.orders import OrderPlaced
from shared.platform.change.aggregate import Note, View
from shared.platform.change.cause import Cause
from shared.platform.change.fold import Outcome
from shared.platform.change.unit_of_work import UnitOfWork
from shared.platform.clock import utc_now


class Checkout:
    """Holds units for buyers, and gives them up to them or back to the pool."""

    def __init__(self, uow: UnitOfWork, book: Book, policy: Policy) -> None:
        self._uow, self._book, self._policy = uow, book, policy

    def place(self, wish: Wish, buyer_id: BuyerId, cause: Cause) -> Awaitable[Outcome]:
        """Hold all lines of *wish* for a buyer, or refuse and hold none: [OrderPlaced].

        Goods that enter the mainland by different ways are as many orders, all or none.
        """
        channel: Channel = "live" if wish.session_id else "online"
        year = year_of(utc_now()) if wish.entry else 0
        return self._take(Basket(wish, buyer_id, channel, year=year), cause)

    def sell(
        self, wish: Wish, booth_id: Id, cashier_id: BuyerId, cause: Cause
    ) -> Awaitable[Outcome]:
        """Sell at a booth for cash, at once: [OrderPlaced, OrderConfirmed, OrderHandedOver]."""
        return self._take(Basket(wish, cashier_id, "booth", booth_id=booth_id), cause)

    def _take(self, basket: Basket, cause: Cause) -> Awaitable[Outcome]:
        ids = [new_id() for _ in range(basket.most_orders)]
        hold = self._policy.holds[basket.channel]

        def decide(view: View) -> Sequence[Event | Note]:
            basket.admit(view, self._policy.most_open)
            bills = basket.bills(view, self._policy.freight)
            came_from = basket.attribution(view)
            said: list[Event | Note] = []
            for order_id, bill in zip(ids, bills, strict=False):
                placed = OrderPlaced(
                    order_id=order_id,
                    festival_id=basket.wish.festival_id,
                    buyer_id=basket.buyer_id,
                    channel=basket.channel,
                    lines=bill.lines,
                    total=bill.total,
                    placed_at=view.at,
                    hold_until=view.at + hold,
                    session_id=basket.wish.session_id,
                    booth_id=basket.booth_id,
                    attribution=came_from,
                    rate=bill.rate,
                    entry=bill.entry,
                    wish_id=ids[0] if len(bills) > 1 else None,
                )
                if basket.booth_id:
                    said += placing.sell(placed, self._policy)
                else:
                    said += placing.place(placed)
            return said

        refs = [*map(ORDERS.fresh, ids), *basket.refs]
        return self._uow.change(refs, decide, cause, foresee=basket.available)

    def expire(self, standing: Order, cause: Cause) -> Awaitable[Outcome]:
        """Give back what nobody paid for in time: [OrderExpired]."""
        return self._book.move(standing, placing.expire, cause)

    def cancel(
        self, standing: Order, reason: str | None, cause: Cause, *, by_house: bool = False
    ) -> Awaitable[Outcome]:
        """The buyer withdraws, or the house: [OrderCancelled], [RefundDue] for what was paid."""
        return self._book.move(
            standing,
            lambda order, now: placing.cancel(order, reason, now, by_house=by_house),
            cause,
        )

    def complete(self, standing: Order, cause: Cause) -> Awaitable[Outcome]:
        """The time to return goods is over: [OrderCompleted]."""
        return self._book.change(standing.id, placing.complete, cause)

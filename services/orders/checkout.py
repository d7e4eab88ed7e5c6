"""Checkout: how orders are placed and sold, and how they end. Each method is one change."""

from collections.abc import Awaitable, Sequence

from services.orders import placing
from services.orders.basket import Basket, Wish
from services.orders.book import Book
from services.orders.kept import ORDERS
from services.orders.order import Order
from services.orders.policy import Policy
from shared.events.base import Event
from shared.events.ids import BuyerId, Channel, Id, new_id
from shared.events.orders import OrderPlaced
from shared.platform.change.aggregate import Note, View
from shared.platform.change.cause import Cause
from shared.platform.change.fold import Outcome
from shared.platform.change.unit_of_work import UnitOfWork


class Checkout:
    """Holds units for buyers, and gives them up to them or back to the pool."""

    def __init__(self, uow: UnitOfWork, book: Book, policy: Policy) -> None:
        self._uow, self._book, self._policy = uow, book, policy

    def place(self, wish: Wish, buyer_id: BuyerId, cause: Cause) -> Awaitable[Outcome]:
        """Hold all lines of *wish* for a buyer, or refuse and hold none: [OrderPlaced]."""
        channel: Channel = "live" if wish.session_id else "online"
        return self._take(Basket(wish, buyer_id, channel), cause)

    def sell(
        self, wish: Wish, booth_id: Id, cashier_id: BuyerId, cause: Cause
    ) -> Awaitable[Outcome]:
        """Sell at a booth for cash, at once: [OrderPlaced, OrderConfirmed, OrderHandedOver]."""
        return self._take(Basket(wish, cashier_id, "booth", booth_id), cause)

    def _take(self, basket: Basket, cause: Cause) -> Awaitable[Outcome]:
        order_id, hold = new_id(), self._policy.holds[basket.channel]

        def decide(view: View) -> Sequence[Event | Note]:
            basket.admit(view, self._policy.most_open)
            bill = basket.bill(view)
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
                attribution=basket.attribution(view),
                rate=bill.rate,
            )
            return placing.sell(placed) if basket.booth_id else placing.place(placed)

        return self._uow.change([ORDERS.fresh(order_id), *basket.refs], decide, cause)

    def expire(self, standing: Order, cause: Cause) -> Awaitable[Outcome]:
        """Give back what nobody paid for in time: [OrderExpired]."""
        return self._book.move(standing, placing.expire, cause)

    def cancel(self, standing: Order, reason: str | None, cause: Cause) -> Awaitable[Outcome]:
        """The buyer withdraws: [OrderCancelled], and [RefundDue] for what was paid."""
        return self._book.move(
            standing, lambda order, now: placing.cancel(order, reason, now), cause
        )

    def complete(self, standing: Order, cause: Cause) -> Awaitable[Outcome]:
        """The time to return goods is over: [OrderCompleted]."""
        return self._book.change(standing.id, placing.complete, cause)

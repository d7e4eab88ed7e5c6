"""Checkout: what can be asked of an order. Each method is one change."""

from collections.abc import Awaitable, Sequence
from datetime import timedelta

from services.orders import claims, order
from services.orders.basket import Basket, Wish
from services.orders.kept import CLAIMS, ORDERS, STOCK
from services.orders.order import Order
from shared.events.base import Event
from shared.events.ids import BuyerId, Channel, Id, new_id
from shared.events.money import Money
from shared.events.orders import OrderPlaced
from shared.platform.change.aggregate import AnyRef, View
from shared.platform.change.cause import Cause
from shared.platform.change.fold import Outcome
from shared.platform.change.unit_of_work import UnitOfWork


class Checkout:
    """Holds units for buyers, and gives them up to them or back to the pool."""

    def __init__(self, uow: UnitOfWork, hold: timedelta, most_open: int) -> None:
        """Hold units for *hold*, and no buyer's units in more than *most_open* orders at once."""
        self._uow, self._hold, self._most_open = uow, hold, most_open

    def place(self, wish: Wish, buyer_id: BuyerId, cause: Cause) -> Awaitable[Outcome]:
        """Hold all lines of *wish* for a buyer, or refuse and hold none: [OrderPlaced]."""
        channel: Channel = "live" if wish.session_id else "online"
        return self._take(Basket(wish, buyer_id, channel), cause)

    def sell(
        self, wish: Wish, booth_id: Id, cashier_id: BuyerId, cause: Cause
    ) -> Awaitable[Outcome]:
        """Sell at a booth for cash, at once: [OrderPlaced, OrderConfirmed]."""
        return self._take(Basket(wish, cashier_id, "booth", booth_id), cause)

    def _take(self, basket: Basket, cause: Cause) -> Awaitable[Outcome]:
        order_id = new_id()

        def decide(view: View) -> Sequence[Event]:
            basket.admit(view, self._most_open)
            lines = basket.lines(view)
            placed = OrderPlaced(
                order_id=order_id,
                festival_id=basket.wish.festival_id,
                buyer_id=basket.buyer_id,
                channel=basket.channel,
                lines=lines,
                total=order.total(lines),
                placed_at=view.at,
                hold_until=view.at + self._hold,
                session_id=basket.wish.session_id,
                booth_id=basket.booth_id,
            )
            return order.sell(placed) if basket.booth_id else order.place(placed)

        refs = [ORDERS.fresh(order_id), *basket.refs]
        return self._uow.change(refs, decide, cause, foresee=basket.available)

    def start_payment(
        self, order_id: str, payment_id: str, amount: Money, cause: Cause
    ) -> Awaitable[Outcome]:
        """Expect a payment that the provider has been asked to collect: [PaymentStarted]."""
        ref = ORDERS(order_id)
        return self._uow.change(
            [ref], lambda view: order.start_payment(view[ref], payment_id, amount), cause
        )

    def capture(
        self, standing: Order, payment_id: str, amount: Money, cause: Cause
    ) -> Awaitable[Outcome]:
        """Money has come for the order last seen *standing*: confirm it, or owe it back."""
        ref = ORDERS(standing.id)
        return self._uow.change(
            [ref, *_holders(standing)],
            lambda view: order.capture(view[ref], payment_id, amount),
            cause,
        )

    def fail(self, order_id: str, payment_id: str, cause: Cause) -> Awaitable[Outcome]:
        """A payment came to nothing: [PaymentFailed]."""
        ref = ORDERS(order_id)
        return self._uow.change([ref], lambda view: order.fail(view[ref], payment_id), cause)

    def refunded(
        self, order_id: str, payment_id: str, refund_id: str, cause: Cause
    ) -> Awaitable[Outcome]:
        """The provider has sent money back: [RefundPaid]."""
        ref = ORDERS(order_id)
        return self._uow.change(
            [ref], lambda view: order.refunded(view[ref], payment_id, refund_id), cause
        )

    def put_off(self, standing: Order, cause: Cause) -> Awaitable[Outcome]:
        """Money could not be sent back; it is tried again later."""
        ref = ORDERS(standing.id)
        return self._uow.change([ref], lambda view: order.put_off(view[ref], view.at), cause)

    def expire(self, standing: Order, cause: Cause) -> Awaitable[Outcome]:
        """Give back what nobody paid for in time: [OrderExpired]."""
        ref = ORDERS(standing.id)
        return self._uow.change(
            [ref, *_holders(standing)], lambda view: order.expire(view[ref], view.at), cause
        )

    def cancel(self, standing: Order, cause: Cause) -> Awaitable[Outcome]:
        """The buyer withdraws: [OrderCancelled]."""
        ref = ORDERS(standing.id)
        return self._uow.change(
            [ref, *_holders(standing)], lambda view: order.cancel(view[ref]), cause
        )


def _holders(standing: Order) -> list[AnyRef]:
    """What holds units for an order: the pools, and the buyer's claims."""
    pools = [STOCK(sku) for sku in dict.fromkeys(line.sku for line in standing.lines)]
    return [*pools, CLAIMS(claims.name(standing.festival_id, standing.buyer_id))]

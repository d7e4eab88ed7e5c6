"""Dispatch: goods on their way to their buyers, and back."""

from collections.abc import Awaitable

from services.orders.ordering import parcel, returns
from services.orders.ordering.book import Book, drawer_of
from services.orders.ordering.order import Order
from services.orders.ordering.policy import Policy
from shared.events.ids import BuyerId, Id, MerchantId
from shared.events.orders import Units
from shared.platform.change.cause import Cause
from shared.platform.change.fold import Outcome


class Dispatch:
    """Each method is one change."""

    def __init__(self, book: Book, policy: Policy) -> None:
        self._book, self._policy = book, policy

    def ship(
        self,
        standing: Order,
        parcel_id: str,
        units: tuple[Units, ...],
        *,
        carrier: str,
        waybill: str,
        merchant_id: MerchantId | None,
        cause: Cause,
    ) -> Awaitable[Outcome]:
        """Units leave: [OrderPartShipped] or [OrderShipped]."""
        return self._book.move(
            standing,
            lambda order, now: parcel.ship(
                order,
                parcel_id,
                units,
                carrier=carrier,
                waybill=waybill,
                merchant_id=merchant_id,
                now=now,
                policy=self._policy,
            ),
            cause,
        )

    def deliver(self, standing: Order, parcel_id: str, cause: Cause) -> Awaitable[Outcome]:
        """The buyer has a parcel: [ParcelDelivered], or [OrderDelivered] with the last."""
        return self._book.change(
            standing.id,
            lambda order, now: parcel.deliver(order, parcel_id, now, self._policy),
            cause,
        )

    def ask_return(
        self,
        standing: Order,
        return_id: str,
        units: tuple[Units, ...],
        reason: str,
        cause: Cause,
    ) -> Awaitable[Outcome]:
        """The buyer wants to give units back: [ReturnRequested]."""
        return self._book.change(
            standing.id,
            lambda order, now: returns.ask(order, return_id, units, reason, now),
            cause,
        )

    def approve_return(self, standing: Order, return_id: str, cause: Cause) -> Awaitable[Outcome]:
        """The goods may come back: [ReturnApproved]."""
        return self._book.change(
            standing.id, lambda order, now: returns.approve(order, return_id, now), cause
        )

    def refuse_return(
        self, standing: Order, return_id: str, reason: str, cause: Cause
    ) -> Awaitable[Outcome]:
        """The goods may not come back: [ReturnRefused]."""
        return self._book.change(
            standing.id, lambda order, now: returns.refuse(order, return_id, reason, now), cause
        )

    def take_back(
        self,
        standing: Order,
        return_id: str,
        units: tuple[Units, ...],
        damaged: tuple[Units, ...],
        *,
        reason: str,
        till_id: Id,
        cashier_id: BuyerId,
        cause: Cause,
    ) -> Awaitable[Outcome]:
        """Goods are brought back to a till: [ReturnRequested, …, ReturnReceived, …, RefundPaid]."""
        return self._book.move(
            standing,
            lambda order, now: returns.take_back(
                order,
                return_id,
                units,
                damaged,
                now,
                reason=reason,
                by=cashier_id,
                policy=self._policy,
            ),
            cause,
            drawer_of(standing, till_id, cashier_id),
        )

    def receive_return(
        self,
        standing: Order,
        return_id: str,
        damaged: tuple[Units, ...],
        *,
        by: str,
        till_id: Id | None,
        cause: Cause,
    ) -> Awaitable[Outcome]:
        """The goods are back: [ReturnReceived], and [RefundDue] for what they cost.

        Cash is given out at *till_id*, or if None at the till the order was sold at.
        """
        return self._book.move(
            standing,
            lambda order, now: returns.receive(
                order, return_id, damaged, now, by=by, policy=self._policy
            ),
            cause,
            drawer_of(standing, till_id),
        )

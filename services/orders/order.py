"""Orders: units held for a buyer, then paid for, or given back."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import reduce
from typing import Literal

from pydantic import ValidationError

from shared.events.base import Event
from shared.events.money import Money
from shared.events.orders import (
    Line,
    OrderCancelled,
    OrderConfirmed,
    OrderExpired,
    OrderPlaced,
    PaymentFailed,
    PaymentStarted,
    RefundDue,
    RefundPaid,
)
from shared.platform.change.aggregate import Note
from shared.refusal import Refused

Status = Literal["new", "placed", "confirmed", "expired", "cancelled"]
PaymentStatus = Literal["started", "failed", "captured", "refund-due", "refunded"]

MOST_DOUBLED = 12
"""How often the pause of a second between tries to send money back is doubled: to over an hour."""


@dataclass(frozen=True, slots=True)
class Payment:
    """One try at paying for an order."""

    id: str
    amount: Money
    status: PaymentStatus


@dataclass(frozen=True, slots=True)
class Order:
    """Where one order stands; `refund_at` says when to try to send back what is owed, if any."""

    id: str
    status: Status = "new"
    festival_id: str = ""
    buyer_id: str = ""
    channel: Literal["booth", "live", "online", ""] = ""
    lines: tuple[Line, ...] = ()
    total: Money | None = None
    session_id: str | None = None
    booth_id: str | None = None
    placed_at: datetime | None = None
    hold_until: datetime | None = None
    payments: tuple[Payment, ...] = ()
    refund_at: datetime | None = None
    refund_tries: int = 0


@dataclass(frozen=True, slots=True)
class RefundPutOff(Note):
    """Money that is to go back could not be sent; it is tried again at a time."""

    order_id: str
    again_at: datetime


def place(placed: OrderPlaced) -> list[OrderPlaced]:
    """Hold units for a buyer; the pool and the deals have agreed already."""
    if not placed.lines:
        raise Refused("order.empty", "An order has at least one line.", kind="invalid")
    return [placed]


def sell(placed: OrderPlaced) -> list[OrderPlaced | OrderConfirmed]:
    """A sale at the booth: the money is in the till, the goods are handed over, at once."""
    return [*place(placed), _confirmed(placed, "cash", None)]


def total(lines: Sequence[Line]) -> Money:
    """What the lines cost together. Refuses different currencies, and more than money counts."""
    if len({line.unit_price.currency for line in lines}) > 1:
        raise Refused("order.currencies", "An order has one currency.", kind="invalid")
    try:
        return reduce(Money.__add__, (line.unit_price * line.quantity for line in lines))
    except ValidationError as error:
        raise Refused(
            "order.too-dear", "No order may come to that much.", kind="invalid"
        ) from error


def start_payment(order: Order, payment_id: str, amount: Money) -> list[PaymentStarted]:
    """Expect a payment, unless it is known already (its outcome may have been quicker)."""
    if any(payment.id == payment_id for payment in order.payments):
        return []
    check_payable(order)
    return [PaymentStarted(order_id=order.id, payment_id=payment_id, amount=amount)]


def check_payable(order: Order) -> Money:
    """What is to be paid for an order that waits for money. Refuses any other."""
    known(order)
    if order.status != "placed" or order.total is None:
        raise Refused("order.not-payable", f"The order is {order.status}.", status=order.status)
    return order.total


def capture(order: Order, payment_id: str, amount: Money) -> list[OrderConfirmed | RefundDue]:
    """Money has come. It confirms an order that waits for it; any other money goes back."""
    known(order)
    if _is(order, payment_id, "captured", "refund-due", "refunded"):
        return []
    if amount == order.total and order.status == "placed":
        return [_confirmed(order, "provider", payment_id)]
    wrong = "amount" if amount != order.total else f"order-{order.status}"
    return [RefundDue(order_id=order.id, payment_id=payment_id, amount=amount, reason=wrong)]


def fail(order: Order, payment_id: str) -> list[PaymentFailed]:
    """A payment came to nothing; the units stay held for another try."""
    known(order)
    if _is(order, payment_id, "failed", "captured", "refund-due", "refunded"):
        return []
    return [PaymentFailed(order_id=order.id, payment_id=payment_id)]


def refunded(order: Order, payment_id: str, refund_id: str) -> list[RefundPaid]:
    """The provider has sent the money back."""
    for payment in order.payments:
        if payment.id == payment_id and payment.status == "refund-due":
            return [
                RefundPaid(
                    order_id=order.id,
                    payment_id=payment_id,
                    refund_id=refund_id,
                    amount=payment.amount,
                )
            ]
    return []


def put_off(order: Order, now: datetime) -> list[RefundPutOff]:
    """Try later to send back what could not be sent now, each time twice as much later."""
    if order.refund_at is None:
        return []
    pause = timedelta(seconds=2 ** min(order.refund_tries, MOST_DOUBLED))
    return [RefundPutOff(order.id, now + pause)]


def expire(order: Order, now: datetime) -> list[OrderExpired]:
    """Give the units back if nobody paid in time."""
    if order.status != "placed" or order.hold_until is None or now < order.hold_until:
        raise Refused("order.not-due", f"The order is {order.status}, or its time is not up.")
    return [OrderExpired(order_id=order.id, buyer_id=order.buyer_id, lines=order.lines)]


def cancel(order: Order) -> list[OrderCancelled]:
    """The buyer withdraws before paying."""
    known(order)
    if order.status != "placed":
        raise Refused("order.not-cancellable", f"The order is {order.status}.", status=order.status)
    return [OrderCancelled(order_id=order.id, buyer_id=order.buyer_id, lines=order.lines)]


def known(order: Order) -> None:
    """Refuse an order that was never placed."""
    if order.status == "new":
        raise Refused("order.unknown", "There is no such order.", kind="missing")


def evolve(order: Order, fact: object) -> Order:
    """Follow what happens to an order."""
    match fact:
        case RefundPutOff(order_id=order.id):
            return replace(order, refund_at=fact.again_at, refund_tries=order.refund_tries + 1)
        case Event() if fact.key != order.id:
            return order
        case OrderPlaced():
            return Order(
                id=order.id,
                status="placed",
                festival_id=fact.festival_id,
                buyer_id=fact.buyer_id,
                channel=fact.channel,
                lines=fact.lines,
                total=fact.total,
                session_id=fact.session_id,
                booth_id=fact.booth_id,
                placed_at=fact.placed_at,
                hold_until=fact.hold_until,
            )
        case PaymentStarted():
            return _paid(order, Payment(fact.payment_id, fact.amount, "started"))
        case PaymentFailed() if order.total:
            return _paid(order, Payment(fact.payment_id, order.total, "failed"))
        case OrderConfirmed():
            paid = order
            if fact.payment_id:
                paid = _paid(order, Payment(fact.payment_id, fact.total, "captured"))
            return replace(paid, status="confirmed")
        case RefundDue():
            owing = _paid(order, Payment(fact.payment_id, fact.amount, "refund-due"))
            return replace(owing, refund_at=order.placed_at)
        case RefundPaid():
            paid = _paid(order, Payment(fact.payment_id, fact.amount, "refunded"))
            owing = any(payment.status == "refund-due" for payment in paid.payments)
            return paid if owing else replace(paid, refund_at=None)
        case OrderExpired():
            return replace(order, status="expired")
        case OrderCancelled():
            return replace(order, status="cancelled")
        case _:
            return order


def _confirmed(
    order: Order | OrderPlaced, method: Literal["cash", "provider"], payment_id: str | None
) -> OrderConfirmed:
    return OrderConfirmed.model_validate(
        {
            "order_id": order.order_id if isinstance(order, OrderPlaced) else order.id,
            "festival_id": order.festival_id,
            "buyer_id": order.buyer_id,
            "channel": order.channel,
            "lines": order.lines,
            "total": order.total,
            "method": method,
            "payment_id": payment_id,
            "session_id": order.session_id,
            "booth_id": order.booth_id,
        }
    )


def _is(order: Order, payment_id: str, *status: PaymentStatus) -> bool:
    return any(p.id == payment_id and p.status in status for p in order.payments)


def _paid(order: Order, payment: Payment) -> Order:
    """Put *payment* in place of what was known of it."""
    others = tuple(known for known in order.payments if known.id != payment.id)
    return replace(order, payments=(*others, payment))

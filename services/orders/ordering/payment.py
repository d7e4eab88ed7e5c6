"""Paying for an order: money asked for, come, not come, or not what was asked for."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from services.orders.ordering import life, placing
from services.orders.ordering.order import Offer, Order, Payment, PaymentOffered
from services.orders.ordering.policy import Policy
from services.orders.pricing.price import Transacted
from shared.events.ids import derived_id
from shared.events.money import Money
from shared.events.orders import (
    OrderConfirmed,
    OrderEvent,
    PaymentFailed,
    PaymentQuarantined,
    PaymentStarted,
    RefundDue,
)
from shared.refusal import Refused

MOST_TRIES = 20
"""So often may payment of one order be begun."""


def check_payable(order: Order) -> Money:
    """What is to be paid for an order that waits for money. Refuses any other."""
    life.check(order.status, OrderConfirmed)
    return order.terms.total


def may_start(order: Order) -> Money:
    """What another try is to bring. Refuses an order that waits for no money.

    Refuses what was tried *MOST_TRIES* times: each try is asked about until something is heard.
    """
    amount = check_payable(order)
    if len(order.payments) >= MOST_TRIES:
        raise Refused(
            "payment.tries",
            "It was tried too often; order again.",
            kind="limit",
            most=MOST_TRIES,
        )
    return amount


def start(
    order: Order, offer: Offer, amount: Money, now: datetime
) -> list[PaymentStarted | PaymentOffered]:
    """Expect a payment, unless it is known already (its outcome may have been quicker).

    Refuses as `may_start` does: others may have begun meanwhile.
    """
    told = [] if offered(order, offer.key) else [PaymentOffered(order.id, offer)]
    if _known(order, offer.payment_id):
        return [*told]
    may_start(order)
    started = PaymentStarted(order_id=order.id, payment_id=offer.payment_id, amount=amount, at=now)
    return [started, *told]


def offered(order: Order, key: str) -> Offer | None:
    """What was answered to a cause before, whatever has become of the order since."""
    return next((offer for offer in order.offers if offer.key == key), None)


def capture(
    order: Order, payment_id: str, amount: Money, now: datetime, policy: Policy
) -> list[OrderConfirmed | Transacted | PaymentQuarantined | RefundDue]:
    """Money has come.

    The right amount confirms an order that waits for it; another amount is put aside for somebody
    to look at; money for an order that waits for none goes back by itself.
    """
    placed = order.terms
    if is_settled(order, payment_id, "succeeded"):
        return []
    if order.status != "placed":
        return [_back(order, payment_id, amount, f"order-{order.status}", now)]
    if amount != placed.total:
        return [
            PaymentQuarantined(
                order_id=order.id,
                payment_id=payment_id,
                amount=amount,
                expected=placed.total,
                at=now,
            )
        ]
    return [*placing.confirm(placed, "provider", payment_id, now, policy)]


def fail(order: Order, payment_id: str, now: datetime) -> list[PaymentFailed]:
    """A payment came to nothing; the units stay held for another try."""
    _ = order.terms
    if is_settled(order, payment_id, "failed"):
        return []
    return [PaymentFailed(order_id=order.id, payment_id=payment_id, at=now)]


def is_settled(order: Order, payment_id: str, outcome: str) -> bool:
    """Whether *outcome* of a payment, as its provider tells it, changes nothing any more."""
    known = _known(order, payment_id)
    if known is None or outcome == "authorised":  # what is set aside and not wanted is let go
        return False
    if outcome == "succeeded":
        return known.status in ("captured", "quarantined")
    return known.status != "started"


def resolve(
    order: Order,
    payment_id: str,
    decision: Literal["refund", "accept"],
    now: datetime,
    policy: Policy,
) -> Sequence[OrderEvent | Transacted]:
    """Decide on money that was put aside: give it back, or take it for what was asked.

    It can be taken for an order that still waits, if it is no less, in the same currency; what is
    too much goes back.
    """
    known = _known(order, payment_id)
    if known is None or known.status != "quarantined":
        raise Refused("payment.not-quarantined", "No such payment is put aside.", kind="missing")
    if decision == "refund":
        return [_back(order, payment_id, known.amount, "quarantined", now)]
    expected = check_payable(order)
    over = known.amount.amount - expected.amount
    if known.amount.currency != expected.currency or over < 0:
        raise Refused(
            "payment.too-little",
            "It is less than the order costs, or other money.",
            amount=known.amount.model_dump(),
            expected=expected.model_dump(),
        )
    taken = placing.confirm(order.terms, "provider", payment_id, now, policy)
    if not over:
        return taken
    excess = Money(amount=over, currency=expected.currency)
    return [*taken, _back(order, payment_id, excess, "overpaid", now)]


def _known(order: Order, payment_id: str) -> Payment | None:
    return next((payment for payment in order.payments if payment.id == payment_id), None)


def _back(order: Order, payment_id: str, amount: Money, reason: str, now: datetime) -> RefundDue:
    return RefundDue(
        order_id=order.id,
        payment_id=payment_id,
        refund_id=derived_id(order.id, payment_id, reason),
        amount=amount,
        reason=reason,
        at=now,
    )

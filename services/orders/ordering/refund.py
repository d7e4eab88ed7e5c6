"""Refunds: money that goes back, by line or by amount, and never more than came."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from services.orders.ordering.order import CASH, Order, Payment, Refund, RefundPutOff
from services.orders.ordering.units import summed
from services.orders.pricing.cash import round_cash
from shared.events.ids import Sku, derived_id
from shared.events.money import Currency, Money
from shared.events.orders import (
    OrderEvent,
    RefundApproved,
    RefundDenied,
    RefundDue,
    RefundPaid,
    RefundRequested,
    Units,
)
from shared.refusal import Refused

SEND_WITHIN = timedelta(minutes=5)
"""What is due is sent at once: after so long it is late, whatever the tries come to."""

MOST_DOUBLED = 12
"""How often the pause of a second between tries to send money back is doubled: to over an hour."""


def left(order: Order) -> int:
    """What may still go back, in minor units: what came, less all that goes or went back."""
    return sum(_left_of(order, payment) for payment in order.payments)


def price_of(order: Order, units: Sequence[Units]) -> Money:
    """What *units* cost their buyer, discounts counted, tax and freight not.

    Of a line of n units at a price that does not divide, k units come to round-half-up(k/n); what
    was given back of it before is taken off, so that all its units together come to its price.
    Refuses more units than were bought.
    """
    before = _given_back(order)
    amount = 0
    for sku, quantity in summed(units).items():
        bought = sum(line.quantity for line in order.lines if line.sku == sku)
        had = before.get(sku, 0)
        if had + quantity > bought:
            raise Refused(
                "refund.units",
                "That is more than was bought and not yet given back.",
                kind="invalid",
                sku=sku,
                bought=bought,
                given_back=had,
            )
        cost = sum(line.payable.amount for line in order.lines if line.sku == sku)
        amount += _share(cost, had + quantity, bought) - _share(cost, had, bought)
    return Money(amount=amount, currency=order.terms.total.currency)


def unpaid(order: Order, units: Iterable[Units]) -> tuple[Units, ...]:
    """Those of *units* whose price has not been given back yet."""
    before = _given_back(order)
    owed: list[Units] = []
    for each in units:
        bought = sum(line.quantity for line in order.lines if line.sku == each.sku)
        quantity = min(each.quantity, bought - before.get(each.sku, 0))
        if quantity > 0:
            owed.append(Units(sku=each.sku, quantity=quantity))
            before[each.sku] = before.get(each.sku, 0) + quantity
    return tuple(owed)


def ask(
    order: Order,
    refund_id: str,
    amount: Money,
    now: datetime,
    *,
    reason: str,
    by: str,
    limit: Mapping[Currency, int] | None,
    units: tuple[Units, ...] = (),
    damaged: tuple[Units, ...] = (),
) -> list[OrderEvent]:
    """Give *amount* back. Above the *limit* of one person it waits for a second one to agree.

    All that goes back of an order on one person's word counts together, in however many parts; None
    is no limit. Refuses more than came for the order. Money from a till goes back out of one, at
    once.
    """
    _ = order.terms
    if amount.currency != order.terms.total.currency or not 0 < amount.amount <= left(order):
        raise Refused(
            "refund.above-captured",
            "No more can be given back than came for the order.",
            kind="limit",
            left=left(order),
        )
    # Money that bought nothing went back whole: what is left is left of one payment.
    payment = next(p for p in order.payments if _left_of(order, p) >= amount.amount)
    if limit is not None and _alone(order, payment) + amount.amount > limit[amount.currency]:
        return [
            RefundRequested(
                order_id=order.id,
                refund_id=refund_id,
                payment_id=payment.id,
                amount=amount,
                reason=reason,
                by=by,
                units=units,
                damaged=damaged,
                at=now,
            )
        ]
    asked = Refund(refund_id, payment.id, amount, "asked", reason, by, units, damaged)
    return _give(order, asked, now)


def approve(order: Order, refund_id: str, by: str, now: datetime) -> list[OrderEvent]:
    """A second person agrees."""
    asked = _asked(order, refund_id, by)
    agreed = RefundApproved(order_id=order.id, refund_id=refund_id, by=by, at=now)
    return [agreed, *_give(order, asked, now)]


def deny(order: Order, refund_id: str, by: str, reason: str, now: datetime) -> list[OrderEvent]:
    """A second person does not agree."""
    _asked(order, refund_id, by)
    return [RefundDenied(order_id=order.id, refund_id=refund_id, by=by, reason=reason, at=now)]


def rest(order: Order, reason: str, now: datetime) -> list[OrderEvent]:
    """Give back all that came and is not on its way back already, without asking anybody.

    What waits for a second person waits no more: nothing is left to be kept.
    """
    events: list[OrderEvent] = []
    for asked in order.refunds:
        if asked.status == "asked":
            events += _give(order, asked, now)
    for payment in order.payments:
        if over := _left_of(order, payment):
            amount = Money(amount=over, currency=payment.amount.currency)
            refund_id = derived_id(order.id, payment.id, reason)
            whole = Refund(refund_id, payment.id, amount, "asked", reason)
            events += _give(order, whole, now)
    return events


def paid(order: Order, refund_id: str, now: datetime) -> list[RefundPaid]:
    """The provider has sent the money back."""
    return [_paid(order, each, now) for each in order.refunds if _is_due(each, refund_id)]


def put_off(order: Order, now: datetime, why: str = "") -> list[RefundPutOff]:
    """Try later to send back what could not be sent now, each time twice as much later."""
    if order.refund_at is None:
        return []
    pause = timedelta(seconds=2 ** min(order.refund_tries, MOST_DOUBLED))
    return [RefundPutOff(order.id, now + pause, why)]


def _left_of(order: Order, payment: Payment) -> int:
    """What of one payment may still go back."""
    if payment.status != "captured":
        return 0
    return payment.amount.amount - sum(
        r.amount.amount
        for r in order.refunds
        if r.payment_id == payment.id and r.status != "denied"
    )


def _alone(order: Order, payment: Payment) -> int:
    """What of a payment goes or went back because one person said so; goods that came do not."""
    returned = {back.id for back in order.returns}
    return sum(
        refund.amount.amount
        for refund in order.refunds
        if refund.payment_id == payment.id and not refund.asked_by and refund.id not in returned
    )


def _is_due(refund: Refund, refund_id: str) -> bool:
    return refund.id == refund_id and refund.status == "due"


def _give(order: Order, refund: Refund, now: datetime) -> list[OrderEvent]:
    due = RefundDue(
        order_id=order.id,
        payment_id=refund.payment_id,
        refund_id=refund.id,
        amount=refund.amount,
        reason=refund.reason,
        units=refund.units,
        damaged=refund.damaged,
        at=now,
    )
    return [due, _paid(order, refund, now)] if refund.payment_id == CASH else [due]


def _paid(order: Order, refund: Refund, now: datetime) -> RefundPaid:
    cash = _coins(order, refund.amount) if refund.payment_id == CASH else None
    return RefundPaid(
        order_id=order.id,
        payment_id=refund.payment_id,
        refund_id=refund.id,
        amount=refund.amount,
        at=now,
        cash=cash,
    )


def _coins(order: Order, amount: Money) -> Money:
    """What giving back *amount* is in coins.

    All that went back of the order in cash is rounded as one sum: however it is parted, the parts
    come to what the whole would. Who had too few coins of one part has them with the next.
    """
    before = [r for r in order.refunds if r.payment_id == CASH and r.status == "paid"]
    whole = Money(
        amount=amount.amount + sum(r.amount.amount for r in before), currency=amount.currency
    )
    had = sum(round_cash(r.amount).due.amount if r.coins is None else r.coins for r in before)
    return Money(amount=max(0, round_cash(whole).due.amount - had), currency=amount.currency)


def _asked(order: Order, refund_id: str, by: str) -> Refund:
    """A refund that waits for a second person; refuses the first."""
    for refund in order.refunds:
        if refund.id == refund_id and refund.status == "asked":
            if refund.asked_by == by:
                raise Refused(
                    "refund.second-person", "Somebody else has to agree.", kind="forbidden"
                )
            return refund
    raise Refused("refund.unknown", "No such refund waits for anybody.", kind="missing")


def _given_back(order: Order) -> dict[Sku, int]:
    """Units whose price goes or went back."""
    going = (refund for refund in order.refunds if refund.status != "denied")
    return summed(each for refund in going for each in refund.units)


def _share(cost: int, part: int, whole: int) -> int:
    """*cost* x *part* / *whole*, rounded half up."""
    return (2 * cost * part + whole) // (2 * whole)

"""The course of an order: what each thing that happens to it makes of it."""

from dataclasses import replace
from datetime import UTC, datetime

from services.orders.border import crossing
from services.orders.border.crossing import CrossingNote
from services.orders.ordering import life
from services.orders.ordering.order import (
    CASH,
    NoticeHeard,
    Order,
    Payment,
    PaymentOffered,
    Refund,
    RefundPutOff,
    Return,
    Sent,
    Step,
)
from services.orders.ordering.units import named, summed
from shared.events.base import instant
from shared.events.orders import (
    CustomsHeld,
    OrderConfirmed,
    OrderDeclared,
    OrderDelivered,
    OrderEvent,
    OrderHandedOver,
    OrderPlaced,
    OrderReleased,
    OrderShipped,
    OrderUndone,
    Parcel,
    ParcelDelivered,
    PaymentFailed,
    PaymentQuarantined,
    PaymentStarted,
    RefundApproved,
    RefundDenied,
    RefundDue,
    RefundPaid,
    RefundRequested,
    ReturnApproved,
    ReturnReceived,
    ReturnRefused,
    ReturnRequested,
    SaleMade,
    UnitsCancelled,
)

MOST_HEARD = 50
"""Marks of notices that an order remembers; few orders are ever told of so often."""


def evolve(order: Order, fact: object) -> Order:
    """Follow what happens to an order."""
    match fact:
        case RefundPutOff(order_id=order.id):
            tries = order.refund_tries + 1
            return replace(
                order, refund_at=fact.again_at, refund_tries=tries, refund_trouble=fact.why
            )
        case PaymentOffered(order_id=order.id):
            return replace(order, offers=(*order.offers, fact.offer))
        case NoticeHeard(order_id=order.id):
            return replace(order, heard=(*order.heard, fact.mark)[-MOST_HEARD:])
        case CrossingNote(order_id=order.id) if order.crossing:
            return replace(order, crossing=crossing.evolve(order.crossing, fact))
        case SaleMade(order_id=order.id):
            return replace(order, sale=fact)
        case OrderPlaced(order_id=order.id):
            return Order(order.id, "placed", fact, due=fact.hold_until)
        case OrderEvent(order_id=order.id):
            return _stepped(_told(order, fact), fact)
        case _:
            return order


def _stepped(order: Order, fact: OrderEvent) -> Order:
    """Move on as the table of its life says, and write a row of history."""
    status = life.after(order.status, fact)
    at: datetime | None = getattr(fact, "at", None)
    why = reason(fact)
    rows = (Step(at, fact.type.rpartition(".")[2], status, why),) if at else ()
    due = _due(fact, order.due) if status in life.WAITS else None
    after = crossing.evolve(order.crossing, fact) if order.crossing else None
    history = (*order.history, *rows)
    return replace(order, status=status, due=due, history=history, crossing=after)


def reason(fact: OrderEvent) -> str:
    """Why something happened, as the history tells it; of documents that differ, where."""
    match fact:
        case CustomsHeld(reason=why, differing=differing) if differing:
            return f"{why}: {', '.join(differing)}"
        case OrderDeclared(elsewhere=True):
            return f"by an importer of record, as {fact.declaration}"
        case OrderReleased(released_at=datetime() as at):
            return f"at {instant(at.astimezone(UTC))}"
        case _:
            return getattr(fact, "reason", None) or ""


def _due(fact: OrderEvent, before: datetime | None) -> datetime | None:
    """By when what an order waits for after *fact* should have happened."""
    match fact:
        case OrderConfirmed() | OrderReleased():
            return fact.ship_by
        case OrderDeclared():
            return fact.answer_by
        case CustomsHeld():
            return fact.decide_by
        case OrderShipped():
            return fact.deliver_by
        case OrderDelivered():
            return fact.return_until
        case _:
            return before


def _told(order: Order, fact: OrderEvent) -> Order:
    """Take in what *fact* tells besides where the order stands."""
    match fact:
        case PaymentStarted() | PaymentFailed() | PaymentQuarantined():
            return _paying(order, fact)
        case OrderConfirmed():
            return replace(
                _with_payment(order, _taken(order, fact)),
                grace_until=fact.grace_until,
                crossing=crossing.begin(order.terms, fact),
            )
        case RefundRequested() | RefundApproved() | RefundDenied() | RefundDue() | RefundPaid():
            return _refunding(order, fact)
        case Parcel():
            sent = Sent(fact.parcel_id, fact.lines, fact.carrier, fact.waybill)
            return replace(order, parcels=(*order.parcels, sent), grace_until=None)
        case OrderDelivered() | ParcelDelivered():
            parcels = tuple(
                replace(sent, delivered=sent.delivered or sent.id == fact.parcel_id)
                for sent in order.parcels
            )
            until = fact.return_until if isinstance(fact, OrderDelivered) else None
            return replace(order, parcels=parcels, return_until=until)
        case OrderHandedOver():
            return replace(order, return_until=fact.return_until)
        case OrderDeclared():
            return replace(order, declaration=fact.declaration, grace_until=None)
        case OrderReleased():
            return replace(order, released_at=fact.released_at or fact.at)
        case UnitsCancelled():
            cut = summed((*order.cancelled, *fact.lines))
            return replace(order, cancelled=named(cut), damaged=(*order.damaged, *fact.damaged))
        case OrderUndone() if fact.damaged and life.after(order.status, fact) != order.status:
            return replace(order, damaged=(*order.damaged, *fact.damaged))
        case ReturnRequested() | ReturnApproved() | ReturnRefused() | ReturnReceived():
            return _returning(order, fact)
        case _:
            return order


def _taken(order: Order, fact: OrderConfirmed) -> Payment:
    """The payment that confirms; of one that was put aside, all that came of it."""
    for known in order.payments:
        if known.id == fact.payment_id and known.status == "quarantined":
            return replace(known, status="captured")
    return Payment(fact.payment_id or CASH, fact.total, "captured")


def _paying(order: Order, fact: PaymentStarted | PaymentFailed | PaymentQuarantined) -> Order:
    match fact:
        case PaymentStarted():
            return _with_payment(order, Payment(fact.payment_id, fact.amount, "started"))
        case PaymentFailed():
            return _with_payment(order, Payment(fact.payment_id, order.terms.total, "failed"))
        case PaymentQuarantined():
            return _with_payment(order, Payment(fact.payment_id, fact.amount, "quarantined"))


def _refunding(
    order: Order,
    fact: RefundRequested | RefundApproved | RefundDenied | RefundDue | RefundPaid,
) -> Order:
    match fact:
        case RefundRequested():
            asked = Refund(
                fact.refund_id,
                fact.payment_id,
                fact.amount,
                "asked",
                fact.reason,
                fact.by,
                fact.units,
                fact.damaged,
            )
            return _with_refund(order, asked)
        case RefundApproved():
            return order
        case RefundDenied():
            return _with_refund(order, replace(_refund(order, fact.refund_id), status="denied"))
        case RefundDue():
            return _owing(order, fact)
        case RefundPaid():
            paid = Refund(fact.refund_id, fact.payment_id, fact.amount, "paid")
            known = next((r for r in order.refunds if r.id == fact.refund_id), paid)
            coins = fact.cash.amount if fact.cash else None
            after = _with_refund(order, replace(known, status="paid", coins=coins))
            if after.owed_since is None:
                after = replace(after, refund_at=None, refund_trouble="")
            return after


def _owing(order: Order, fact: RefundDue) -> Order:
    """Note what is to go back; money that buys nothing has been captured all the same."""
    known = next((r for r in order.refunds if r.id == fact.refund_id), None)
    due = Refund(
        fact.refund_id,
        fact.payment_id,
        fact.amount,
        "due",
        fact.reason,
        known.asked_by if known else "",
        fact.units,
        fact.damaged,
        fact.at,
    )
    captured = next((p for p in order.payments if p.id == fact.payment_id), None)
    if captured is None or captured.status != "captured":
        order = _with_payment(order, Payment(fact.payment_id, fact.amount, "captured"))
    return replace(_with_refund(order, due), refund_at=fact.at, refund_tries=0)


def _returning(
    order: Order, fact: ReturnRequested | ReturnApproved | ReturnRefused | ReturnReceived
) -> Order:
    if isinstance(fact, ReturnRequested):
        asked = Return(fact.return_id, fact.units, "requested", fact.at)
        return replace(order, returns=(*order.returns, asked))

    def moved(known: Return) -> Return:
        match fact:
            case ReturnApproved():
                return replace(known, status="approved", arrive_by=fact.arrive_by)
            case ReturnRefused():
                return replace(known, status="refused")
            case ReturnReceived():
                return replace(known, status="received", damaged=fact.damaged)

    return replace(
        order, returns=tuple(moved(r) if r.id == fact.return_id else r for r in order.returns)
    )


def _refund(order: Order, refund_id: str) -> Refund:
    return next(refund for refund in order.refunds if refund.id == refund_id)


def _with_refund(order: Order, refund: Refund) -> Order:
    others = tuple(known for known in order.refunds if known.id != refund.id)
    refunds = (*others, refund)
    owed = (known.due_at for known in refunds if known.status == "due" and known.due_at)
    return replace(order, refunds=refunds, owed_since=min(owed, default=None))


def _with_payment(order: Order, payment: Payment) -> Order:
    """Put *payment* in place of what was known of it."""
    others = tuple(known for known in order.payments if known.id != payment.id)
    return replace(order, payments=(*others, payment))

"""An order as it stands: what was agreed, and all that has come of it."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal

from services.orders.border import crossing
from services.orders.border.crossing import Crossing, CrossingNote
from services.orders.ordering import life
from services.orders.ordering.life import Status
from services.orders.ordering.units import named, summed
from shared.events.base import instant
from shared.events.money import Money
from shared.events.orders import (
    CustomsHeld,
    Line,
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
    Units,
    UnitsCancelled,
)
from shared.platform.change.aggregate import Note
from shared.refusal import Refused

CASH = "cash"
"""The payment of what was paid for at the till: its money is given back from there, too."""


@dataclass(frozen=True, slots=True)
class Step:
    """One row of an order's history: when what happened, where that left it, and why."""

    at: datetime
    what: str
    status: Status
    why: str = ""


@dataclass(frozen=True, slots=True)
class Payment:
    """One try at paying for an order."""

    id: str
    amount: Money
    status: Literal["started", "failed", "captured", "quarantined"]


@dataclass(frozen=True, slots=True)
class Offer:
    """What was answered to who began to pay: where. Whoever asks for the same *key* is told again.

    Attributes:
        key: The cause it was asked by.
    """

    key: str
    payment_id: str
    pay_url: str


@dataclass(frozen=True, slots=True)
class Refund:
    """Money on its way back; `asked` waits for a second person, `due` for the provider.

    Attributes:
        units: Whose price it is; those that had not left do not leave.
        damaged: Those of them that are unfit to be sold.
        due_at: Since when it is to go back.
        coins: What of it was given back in coins, in minor units; None of what was not in cash.
    """

    id: str
    payment_id: str
    amount: Money
    status: Literal["asked", "denied", "due", "paid"]
    reason: str = ""
    asked_by: str = ""
    units: tuple[Units, ...] = ()
    damaged: tuple[Units, ...] = ()
    due_at: datetime | None = None
    coins: int | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """A parcel."""

    id: str
    units: tuple[Units, ...]
    carrier: str
    waybill: str
    delivered: bool = False


@dataclass(frozen=True, slots=True)
class Return:
    """Goods on their way back; their clocks are in `services/orders/ordering/returns.py`."""

    id: str
    units: tuple[Units, ...]
    status: Literal["requested", "approved", "refused", "received"]
    asked_at: datetime
    arrive_by: datetime | None = None
    damaged: tuple[Units, ...] = ()


@dataclass(frozen=True, slots=True)
class Order:
    """Where one order stands.

    Attributes:
        placed: What was agreed; None of an order nobody placed.
        sale: How it was paid for at a till; None of what was sold elsewhere.
        due: When that for which the order waits should have happened.
        grace_until: Until when its buyer may withdraw although it is paid for.
        refund_at: When to try to send back what is due; None if nothing is.
        refund_trouble: What was said when it could last not be sent back.
        owed_since: Since when there is money to send back; None if there is none.
        cancelled: Units that are paid for and will not leave.
        damaged: Units that did not leave and are unfit to be sold.
        crossing: Where its goods stand between here and there; None if they pass no customs.
    """

    id: str
    status: Status = "new"
    placed: OrderPlaced | None = None
    due: datetime | None = None
    grace_until: datetime | None = None
    released_at: datetime | None = None
    return_until: datetime | None = None
    declaration: str = ""
    payments: tuple[Payment, ...] = ()
    offers: tuple[Offer, ...] = ()
    refunds: tuple[Refund, ...] = ()
    parcels: tuple[Sent, ...] = ()
    returns: tuple[Return, ...] = ()
    history: tuple[Step, ...] = ()
    refund_at: datetime | None = None
    refund_tries: int = 0
    refund_trouble: str = ""
    owed_since: datetime | None = None
    crossing: Crossing | None = None
    sale: SaleMade | None = None
    cancelled: tuple[Units, ...] = ()
    damaged: tuple[Units, ...] = ()

    @property
    def terms(self) -> OrderPlaced:
        """What was agreed. Refuses an order nobody placed."""
        if self.placed is None:
            raise Refused("order.unknown", "There is no such order.", kind="missing")
        return self.placed

    @property
    def lines(self) -> tuple[Line, ...]:
        """What was ordered."""
        return self.placed.lines if self.placed else ()


@dataclass(frozen=True, slots=True)
class RefundPutOff(Note):
    """Money that is to go back could not be sent; it is tried again at a time."""

    order_id: str
    again_at: datetime
    why: str = ""


@dataclass(frozen=True, slots=True)
class PaymentOffered(Note):
    """Somebody who began to pay was told where."""

    order_id: str
    offer: Offer


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
        case OrderUndone() if fact.damaged:
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

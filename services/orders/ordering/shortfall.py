"""The shortfall: units that are paid for and will not leave, because their price goes back first.

They are free again, or unfit to be sold, in the change in which their money is due. What is left of
the order goes its way; if nothing is left and nothing has gone, the order is cancelled.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from services.orders.border.crossing import passes_customs
from services.orders.ordering import life, parcel, refund
from services.orders.ordering.course import evolve
from services.orders.ordering.order import Order
from services.orders.ordering.policy import Policy
from services.orders.ordering.units import named, summed
from services.orders.pricing.coupon import used_by
from shared.events.base import Event
from shared.events.ids import Sku
from shared.events.orders import (
    CustomsHeld,
    Discount,
    Line,
    OrderCancelled,
    OrderDelivered,
    OrderPartCancelled,
    OrderPartShipped,
    OrderRestCancelled,
    RefundApproved,
    RefundDue,
    RefundRequested,
    Units,
)
from shared.refusal import Refused


def given_back(
    order: Order, money: Sequence[Event], now: datetime, policy: Policy
) -> Sequence[Event]:
    """What people decided about *money*, and what it makes of the units whose price it is.

    Units that have not left are taken before those that have: for goods that are gone name an
    amount, or have them sent back. Refuses units that pass customs, which declares and releases an
    order as a whole, and more damaged ones than do not leave.
    """
    said = list(money)
    agreed = any(isinstance(fact, RefundApproved) for fact in money)
    for fact in money:
        match fact:
            case RefundRequested(units=units, damaged=damaged) if units:
                _stopped(order, units, damaged)
            case RefundDue(units=units) if units:
                stopped = _stopped(order, units, () if agreed else fact.damaged)
                said += _cancel(order, fact, stopped, now, policy) if stopped else []
            case _:
                pass
    return said


def remaining(order: Order) -> tuple[Line, ...]:
    """The lines of an order without the units that were cancelled, each with what is off of it.

    Of a SKU that is on several lines the first line's units are cancelled first.
    """
    return _split(order.lines, summed(order.cancelled))[1]


def _cancel(
    order: Order, due: RefundDue, stopped: dict[Sku, int], now: datetime, policy: Policy
) -> Sequence[Event]:
    """Cancel what is paid back and will not leave; what is damaged may have left since."""
    damaged = named({sku: min(n, stopped.get(sku, 0)) for sku, n in summed(due.damaged).items()})
    gone, left = _split(remaining(order), stopped)
    placed = order.terms
    unsent = parcel.unsent(order)
    if unsent == stopped and not order.parcels:
        cancelled = OrderCancelled(
            order_id=order.id,
            festival_id=placed.festival_id,
            buyer_id=placed.buyer_id,
            lines=remaining(order),
            were="sold",
            damaged=damaged,
            reason=due.reason,
            at=now,
        )
        return [cancelled, *refund.rest(evolve(order, due), "cancelled", now)]
    last = unsent == stopped
    kind = OrderRestCancelled if last else OrderPartCancelled
    cut = kind(
        order_id=order.id,
        festival_id=placed.festival_id,
        buyer_id=placed.buyer_id,
        refund_id=due.refund_id,
        lines=tuple(line.model_copy(update={"discounts": ()}) for line in gone),
        damaged=damaged,
        coupons=tuple(sorted(used_by(gone) - used_by(left))),
        reason=due.reason,
        at=now,
    )
    if not last or not all(sent.delivered for sent in order.parcels):
        return [cut]
    # All that was ever to come has come: the time to return it runs from now.
    arrived = OrderDelivered(
        order_id=order.id,
        parcel_id=order.parcels[-1].id,
        at=now,
        return_until=now + policy.return_within,
    )
    return [cut, arrived]


def _stopped(order: Order, units: Iterable[Units], damaged: Iterable[Units]) -> dict[Sku, int]:
    """How many of each SKU will not leave, of *units* whose price goes back."""
    before = {*life.MOVES[OrderPartShipped], *life.MOVES[CustomsHeld]}
    unsent = parcel.unsent(order) if order.status in before else {}
    stopped = {sku: min(n, unsent[sku]) for sku, n in summed(units).items() if sku in unsent}
    if stopped and passes_customs(order.terms):
        raise Refused(
            "refund.declared-whole",
            "What passes customs leaves as it was ordered: name an amount, or give it all up.",
        )
    unfit = summed(damaged)
    if any(n > stopped.get(sku, 0) for sku, n in unfit.items()):
        raise Refused(
            "refund.damaged",
            "More is damaged than does not leave.",
            kind="invalid",
            not_leaving=stopped,
        )
    return stopped


def _split(
    lines: Iterable[Line], units: dict[Sku, int]
) -> tuple[tuple[Line, ...], tuple[Line, ...]]:
    """*lines* parted into *units* of them, of the first lines first, and what is left."""
    wanted, taken, left = dict(units), list[Line](), list[Line]()
    for line in lines:
        n = min(wanted.get(line.sku, 0), line.quantity)
        if n:
            wanted[line.sku] -= n
            taken.append(_part(line, n))
        if n < line.quantity:
            left.append(_part(line, line.quantity - n))
    return tuple(taken), tuple(left)


def _part(line: Line, quantity: int) -> Line:
    """So many units of a line, with their share of what is off, rounded down."""
    if quantity == line.quantity:
        return line
    off = tuple(_share(each, quantity, line.quantity) for each in line.discounts)
    return line.model_copy(update={"quantity": quantity, "discounts": off})


def _share(off: Discount, part: int, whole: int) -> Discount:
    amount = off.amount.model_copy(update={"amount": off.amount.amount * part // whole})
    return off.model_copy(update={"amount": amount})

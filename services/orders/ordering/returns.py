"""Returns: goods that come back, and the clocks that run while they do.

A buyer may return goods for no reason within seven days of having them (Consumer Law art. 25). What
entered under the cross-border rules keeps its tax relief undone, and its quota given back, if the
return was asked for within 30 days of the release by customs and arrives within 45 (GACC 2020-45).
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import reduce

from services.orders.border.crossborder import tables
from services.orders.border.crossborder.duty import returned
from services.orders.border.crossborder.quota import tax_refundable
from services.orders.border.crossborder.shanghai import day_of
from services.orders.border.crossborder.split import CBEC
from services.orders.ordering import refund
from services.orders.ordering.course import evolve
from services.orders.ordering.order import Order, Return
from services.orders.ordering.policy import Policy
from services.orders.ordering.units import named, summed
from shared.events.duty import LineDuty
from shared.events.ids import MerchantId, Sku
from shared.events.money import Money
from shared.events.orders import (
    OrderEvent,
    ReturnApproved,
    ReturnReceived,
    ReturnRefused,
    ReturnRequested,
    Units,
)
from shared.refusal import Refused


def ask(
    order: Order, return_id: str, units: Iterable[Units], reason: str, now: datetime
) -> list[ReturnRequested]:
    """The buyer wants to give units back, from when they have left until the time for it is over.

    Refuses units that did not leave, or have come back; each is named.
    """
    _ = order.terms
    units = tuple(units)
    if order.status not in ("part-shipped", "shipped", "delivered", "completed"):
        raise Refused("return.not-sent", f"The order is {order.status}.", status=order.status)
    if order.return_until is not None and now >= order.return_until:
        raise Refused(
            "return.too-late",
            "The time to return goods for no reason is over.",
            return_until=order.return_until,
        )
    theirs = returnable(order)
    for each in units:
        theirs[each.sku] = theirs.get(each.sku, 0) - each.quantity
    over = [{"sku": sku, "short": -left} for sku, left in theirs.items() if left < 0]
    if over or not units:
        raise Refused("return.units", "These units are not there to come back.", over=over)
    return [
        ReturnRequested(order_id=order.id, return_id=return_id, units=units, reason=reason, at=now)
    ]


def returnable(order: Order) -> dict[Sku, int]:
    """Units that have left and neither come back nor are on their way."""
    sent = (each for parcel in order.parcels for each in parcel.units)
    units = summed(sent if order.parcels else order.lines)
    for back in order.returns:
        if back.status != "refused":
            for each in back.units:
                units[each.sku] = units.get(each.sku, 0) - each.quantity
    return units


def all_of(order: Order, return_id: str, merchant_id: MerchantId) -> bool:
    """Whether all units of a return are of one merchant."""
    theirs = {line.sku for line in order.lines if line.merchant_id == merchant_id}
    return any(
        back.id == return_id and all(each.sku in theirs for each in back.units)
        for back in order.returns
    )


def approve(order: Order, return_id: str, now: datetime) -> list[ReturnApproved]:
    """Let the goods come back."""
    _standing(order, return_id, "requested")
    arrive_by = None
    if order.released_at and _came_cross_border(order):
        rule = tables.on(day_of(order.terms.placed_at)).returns
        arrive_by = order.released_at + timedelta(days=rule.back_within_days)
    return [ReturnApproved(order_id=order.id, return_id=return_id, at=now, arrive_by=arrive_by)]


def refuse(order: Order, return_id: str, reason: str, now: datetime) -> list[ReturnRefused]:
    """Do not take the goods back, or wait for them no longer: no order waits for ever."""
    _standing(order, return_id, "requested", "approved")
    return [ReturnRefused(order_id=order.id, return_id=return_id, reason=reason, at=now)]


def receive(
    order: Order,
    return_id: str,
    damaged: Iterable[Units],
    now: datetime,
    *,
    by: str,
    policy: Policy,
) -> list[OrderEvent]:
    """The goods are back: each unit free again, or damaged; what they cost goes back.

    Import tax goes back with them while both clocks of customs run, and so does the quota. A unit
    that was paid back before it came is not paid back again.
    """
    back = _standing(order, return_id, "approved")
    broken = summed(damaged)
    whole = summed(back.units)
    if any(quantity > whole.get(sku, 0) for sku, quantity in broken.items()):
        raise Refused("return.damaged", "More is damaged than came back.", kind="invalid")
    fit = {sku: quantity - broken.get(sku, 0) for sku, quantity in whole.items()}
    refundable = _is_tax_refundable(order, back, now)
    carried = _duty_of(order, back) if refundable else []
    owed = refund.unpaid(order, back.units)
    price = refund.price_of(order, owed)
    tax, quota = sum(line.tax for line in carried), sum(line.quota for line in carried)
    received = ReturnReceived(
        order_id=order.id,
        return_id=return_id,
        restock=named(fit),
        damaged=named(broken),
        tax_refundable=refundable,
        quota=Money(amount=quota, currency="CNY") if quota else None,
        at=now,
        refund_by=now + policy.refund_within,
    )
    due = min(price.amount + tax, refund.left(order))
    if not due:
        return [received]
    amount = Money(amount=due, currency=price.currency)
    return [
        received,
        *refund.ask(
            order,
            return_id,
            amount,
            now,
            reason="return",
            by=by,
            limit=None,  # the goods are there: nobody else has to agree that they are paid back
            units=owed,
        ),
    ]


def take_back(
    order: Order,
    return_id: str,
    units: tuple[Units, ...],
    damaged: tuple[Units, ...],
    now: datetime,
    *,
    reason: str,
    by: str,
    policy: Policy,
) -> list[OrderEvent]:
    """Goods are brought back to a counter: asked for, agreed to and received, all at once."""
    asked: list[OrderEvent] = [*ask(order, return_id, units, reason, now)]
    order = reduce(evolve, asked, order)
    agreed = approve(order, return_id, now)
    order = reduce(evolve, agreed, order)
    return [*asked, *agreed, *receive(order, return_id, damaged, now, by=by, policy=policy)]


def _is_tax_refundable(order: Order, back: Return, now: datetime) -> bool:
    if order.released_at is None or not _came_cross_border(order):
        return False
    rule = tables.on(day_of(order.terms.placed_at)).returns
    return tax_refundable(order.released_at, back.asked_at, now, rule)


def _came_cross_border(order: Order) -> bool:
    """Whether the goods entered by cross-border e-commerce; of others no tax comes back."""
    entry = order.terms.entry
    return entry is not None and entry.duty.channel in CBEC


def _standing(order: Order, return_id: str, *statuses: str) -> Return:
    for back in order.returns:
        if back.id == return_id:
            if back.status not in statuses:
                raise Refused("return.illegal-move", f"The return is {back.status}.")
            return back
    raise Refused("return.unknown", "There is no such return.", kind="missing")


def _duty_of(order: Order, back: Return) -> list[LineDuty]:
    """What the units that come back carry of the duty of their lines.

    Of a SKU that is on several lines, out of a deal and off the shelf, the first line's units come
    back first.
    """
    entry = order.terms.entry
    coming = summed(back.units)
    before = summed(
        each for other in order.returns if other.status == "received" for each in other.units
    )
    carried: list[LineDuty] = []
    for line in entry.duty.lines if entry else ():
        gone = _drawn(before, line)
        if units := _drawn(coming, line, gone):
            carried.append(returned(line, units, gone))
    return carried


def _drawn(units: dict[Sku, int], line: LineDuty, gone: int = 0) -> int:
    """Take from *units* as many as the line has beside those *gone*; how many that is."""
    drawn = min(units.get(line.sku, 0), line.quantity - gone)
    if drawn:
        units[line.sku] -= drawn
    return drawn

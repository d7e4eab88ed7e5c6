"""How an order's goods enter the mainland: declared, held, released or turned away."""

from datetime import datetime

from services.orders import life, refund
from services.orders.order import Order
from services.orders.policy import Policy
from shared.events.orders import (
    CustomsHeld,
    OrderDeclared,
    OrderEvent,
    OrderRejected,
    OrderReleased,
)
from shared.refusal import Refused


def declare(
    order: Order, declaration: str, waybill: str, now: datetime, policy: Policy
) -> list[OrderDeclared]:
    """The three documents are filed: after the grace, in which the buyer may still withdraw."""
    life.check(order.status, OrderDeclared)
    if order.terms.entry is None:
        raise Refused("entry.none", "These goods do not enter the mainland.", kind="invalid")
    if order.grace_until is not None and now < order.grace_until:
        raise Refused("entry.grace", "The buyer may still withdraw.", until=order.grace_until)
    return [
        OrderDeclared(
            order_id=order.id,
            declaration=declaration,
            waybill=waybill,
            at=now,
            answer_by=now + policy.answer_within,
        )
    ]


def hold(
    order: Order, reason: str, differing: tuple[str, ...], now: datetime, policy: Policy
) -> list[CustomsHeld]:
    """Customs keeps the goods. Said again, it changes nothing."""
    if order.status == "customs-held":
        return []
    life.check(order.status, CustomsHeld)
    return [
        CustomsHeld(
            order_id=order.id,
            reason=reason,
            differing=differing,
            at=now,
            decide_by=now + policy.decide_within,
        )
    ]


def release(order: Order, now: datetime, policy: Policy) -> list[OrderReleased]:
    """Customs lets the goods in. Said again, it changes nothing."""
    if order.released_at is not None:
        return []
    life.check(order.status, OrderReleased)
    return [OrderReleased(order_id=order.id, at=now, ship_by=now + policy.ship_within)]


def reject(order: Order, reason: str, now: datetime) -> list[OrderEvent]:
    """Customs turns the goods away: they are free again, and all the money goes back."""
    if order.status == "rejected":
        return []
    life.check(order.status, OrderRejected)
    placed = order.terms
    turned_away = OrderRejected(
        order_id=order.id,
        festival_id=placed.festival_id,
        buyer_id=placed.buyer_id,
        lines=placed.lines,
        were="sold",
        reason=reason,
        at=now,
    )
    return [turned_away, *refund.rest(order, "rejected", now)]

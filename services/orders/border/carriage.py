"""Carriage: what the route of a parcel that was declared makes of its order."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import reduce

from services.orders.border.crossing import RouteHeard
from services.orders.border.tracking import RouteNode, ShipmentStatus, delivered_at
from services.orders.ordering import parcel
from services.orders.ordering.course import evolve
from services.orders.ordering.order import Order
from services.orders.ordering.policy import Policy
from shared.events.base import Event
from shared.events.orders import Units
from shared.platform.change.aggregate import Note

CARRIER = "declared-carrier"
"""What the carrier that makes out our waybills is called in parcels."""

_LEFT = {
    ShipmentStatus.PICKED_UP,
    ShipmentStatus.IN_TRANSIT,
    ShipmentStatus.OUT_FOR_DELIVERY,
    ShipmentStatus.DELIVERED,
}


def follow(
    order: Order, told: Iterable[RouteNode], now: datetime, policy: Policy
) -> Sequence[Event | Note]:
    """Take in what a carrier tells of a declared parcel, however often and in whatever order.

    Picked up, and released by customs, all that has not left does so under its waybill; signed for,
    its buyer has it. Nothing if it says nothing new.
    """
    if order.crossing is None:
        return []
    waybill, known = order.crossing.waybill, {node.id for node in order.crossing.route}
    news = tuple(n for n in told if n.waybill_no == waybill and n.id not in known)
    facts: list[Event | Note] = [RouteHeard(order.id, news)] if news else []
    order = reduce(evolve, facts, order)
    shipped = _ship(order, now, policy)
    order = reduce(evolve, shipped, order)
    return [*facts, *shipped, *_deliver(order, now, policy)]


def _route(order: Order) -> tuple[RouteNode, ...]:
    return order.crossing.route if order.crossing else ()


def _ship(order: Order, now: datetime, policy: Policy) -> Sequence[Event]:
    waybill = order.crossing.waybill if order.crossing else ""
    unsent = parcel.unsent(order)
    gone = any(node.status in _LEFT and node.waybill_no == waybill for node in _route(order))
    if not gone or not unsent or order.status not in ("released", "part-shipped"):
        return []
    units = [Units(sku=sku, quantity=quantity) for sku, quantity in unsent.items()]
    return parcel.ship(
        order,
        waybill,
        units,
        carrier=CARRIER,
        waybill=waybill,
        merchant_id=None,
        now=now,
        policy=policy,
    )


def _deliver(order: Order, now: datetime, policy: Policy) -> Sequence[Event]:
    """From when it was signed for the buyer's days run, even if that is heard of later."""
    waybill = order.crossing.waybill if order.crossing else ""
    signed = delivered_at(node for node in _route(order) if node.waybill_no == waybill)
    on_its_way = [s for s in order.parcels if s.waybill == waybill and not s.delivered]
    if signed is None or order.status != "shipped" or not on_its_way:
        return []
    at = min(now, max(signed, order.history[-1].at))
    [sent] = on_its_way[:1]
    return parcel.deliver(order, sent.id, at, policy)

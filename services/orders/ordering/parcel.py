"""Parcels: what has left, and what has come to its buyer."""

from collections.abc import Iterable
from datetime import datetime

from services.orders.border.crossing import passes_customs
from services.orders.ordering import life
from services.orders.ordering.order import Order
from services.orders.ordering.policy import Policy
from services.orders.ordering.units import summed
from shared.events.ids import MerchantId, Sku
from shared.events.orders import (
    OrderDelivered,
    OrderPartShipped,
    OrderShipped,
    Parcel,
    ParcelDelivered,
    Units,
)
from shared.refusal import Refused


def unsent(order: Order, merchant_id: MerchantId | None = None) -> dict[Sku, int]:
    """Units that are still to leave; those of one merchant, if it is named."""
    units = summed(line for line in order.lines if merchant_id in (None, line.merchant_id))
    gone = (each for sent in order.parcels for each in sent.units)
    for each in (*gone, *order.cancelled):
        if each.sku in units:
            units[each.sku] -= each.quantity
    return {sku: quantity for sku, quantity in units.items() if quantity}


def ship(
    order: Order,
    parcel_id: str,
    units: Iterable[Units],
    *,
    carrier: str,
    waybill: str,
    merchant_id: MerchantId | None,
    now: datetime,
    policy: Policy,
) -> list[Parcel]:
    """Send units to their buyer, as somebody of *merchant_id* or, if None, of the house.

    Goods that enter the mainland leave only after customs has released them. Refuses units that
    are not the merchant's, were not ordered, have left already or were cancelled; each is named.
    """
    life.check(order.status, OrderPartShipped)
    if passes_customs(order.terms) and order.status == "confirmed":
        raise Refused("parcel.not-released", "Customs has not released the goods yet.")
    units = tuple(units)
    mine, missing = unsent(order, merchant_id), unsent(order)
    for each in units:
        mine[each.sku] = mine.get(each.sku, 0) - each.quantity
        missing[each.sku] = missing.get(each.sku, 0) - each.quantity
    over = [{"sku": sku, "short": -left} for sku, left in mine.items() if left < 0]
    if over or not units:
        raise Refused(
            "parcel.units", "These units are not there to be sent.", kind="invalid", over=over
        )
    kind = OrderPartShipped if any(missing.values()) else OrderShipped
    return [
        kind(
            order_id=order.id,
            parcel_id=parcel_id,
            lines=units,
            carrier=carrier,
            waybill=waybill,
            at=now,
            deliver_by=now + policy.deliver_within,
        )
    ]


def deliver(
    order: Order, parcel_id: str, now: datetime, policy: Policy
) -> list[OrderDelivered | ParcelDelivered]:
    """The buyer has a parcel; with the last one the time to return goods begins."""
    if not any(sent.id == parcel_id for sent in order.parcels):
        raise Refused("parcel.unknown", "There is no such parcel.", kind="missing")
    if any(sent.id == parcel_id and sent.delivered for sent in order.parcels):
        return []
    others = all(sent.delivered or sent.id == parcel_id for sent in order.parcels)
    if order.status != "shipped" or not others:
        return [ParcelDelivered(order_id=order.id, parcel_id=parcel_id, at=now)]
    return [
        OrderDelivered(
            order_id=order.id,
            parcel_id=parcel_id,
            at=now,
            return_until=now + policy.return_within,
        )
    ]

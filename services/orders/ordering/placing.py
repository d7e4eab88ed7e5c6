"""How orders come to be, and how they end: placed, sold, expired, cancelled, completed."""

from collections.abc import Sequence
from datetime import datetime
from functools import reduce
from typing import Literal

from pydantic import ValidationError

from services.orders.ordering import life, refund, shortfall
from services.orders.ordering.order import Order
from services.orders.ordering.policy import Policy
from services.orders.pricing import price
from services.orders.pricing.cash import round_cash
from services.orders.pricing.price import Transacted
from shared.events.base import Event
from shared.events.money import Money
from shared.events.orders import (
    Line,
    OrderCancelled,
    OrderCompleted,
    OrderConfirmed,
    OrderExpired,
    OrderHandedOver,
    OrderPlaced,
)
from shared.refusal import Refused


def place(placed: OrderPlaced) -> list[OrderPlaced]:
    """Hold units for a buyer; the pool and the deals have agreed already."""
    if not placed.lines:
        raise Refused("order.empty", "An order has at least one line.", kind="invalid")
    return [placed]


def sell(
    placed: OrderPlaced, policy: Policy
) -> list[OrderPlaced | OrderConfirmed | OrderHandedOver | Transacted]:
    """A sale at the booth: the money is in the till, the goods are handed over, at once.

    From then the days run in which they may be brought back (Macau's Law 9/2021 covers sales at
    fairs; Consumer Law art. 25). Refuses what comes to nothing in coins.
    """
    must_cost(round_cash(placed.total).due)
    at = placed.placed_at
    until = at + policy.return_within
    over = OrderHandedOver(order_id=placed.order_id, lines=placed.lines, at=at, return_until=until)
    return [*place(placed), *confirm(placed, "cash", None, at), over]


def must_cost(total: Money) -> None:
    """Refuse an order for nothing: nobody would pay it, and what is not paid is not sold."""
    if not total.amount:
        raise Refused("order.free", "There is nothing to pay.", kind="invalid")


def total(lines: Sequence[Line], *extra: Money | None) -> Money:
    """What the lines cost together, with what comes on top.

    Refuses different currencies, and more than money counts.
    """
    if len({line.unit_price.currency for line in lines}) > 1:
        raise Refused("order.currencies", "An order has one currency.", kind="invalid")
    try:
        return reduce(Money.__add__, [*(line.payable for line in lines), *filter(None, extra)])
    except ValidationError as error:
        raise Refused(
            "order.too-dear", "No order may come to that much.", kind="invalid"
        ) from error


def confirm(
    placed: OrderPlaced,
    method: Literal["cash", "provider"],
    payment_id: str | None,
    now: datetime,
    policy: Policy | None = None,
) -> list[OrderConfirmed | Transacted]:
    """An order is paid for; *policy* names the clocks that start; at a booth none do."""
    paid = OrderConfirmed(
        order_id=placed.order_id,
        festival_id=placed.festival_id,
        buyer_id=placed.buyer_id,
        channel=placed.channel,
        lines=placed.lines,
        total=placed.total,
        method=method,
        payment_id=payment_id,
        session_id=placed.session_id,
        booth_id=placed.booth_id,
        at=now,
        grace_until=now + policy.grace if policy else None,
        ship_by=now + policy.ship_within if policy else None,
    )
    return [paid, *price.transacted(paid, now)]


def expire(order: Order, now: datetime) -> list[OrderExpired]:
    """Give the units back if nobody paid in time."""
    life.check(order.status, OrderExpired)
    placed = order.terms
    if now < placed.hold_until:
        raise Refused("order.not-due", "The units are held for some time yet.")
    return [
        OrderExpired(
            order_id=order.id,
            festival_id=placed.festival_id,
            buyer_id=placed.buyer_id,
            lines=placed.lines,
            at=now,
        )
    ]


def cancel(
    order: Order, reason: str | None, now: datetime, *, by_house: bool = False
) -> list[Event]:
    """The buyer withdraws: before paying, or within the grace after it, and is paid back.

    The house may give an order up as long as nothing has left: what cannot be sent is not owed.
    """
    life.check(order.status, OrderCancelled)
    placed, paid = order.terms, order.status == "confirmed"
    in_grace = order.grace_until is not None and now < order.grace_until
    if paid and not (in_grace or by_house):
        raise Refused(
            "order.grace-over",
            "The time to withdraw is over; the goods can be returned once they have come.",
            grace_until=order.grace_until,
        )
    withdrawn = OrderCancelled(
        order_id=order.id,
        festival_id=placed.festival_id,
        buyer_id=placed.buyer_id,
        lines=shortfall.remaining(order),
        were="sold" if paid else "held",
        reason=reason,
        at=now,
    )
    return [withdrawn, *refund.rest(order, "cancelled", now)]


def complete(order: Order, now: datetime) -> list[OrderCompleted]:
    """The time to return goods for no reason is over, and no return is under way."""
    life.check(order.status, OrderCompleted)
    under_way = any(back.status in ("requested", "approved") for back in order.returns)
    if under_way or order.return_until is None or now < order.return_until:
        raise Refused("order.not-due", "Goods may still come back.")
    return [OrderCompleted(order_id=order.id, at=now)]

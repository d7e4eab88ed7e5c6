"""A sale: what the report must remember of an order, to count it and its refunds once."""

from dataclasses import dataclass, replace
from typing import Literal

from shared.events.ids import Channel
from shared.events.money import Money
from shared.events.orders import Line, OrderConfirmed, RefundPaid
from shared.platform.change.aggregate import Note


@dataclass(frozen=True, slots=True)
class Refund:
    """Money that went back."""

    id: str
    amount: Money
    day: str


@dataclass(frozen=True, slots=True)
class SaleBooked(Note):
    """An order is in the report of its festival."""

    order_id: str
    festival_id: str
    channel: Channel
    session_id: str | None
    day: str
    lines: tuple[Line, ...]
    total: Money


@dataclass(frozen=True, slots=True)
class RefundHeard(Note):
    """Money of an order went back; of which festival is perhaps not known yet."""

    order_id: str
    refund: Refund


@dataclass(frozen=True, slots=True)
class RefundBooked(Note):
    """A refund is in the report of its festival."""

    order_id: str
    festival_id: str
    channel: Channel
    session_id: str | None
    refund: Refund


@dataclass(frozen=True, slots=True)
class Sale:
    """How an order stands in the report.

    Attributes:
        waiting: Refunds heard and not in the report yet.
        booked: The ids of those that are.
    """

    id: str
    status: Literal["new", "confirmed"] = "new"
    festival_id: str = ""
    channel: Channel = "online"
    session_id: str | None = None
    waiting: tuple[Refund, ...] = ()
    booked: tuple[str, ...] = ()


def sell(sale: Sale, order: OrderConfirmed, day: str) -> list[SaleBooked | RefundBooked]:
    """Book an order, and the refunds that were heard of before it."""
    if sale.status == "confirmed":
        return []
    booked = SaleBooked(
        order.order_id,
        order.festival_id,
        order.channel,
        order.session_id,
        day,
        order.lines,
        order.total,
    )
    return [booked, *settle(evolve(sale, booked))]


def hear(sale: Sale, refund: RefundPaid, day: str) -> list[RefundHeard]:
    """Note a refund."""
    if refund.refund_id in {*sale.booked, *(waiting.id for waiting in sale.waiting)}:
        return []
    return [RefundHeard(sale.id, Refund(refund.refund_id, refund.amount, day))]


def settle(sale: Sale) -> list[RefundBooked]:
    """Book the refunds of a sale; money back for what was never sold is in no report."""
    if sale.status == "new":
        return []
    return [
        RefundBooked(sale.id, sale.festival_id, sale.channel, sale.session_id, refund)
        for refund in sale.waiting
    ]


def evolve(sale: Sale, fact: object) -> Sale:
    match fact:
        case SaleBooked(order_id=sale.id):
            return replace(
                sale,
                status="confirmed",
                festival_id=fact.festival_id,
                channel=fact.channel,
                session_id=fact.session_id,
            )
        case RefundHeard(order_id=sale.id):
            return replace(sale, waiting=(*sale.waiting, fact.refund))
        case RefundBooked(order_id=sale.id):
            waiting = tuple(refund for refund in sale.waiting if refund.id != fact.refund.id)
            return replace(sale, waiting=waiting, booked=(*sale.booked, fact.refund.id))
        case _:
            return sale

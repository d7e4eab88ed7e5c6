"""A sale: what the report must remember of an order, to count it and its refunds once."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from services.catalog.festival import Festival, day_of
from shared.events.ids import Channel
from shared.events.money import Money
from shared.events.orders import Line, OrderConfirmed, RefundPaid
from shared.platform.change.aggregate import Note


@dataclass(frozen=True, slots=True)
class Refund:
    """Money of one payment that went back."""

    id: str
    payment_id: str
    amount: Money
    at: datetime


@dataclass(frozen=True, slots=True)
class SaleBooked(Note):
    """An order is in the report of its festival."""

    order_id: str
    festival_id: str
    channel: Channel
    session_id: str | None
    payment_id: str | None
    day: str
    lines: tuple[Line, ...]
    total: Money


@dataclass(frozen=True, slots=True)
class RefundHeard(Note):
    """Money of an order went back; whether it had bought anything is perhaps not known yet."""

    order_id: str
    refund: Refund


@dataclass(frozen=True, slots=True)
class RefundBooked(Note):
    """A refund is in the report of its festival."""

    order_id: str
    festival_id: str
    channel: Channel
    session_id: str | None
    day: str
    refund: Refund


@dataclass(frozen=True, slots=True)
class Sale:
    """How an order stands in the report.

    Attributes:
        payment_id: The payment that confirmed it; there is none of cash.
        waiting: Refunds heard and not in the report yet.
        booked: The ids of those that are.
    """

    id: str
    status: Literal["new", "confirmed"] = "new"
    festival_id: str = ""
    channel: Channel = "online"
    session_id: str | None = None
    payment_id: str | None = None
    waiting: tuple[Refund, ...] = ()
    booked: tuple[str, ...] = ()


def sell(
    sale: Sale, order: OrderConfirmed, host: Festival, at: datetime
) -> list[SaleBooked | RefundBooked]:
    """Book an order, and the refunds that were heard of before it."""
    if sale.status == "confirmed":
        return []
    booked = SaleBooked(
        order.order_id,
        order.festival_id,
        order.channel,
        order.session_id,
        order.payment_id,
        day_of(host, at),
        order.lines,
        order.total,
    )
    return [booked, *settle(evolve(sale, booked), host)]


def hear(sale: Sale, refund: RefundPaid, at: datetime) -> list[RefundHeard]:
    """Note a refund, unless it is of a payment that bought nothing."""
    if refund.refund_id in {*sale.booked, *(waiting.id for waiting in sale.waiting)}:
        return []
    if sale.status == "confirmed" and refund.payment_id != sale.payment_id:
        return []
    return [RefundHeard(sale.id, Refund(refund.refund_id, refund.payment_id, refund.amount, at))]


def settle(sale: Sale, host: Festival) -> list[RefundBooked]:
    """Book the refunds of a sale; money back that had bought nothing is in no report."""
    if sale.status == "new":
        return []
    return [
        RefundBooked(
            sale.id,
            sale.festival_id,
            sale.channel,
            sale.session_id,
            day_of(host, refund.at),
            refund,
        )
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
                payment_id=fact.payment_id,
                waiting=tuple(
                    refund for refund in sale.waiting if refund.payment_id == fact.payment_id
                ),
            )
        case RefundHeard(order_id=sale.id):
            return replace(sale, waiting=(*sale.waiting, fact.refund))
        case RefundBooked(order_id=sale.id):
            waiting = tuple(refund for refund in sale.waiting if refund.id != fact.refund.id)
            return replace(sale, waiting=waiting, booked=(*sale.booked, fact.refund.id))
        case _:
            return sale

"""A sale: an order that a session brought about, what was paid for it and what went back. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeAlias

from services.livestream.directing.session import Session
from shared.events.orders import OrderConfirmed, OrderPlaced, RefundPaid

Heard: TypeAlias = OrderPlaced | OrderConfirmed | RefundPaid

SETTLES = timedelta(days=1)
"""For how long after the end orders and refunds still change the figures of a session."""


@dataclass(frozen=True, slots=True)
class Back:
    """Money that went back, in minor units of the sale's currency."""

    refund_id: str
    amount: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Bought:
    """A product in a sale, and how many units of it."""

    sku: str
    units: int


@dataclass(frozen=True, slots=True)
class Taking:
    """An order of a session; its id is the order's, amounts are minor units.

    Attributes:
        placed: What it came to when it was placed, whether it was ever paid or not.
        paid: What was paid; 0 until then.
        items: The units in it.
        bought: The same by product.
        backs: What went back of it.
    """

    id: str
    session_id: str = ""
    buyer_id: str = ""
    currency: str = ""
    placed: int = 0
    placed_at: datetime | None = None
    paid: int = 0
    paid_at: datetime | None = None
    items: int = 0
    bought: tuple[Bought, ...] = ()
    backs: tuple[Back, ...] = ()


def final_at(session: Session) -> datetime | None:
    """When the figures of a session stand for good: a day after its end; None before that."""
    return session.ended_at + SETTLES if session.ended_at else None


def is_provisional(session: Session, at: datetime) -> bool:
    """Whether the figures of a session may still change at *at*."""
    final = final_at(session)
    return final is None or at < final


def note(taking: Taking, heard: Heard, at: datetime) -> list[Heard]:
    """Know what orders says of a sale; what is of no session is none of ours.

    What does not say when it happened has just happened.
    """
    if isinstance(heard, RefundPaid):
        known = any(back.refund_id == heard.refund_id for back in taking.backs)
        if known or not taking.session_id or heard.amount.currency != taking.currency:
            return []
    elif heard.session_id is None:
        return []
    if isinstance(heard, OrderPlaced) or heard.at:
        return [heard]
    return [heard.model_copy(update={"at": at})]


def evolve(taking: Taking, fact: object) -> Taking:
    if (
        not isinstance(fact, OrderPlaced | OrderConfirmed | RefundPaid)
        or fact.order_id != taking.id
    ):
        return taking
    match fact:
        case OrderPlaced(total=total):
            return replace(
                taking,
                session_id=fact.session_id or "",
                buyer_id=fact.buyer_id,
                currency=total.currency,
                placed=total.amount,
                placed_at=fact.placed_at,
            )
        case OrderConfirmed(total=total):
            return replace(
                taking,
                session_id=fact.session_id or "",
                buyer_id=fact.buyer_id,
                currency=total.currency,
                paid=total.amount,
                paid_at=fact.at,
                items=sum(line.quantity for line in fact.lines),
                bought=tuple(Bought(line.sku, line.quantity) for line in fact.lines),
            )
        case RefundPaid(refund_id=refund_id, amount=amount, at=at):
            assert at is not None, "noted with its time"  # noqa: S101 - for the types
            return replace(taking, backs=(*taking.backs, Back(refund_id, amount.amount, at)))

"""A sale: an order of a session, followed until it is over; evidence is kept from then."""

from dataclasses import dataclass, replace
from datetime import datetime

from shared.events.orders import OrderConfirmed
from shared.platform.change.aggregate import Note


@dataclass(frozen=True, slots=True)
class SaleMoved(Note):
    """Something was done about an order; *over* if nothing more is to come."""

    order_id: str
    at: datetime
    over: bool


@dataclass(frozen=True, slots=True)
class Sale:
    """An order that was paid for; without a session it is not followed."""

    id: str
    session_id: str | None = None
    open: bool = False
    last_at: datetime | None = None


def follow(sale: Sale, at: datetime, *, over: bool) -> list[SaleMoved]:
    """Know that something was done about an order, if it is one of a session."""
    return [SaleMoved(sale.id, at, over)] if sale.session_id else []


def evolve(sale: Sale, fact: object) -> Sale:
    match fact:
        case OrderConfirmed(order_id=sale.id, session_id=str(session_id)):
            return Sale(sale.id, session_id, open=True, last_at=fact.at)
        case SaleMoved(order_id=sale.id, at=at, over=over):
            last_at = max(at, sale.last_at or at)
            return replace(sale, open=sale.open and not over, last_at=last_at)
        case _:
            return sale

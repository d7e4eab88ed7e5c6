"""Claims: what one buyer has, in one festival, of all that is limited for each buyer."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from shared.events.ids import BuyerId, FestivalId
from shared.events.orders import (
    Line,
    OrderConfirmed,
    OrderPlaced,
    OrderUndone,
)
from shared.refusal import Refused


@dataclass(frozen=True, slots=True)
class Claims:
    """Orders that wait for their money; units held or paid for, by deal and by listing."""

    id: str
    open: int = 0
    deals: dict[str, int] = field(default_factory=dict[str, int])
    listings: dict[str, int] = field(default_factory=dict[str, int])

    @property
    def buyer_id(self) -> str:
        return self.id.rpartition("/")[2]


def name(festival_id: FestivalId, buyer_id: BuyerId) -> str:
    """What the claims of a buyer are called; no id has a slash in it."""
    return f"{festival_id}/{buyer_id}"


def may_order(claims: Claims, most: int) -> None:
    """Refuse who keeps *most* orders waiting: units are not held for nothing without end."""
    if claims.open >= most:
        raise Refused(
            "order.open-limit",
            "Too many orders wait to be paid; pay for one of them, or cancel it.",
            kind="limit",
            open=claims.open,
            most=most,
        )


def evolve(claims: Claims, fact: object) -> Claims:
    """Count what the buyer takes, and what comes back unpaid."""
    match fact:
        case OrderPlaced(buyer_id=claims.buyer_id):
            return _moved(claims, 1, fact.lines, 1)
        case OrderConfirmed(buyer_id=claims.buyer_id):
            return _moved(claims, -1, (), 0)
        case OrderUndone(buyer_id=claims.buyer_id):
            return _moved(claims, -1 if fact.were == "held" else 0, fact.lines, -1)
        case _:
            return claims


def _moved(claims: Claims, orders: int, lines: Iterable[Line], way: Literal[-1, 0, 1]) -> Claims:
    deals, listings = dict(claims.deals), dict(claims.listings)
    for line in lines:
        units, of = (deals, line.deal_id) if line.deal_id else (listings, line.listing_id)
        if of:
            units[of] = units.get(of, 0) + way * line.quantity
            if not units[of]:
                del units[of]
    return Claims(claims.id, claims.open + orders, deals, listings)

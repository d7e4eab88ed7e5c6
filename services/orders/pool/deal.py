"""Deals: units set aside for a live room, at a price, for a while, so many for each buyer."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from services.orders.ordering.claims import Claims
from services.orders.pool.stock import Stock
from services.orders.pricing.price import Ledger, check_cut, highest_compared
from shared.events.livestream import DealRequested, DealShown
from shared.events.money import Money
from shared.events.orders import (
    DealFunded,
    DealRefused,
    DealSettled,
    DealState,
    Line,
    OrderPlaced,
    StockMoved,
)
from shared.refusal import Refused

Status = Literal["new", "refused", "funded", "shown", "settled"]


@dataclass(frozen=True, slots=True)
class Deal:
    """One deal of a room. While it is open its units are either left or taken.

    Taken they stay: those of an order that nobody pays for are free again, outside the deal.
    """

    id: str
    status: Status = "new"
    festival_id: str = ""
    session_id: str = ""
    sku: str = ""
    units: int = 0
    left: int = 0
    taken: int = 0
    per_buyer: int = 0
    price: Money | None = None
    ends_at: datetime | None = None

    @property
    def was_shown(self) -> bool:
        """Whether the room has ever offered it; before that it is the room's own affair."""
        return self.ends_at is not None


@dataclass(frozen=True, slots=True)
class Asked:
    """So many units of a SKU, asked for in a room."""

    session_id: str | None
    sku: str
    quantity: int


def fund(
    deal: Deal, stock: Stock, paid: Ledger, asked: DealRequested, now: datetime
) -> list[DealFunded | DealRefused]:
    """Set units aside for a room, or say why not. A deal asked for twice is funded once.

    The price it is compared with, if any, is no higher than what was *paid* in live rooms allows.
    """
    if deal.status != "new":
        return []
    reason = _why_not(stock, paid, asked, now)
    if reason:
        compared = asked.compared_price
        return [
            DealRefused(
                deal_id=deal.id,
                session_id=asked.session_id,
                sku=asked.sku,
                reason=reason,
                free=stock.free,
                highest_compared=highest_compared(paid, compared.currency, now)
                if compared
                else None,
            )
        ]
    return [
        DealFunded(
            deal_id=deal.id,
            session_id=asked.session_id,
            sku=asked.sku,
            festival_id=asked.festival_id,
            units=asked.units,
            price=asked.price,
            per_buyer=asked.per_buyer,
            compared_price=asked.compared_price,
        )
    ]


def _why_not(stock: Stock, paid: Ledger, asked: DealRequested, now: datetime) -> str:
    """The code of what stands against a deal; empty if nothing does."""
    if asked.units > stock.free:
        return "stock.sold-out"
    if asked.compared_price:
        try:
            check_cut(asked.price, asked.compared_price, paid, now)
        except Refused as no:
            return no.code
    return ""


def resize(deal: Deal, stock: Stock, movement_id: str, units: int, reason: str) -> list[StockMoved]:
    """Give a deal *units* more of the pool, or take some back if negative."""
    if deal.status == "new" or deal.sku != stock.id:
        raise Refused("deal.unknown", "There is no such deal.", kind="missing", deal_id=deal.id)
    if deal.status not in ("funded", "shown"):
        raise Refused("deal.over", "The deal is over.", deal_id=deal.id)
    if not -deal.left <= units <= stock.free or not units:
        raise Refused("stock.not-there", "There are not so many.", free=stock.free, left=deal.left)
    return [
        StockMoved(
            sku=deal.sku,
            movement_id=movement_id,
            units=abs(units),
            source="free" if units > 0 else "allocated",
            target="allocated" if units > 0 else "free",
            reason=reason,
            deal_id=deal.id,
        )
    ]


def settle(deal: Deal) -> list[DealSettled]:
    """End a deal: what was not taken goes back to the pool."""
    if deal.status not in ("funded", "shown"):
        return []
    return [
        DealSettled(
            deal_id=deal.id,
            session_id=deal.session_id,
            sku=deal.sku,
            taken=deal.taken,
            returned=deal.left,
        )
    ]


def take(deal: Deal, claims: Claims, asked: Asked, now: datetime) -> Money:
    """Let a buyer take units of a deal; returns the price of one. Or refuse."""
    if deal.status == "new" or (deal.sku, deal.session_id) != (asked.sku, asked.session_id):
        raise Refused("deal.unknown", "There is no such deal.", kind="missing", deal_id=deal.id)
    over = deal.ends_at is not None and now >= deal.ends_at
    if deal.price is None or deal.status in ("refused", "settled") or over:
        raise Refused("deal.over", "The deal is over.", deal_id=deal.id)
    yours = claims.deals.get(deal.id, 0)
    if yours + asked.quantity > deal.per_buyer:
        raise Refused(
            "deal.limit",
            "There is a limit for each buyer.",
            kind="limit",
            deal_id=deal.id,
            per_buyer=deal.per_buyer,
            yours=yours,
        )
    require(deal, asked.quantity)
    return deal.price


def require(deal: Deal, quantity: int) -> None:
    """Refuse more than an open deal has left."""
    if deal.status in ("funded", "shown") and quantity > deal.left:
        raise Refused("deal.sold-out", "The deal is sold out.", deal_id=deal.id, left=deal.left)


def evolve(deal: Deal, fact: object) -> Deal:
    """Follow what happens to a deal."""
    match fact:
        case DealFunded(deal_id=deal.id):
            return Deal(
                id=deal.id,
                status="funded",
                festival_id=fact.festival_id,
                session_id=fact.session_id,
                sku=fact.sku,
                units=fact.units,
                left=fact.units,
                per_buyer=fact.per_buyer,
                price=fact.price,
            )
        case DealRefused(deal_id=deal.id):
            return replace(deal, status="refused", session_id=fact.session_id, sku=fact.sku)
        case DealShown(deal_id=deal.id) if deal.status == "funded":
            return replace(deal, status="shown", ends_at=fact.ends_at)
        case DealSettled(deal_id=deal.id):
            return replace(deal, status="settled", left=0)
        case StockMoved(deal_id=deal.id):
            units = fact.units if fact.target == "allocated" else -fact.units
            return replace(deal, units=deal.units + units, left=deal.left + units)
        case OrderPlaced(lines=lines):
            units = _units(deal.id, lines)
            return replace(deal, left=deal.left - units, taken=deal.taken + units)
        case _:
            return deal


def tell(deal: Deal) -> DealState:
    """Say how the deal stands."""
    return DealState(
        deal_id=deal.id,
        session_id=deal.session_id,
        sku=deal.sku,
        units=deal.units,
        left=deal.left,
        taken=deal.taken,
        status=deal.status,
    )


def _units(deal_id: str, lines: tuple[Line, ...]) -> int:
    return sum(line.quantity for line in lines if line.deal_id == deal_id)

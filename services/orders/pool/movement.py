"""Movements: what moved the pool and no order, deal or till tells of; reconciling adds them up."""

from dataclasses import dataclass, replace

from shared.events.orders import StockCorrected, StockMoved, StockReceived


@dataclass(frozen=True, slots=True)
class Movement:
    """Units that came in (`received`), or were found good or bad for selling (`damaged`)."""

    id: str
    sku: str = ""
    received: int = 0
    damaged: int = 0
    reason: str = ""


def evolve(movement: Movement, fact: object) -> Movement:
    """Write down what was moved."""
    match fact:
        case StockReceived():
            return replace(movement, sku=fact.sku, received=fact.units, reason="delivered")
        case StockCorrected(movement_id=movement.id):
            return replace(movement, sku=fact.sku, received=fact.units, reason=fact.reason)
        case StockMoved(movement_id=movement.id):
            damaged = fact.units * ((fact.target == "damaged") - (fact.source == "damaged"))
            return replace(movement, sku=fact.sku, damaged=damaged, reason=fact.reason)
        case _:
            return movement

"""The tally of a session: what was paid for because of it."""

from dataclasses import dataclass, field, replace

from shared.events.livestream import TallyState
from shared.events.orders import OrderConfirmed


@dataclass(frozen=True, slots=True)
class Tally:
    """Orders paid in a session, and the units in them."""

    id: str
    orders: int = 0
    units: int = 0
    by_sku: dict[str, int] = field(default_factory=dict[str, int])


def evolve(tally: Tally, fact: object) -> Tally:
    match fact:
        case OrderConfirmed(session_id=tally.id, lines=lines):
            by_sku = dict(tally.by_sku)
            for line in lines:
                by_sku[line.sku] = by_sku.get(line.sku, 0) + line.quantity
            return replace(
                tally, orders=tally.orders + 1, units=sum(by_sku.values()), by_sku=by_sku
            )
        case _:
            return tally


def state_of(tally: Tally) -> TallyState:
    """Tell how the tally stands."""
    return TallyState(
        session_id=tally.id, orders=tally.orders, units=tally.units, by_sku=tally.by_sku
    )

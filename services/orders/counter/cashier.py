"""A cashier: at one till at a time."""

from dataclasses import dataclass, replace

from shared.events.orders import ShiftClosed, ShiftOpened
from shared.refusal import Refused


@dataclass(frozen=True, slots=True)
class Cashier:
    """Where somebody's shift is; None while they have none."""

    id: str
    till_id: str | None = None


def must_be_off(cashier: Cashier) -> None:
    """Refuse who has a shift somewhere: one cashier, one till."""
    if cashier.till_id is not None:
        raise Refused("cashier.busy", "You have a shift at another till.", till_id=cashier.till_id)


def evolve(cashier: Cashier, fact: object) -> Cashier:
    """Follow a cashier from till to till."""
    match fact:
        case ShiftOpened(cashier_id=cashier.id):
            return replace(cashier, till_id=fact.till_id)
        case ShiftClosed(till_id=cashier.till_id):
            return replace(cashier, till_id=None)
        case _:
            return cashier

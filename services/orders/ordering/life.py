"""The life of an order: which fact may follow where it stands. docs/orders.md has the picture."""

from collections.abc import Mapping
from typing import Literal, TypeAlias

from shared.events.orders import (
    CustomsHeld,
    OrderCancelled,
    OrderCompleted,
    OrderConfirmed,
    OrderDeclared,
    OrderDelivered,
    OrderEvent,
    OrderExpired,
    OrderHandedOver,
    OrderPartShipped,
    OrderPlaced,
    OrderRejected,
    OrderReleased,
    OrderRestCancelled,
    OrderShipped,
)
from shared.refusal import Refused

Status: TypeAlias = Literal[
    "new",
    "placed",
    "confirmed",
    "declared",
    "customs-held",
    "released",
    "part-shipped",
    "shipped",
    "delivered",
    "completed",
    "expired",
    "cancelled",
    "rejected",
]

MOVES: Mapping[type[OrderEvent], Mapping[Status, Status]] = {
    OrderPlaced: {"new": "placed"},
    OrderExpired: {"placed": "expired"},
    OrderCancelled: {"placed": "cancelled", "confirmed": "cancelled"},
    OrderConfirmed: {"placed": "confirmed"},
    OrderHandedOver: {"confirmed": "completed"},
    OrderDeclared: {"confirmed": "declared", "customs-held": "declared"},
    CustomsHeld: {
        "confirmed": "customs-held",
        "declared": "customs-held",
        "customs-held": "customs-held",
    },
    OrderReleased: {"declared": "released", "customs-held": "released"},
    OrderRejected: {"declared": "rejected", "customs-held": "rejected"},
    OrderPartShipped: {
        "confirmed": "part-shipped",
        "released": "part-shipped",
        "part-shipped": "part-shipped",
    },
    OrderShipped: {"confirmed": "shipped", "released": "shipped", "part-shipped": "shipped"},
    OrderRestCancelled: {"part-shipped": "shipped"},
    OrderDelivered: {"shipped": "delivered"},
    OrderCompleted: {"delivered": "completed"},
}
"""Each fact that moves an order on, from where it may, to where. Any other fact leaves it there."""

WAITS: Mapping[Status, str] = {
    "placed": "the buyer's payment",
    "confirmed": "the goods to leave",
    "declared": "the answer of customs",
    "customs-held": "documents that customs accepts",
    "released": "the goods to leave",
    "part-shipped": "the rest of the goods to leave",
    "shipped": "the carrier to bring the goods",
    "delivered": "the end of the time to return goods",
}
"""What an order waits for where it stands; where it is not named, it waits for nothing more."""

PAID: tuple[Status, ...] = (*(status for status in WAITS if status != "placed"), "completed")
"""Where an order stands whose goods are its buyer's, paid for and not undone."""


def check(status: Status, move: type[OrderEvent]) -> None:
    """Refuse a *move* that does not lead on from *status*, naming from where it would."""
    if status == "new" and move is not OrderPlaced:
        raise Refused("order.unknown", "There is no such order.", kind="missing")
    if status not in MOVES[move]:
        raise Refused(
            "order.illegal-move",
            f"The order is {status}; this can be done while it is {' or '.join(MOVES[move])}.",
            status=status,
            needs=list(MOVES[move]),
        )


def after(status: Status, fact: OrderEvent) -> Status:
    """Where *fact* leaves an order that stood at *status*."""
    return MOVES.get(type(fact), {}).get(status, status)


def picture() -> str:
    """The table as a state diagram (Mermaid)."""
    steps = [
        f"    {'[*]' if source == 'new' else _name(source)} --> {_name(target)}: {_word(move)}"
        for move, ways in MOVES.items()
        for source, target in ways.items()
    ]
    ends = [f"    {_name(end)} --> [*]" for end in sorted(_ends())]
    return "\n".join(["stateDiagram-v2", *steps, *ends]) + "\n"


def _ends() -> set[Status]:
    return {end for ways in MOVES.values() for end in ways.values() if end not in WAITS}


def _name(status: Status) -> str:
    return status.replace("-", "_")


def _word(move: type[OrderEvent]) -> str:
    return move.type.rpartition(".")[2]

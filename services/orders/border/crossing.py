"""An order's crossing of the border as it stands: what was filed, heard and carried, what is next.

A crossing is looked at by itself when `look_at` comes: to file, to ask customs that are silent, to
ask the carrier.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.orders.border.tracking import RouteNode, follow
from shared.events.orders import (
    CustomsHeld,
    OrderConfirmed,
    OrderDeclared,
    OrderDelivered,
    OrderPlaced,
    OrderReleased,
    OrderShipped,
    OrderUndone,
)
from shared.platform.change.aggregate import Note

LONGEST_PAUSE = timedelta(hours=1)
MOST_DOUBLED = 12


@dataclass(frozen=True, slots=True)
class Crossing:
    """Where the goods of one order stand between its buyer's money and its buyer's door.

    Attributes:
        look_at: When to look whether there is something to do or to hear; None if there is not.
        looks: How often that came to nothing since something last happened.
        waybill: Under which number the goods are declared and carried.
        revision: The last word of customs that was heard; of two the higher is the later.
        route: What the carrier has told, in order of time.
    """

    look_at: datetime | None = None
    looks: int = 0
    waybill: str = ""
    revision: int = 0
    route: tuple[RouteNode, ...] = ()


@dataclass(frozen=True, slots=True)
class CrossingNote(Note):
    """Something about the crossing of an order that nobody else has to know."""

    order_id: str


@dataclass(frozen=True, slots=True)
class LookPutOff(CrossingNote):
    """It is looked at now; if that comes to nothing, again at a time."""

    again_at: datetime


@dataclass(frozen=True, slots=True)
class CustomsHeard(CrossingNote):
    """Customs has said so much of an order."""

    revision: int


@dataclass(frozen=True, slots=True)
class RouteHeard(CrossingNote):
    """The carrier has told of an order's goods."""

    nodes: tuple[RouteNode, ...]


def passes_customs(placed: OrderPlaced) -> bool:
    """Whether the goods have yet to pass customs; stock in the mainland has done so."""
    return placed.entry is not None and placed.entry.duty.channel != "DOMESTIC_STOCK"


def begin(placed: OrderPlaced, paid: OrderConfirmed) -> Crossing | None:
    """The crossing of an order that is paid for: to be filed when its buyer may not withdraw."""
    if not passes_customs(placed):
        return None
    return Crossing(look_at=paid.grace_until or paid.at)


def evolve(crossing: Crossing, fact: object) -> Crossing:
    """Follow what happens to an order that has one."""
    match fact:
        case LookPutOff():
            return replace(crossing, look_at=fact.again_at, looks=crossing.looks + 1)
        case CustomsHeard():
            return replace(crossing, revision=fact.revision)
        case RouteHeard():
            return replace(crossing, route=follow(crossing.route, fact.nodes))
        case OrderDeclared():
            return replace(crossing, look_at=fact.at, looks=0, waybill=fact.waybill or "")
        case CustomsHeld():
            filed = crossing.waybill != ""
            return replace(crossing, look_at=fact.at if filed else None, looks=0)
        case OrderReleased():
            carried = crossing.waybill != ""  # if not, people send the goods
            return replace(crossing, look_at=fact.at if carried else None, looks=0)
        case OrderShipped():
            ours = fact.waybill == crossing.waybill
            return replace(crossing, look_at=fact.at if ours else None, looks=0)
        case OrderDelivered() | OrderUndone():
            return replace(crossing, look_at=None, looks=0)
        case _:
            return crossing


def put_off(order_id: str, crossing: Crossing, now: datetime, first: timedelta) -> list[LookPutOff]:
    """Look again after *first*, twice as long after each time that came to nothing, up to an hour.

    Nothing if it is not time to look.
    """
    if crossing.look_at is None or now < crossing.look_at:
        return []
    pause = min(first * 2 ** min(crossing.looks, MOST_DOUBLED), LONGEST_PAUSE)
    return [LookPutOff(order_id, now + pause)]

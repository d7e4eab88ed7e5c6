"""A zone: open for a while, with room for so many products, and the selection that fills it."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from services.catalog.festival import Festival, running
from services.catalog.product import Product, owner
from services.catalog.window import window
from services.catalog.wish import Instant, Wish
from shared.events.catalog import (
    ProductDropped,
    ProductSelected,
    SelectionClosed,
    ZonePlanned,
    ZoneRevised,
)
from shared.events.text import Text
from shared.refusal import Refused

CAPACITY = 60


class Layout(Wish):
    """What a zone is called, when it is open, how many products it shows."""

    titles: Text
    opens_at: Instant
    closes_at: Instant
    capacity: Annotated[int, Field(ge=1, le=1000)] = CAPACITY


@dataclass(frozen=True, slots=True)
class Zone:
    """How a zone stands.

    Attributes:
        status: `planned` while products are being selected, `filled` once the selection is closed.
        skus: The products selected, in the order in which they were.
    """

    id: str
    status: Literal["new", "planned", "filled"] = "new"
    festival_id: str = ""
    titles: Text | None = None
    opens_at: datetime | None = None
    closes_at: datetime | None = None
    capacity: int = 0
    skus: tuple[str, ...] = ()


def plan(zone: Zone, festival: Festival, layout: Layout) -> list[ZonePlanned | ZoneRevised]:
    """There will be a zone in a festival, or it will be another one."""
    days = running(festival).days
    if zone.status != "new" and zone.festival_id != festival.id:
        raise Refused("zone.elsewhere", "Another festival has a zone of this name.")
    said = ZonePlanned if zone.status == "new" else ZoneRevised
    event = said(zone_id=zone.id, festival_id=festival.id, **dict(layout))
    if evolve(zone, event) == zone:
        return []
    if not window(layout.opens_at, layout.closes_at).within(days):
        raise Refused("zone.outside", "A zone is open on days of its festival.", kind="invalid")
    if zone.status == "filled" and layout.capacity != zone.capacity:
        raise Refused("selection.closed", "The selection is closed: the zone keeps its size.")
    if layout.capacity < len(zone.skus):
        raise Refused(
            "zone.too-small",
            f"{len(zone.skus)} products are selected for it already.",
            selected=len(zone.skus),
        )
    return [event]


def select(zone: Zone, product: Product) -> list[ProductSelected]:
    """A product will be shown in the zone: never twice, never more than there is room for."""
    _selecting(zone)
    merchant_id = owner(product)
    if product.id in zone.skus:
        raise Refused("selection.twice", "This product is selected already.")
    if len(zone.skus) >= zone.capacity:
        raise Refused(
            "selection.full", f"All {zone.capacity} places are taken.", capacity=zone.capacity
        )
    return [
        ProductSelected(
            zone_id=zone.id,
            festival_id=zone.festival_id,
            sku=product.id,
            merchant_id=merchant_id,
        )
    ]


def drop(zone: Zone, product: Product) -> list[ProductDropped]:
    """A product will not be shown after all; its place is free again."""
    _selecting(zone)
    if product.id not in zone.skus:
        return []
    return [
        ProductDropped(
            zone_id=zone.id,
            festival_id=zone.festival_id,
            sku=product.id,
            merchant_id=owner(product),
        )
    ]


def close(zone: Zone) -> list[SelectionClosed]:
    """The selection stands, if every place is taken."""
    if zone.status == "filled":
        return []
    _selecting(zone)
    missing = zone.capacity - len(zone.skus)
    if missing:
        raise Refused(
            "selection.incomplete",
            f"{missing} of {zone.capacity} products are missing.",
            missing=missing,
            capacity=zone.capacity,
        )
    return [SelectionClosed(zone_id=zone.id, festival_id=zone.festival_id, skus=zone.skus)]


def _selecting(zone: Zone) -> None:
    if zone.status == "new":
        raise Refused("zone.unknown", "There is no such zone.", kind="missing")
    if zone.status == "filled":
        raise Refused("selection.closed", "The selection is closed.")


def evolve(zone: Zone, fact: object) -> Zone:
    match fact:
        case ZonePlanned(zone_id=zone.id) | ZoneRevised(zone_id=zone.id):
            return replace(
                zone,
                status="planned" if zone.status == "new" else zone.status,
                festival_id=fact.festival_id,
                titles=fact.titles,
                opens_at=fact.opens_at,
                closes_at=fact.closes_at,
                capacity=fact.capacity,
            )
        case ProductSelected(zone_id=zone.id):
            return replace(zone, skus=(*zone.skus, fact.sku))
        case ProductDropped(zone_id=zone.id):
            return replace(zone, skus=tuple(sku for sku in zone.skus if sku != fact.sku))
        case SelectionClosed(zone_id=zone.id):
            return replace(zone, status="filled")
        case _:
            return zone

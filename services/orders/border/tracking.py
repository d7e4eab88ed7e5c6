"""Tracking: what a carrier's route nodes say of where a shipment stands."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ShipmentStatus(StrEnum):
    """Where a shipment stands, whoever carries it."""

    CREATED = "created"
    PICKED_UP = "picked-up"
    IN_TRANSIT = "in-transit"
    CUSTOMS_HELD = "customs-held"
    CUSTOMS_RELEASED = "customs-released"
    OUT_FOR_DELIVERY = "out-for-delivery"
    DELIVERED = "delivered"
    EXCEPTION = "exception"
    RETURNING = "returning"
    RETURNED = "returned"


@dataclass(frozen=True, slots=True)
class RouteNode:
    """Something that happened to a shipment somewhere; `status` is None if it says nothing new."""

    id: str
    waybill_no: str
    at: datetime
    status: ShipmentStatus | None
    op_code: str
    place: str


def follow(known: Iterable[RouteNode], told: Iterable[RouteNode]) -> tuple[RouteNode, ...]:
    """Add what is told to what is known: by time of the event, each node once.

    A node that is told again changes nothing, whatever it says then. Nodes of one moment stand
    in the order of their ids, so however they come the outcome is one.
    """
    nodes = {node.id: node for node in reversed((*known, *told))}
    return tuple(sorted(nodes.values(), key=lambda node: (node.at, node.id)))


def status(nodes: Iterable[RouteNode]) -> ShipmentStatus:
    """Where a shipment stands after *nodes*, which `follow` has put in order."""
    standing = ShipmentStatus.CREATED
    for node in nodes:
        standing = node.status or standing
    return standing


def delivered_at(nodes: Iterable[RouteNode]) -> datetime | None:
    """When the goods were first signed for: from then the buyer's seven days run."""
    return next((node.at for node in nodes if node.status is ShipmentStatus.DELIVERED), None)

"""Broadcasts: one event told to everybody who follows, some at a time, nobody left out."""

from dataclasses import dataclass, replace
from typing import Literal

from services.notify.recipient import of_host
from shared.events.livestream import SessionStarted
from shared.events.text import Text
from shared.platform.change.aggregate import Note
from shared.refusal import Refused

AT_ONCE = 50
"""How many people one step tells."""


@dataclass(frozen=True, slots=True)
class Broadcast:
    """One event on its way to its followers, named by the event's id.

    Attributes:
        targets: What is followed by those who are told.
        reached: The id of the last recipient told; they are told in order of their ids.
    """

    id: str
    status: Literal["new", "running", "done"] = "new"
    template: str = ""
    targets: tuple[str, ...] = ()
    titles: Text | None = None
    reached: str = ""


@dataclass(frozen=True, slots=True)
class BroadcastBegun(Note):
    """An event is to be told."""

    broadcast_id: str
    template: str
    targets: tuple[str, ...]
    titles: Text


@dataclass(frozen=True, slots=True)
class BroadcastMoved(Note):
    """Everybody up to *reached* has been told; `last` says that this is everybody."""

    broadcast_id: str
    reached: str
    last: bool


def begin(broadcast: Broadcast, event: SessionStarted, template: str) -> list[Note]:
    if broadcast.status != "new":
        return []
    host = (of_host(event.host_id),) if event.host_id else ()
    targets = (event.session_id, event.festival_id, *host)
    return [BroadcastBegun(broadcast.id, template, targets, event.titles)]


def move(broadcast: Broadcast, since: str, told: tuple[str, ...]) -> BroadcastMoved:
    """Go past the followers *told*, who were looked for after *since*."""
    if broadcast.status != "running" or broadcast.reached != since:
        raise Refused("broadcast.moved", "Another has gone on from there.")
    return BroadcastMoved(broadcast.id, told[-1] if told else since, last=len(told) < AT_ONCE)


def evolve(broadcast: Broadcast, fact: object) -> Broadcast:
    match fact:
        case BroadcastBegun(broadcast.id, template, targets, titles):
            return replace(
                broadcast, status="running", template=template, targets=targets, titles=titles
            )
        case BroadcastMoved(broadcast.id, reached, last):
            return replace(broadcast, status="done" if last else "running", reached=reached)
        case _:
            return broadcast

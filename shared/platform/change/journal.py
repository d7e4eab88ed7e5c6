"""The journal: one document a fold, and in it inbox, idempotency record and outbox.

    {_id: "0:1234", lane: 0, turn: 1234, at, expires_at, source: "/feira/orders/0",
     changes: [{cause, fingerprint, causation, correlation, traceparent}],
     events:  [{id, type, topic, partition, key, value, change}],
     others:  ["3:77"]}                      # its companions, if the fold spans lanes

The *turn* is a counter taken as the first write of the transaction, so turns are dense and turn
order is commit order. A change's events carry its index in `changes` of the first lane's document.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zlib import crc32

from shared.events.base import Event, catalogue
from shared.events.ids import new_id
from shared.events.partition import partition_of
from shared.platform.change.cause import Cause
from shared.platform.mongo import ASCENDING, Document, IndexModel

JOURNAL, LANES = "journal", "lanes"

CAUSE_INDEX = "cause"

COLLECTIONS: dict[str, list[IndexModel]] = {
    JOURNAL: [
        IndexModel([("lane", ASCENDING), ("turn", ASCENDING)], unique=True, name="turn"),
        IndexModel([("changes.cause", ASCENDING)], unique=True, sparse=True, name=CAUSE_INDEX),
        IndexModel([("expires_at", ASCENDING)], expireAfterSeconds=0, name="expiry"),
    ],
    LANES: [],
}

_NO_CHANGE = -1


def lane_of(id: str, lanes: int) -> int:
    """Which lane the aggregates called *id* belong to, whatever their kind."""
    return 0 if lanes == 1 else crc32(id.encode()) % lanes


@dataclass(slots=True)
class Page:
    """What one fold writes into one lane's journal."""

    lane: int
    turn: int
    source: str
    changes: list[Document] = field(default_factory=list)
    events: list[Document] = field(default_factory=list)

    @property
    def id(self) -> str:
        return f"{self.lane}:{self.turn}"

    def enter(self, cause: Cause) -> int:
        """Write down that *cause* has acted; returns the index of the change."""
        self.changes.append(
            {
                "cause": cause.key,
                "fingerprint": cause.fingerprint,
                "causation": cause.causation or cause.key,
                "correlation": cause.correlation,
                "traceparent": cause.traceparent,
            }
        )
        return len(self.changes) - 1

    def say(self, event: Event, value: bytes, change: int = _NO_CHANGE) -> None:
        """Put *event*, written as *value*, in line for Kafka."""
        self.events.append(
            {
                "id": new_id(),
                "type": event.type,
                "topic": event.topic,
                "partition": partition_of(event.key),
                "key": event.key,
                "value": value,
                "change": change,
            }
        )

    def document(self, at: datetime, keep: timedelta, others: Sequence[str]) -> Document:
        document: Document = {
            "_id": self.id,
            "lane": self.lane,
            "turn": self.turn,
            "at": at,
            "expires_at": at + keep,
            "source": self.source,
            "events": self.events,
        }
        if self.changes:  # a page without causes stays out of their unique index
            document["changes"] = self.changes
        if others:
            document["others"] = list(others)
        return document


def outcome(pages: Iterable[Mapping[str, Any]], change: int) -> tuple[Event, ...]:
    """The facts that the *change* of these companion pages led to, read back."""
    return tuple(
        catalogue[said["type"]].read(said["value"])
        for page in pages
        for said in page["events"]
        if said["change"] == change
    )

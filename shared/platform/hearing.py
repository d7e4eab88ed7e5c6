"""Hearing: a Kafka record into an event, tolerantly, since anybody may write to a bus."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from aiokafka import ConsumerRecord
from pydantic import ValidationError

from shared.events.base import Event, Stamp, catalogue
from shared.platform.cause import Cause

Record: TypeAlias = "ConsumerRecord[Any, Any]"
Reaction: TypeAlias = Awaitable[Any] | None
Handler: TypeAlias = Callable[[Any, Cause], Reaction]
"""What is done about an event: names a change at once, without an await before it, and returns what
to wait for; or returns None if there is nothing to do."""


MAX_ID = 256
"""The longest event id: causes are kept in an index."""


class Poison(Exception):
    """A record that can never be understood, or never be acted on."""


@dataclass(frozen=True, slots=True)
class Heard:
    """An event understood, and the cause it is."""

    event: Event
    cause: Cause


_ATTRIBUTES = {f"ce_{name}": name for name in Stamp.__dataclass_fields__} | {
    "traceparent": "traceparent"
}


def stamp_of(record: Record) -> Stamp:
    """Read the envelope; headers that are not text are passed over. Raises Poison."""
    found: dict[str, str] = {}
    for name, value in record.headers:
        attribute = _ATTRIBUTES.get(name)
        if attribute:
            try:
                found[attribute] = value.decode()
            except (UnicodeDecodeError, AttributeError):  # not text, or null
                continue
    if not 0 < len(found.get("id", "")) <= MAX_ID:
        raise Poison("the record has no ce_id, or none that can name an event")
    if not found.get("type"):
        raise Poison("the record has no ce_type")
    return Stamp(**found)


def read(record: Record) -> Heard | None:
    """Understand *record*; None if its type is not in our language (yet). Raises Poison."""
    stamp = stamp_of(record)
    kind = catalogue.get(stamp.type)
    if kind is None:
        return None
    try:
        return Heard(kind.read(record.value or b""), Cause.of(stamp))
    except ValidationError as error:
        raise Poison(f"not a {stamp.type}: {error.error_count()} faults") from error

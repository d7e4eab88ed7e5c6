"""Hearing: a Kafka record into an event, tolerantly, since anybody may write to a bus."""

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple, TypeAlias

from aiokafka import ConsumerRecord
from pydantic import ValidationError

from shared.events.base import Event, Stamp, catalogue
from shared.platform.change.cause import Cause

Record: TypeAlias = "ConsumerRecord[Any, Any]"
Reaction: TypeAlias = Awaitable[Any] | None
Handler: TypeAlias = Callable[[Any, Cause], Reaction]
"""What is done about an event: names a change at once, without an await before it, and returns what
to wait for; or returns None if there is nothing to do."""


MAX_ID = 256
"""The longest event id: causes are kept in an index."""


class Poison(Exception):
    """A record that can never be understood, or never be acted on."""


class Heard(NamedTuple):
    """An event understood, and the cause it is."""

    event: Event
    cause: Cause


_HEADERS = [name if name == "traceparent" else f"ce_{name}" for name in Stamp._fields]


def stamp_of(record: Record) -> Stamp:
    """Read the envelope; headers that are not text are passed over. Raises Poison."""
    said = dict(record.headers).get
    try:
        stamp = Stamp(*[said(name, b"").decode() for name in _HEADERS])
    except (UnicodeDecodeError, AttributeError):  # not text, or null
        stamp = Stamp(*[_text(said(name)) for name in _HEADERS])
    if not 0 < len(stamp.id) <= MAX_ID:
        raise Poison("the record has no ce_id, or none that can name an event")
    if not stamp.type:
        raise Poison("the record has no ce_type")
    return stamp


def _text(value: bytes | None) -> str:
    try:
        return (value or b"").decode()
    except UnicodeDecodeError:
        return ""


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

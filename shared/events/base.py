"""The event: what it is, where it goes, how it is written down.

A class is declared once; topic, key, schema and documentation follow from it:

    class OrderEvent(Event, topic="feira.orders.order.v1", key="order_id"):
        order_id: OrderId

    class OrderPlaced(OrderEvent, type="feira.orders.order.placed"):
        "A buyer's units are held."
        lines: tuple[Line, ...]
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, ClassVar, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, TypeAdapter

PARTITIONS = 6
"""Partitions of every topic, for ever: another number would move keys and break their order."""

MAX_VALUE_BYTES = 256 * 1024
"""The largest fact that may be said. A larger one names its content instead of carrying it."""

_TOPIC = re.compile(r"feira\.[a-z]+\.[a-z]+(\.state)?\.v[1-9][0-9]*")
_TYPE = re.compile(r"feira\.[a-z]+\.[a-z]+\.[a-z]+(-[a-z]+)*")


class Event(BaseModel):
    """A fact in the past tense: one business fact, enough in it to act on, no personal data.

    A class with `type=` is a concrete event; one with `topic=` and `key=` is the family of all that
    happens to one sort of thing. Additive change keeps the topic; a breaking one is a new topic.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    topic: ClassVar[str]
    type: ClassVar[str]
    key_field: ClassVar[str]
    codec: ClassVar["TypeAdapter[Any]"]

    def __init_subclass__(
        cls,
        *,
        topic: str = "",
        key: str = "",
        type: str = "",
        **kwargs: Any,  # noqa: ANN401 - pydantic's own
    ) -> None:
        super().__init_subclass__(**kwargs)
        if topic:
            cls.topic, cls.key_field = topic, key
        if type:
            cls.type = type

    @classmethod
    def __pydantic_init_subclass__(cls, *, type: str = "", **kwargs: object) -> None:
        """Take the finished class into the catalogue, refusing a second meaning for a type."""
        if not type:
            return
        if not _TYPE.fullmatch(type) or not _TOPIC.fullmatch(cls.topic):
            raise TypeError(f"{cls.__name__}: type {type!r} or topic {cls.topic!r} is misnamed")
        if not cls.topic.startswith(".".join(type.split(".")[:3])):
            raise TypeError(f"{cls.__name__}: {type} does not belong on {cls.topic}")
        if cls.key_field not in cls.model_fields:
            raise TypeError(f"{cls.__name__}: no field {cls.key_field!r} to be its key")
        if not cls.__doc__:
            raise TypeError(f"{cls.__name__}: say in a docstring what has happened")
        if _catalogue.get(type, cls).__qualname__ != cls.__qualname__:
            raise TypeError(f"{type} is already declared as {_catalogue[type].__name__}")
        cls.codec = TypeAdapter(cls)
        _catalogue[type] = cls

    @property
    def key(self) -> str:
        """The id of the thing this happened to; facts of one key keep their order."""
        return str(getattr(self, self.key_field))

    @classmethod
    def read(cls, value: bytes) -> Self:
        """Read a fact back from its JSON. Raises pydantic.ValidationError."""
        return cls.codec.validate_json(value)

    def write(self) -> bytes:
        """Write the fact as JSON, without what is not known."""
        return self.codec.dump_json(self, exclude_none=True, by_alias=True)


_catalogue: dict[str, type[Event]] = {}

catalogue: Mapping[str, type[Event]] = MappingProxyType(_catalogue)
"""Every declared event by its type; complete once `shared.events` is imported."""


def topics() -> Iterator[str]:
    """Every topic of the published language, in order of name."""
    yield from sorted({event.topic for event in _catalogue.values()})


class Stamp(NamedTuple):
    """What is written on the envelope: the CloudEvents 1.0 attributes of one record, as text."""

    id: str
    type: str
    source: str = ""
    time: str = ""
    subject: str = ""
    sequence: str = ""
    correlationid: str = ""
    causationid: str = ""
    traceparent: str = ""

    @property
    def at(self) -> datetime:
        """When it happened. Raises ValueError if the envelope does not say."""
        return datetime.fromisoformat(self.time)


def schema_url(event: type[Event]) -> str:
    """Where the JSON Schema of *event* stands, relative to the published docs."""
    return f"/schemas/{event.type}.json"


def instant(moment: datetime) -> str:
    """A UTC time as RFC 3339 text with milliseconds, the form used on every envelope."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"

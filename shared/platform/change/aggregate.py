"""What a service keeps: aggregates, how they are named, how a decision sees them."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Generic, NamedTuple, TypeAlias, TypeVar, cast

from pydantic import TypeAdapter

from shared.events.base import Event
from shared.refusal import Refused

S = TypeVar("S")


class Ref(NamedTuple, Generic[S]):
    """The name of one aggregate; `fresh` promises that its id was made just now: not to be read."""

    kind: "Aggregate[S]"
    id: str
    fresh: bool = False


class Aggregate(Generic[S]):
    """One sort of thing a service keeps, in the collection *name*.

    Attributes:
        name: The collection.
        new: The blank state of an id nobody has spoken of.
        evolve: How a fact changes a state; returns the same object when it does not concern it.
        tell: How the thing stands now, said once a commit on its compacted topic; or None.
    """

    def __init__(
        self,
        name: str,
        state: type[S],
        *,
        new: Callable[[str], S],
        evolve: Callable[[S, Any], S],
        tell: Callable[[S], Event] | None = None,
    ) -> None:
        self.name, self.new, self.evolve, self.tell = name, new, evolve, tell
        self._codec = TypeAdapter(state)

    def __call__(self, id: str) -> Ref[S]:
        """Name one that may stand already."""
        return Ref(self, id)

    def fresh(self, id: str) -> Ref[S]:
        """Name one whose id was made just now."""
        return Ref(self, id, fresh=True)

    def load(self, document: Mapping[str, Any]) -> S:
        """The state in a MongoDB document."""
        return self._codec.validate_python(document)

    def dump(self, id: str, version: int, state: S) -> dict[str, Any]:
        """The MongoDB document of a state, without what is not known."""
        document: dict[str, Any] = self._codec.dump_python(state, exclude_none=True)
        document["_id"], document["version"] = id, version
        return document


AnyRef: TypeAlias = Ref[Any]


class Kept(NamedTuple):
    """A state and the version it is stored under; 0 is not stored yet."""

    state: Any
    version: int


class View:
    """What a decision sees: the aggregates it named, and the one clock of its fold."""

    __slots__ = ("_kept", "at")

    def __init__(self, kept: Mapping[tuple[str, str], Kept], at: datetime) -> None:
        self._kept, self.at = kept, at

    def __getitem__(self, ref: Ref[S]) -> S:
        """How the aggregate stands now."""
        return cast("S", self._kept[ref.kind.name, ref.id].state)

    def version(self, ref: AnyRef) -> int:
        """The version *ref* is stored under; 0 if it is not."""
        return self._kept[ref.kind.name, ref.id].version

    def expect(self, ref: AnyRef, version: int | None) -> None:
        """Refuse (`stale`) if somebody changed *ref* since the asker read it."""
        if version is not None and version != self.version(ref):
            raise Refused(
                "version.stale",
                "It has changed since you read it.",
                kind="stale",
                version=self.version(ref),
            )


class Note:
    """Base of private facts: they change the state of their service and are told to nobody.

    What holds personal data is a note, not an event.
    """


Decide: TypeAlias = Callable[[View], Iterable[Event | Note]]
"""A rule applied: states in, facts out, or Refused. Pure: it may be asked more than once.

The service's own events are said on their topics. Another service's event, returned as it was
heard, and a Note change states here and go no further.
"""

"""A fold: changes decided one after the other, in order of arrival, on one picture in memory."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias, TypeGuard

from shared.events.base import MAX_VALUE_BYTES, Event
from shared.platform.change.aggregate import Aggregate, AnyRef, Decide, Kept, Note, View
from shared.platform.change.cause import Cause
from shared.platform.change.journal import Page, lane_of
from shared.platform.mongo import Document, Writes

Outcome: TypeAlias = tuple[Event, ...]
Key: TypeAlias = tuple[str, str]

_ONLY = frozenset({0})


@dataclass(slots=True, eq=False)
class Change:
    """One asker's wish, and where the answer goes."""

    refs: tuple[AnyRef, ...]
    decide: Decide
    cause: Cause
    done: "asyncio.Future[Outcome]"
    deadline: float
    foresee: Callable[[View], None] | None = None
    doubt: Exception | None = None
    """Why it is not known whether a commit that carried it happened; None if none did."""

    def lanes(self, lanes: int) -> AbstractSet[int]:
        """The lanes of the aggregates it names."""
        return _ONLY if lanes == 1 else {lane_of(ref.id, lanes) for ref in self.refs}


class Misspoken(Exception):
    """A decision returned facts that its change may not say; a fault in the code."""


class Fold:
    """The picture, what has been decided on it so far, and what is to be written."""

    def __init__(
        self,
        kept: dict[Key, Kept],
        at: datetime,
        pages: Mapping[int, Page],
        home: int,
        *,
        service: str,
        lanes: int,
    ) -> None:
        """Begin on the states *kept* at the instant *at*; causes go to the page of lane *home*."""
        self.kept = dict(kept)
        self.size = 0
        self._before = kept
        self._pages, self._home, self._lanes = pages, home, lanes
        self._own = f"feira.{service}."
        self._view = View(self.kept, at)
        self._changed: dict[Key, Aggregate[Any]] = {}

    def decide(self, change: Change) -> Outcome:
        """Let *change* decide; its facts take effect here, or nothing does and it raises.

        Returns the events the service says about it.
        """
        facts = tuple(change.decide(self._view))
        said = [(fact, self._write(fact, change)) for fact in facts if self._is_own(fact)]
        after: list[tuple[Key, Aggregate[Any], Any]] = []
        for kind, name, _ in change.refs:
            before = state = self.kept[kind.name, name].state
            for fact in facts:
                state = kind.evolve(state, fact)
            if state is not before:
                after.append(((kind.name, name), kind, state))
        for key, kind, state in after:
            self.kept[key] = Kept(state, self.kept[key].version + 1)
            self._changed[key] = kind
        index = self._pages[self._home].enter(change.cause)
        for event, value in said:
            self._pages[lane_of(event.key, self._lanes)].say(event, value, index)
            self.size += len(value)
        return tuple(event for event, _ in said)

    def _is_own(self, fact: Event | Note) -> TypeGuard[Event]:
        return isinstance(fact, Event) and fact.topic.startswith(self._own)

    @staticmethod
    def _write(event: Event, change: Change) -> bytes:
        if all(event.key != ref.id for ref in change.refs):
            raise Misspoken(f"{event.type} is about {event.key}, which the change did not name")
        return _written(event)

    @property
    def empty(self) -> bool:
        """Whether nobody's wish was granted, so that there is nothing to write."""
        return not self._pages[self._home].changes

    def tell(self) -> None:
        """Say how each changed aggregate stands now, where others keep copies of it."""
        for key, kind in self._changed.items():
            if kind.tell:
                event = kind.tell(self.kept[key].state)
                self._pages[lane_of(event.key, self._lanes)].say(event, _written(event))

    def writes(self) -> Iterator[Writes]:
        """What is to be written of the states that changed, by collection."""
        inserts: dict[str, list[Document]] = {}
        replaces: dict[str, list[tuple[int, Document]]] = {}
        for key, kind in self._changed.items():
            state, version = self.kept[key]
            document = kind.dump(key[1], version, state)
            had = self._before[key].version
            if had:
                replaces.setdefault(kind.name, []).append((had, document))
            else:
                inserts.setdefault(kind.name, []).append(document)
        for name in {**inserts, **replaces}:
            yield Writes(name, inserts.get(name, []), replaces.get(name, []))


def _written(event: Event) -> bytes:
    value = event.write()
    if len(value) > MAX_VALUE_BYTES:
        raise Misspoken(f"{event.type} takes {len(value)} bytes")
    return value

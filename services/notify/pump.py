"""The pump: keeps what is due under way, in lines that do not hold each other up."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

import structlog
from prometheus_client import Counter, Gauge

from shared.refusal import Busy, Refused

log = structlog.get_logger(__name__)

ENDED = Counter("feira_pump_actions_total", "Things due, by how they ended", ["pump", "outcome"])
UNDER_WAY = Gauge("feira_pump_under_way", "Things due that are under way", ["pump"])

_BREATH = 0.02
"""Seconds between two looks, so that a stream of commits is not one of queries."""
_GLANCE = 200
"""How much is looked for at once."""


class Due(Protocol):
    """Something to be done, by its id."""

    @property
    def id(self) -> str: ...


T = TypeVar("T", bound=Due)


@dataclass(slots=True)
class _Line(Generic[T]):
    running: int = 0
    waiting: deque[T] = field(default_factory=deque[T])


class Pump(Generic[T]):
    """Looks for what is due whenever it could be, and acts on it. A part of the service.

    A timer waits until all it found is done; a pump does not, so one slow thing delays no other.
    Twins in other replicas find the same things: acting begins with a change that only one gets.
    """

    def __init__(
        self,
        name: str,
        find: Callable[[int, Collection[str], Collection[str]], Awaitable[Sequence[T]]],
        act: Callable[[T], Awaitable[None]],
        *,
        at_once: int,
        line: Callable[[T], str] = lambda _: "",
        width: Callable[[str], int] | None = None,
        every: float = 1.0,
    ) -> None:
        """Keep things due under way.

        Args:
            name: What the metrics call it.
            find: Looks for what is due: how many, without which ids, without which lines.
            act: Does one thing.
            at_once: How many may be under way.
            line: Which line a thing stands in.
            width: How many of a line may be under way; all, if it is not said.
            every: Seconds after which it looks without being woken.
        """
        self._name, self._find, self._act, self._every = name, find, act, every
        self._at_once, self._line = at_once, line
        self._width_of = width
        self._lines: dict[str, _Line[T]] = {}
        self._known: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._news = asyncio.Event()
        self._looking: asyncio.Task[None] | None = None
        self._stopping = self._more = False

    def wake(self, *_: object) -> None:
        """Something may be due already."""
        self._news.set()

    async def start(self) -> None:
        self._looking = asyncio.create_task(self._look(), name=f"pump {self._name}")

    async def stop(self) -> None:
        """Begin nothing more; what is under way has a few seconds."""
        self._stopping = True
        if self._looking:
            self._looking.cancel()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=6)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def trouble(self) -> str | None:
        ended = self._looking and self._looking.done() and not self._stopping
        return f"the pump {self._name} has stopped" if ended else None

    async def _look(self) -> None:
        while True:
            self._news.clear()
            self._forget_surplus()
            room = min(2 * self._at_once - len(self._known), _GLANCE)
            if room > 0:
                try:
                    self._take(await self._find(room, self._known, self._full()), room)
                except Exception as error:  # noqa: BLE001 - what is due stays due
                    log.warning("pump interrupted", pump=self._name, error=repr(error)[:300])
            await asyncio.sleep(_BREATH)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), self._every)

    def _width(self, name: str) -> int:
        return self._width_of(name) if self._width_of else self._at_once

    def _is_full(self, name: str) -> bool:
        return name in self._lines and len(self._lines[name].waiting) >= self._width(name)

    def _full(self) -> list[str]:
        return [name for name in self._lines if self._is_full(name)]

    def _forget_surplus(self) -> None:
        """Of a line that has become narrow, only so many are kept waiting; the rest stays due."""
        for name, line in self._lines.items():
            while len(line.waiting) > self._width(name):
                self._known.discard(line.waiting.pop().id)

    def _take(self, found: Sequence[T], room: int) -> None:
        self._more = len(found) >= room
        for thing in found:
            name = self._line(thing)
            if thing.id not in self._known and not self._is_full(name):
                self._known.add(thing.id)
                self._lines.setdefault(name, _Line()).waiting.append(thing)
        self._more = self._more or bool(self._full())
        self._begin()

    def _begin(self) -> None:
        """Begin what may begin, one of each line in turn."""
        begun = not self._stopping
        while begun:
            begun = False
            for name, line in self._lines.items():
                if len(self._tasks) >= self._at_once:
                    return
                if line.waiting and line.running < self._width(name):
                    line.running += 1
                    task = asyncio.create_task(self._do(name, line.waiting.popleft()))
                    self._tasks.add(task)
                    task.add_done_callback(self._tasks.discard)
                    begun = True

    async def _do(self, name: str, thing: T) -> None:
        UNDER_WAY.labels(self._name).inc()
        done = False
        try:
            await self._act(thing)
            done = True
            ENDED.labels(self._name, "done").inc()
        except (Refused, Busy):  # a twin was quicker, or there is too much at once
            ENDED.labels(self._name, "passed").inc()
        except Exception as error:  # noqa: BLE001 - the others due are not to wait for it
            ENDED.labels(self._name, "failed").inc()
            # What failed may know addresses: only what it is called is told.
            log.warning("pump failed", pump=self._name, due=thing.id, error=type(error).__name__)
        finally:
            UNDER_WAY.labels(self._name).dec()
            self._end(name, thing, done=done)

    def _end(self, name: str, thing: T, *, done: bool) -> None:
        if done:
            self._known.discard(thing.id)
        else:  # not to be found again at once
            asyncio.get_running_loop().call_later(self._every, self._known.discard, thing.id)
        line = self._lines.pop(name)
        line.running -= 1
        if line.running or line.waiting:
            self._lines[name] = line  # at the end: the other lines come first
        current = asyncio.current_task()
        if current:
            self._tasks.discard(current)
        self._begin()
        if self._more and (not line.waiting or len(self._known) <= self._at_once):
            self._news.set()

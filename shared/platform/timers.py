"""Time as a door: what is due is looked for, and each thing due is a cause like any other."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any, Generic, TypeVar

import structlog
from prometheus_client import Counter

from shared.platform import trail
from shared.platform.trail import Trail
from shared.refusal import Busy, Refused

log = structlog.get_logger(__name__)

ACTED = Counter("feira_timer_actions_total", "Things due, by how they ended", ["timer", "outcome"])

BREATH = 0.05
"""Between looks while there is more to do: what stays due whatever is done must not spin."""

T = TypeVar("T")


class Timer(Generic[T]):
    """Looks every so often for what is due and acts on each. A part of the service.

    Twins in other replicas may find the same thing: acting is a change with a cause of its own, or
    begins with one, so only one of them takes effect.
    """

    def __init__(
        self,
        name: str,
        find: Callable[[], Awaitable[Sequence[T]]],
        act: Callable[[T], Awaitable[Any]],
        *,
        every: float = 1.0,
        at_once: int = 32,
    ) -> None:
        """Call *find* for what is due every *every* seconds and *act* on up to *at_once* of it."""
        self._name, self._find, self._act, self._every = name, find, act, every
        self._slots = asyncio.Semaphore(at_once)
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._stopping = False

    def wake(self, *_: object) -> None:
        """Something may be due already."""
        self._news.set()

    async def start(self) -> None:
        self._task = asyncio.create_task(self._live())

    async def stop(self) -> None:
        """Finish what is under way."""
        self._stopping = True
        self._news.set()
        if self._task:
            _, late = await asyncio.wait({self._task}, timeout=10)
            for task in late:
                task.cancel()

    def trouble(self) -> str | None:
        ended = self._task and self._task.done() and not self._stopping
        return f"the timer {self._name} has stopped" if ended else None

    async def _live(self) -> None:
        while not self._stopping:
            self._news.clear()
            acted = False
            try:
                due = await self._find()
                acted = any(await asyncio.gather(*(self._do(thing) for thing in due)))
            except Exception as error:  # noqa: BLE001 - time goes on
                log.warning("timer interrupted", timer=self._name, error=repr(error)[:300])
            with suppress(TimeoutError):
                await asyncio.wait_for(
                    self._news.wait(), min(self._every, BREATH) if acted else self._every
                )

    async def _do(self, thing: T) -> bool:
        """Act on *thing*; whether that came to something."""
        async with self._slots:
            if self._stopping:
                return False
            trail.current.set(Trail.begin())
            try:
                await self._act(thing)
            except (Refused, Busy):  # a twin was quicker, or there is too much at once
                ACTED.labels(self._name, "passed").inc()
            except Exception as error:  # noqa: BLE001 - the others due are not to wait for it
                ACTED.labels(self._name, "failed").inc()
                log.warning(
                    "timer failed", timer=self._name, due=repr(thing)[:100], error=repr(error)[:300]
                )
            else:
                ACTED.labels(self._name, "done").inc()
                return True
            return False

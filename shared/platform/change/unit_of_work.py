"""The unit of work: the only way to change state, from every door, in every service.

Changes that arrive while a commit is under way are folded into the next one: take the lane's turn,
read the aggregates named, decide one after the other, write states and one journal page, commit.
Idle, a change costs one commit; under load one commit carries hundreds. Where replicas compete for
a lane they take turns: who comes second writes down that they are next, which MongoDB lets wait for
the commit under way, and goes on with the newcomers taken in.
"""

import asyncio
import math
import random
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from datetime import timedelta
from itertools import islice

import structlog
from prometheus_client import Counter, Gauge, Histogram

from shared.platform.change.aggregate import AnyRef, Decide, Ref, S, View
from shared.platform.change.cause import Cause
from shared.platform.change.fold import Change, Outcome
from shared.platform.change.journal import CAUSE_INDEX
from shared.platform.change.ledger import MOMENT, Ledger
from shared.platform.change.recollection import Recollection
from shared.platform.mongo import Away, Document, Duplicate, Lost, Mongo, Unwritable
from shared.refusal import Busy, Refused

log = structlog.get_logger(__name__)

FOLD_SIZE = Histogram(
    "feira_fold_changes",
    "Changes carried by one commit",
    buckets=(1, 2, 5, 10, 20, 50, 100, 200, 500),
)
FOLD_TIME = Histogram(
    "feira_fold_seconds",
    "From taking the turn to the commit",
    buckets=(0.003, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2),
)
CHANGES = Counter("feira_changes_total", "Changes by how they ended", ["outcome"])
_DONE, _REFUSED, _BUSY, _FAILED = map(CHANGES.labels, ("done", "refused", "busy", "failed"))
CONFLICTS = Counter("feira_fold_conflicts_total", "Folds that came second to a turn")
WAITING = Gauge("feira_changes_waiting", "Changes in line", ["lane"])

SWEEP_SECONDS = 0.25
BREATH = 0.002
"""How long it takes others to be next, once they are woken."""
MAX_ACTED = 10_000
"""So many causes that have acted are known at once; of any other the journal's index tells."""


class _Line:
    """The changes waiting for one lane."""

    def __init__(self, lane: int) -> None:
        self.lane = lane
        self.waiting: deque[Change] = deque()
        self.under_way: Sequence[Change] = ()
        """Those whose commit is going on now."""
        self.wake = asyncio.Event()
        self.contended = False
        """Whether other replicas take turns in it too."""
        self.usual = 0.01
        """About how long a fold takes, in seconds."""
        self.refusing = 0.0
        """Until when it is worth the while to foresee a no."""

    def put_back(self, changes: Sequence[Change]) -> None:
        self.waiting.extendleft(reversed(changes))


class UnitOfWork:
    """Group commit over one service's database. A part of the service."""

    def __init__(
        self,
        mongo: Mongo,
        service: str,
        *,
        lanes: int = 1,
        max_fold: int = 500,
        max_bytes: int = 4 * 1024 * 1024,
        max_waiting: int = 10_000,
        patience: float = 2.0,
        keep: timedelta = timedelta(days=14),
    ) -> None:
        """Fold at most *max_fold* changes or *max_bytes* of facts into one commit.

        Beyond *max_waiting* changes in line, or after *patience* seconds in it, the asker is told
        to come back (Busy). The journal is kept for *keep*; topics must not retain longer.
        """
        self._ledger = Ledger(mongo, service, lanes=lanes, max_bytes=max_bytes, keep=keep)
        self._lanes, self._max_fold = lanes, max_fold
        self._max_waiting, self._patience = max_waiting, patience
        self._lines = [_Line(lane) for lane in range(lanes)]
        self._recollection = Recollection(
            self._ledger.recall, self._under_way, self._answer, self._put_back
        )
        self._acted: dict[str, None] = {}
        """Causes that have acted here lately, the latest last."""
        self._tasks: list[asyncio.Task[None]] = []
        self._sweep: asyncio.Task[None] | None = None
        self._stopping = False
        self.listeners: list[Callable[[Sequence[Document]], None]] = []
        """Called after each commit with the journal's new pages: how relays hear of them."""

    # Asking -----------------------------------------------------------------------------------

    def change(
        self,
        refs: Sequence[AnyRef],
        decide: Decide,
        cause: Cause,
        foresee: Callable[[View], None] | None = None,
    ) -> Awaitable[Outcome]:
        """Let *decide* act once for *cause* on the aggregates *refs*; await it for the facts.

        The change is in line when this returns, so calls made one after the other without an await
        in between keep their order. The same cause again gets the facts of the first time.

        *foresee* is the part of *decide* that says no to many: while people are being refused, it
        is asked first, as things stood up to a moment ago, and its Refused is the answer, without a
        turn or a transaction. It looks at as few aggregates as it can, and never at the time.

        Awaiting raises Refused (the rule said no, or the cause was used for something else), Busy
        (too much at once, or too slow: nothing was done), Away (MongoDB did not say in time whether
        it was done; the same cause may ask again), or what *decide* raised.
        """
        if not refs:
            raise ValueError("a change names at least one aggregate")
        change = Change(
            tuple(refs),
            decide,
            cause,
            asyncio.get_running_loop().create_future(),
            math.inf if cause.patient else time.monotonic() + self._patience,
            foresee,
        )
        line = self._line(change)
        if self._stopping or len(line.waiting) >= self._max_waiting:
            self._answer(change, Busy())
        elif time.monotonic() < line.refusing and (no := self._ledger.foresee(change)):
            self._recollection.add(change, no)
        else:
            line.waiting.append(change)
            line.wake.set()
        return change.done

    def recent(self, ref: Ref[S]) -> S | None:
        """How *ref* stood up to a moment ago, if that is known without asking MongoDB.

        Good enough for who asks for a change next: what that decides on is up to date.
        """
        return self._ledger.recent(ref)

    def _line(self, change: Change) -> _Line:
        return self._lines[min(change.lanes(self._lanes))]

    def _under_way(self) -> Iterator[Change]:
        """Those who may yet be told yes."""
        for line in self._lines:
            yield from line.waiting
            yield from line.under_way

    def _put_back(self, change: Change) -> None:
        """Let *change* be decided in line, after all."""
        self._acted.pop(change.cause.key, None)
        if self._stopping:
            self._answer(change, Busy())
            return
        line = self._line(change)
        line.waiting.append(change)
        line.wake.set()

    # Life -------------------------------------------------------------------------------------

    async def start(self) -> None:
        self._tasks = [asyncio.create_task(self._work(line)) for line in self._lines]
        self._sweep = asyncio.create_task(self._keep_time())

    async def stop(self) -> None:
        """Take nothing more in, finish what is in line."""
        self._stopping = True
        for line in self._lines:
            line.wake.set()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=self._patience + 3)
            for task in late:
                task.cancel()
        await self._recollection.settled()
        if self._sweep:
            self._sweep.cancel()

    def trouble(self) -> str | None:
        if any(task.done() and not self._stopping for task in self._tasks):
            return "the unit of work has stopped"
        if self._ledger.trouble:
            return self._ledger.trouble
        full = max(len(line.waiting) for line in self._lines) >= self._max_waiting
        return "more changes are waiting than may wait" if full else None

    # Folding ----------------------------------------------------------------------------------

    async def _work(self, line: _Line) -> None:
        await self._ledger.open(line.lane)
        while line.waiting or not self._stopping:
            WAITING.labels(line.lane).set(len(line.waiting))
            if line.waiting:
                await self._gather(line)
                await self._settle(line, self._alive(self._next(line, [])))
            else:
                line.wake.clear()
                await line.wake.wait()

    async def _gather(self, line: _Line) -> None:
        """Let those in who are at the door: begin when the loop brings nobody new."""
        there = 0
        while there < len(line.waiting) < self._max_fold:
            there = len(line.waiting)
            for _ in range(2):  # one turn of the loop to read a request, one to ask for its change
                await asyncio.sleep(0)

    def _next(self, line: _Line, fold: list[Change]) -> list[Change]:
        """Take newcomers into *fold* until it is full."""
        while line.waiting and len(fold) < self._max_fold:
            change = line.waiting.popleft()
            if change.cause.key in self._acted:  # it would spoil the fold
                self._recollection.add(change)
            else:
                fold.append(change)
        return fold

    def _alive(self, fold: Iterable[Change]) -> list[Change]:
        """Those who still wait for an answer; who waited too long is told to come back."""
        now = time.monotonic()
        waiting = [change for change in fold if not change.done.done()]
        for change in waiting:
            if now > change.deadline:
                self._answer(change, change.doubt or Busy(retry_after=2.0))
        return [change for change in waiting if not change.done.done()]

    async def _keep_time(self) -> None:
        """See that nobody waits beyond their deadline, whatever MongoDB does meanwhile."""
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            for line in self._lines:
                alive = self._alive(line.waiting)
                if len(alive) < len(line.waiting):
                    line.waiting.clear()
                    line.waiting.extend(alive)
                late = time.monotonic() - self._patience
                for change in line.under_way:
                    if change.deadline < late:
                        self._answer(change, Away("the commit takes too long"))

    async def _settle(self, line: _Line, fold: list[Change]) -> None:
        """Answer every change of *fold*, whatever it takes."""
        repeats, pause = False, 0.05
        while fold:
            if line.contended:
                await self._queue_up(line, fold)
                fold = self._alive(self._next(line, fold))
            try:
                if not repeats:
                    return await self._commit(line, fold)
                for change, answer in await self._ledger.recall(fold):
                    self._answer(change, answer)
                repeats, fold = False, self._alive(fold)
            except Away as away:
                log.warning("mongo away", lane=line.lane, changes=len(fold), why=str(away)[:300])
                for change in fold:
                    change.doubt = away
                await asyncio.sleep(pause)
                pause = min(pause * 2, 1.0)
                fold = self._alive(self._next(line, fold))
            except Lost as lost:
                CONFLICTS.inc()
                log.debug("fold lost its turn", lane=line.lane, changes=len(fold), why=str(lost))
                line.contended = True
                fold = self._alive(self._next(line, fold))
            except Duplicate as duplicate:
                if duplicate.index != CAUSE_INDEX:
                    taken = Unwritable(f"{duplicate.index} holds it already")
                    return await self._split(line, fold, taken)
                repeats = True
            except Exception as error:  # noqa: BLE001 - whatever it is, it is one change's fault
                return await self._split(line, fold, error)
        return None

    async def _queue_up(self, line: _Line, fold: list[Change]) -> None:
        """Be next after whoever is at it now; who has just had a turn lets others in first."""
        await asyncio.sleep(BREATH)
        try:
            line.contended = await self._ledger.queue_up(fold)
        except Lost:
            await asyncio.sleep(line.usual * random.uniform(0.3, 1.0))  # noqa: S311 - jitter

    async def _split(self, line: _Line, fold: list[Change], why: Exception) -> None:
        """Find the change that cannot be written, by halves; the others go on, in their order."""
        if len(fold) > 1:
            middle = len(fold) // 2
            line.put_back(fold[middle:])
            await self._settle(line, fold[:middle])
            return
        [change] = fold
        if any(ref.fresh for ref in change.refs):  # an id thought new is not: look, then decide
            change.refs = tuple(ref._replace(fresh=False) for ref in change.refs)
            await self._settle(line, fold)
        else:
            self._answer(change, why)

    async def _commit(self, line: _Line, fold: list[Change]) -> None:
        """Write *fold* in one transaction and answer; what did not fit goes back in line."""
        began = time.perf_counter()
        line.under_way = fold
        try:
            written, answers = await self._ledger.commit(line.lane, fold)
        finally:
            line.under_way = ()
        answered = {change for change, _ in answers}
        line.put_back([change for change in fold if change not in answered])
        if written:
            took = time.perf_counter() - began
            line.usual = 0.8 * line.usual + 0.2 * took
            FOLD_SIZE.observe(len(answers))
            FOLD_TIME.observe(took)
            for listener in self.listeners:
                listener(written)
        for change, answer in answers:
            if isinstance(answer, Refused):
                line.refusing = time.monotonic() + MOMENT
                self._recollection.add(change, answer)
            else:
                self._answer(change, answer)
                if isinstance(answer, tuple):
                    self._acted[change.cause.key] = None
        for key in list(islice(self._acted, max(0, len(self._acted) - MAX_ACTED))):
            del self._acted[key]

    def _answer(self, change: Change, answer: Outcome | Exception) -> None:
        """Tell the asker, unless it has gone."""
        if change.done.done():
            return
        if isinstance(answer, tuple):
            _DONE.inc()
            change.done.set_result(answer)
            return
        if isinstance(answer, (Refused, Busy)):
            (_REFUSED if isinstance(answer, Refused) else _BUSY).inc()
        else:
            _FAILED.inc()
            log.error(
                "change failed",
                cause=change.cause.key,
                correlation_id=change.cause.correlation,
                exc_info=answer,
            )
        change.done.set_exception(answer)

"""Refusals on their way out: who was told yes before is not told no today; a cause acts once.

Who was refused may be asking again after an answer that was lost on its way. So each no is looked
up in the journal first: all that came while the last look-up was under way, in one question.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence

from shared.platform.change.fold import Change, Outcome
from shared.platform.change.ledger import Answer
from shared.platform.mongo import Lost, Unwritable
from shared.refusal import Busy, Refused

MOST = 500
"""Causes in one question."""


class Refusals:
    """The no's of one unit of work.

    `recall` asks the journal; `under_way` are those of which it cannot know yet: a no waits until
    none of them has its cause. If the journal cannot be asked, it goes `back` in line.
    """

    def __init__(
        self,
        recall: Callable[[Sequence[Change]], Awaitable[list[Answer]]],
        under_way: Callable[[], Iterable[Change]],
        answer: Callable[[Change, Outcome | Exception], None],
        back: Callable[[Change], None],
    ) -> None:
        self._recall, self._under_way, self._answer, self._back = recall, under_way, answer, back
        self._waiting: dict[Change, Refused] = {}
        self._task: asyncio.Task[None] | None = None

    def add(self, change: Change, no: Refused) -> None:
        """Answer *change* with *no*, unless it was answered otherwise before."""
        self._waiting[change] = no
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._look_up())

    async def settled(self) -> None:
        """Wait until every no is out, or back in line."""
        if self._task:
            await self._task

    async def _look_up(self) -> None:
        while self._waiting:
            some, self._waiting = self._waiting, {}
            now = time.monotonic()
            for change in [change for change in some if change.deadline < now]:
                del some[change]
                self._answer(change, Busy(retry_after=2.0))
            names = {change.cause.key for change in self._under_way()}
            asked = [change for change in some if change.cause.key not in names][:MOST]
            try:
                before = dict(await self._recall(asked)) if asked else await self._pause()
            except (Lost, Unwritable):
                for change in some:
                    self._back(change)
                await self._pause()
                continue
            for change in asked:
                self._answer(change, before.get(change, some.pop(change)))
            self._waiting = some | self._waiting

    async def _pause(self) -> dict[Change, Outcome | Exception]:
        """Wait for what is under way: nothing is known yet."""
        await asyncio.sleep(0.005)
        return {}

"""Recollection: who was told yes before is told the same again, and never no; a cause acts once.

Whoever asks may be asking again after an answer that was lost on its way. So a cause that is known
to have acted, and each no on its way out, is looked up in the journal first: all that came while
the last look-up was under way, in one question.
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


class Recollection:
    """The memory of one unit of work for what it has answered.

    `recall` asks the journal; `under_way` are those of which it cannot know yet: whoever has the
    cause of one of them waits. Those go `back` in line of whom the journal knows nothing and there
    is no no to tell, and all if it cannot be asked.
    """

    def __init__(
        self,
        recall: Callable[[Sequence[Change]], Awaitable[list[Answer]]],
        under_way: Callable[[], Iterable[Change]],
        answer: Callable[[Change, Outcome | Exception], None],
        back: Callable[[Change], None],
    ) -> None:
        self._recall, self._under_way, self._answer, self._back = recall, under_way, answer, back
        self._waiting: dict[Change, Refused | None] = {}
        self._task: asyncio.Task[None] | None = None

    def add(self, change: Change, no: Refused | None = None) -> None:
        """Answer *change* as it was answered before; else with *no*, if there is one."""
        self._waiting[change] = no
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._look_up())

    async def settled(self) -> None:
        """Wait until everybody is answered, or back in line."""
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
                answer = before.get(change, some.pop(change))
                if answer is None:
                    self._back(change)
                else:
                    self._answer(change, answer)
            self._waiting = some | self._waiting

    async def _pause(self) -> dict[Change, Outcome | Exception]:
        """Wait for what is under way: nothing is known yet."""
        await asyncio.sleep(0.005)
        return {}

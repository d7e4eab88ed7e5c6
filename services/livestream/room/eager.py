"""Beginning to await at once: most writes to a socket need not wait, and then need no task."""

import asyncio
from collections.abc import Awaitable, Generator
from types import coroutine
from typing import Any


def begin(work: Awaitable[None]) -> "asyncio.Task[None] | None":
    """Run *work* until it has to wait. None if it never had to, else the task that carries on.

    Raises what *work* raised before it had to wait.
    """
    steps = work.__await__()
    try:
        awaited = next(steps)
    except StopIteration:
        return None
    task = asyncio.create_task(_carry_on(steps, awaited))
    task.add_done_callback(lambda _: steps.close())  # called off before it could carry on
    return task


async def _carry_on(steps: Generator[Any, Any, None], awaited: object) -> None:
    await _rest(steps, awaited)


@coroutine
def _rest(steps: Generator[Any, Any, None], awaited: object) -> Generator[object, object]:
    """Hand what the work waits for to the task, and what comes of it back, until it is done."""
    try:
        while True:
            try:
                answer = yield awaited
            except BaseException as error:  # noqa: BLE001 - cancellation too belongs to the work
                awaited = steps.throw(error)
            else:
                awaited = steps.send(answer)
    except StopIteration:
        return

"""Waiting for what must come true, instead of sleeping and hoping."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar, cast

T = TypeVar("T")


async def eventually(
    look: Callable[[], T | Awaitable[T]], *, within: float = 30.0, pause: float = 0.02
) -> T:
    """Look until what is seen is true (or no longer raises AssertionError), and return it.

    After *within* seconds raises the last AssertionError, or TimeoutError naming what was seen.
    """
    deadline = time.monotonic() + within
    while True:
        failure: AssertionError | None = None
        seen: object = None
        try:
            seen = look()
            if inspect.isawaitable(seen):
                seen = await seen
            if seen:
                return cast("T", seen)
        except AssertionError as error:
            failure = error
        if time.monotonic() > deadline:
            if failure is not None:
                raise failure
            raise TimeoutError(f"not within {within} s; last seen: {seen!r}")
        await asyncio.sleep(pause)

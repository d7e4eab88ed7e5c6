"""Waiting: whoever wants to know at once what becomes of a session is woken when it has changed."""

import asyncio
from collections.abc import Awaitable
from weakref import WeakValueDictionary

from shared.events.livestream import SessionState


class Waiting:
    """Bells, one a session that somebody waits for on this replica.

    How a session stands is told after each of its changes, also of those of which nothing else is
    told to anybody; what has changed is for the woken to read, at the door that knows who they are.
    """

    def __init__(self) -> None:
        self._bells: WeakValueDictionary[str, asyncio.Event] = WeakValueDictionary()

    def hear(self, fact: SessionState) -> None:
        """Wake all who wait for the session."""
        if bell := self._bells.pop(fact.session_id, None):
            bell.set()

    def bell(self, session_id: str) -> asyncio.Event:
        """What rings with the next change, as long as somebody holds on to it.

        Who takes hold of it before they look misses no change.
        """
        return self._bells.setdefault(session_id, asyncio.Event())


async def first(*rings: Awaitable[object], seconds: float) -> None:
    """Wait for the first of *rings*, for so many *seconds* at most."""
    tasks = [asyncio.ensure_future(ring) for ring in rings]
    try:
        await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()

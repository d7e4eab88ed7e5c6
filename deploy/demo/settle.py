"""Settling: after the last room has closed, wait until nothing is on its way any more.

Conditions are waited for, each with what is still missing; nothing sleeps and hopes. What does not
come in time is left to the proofs, which will name it.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from deploy.demo import collect
from deploy.demo.bus import Bus
from deploy.demo.doors import Doors
from deploy.demo.integrator import Integrator
from deploy.demo.journals import Journals
from shared.events.notify import MessageFailed, MessageQueued, MessageSent

WITHIN = 120.0
LOOK_EVERY = 0.5

Look = Callable[[], Awaitable[str]]
"""Looks once; says what is missing, or nothing."""


@dataclass(frozen=True, slots=True)
class Watch:
    """Those who watch from outside: on Kafka, on the journals, at the end of a webhook."""

    bus: Bus
    journals: Journals
    integrator: Integrator

    async def open(self) -> None:
        await self.bus.open()
        await self.integrator.open()

    async def close(self) -> None:
        await self.integrator.close()
        self.journals.close()
        await self.bus.close()


class Settling:
    """Waits for one thing after another."""

    def __init__(
        self,
        doors: Doors,
        watch: Watch,
        *,
        token: str,
        types: tuple[str, ...],
        say: Callable[[str], None],
    ) -> None:
        self._doors, self._watch = doors, watch
        self._token, self._types, self._say = token, types, say
        self.late: list[str] = []
        """What did not come in time."""

    async def heard(self) -> None:
        """Wait until every service has taken in all that was said."""
        await self._wait(self._unheard)

    async def over(self) -> None:
        """Wait until the festival is really over."""
        for look in (
            self._callbacks,
            self._holds,
            self._payments,
            self._unheard,
            self._mail,
            self._webhooks,
            self._unheard,
        ):
            await self._wait(look)

    async def _wait(self, look: Look) -> None:
        deadline = time.monotonic() + WITHIN
        while missing := await look():
            self._say(missing)
            if time.monotonic() > deadline:
                self.late.append(missing)
                return
            await asyncio.sleep(LOOK_EVERY)

    async def _callbacks(self) -> str:
        pending = (await collect.callbacks(self._doors))["pending"]
        return f"{pending} callbacks of the payment provider on their way" if pending else ""

    async def _holds(self) -> str:
        path = "/orders?status=placed&limit=100"
        page = await self._doors.orders.get(path, token=self._token)
        count = len(page["items"])
        more = "more than " if page["next"] else ""
        return f"{more}{count} orders waiting for their money or their time" if count else ""

    async def _payments(self) -> str:
        """What became of each is known, and money that buys nothing has gone back."""
        found = await collect.orders(self._doors, self._token)
        statuses = [status for order in found.values() for status in order.payments.values()]
        silent, owed = statuses.count("started"), statuses.count("refund-due")
        return f"{silent} payments to be heard of, {owed} refunds due" if silent or owed else ""

    async def _unheard(self) -> str:
        """Every fact on Kafka, and every service through with all of it."""
        said = await self._watch.journals.read()
        await self._watch.bus.listen()
        known = len({record.id for record in self._watch.bus.records})
        if known < said:
            return f"{said - known:,} facts on their way to Kafka"
        behind = {name: count for name, count in (await self._watch.bus.behind()).items() if count}
        if behind:
            return ", ".join(f"{name} has {count:,} to hear" for name, count in behind.items())
        return "" if await self._watch.journals.read() == said else "the last facts on their way"

    async def _mail(self) -> str:
        await self._watch.bus.listen()
        ended = {MessageSent.type, MessageFailed.type}
        queued = {r.key for r in self._watch.bus.records if r.type == MessageQueued.type}
        done = {record.key for record in self._watch.bus.records if record.type in ended}
        return f"{len(queued - done):,} letters to be mailed" if queued - done else ""

    async def _webhooks(self) -> str:
        due = {record.id for record in self._watch.bus.records if record.type in self._types}
        missing = len(due - self._watch.integrator.told)
        return f"{missing:,} webhook calls to be made" if missing else ""

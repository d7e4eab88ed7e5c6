"""Signals: what is said on Kafka though it is no fact. It changes no state and may be lost."""

import asyncio
import time
from collections.abc import Iterable
from datetime import timedelta

import structlog
from aiokafka.errors import KafkaError
from prometheus_client import Counter

from shared.events.base import Event
from shared.events.ids import new_id
from shared.platform.bus.sender import Sender
from shared.platform.change.journal import Page
from shared.platform.clock import utc_now

log = structlog.get_logger(__name__)

SIGNALS = Counter("feira_signals_total", "Signals by what became of them", ["outcome"])


PATIENCE = 5.0
"""For how many seconds Kafka may be away before a signal is lost; the next one says it better."""


class Signals:
    """Says signals of one replica. A part of the service.

    A signal goes out like a fact, as an event in an envelope of a page; only that the page is
    never written down.

    Attributes:
        replica: The name of this process, new at each start.
    """

    def __init__(self, kafka: str, service: str) -> None:
        self.replica = new_id()
        self._source = f"/feira/{service}/signals/{self.replica}"
        self._sender = Sender(kafka)
        self._turn = time.time_ns() // 1_000_000

    async def start(self) -> None:
        """It connects when there is something to say."""

    async def stop(self) -> None:
        await self._sender.drop()

    def trouble(self) -> str | None:
        return None

    async def say(self, events: Iterable[Event]) -> None:
        """Say *events*, or let them be lost."""
        self._turn += 1
        page = Page(lane=0, turn=self._turn, source=self._source)
        for event in events:
            page.say(event, event.write())
        if not page.events:
            return
        try:
            async with asyncio.timeout(PATIENCE):
                await self._sender.open(PATIENCE)
                await self._sender.send([page.document(utc_now(), timedelta(), ())])
        except (KafkaError, OSError, TimeoutError) as error:
            SIGNALS.labels("lost").inc(len(page.events))
            log.warning("signals lost", count=len(page.events), error=repr(error)[:200])
            await self._sender.drop()
        else:
            SIGNALS.labels("said").inc(len(page.events))

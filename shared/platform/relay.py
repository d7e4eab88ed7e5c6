"""The relay: the only producer of domain events; it carries a lane's journal to Kafka.

Its whole memory is one number, the position: the last turn whose events Kafka has acknowledged.
Pages above it are sent in turn order, so each key keeps its order; then the position moves, if the
lease is still ours. Whatever dies in between is sent again: at least once; subscribers act once.
"""

import asyncio
import time
from contextlib import suppress
from uuid import uuid4

import structlog
from prometheus_client import Counter, Gauge

from shared.platform.journal import JOURNAL, LANES
from shared.platform.lease import LEASE_SECONDS, LEASES, Lease, LeaseLost
from shared.platform.mongo import Document, Lost, Mongo, told_plainly
from shared.platform.sender import Sender

log = structlog.get_logger(__name__)

SENT = Counter("feira_relay_events_total", "Events acknowledged by Kafka")
BACKLOG = Gauge("feira_relay_backlog_turns", "Turns not yet on Kafka", ["lane"])
AGE = Gauge("feira_relay_oldest_seconds", "Age of the oldest fact not yet on Kafka", ["lane"])
GAP = Gauge(
    "feira_relay_missing_turn", "A turn that is missing from the journal; 0 is well", ["lane"]
)

PAGES = 64
SAVE_SECONDS = 0.05
POLL_SECONDS = 0.5


class Relay:
    """Serves one lane of a service. A part of it; its twins in other replicas stand by."""

    def __init__(self, mongo: Mongo, kafka: str, lane: int = 0) -> None:
        """Carry *lane* of *mongo*'s journal to *kafka*."""
        mongo.want({LEASES: []})
        self._mongo, self._lane = mongo, lane
        self._me = uuid4().hex
        self.follow = False
        """Whether to hear by a change stream of pages other processes write; see `wake`."""
        self._news = asyncio.Event()
        self._stopping = False
        self._tasks: list[asyncio.Task[None]] = []
        self._sender = Sender(kafka)

    def wake(self) -> None:
        """There may be something new to carry."""
        self._news.set()

    async def start(self) -> None:
        self._tasks = [asyncio.create_task(self._live())]
        if self.follow:
            self._tasks.append(asyncio.create_task(self._listen()))

    async def stop(self) -> None:
        """Carry what is there now, then let the lane go."""
        self._stopping = True
        self._news.set()
        if self._tasks:
            await asyncio.wait(self._tasks[:1], timeout=5)
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._sender.drop()

    def trouble(self) -> str | None:
        """Kafka being away is no trouble: the backlog grows, metrics tell, the service works on."""
        return "the relay has stopped" if any(task.done() for task in self._tasks) else None

    # One life after another ---------------------------------------------------------------------

    async def _live(self) -> None:
        pause = 0.1
        while not self._stopping:
            try:
                lease = await Lease.take(self._mongo, self._lane, self._me)
                if lease is None:
                    await asyncio.sleep(LEASE_SECONDS / 4)
                    continue
                await self._serve(lease)
                pause = 0.1
            except LeaseLost:
                log.warning("relay lease lost", lane=self._lane)
            except Exception as error:  # noqa: BLE001 - whatever it was, facts wait to be told
                log.warning("relay interrupted", lane=self._lane, error=repr(error)[:300])
                await self._sender.drop()
                await asyncio.sleep(pause)
                pause = min(pause * 2, 2.0)

    async def _serve(self, lease: Lease) -> None:
        """Carry pages for as long as the lease is ours."""
        await self._sender.open()
        missing_since: float | None = None
        looked = 0.0
        while True:
            if lease.due:
                await lease.renew(self._mongo)
            self._news.clear()
            pages = await self._pages_after(lease.position)
            if time.monotonic() - looked > POLL_SECONDS:
                looked = time.monotonic()
                await self._measure(lease, pages)
            dense = [page for n, page in enumerate(pages, lease.position + 1) if page["turn"] == n]
            if dense:
                missing_since = None
                GAP.labels(self._lane).set(0)
                lease.check()
                SENT.inc(await self._sender.send(dense))
                lease.position = dense[-1]["turn"]
                if time.monotonic() - lease.saved_at > SAVE_SECONDS:
                    await lease.save(self._mongo)
            elif pages:
                missing_since = self._alarm(lease.position + 1, missing_since)
                await asyncio.sleep(0.2)
            else:
                await lease.save(self._mongo)
                if self._stopping:
                    await lease.let_go(self._mongo)
                    return
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._news.wait(), POLL_SECONDS)

    def _alarm(self, turn: int, since: float | None) -> float:
        """A turn is missing: a fault, never to be passed over in silence."""
        now = time.monotonic()
        if since is not None and now - since > 1:  # a scan may miss what commits behind its back
            GAP.labels(self._lane).set(turn)
            log.critical("a turn is missing from the journal; the lane is held", turn=turn)
            return now + 30
        return now if since is None else since

    # The journal --------------------------------------------------------------------------------

    async def _pages_after(self, position: int) -> list[Document]:
        with told_plainly():
            found = self._mongo[JOURNAL].find({"lane": self._lane, "turn": {"$gt": position}})
            pages = await found.sort("turn", 1).limit(PAGES).to_list(None)
            for page in pages:
                if page.get("others"):
                    await self._fetch_causes(page)
            return pages

    async def _fetch_causes(self, page: Document) -> None:
        """A page that spans lanes keeps its causes in the first: bring them to its events."""
        if "changes" in page:
            return
        first = await self._mongo[JOURNAL].find_one(
            {"_id": {"$in": page["others"]}, "changes": {"$exists": True}}
        )
        if first:
            page["changes"] = first["changes"]

    async def _measure(self, lease: Lease, pages: list[Document]) -> None:
        with told_plainly():
            lane = await self._mongo[LANES].find_one({"_id": self._lane})
        BACKLOG.labels(self._lane).set((lane["turn"] if lane else 0) - lease.position)
        AGE.labels(self._lane).set(time.time() - pages[0]["at"].timestamp() if pages else 0)

    # Waking -------------------------------------------------------------------------------------

    async def _listen(self) -> None:
        """Wake at each page another process writes. Only a wake-up: the poll is the truth."""
        while not self._stopping:
            with suppress(Lost), told_plainly():
                await self._mongo.ready()
                pipeline = [{"$match": {"operationType": "insert"}}, {"$project": {"_id": 1}}]
                async with self._mongo[JOURNAL].watch(pipeline, max_await_time_ms=1000) as news:
                    async for _ in news:
                        self.wake()
            await asyncio.sleep(1)

"""The relay: the only producer of domain events; it carries a lane's journal to Kafka.

Its whole memory is one number, the position: the last turn whose events Kafka has acknowledged.
Pages above it are sent in turn order, so each key keeps its order; then the position moves, if the
lease is still ours. Whatever dies in between is sent again: at least once; subscribers act once.
A page committed in this very process is handed over as it was written; any other is read.
While Kafka is away the relay holds its lane and waits, and the numbers tell how far it is behind.
"""

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from uuid import uuid4

import structlog
from prometheus_client import Counter, Gauge

from shared.platform.bus.lease import LEASE_SECONDS, LEASES, Lease, LeaseLost
from shared.platform.bus.sender import Sender
from shared.platform.change.journal import JOURNAL, LANES
from shared.platform.mongo import Document, Lost, Mongo, Unwritable, told_plainly

log = structlog.get_logger(__name__)

SENT = Counter("feira_relay_events_total", "Events acknowledged by Kafka")
BACKLOG = Gauge("feira_relay_backlog_turns", "Turns not yet on Kafka", ["lane"])
AGE = Gauge("feira_relay_oldest_seconds", "Age of the oldest fact not yet on Kafka", ["lane"])
GAP = Gauge(
    "feira_relay_missing_turn", "A turn that is missing from the journal; 0 is well", ["lane"]
)

EVENTS = 2_000
"""About how many events are read at a time; more would keep others in this process waiting."""
PAGES = 500
SAVE_SECONDS = 0.05
POLL_SECONDS = 0.5
MEASURE_SECONDS = 1.0
STUCK_SECONDS = 30.0
"""How long Kafka may take to acknowledge before the producer is thought to be at fault."""


class Relay:
    """Serves one lane of a service. A part of it; its twins in other replicas stand by."""

    def __init__(self, mongo: Mongo, kafka: str, lane: int = 0) -> None:
        """Carry *lane* of *mongo*'s journal to *kafka*."""
        mongo.want({LEASES: []})
        self._mongo, self._lane = mongo, lane
        self._me = uuid4().hex
        self.follow = False
        """Whether to hear by a change stream of pages other processes write; see `wake`."""
        self._news, self._stopping = asyncio.Event(), asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._sender = Sender(kafka)
        self._lease: Lease | None = None
        self._handed: deque[Document] = deque()
        """Pages that were handed over, in turn order; some may be missing."""
        self._reach = 64
        self._more = False
        """Whether there were more pages to read than were read."""
        self._measured = 0.0

    def wake(self) -> None:
        """There may be something new to carry."""
        self._news.set()

    def hand(self, pages: Sequence[Document]) -> None:
        """Take the *pages* of a fold that is committed: ours need not be read again."""
        if self._lease:
            for page in pages:
                if page["lane"] == self._lane:
                    causes = next(each["changes"] for each in pages if "changes" in each)
                    self._handed.append({**page, "changes": causes})
            if sum(len(page["events"]) for page in self._handed) > EVENTS:
                self._handed.clear()  # Kafka is slow or away, and the journal remembers
        self._news.set()

    async def start(self) -> None:
        self._tasks = [asyncio.create_task(self._live())]
        if self.follow:
            self._tasks.append(asyncio.create_task(self._listen()))

    async def stop(self) -> None:
        """Carry what is there now, then let the lane go."""
        self._stopping.set()
        self._news.set()
        if self._tasks:
            await asyncio.wait(self._tasks[:1], timeout=3)
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._sender.drop()
        if self._lease:
            with suppress(LeaseLost, Lost):  # then it is another's, or will be when it runs out
                await self._lease.let_go(self._mongo)

    def trouble(self) -> str | None:
        """Kafka being away is no trouble: the backlog grows, metrics tell, the service works on."""
        return "the relay has stopped" if any(task.done() for task in self._tasks) else None

    # One life after another ---------------------------------------------------------------------

    async def _live(self) -> None:
        pause = 0.1
        while not self._stopping.is_set():
            try:
                self._lease = await Lease.take(self._mongo, self._lane, self._me)
                if self._lease:
                    await self._serve(self._lease)
                    pause = 0.1
                else:
                    await self._rest(LEASE_SECONDS / 10)
            except LeaseLost:
                log.warning("relay lease lost", lane=self._lane)
                self._lease = None
                for gauge in (BACKLOG, AGE, GAP):  # the other tells them now
                    gauge.labels(self._lane).set(0)
                await self._sender.drop()  # what it still holds is the other's to say
            except Exception as error:  # noqa: BLE001 - whatever it was, facts wait to be told
                log.warning("relay interrupted", lane=self._lane, error=repr(error)[:300])
                await self._sender.drop()
                await self._rest(pause)
                pause = min(pause * 2, 2.0)

    async def _rest(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)

    async def _serve(self, lease: Lease) -> None:
        """Carry pages for as long as the lease is ours."""
        await self._keep(lease)
        await self._sender.open(LEASE_SECONDS / 2)
        pages = await self._pages_after(lease.position)
        missing_since: float | None = None
        while True:
            await self._keep(lease)
            dense = [page for n, page in enumerate(pages, lease.position + 1) if page["turn"] == n]
            if dense:
                missing_since = None
                GAP.labels(self._lane).set(0)
                pages = await self._carry(lease, dense)
                continue
            if self._stopping.is_set():
                await lease.save(self._mongo)
                return
            if pages:
                missing_since = self._alarm(lease.position + 1, missing_since)
                await self._rest(0.2)
            else:
                await self._idle(lease)
            pages = await self._pages_after(lease.position)

    async def _carry(self, lease: Lease, pages: list[Document]) -> list[Document]:
        """Bring *pages* to Kafka however long it takes; returns those read meanwhile."""
        lease.check()
        stuck = time.monotonic() + STUCK_SECONDS
        sending = asyncio.create_task(self._sender.send(pages))
        try:
            ahead = await self._pages_after(pages[-1]["turn"]) if self._more else []
            while not (await asyncio.wait({sending}, timeout=LEASE_SECONDS / 10))[0]:
                await self._keep(lease)
                if time.monotonic() > stuck:
                    raise TimeoutError("Kafka does not acknowledge")
            SENT.inc(sending.result())
        finally:
            sending.cancel()
        lease.position = pages[-1]["turn"]
        if time.monotonic() - lease.saved_at > SAVE_SECONDS:
            await lease.save(self._mongo)
        return ahead

    async def _idle(self, lease: Lease) -> None:
        """Wait for news; a position that has stood for a moment is written down."""
        try:
            moved = lease.position != lease.saved
            await asyncio.wait_for(self._news.wait(), SAVE_SECONDS if moved else POLL_SECONDS)
        except TimeoutError:
            await lease.save(self._mongo)

    async def _keep(self, lease: Lease) -> None:
        """Hold the lane, and tell how far it is behind. Raises LeaseLost."""
        if lease.due:
            await lease.renew(self._mongo)
        if time.monotonic() - self._measured > MEASURE_SECONDS:
            self._measured = time.monotonic()
            await self._measure(lease.position)

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
        self._news.clear()
        if handed := self._handed_after(position):
            return handed
        with told_plainly():
            found = self._mongo[JOURNAL].find({"lane": self._lane, "turn": {"$gt": position}})
            pages = await found.sort("turn", 1).limit(self._reach).to_list(None)
            for page in pages:
                if page.get("others"):
                    await self._fetch_causes(page)
        events = sum(len(page["events"]) for page in pages)
        self._more = len(pages) == self._reach
        self._reach = max(4, min(PAGES, EVENTS * len(pages) // (events or 1))) if pages else 64
        return pages

    def _handed_after(self, position: int) -> list[Document]:
        """The pages that were handed over and follow on *position* without a gap."""
        while self._handed and self._handed[0]["turn"] <= position:
            self._handed.popleft()
        return [page for n, page in enumerate(self._handed, position + 1) if page["turn"] == n]

    async def _fetch_causes(self, page: Document) -> None:
        """A page that spans lanes keeps its causes in the first: bring them to its events."""
        if "changes" in page:
            return
        first = await self._mongo[JOURNAL].find_one(
            {"_id": {"$in": page["others"]}, "changes": {"$exists": True}}
        )
        if first:
            page["changes"] = first["changes"]

    async def _measure(self, position: int) -> None:
        with told_plainly():
            lane = await self._mongo[LANES].find_one({"_id": self._lane})
            oldest = await self._mongo[JOURNAL].find_one(
                {"lane": self._lane, "turn": {"$gt": position}}, {"at": True}, sort=[("turn", 1)]
            )
        BACKLOG.labels(self._lane).set((lane["turn"] if lane else 0) - position)
        AGE.labels(self._lane).set(time.time() - oldest["at"].timestamp() if oldest else 0)

    # Waking -------------------------------------------------------------------------------------

    async def _listen(self) -> None:
        """Wake at each page another process writes. Only a wake-up: the poll is the truth."""
        while not self._stopping.is_set():
            with (
                suppress(Lost, Unwritable),
                told_plainly(),
            ):  # it may be told anything but to give up
                await self._mongo.ready()
                pipeline = [{"$match": {"operationType": "insert"}}, {"$project": {"_id": 1}}]
                async with self._mongo[JOURNAL].watch(pipeline, max_await_time_ms=1000) as news:
                    async for _ in news:
                        self.wake()
            await asyncio.sleep(1)

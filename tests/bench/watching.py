"""A room full of viewers: livestream in one process beside bare asyncio that only writes."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import ExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import httpx
import psutil
from aiokafka import AIOKafkaProducer

from shared.events.ids import new_id
from shared.events.livestream import SessionState
from shared.events.partition import partition_of
from tests.bench.bench import Aim, Bench, Measure
from tests.bench.buyers import cpu_seconds
from tests.bench.process import Helper, helper, replica, up
from tests.bench.rounds import Contest, Round
from tests.services.livestream.studio import FESTIVAL, VOUCHED, stocked
from tests.support.eventually import eventually
from tests.support.house import TITLES, House
from tests.support.serving import Client, free_port

SOME, MANY = 1_000, 5_000
BARE_SOME, BARE_MANY = "raw: bare asyncio, 1,000 viewers", "raw: bare asyncio, 5,000 viewers"
ROOM_SOME, ROOM_MANY = "a room, 1,000 viewers", "a room, 5,000 viewers"
SOCKETS = "a room, 5,000 WebSockets"
STALLED = "a room, 5,000 viewers, 500 of whom stall"
BARE_BURST, ROOM_BURST = "raw: bare asyncio, 20 at once", "a room, 20 at once"
BACK = "5,000 viewers back after a kill -9"
EVERY = 0.1
BURST = 20
FILLING = 400
"""So many messages fill what the kernel and the server keep for one who reads nothing."""


@dataclass
class Room:
    """A session that is live, in livestream as a process of its own, and who says what it shows."""

    house: House
    kafka: AIOKafkaProducer
    database: str = field(default_factory=lambda: f"bench_{uuid4().hex[:8]}")
    port: int = field(default_factory=free_port)
    session_id: str = field(default_factory=new_id)
    said: int = 0
    _processes: ExitStack = field(default_factory=ExitStack)
    _there: "asyncio.Task[None] | None" = None

    async def open(self) -> None:
        """Start the process; the room stands in the database, so it is there again after a kill."""
        again = replica(self.house, "livestream", "all", self.database, port=self.port)
        self.pid, self.url = self._processes.enter_context(again)
        await up(self.url)
        self.empty = resident(self.pid)

    def close(self) -> None:
        if self._there:
            self._there.cancel()
        self._processes.close()

    async def begin(self) -> None:
        """Plan a session, have it looked over, see to its checklist, go live."""
        now = datetime.now(UTC)
        slots = [
            {"position": 1, "sku": "FEI-BAK-001", "role": "traffic", "units": 100, "per_buyer": 2}
            | {"price": {"amount": 4800, "currency": "MOP"}, "seconds": 180}
        ]
        plan = {
            "festival_id": FESTIVAL,
            "titles": TITLES.model_dump(by_alias=True),
            "host_id": "host-mei",
            "starts_at": now.isoformat(),
            "ends_at": (now + timedelta(hours=2)).isoformat(),
            "slots": slots,
        }
        organiser = Client(self.url, self.house.token("organiser", "organiser-ana"))
        self.host = Client(self.url, self.house.token("host", "host-mei"))
        at = f"/sessions/{self.session_id}"
        (await self.host.put(at, plan)).raise_for_status()
        (await organiser.post(f"{at}/approval")).raise_for_status()
        (await organiser.put("/hosts/host-mei", VOUCHED)).raise_for_status()
        recording = {"manifest": "https://media.feira.example/bench.m3u8"}
        recording |= {"began_at": now.isoformat()}
        (await self.host.post(f"{at}/recording", recording)).raise_for_status()
        await self.house.hears(*stocked())

        async def ready() -> bool:
            (await organiser.post(f"{at}/presence")).raise_for_status()
            return (await self.host.get(f"{at}/checklist")).json()["ready"]

        await eventually(ready, within=30)
        (await self.host.post(f"{at}/start")).raise_for_status()
        self._there = asyncio.create_task(self._be_there())
        await organiser.close()

    async def _be_there(self) -> None:
        """Be the host's console: who is not heard of for minutes is taken for gone."""
        while True:
            with suppress(httpx.HTTPError):  # the server may be dead just now
                await self.host.post(f"/sessions/{self.session_id}/presence")
            await asyncio.sleep(20)

    async def say(self, messages: int, every: float) -> None:
        """Let livestream hear of a new pin so many times; each becomes a message of the room."""
        due = time.perf_counter()
        sent: list[Awaitable[Any]] = []
        for _ in range(messages):
            self.said += 1
            now = datetime.now(UTC)
            state = SessionState(
                session_id=self.session_id,
                revision=1_000 + self.said,
                festival_id=FESTIVAL,
                titles=TITLES,
                host_id="host-mei",
                host_type="human",
                status="live",
                starts_at=now,
                ends_at=now,
                skus=("FEI-BAK-001",),
                pinned="FEI-BAK-001",
                pin_sequence=1_000 + self.said,
                pin_offset_ms=time.monotonic_ns() // 1000,  # when it was said
            )
            headers = [("ce_id", new_id().encode()), ("ce_type", state.type.encode())]
            sent.append(
                await self.kafka.send(
                    state.topic,
                    state.write(),
                    key=state.key.encode(),
                    partition=partition_of(state.key),
                    headers=headers,
                )
            )
            due += every
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
        await asyncio.gather(*sent)

    async def pin(self, sequence: int) -> None:
        """Pin through the door; it is told by a commit, the relay and Kafka."""
        wish = {"sku": "FEI-BAK-001", "expected_sequence": sequence}
        (await self.host.put(f"/sessions/{self.session_id}/pin", wish)).raise_for_status()


@dataclass
class Stage:
    """Where one contestant plays: who is watched, by whom, and who says something.

    Attributes:
        empty: Bytes that the process held before anybody came.
    """

    pid: int
    empty: int
    url: str
    path: str
    say: Callable[[int, float], Awaitable[Any]]
    crowd: Helper

    async def show(
        self, viewers: int, messages: int, every: float, *, stalled: int = 0, socket: bool = False
    ) -> Round:
        """Fill the room, say so much, and wait until everybody who reads has seen it all."""
        taken = Round()
        await self.crowd.ask(
            do="come", url=self.url, path=self.path, count=viewers, stalled=stalled, socket=socket
        )
        readers = viewers - stalled
        if stalled:
            await self._seen(FILLING, 0.001, readers)
        began, spent = time.perf_counter(), cpu_seconds([self.pid])
        told = await self._seen(messages, every, readers)
        taken.seconds, taken.cpu = time.perf_counter() - began, cpu_seconds([self.pid]) - spent
        taken.memory = (resident(self.pid) - self.empty) / viewers
        taken.count = messages * readers
        taken.waits = tuple(wait for wait, times in told["waits"] for _ in range(times))
        await self.crowd.ask(do="leave")
        return taken

    async def _seen(self, messages: int, every: float, readers: int) -> dict[str, Any]:
        await self.crowd.ask(do="expect", messages=messages, readers=readers)
        await self.say(messages, every)
        return await self.crowd.ask(do="collect")


def resident(pid: int) -> int:
    return psutil.Process(pid).memory_info().rss


@asynccontextmanager
async def _contest(house: House, measure: Measure) -> AsyncGenerator[Contest]:
    """Livestream, the bare server and the viewers, each in a process of its own."""
    async with (
        AIOKafkaProducer(bootstrap_servers=house.kafka) as producer,
        helper("bare") as bare,
        helper("viewers") as crowd,
    ):
        await crowd.hear()
        room = Room(house, producer)
        try:
            await room.open()
            await room.begin()
            path = f"/rooms/{room.session_id}"
            floor = Stage(
                bare.pid,
                resident(bare.pid),
                f"http://127.0.0.1:{(await bare.hear())['port']}",
                "/",
                lambda messages, every: bare.ask(messages=messages, every=every),
                crowd,
            )

            def stage(what: str = "stream") -> Stage:
                return Stage(room.pid, room.empty, room.url, f"{path}/{what}", room.say, crowd)

            paced = round(measure.seconds / EVERY)
            yield {
                BARE_SOME: lambda: floor.show(SOME, paced, EVERY),
                ROOM_SOME: lambda: stage().show(SOME, paced, EVERY),
                BARE_MANY: lambda: floor.show(MANY, paced, EVERY),
                ROOM_MANY: lambda: stage().show(MANY, paced, EVERY),
                SOCKETS: lambda: stage("socket").show(MANY, paced, EVERY, socket=True),
                STALLED: lambda: stage().show(MANY, paced, EVERY, stalled=MANY // 10),
                BARE_BURST: lambda: floor.show(MANY, BURST, 0),
                ROOM_BURST: lambda: stage().show(MANY, BURST, 0),
                BACK: partial(_killed, room, stage, crowd),
            }
        finally:
            room.close()


async def _killed(room: Room, stage: Callable[[], Stage], crowd: Helper) -> Round:
    """Kill what serves a full room; everybody comes back to what stands there again.

    The clock runs from the kill until the last is back and has seen a pin made after it.
    """
    before = stage()
    await crowd.ask(do="come", url=before.url, path=before.path, count=MANY)
    began = time.perf_counter()
    crowd.tell(do="back")
    os.kill(room.pid, signal.SIGKILL)
    await room.open()
    async with httpx.AsyncClient(base_url=room.url) as anybody:
        shown = (await anybody.get(f"/rooms/{room.session_id}")).json()["pin"]
    sequence = shown["sequence"] if shown else 0
    coming = asyncio.create_task(crowd.hear())
    while not coming.done():  # some come before a pin, some after it
        await room.pin(sequence)
        sequence += 1
        await asyncio.wait({coming}, timeout=EVERY)
    await coming
    while True:
        told = await crowd.ask(do="sequences")
        if [seen for seen, _ in told["seen"]] == [sequence]:
            break
        await asyncio.sleep(0.01)
    taken = Round(count=MANY, seconds=time.perf_counter() - began)
    if told["gaps"]:
        raise RuntimeError(f"{told['gaps']} viewers have missed something")
    taken.waits = (taken.seconds,)
    await crowd.ask(do="leave")
    return taken


BENCH = Bench(
    "watching",
    "Viewers of a room",
    "One message of 250 bytes ten times a second, or 20 at once, to everybody in a room; heard "
    "from Kafka by livestream in one process (`--role all`). The raw one makes its messages "
    "itself, knows no room and remembers nothing. A delivery is one message seen by one viewer; "
    "its time counts from when it was said. CPU is that of the process which serves.",
    _contest,
    (
        Aim(ROOM_SOME, BARE_SOME, of="cpu"),
        Aim(ROOM_MANY, BARE_MANY, most=1.5, of="cpu"),
        Aim(SOCKETS, BARE_MANY, most=1.5, of="cpu"),
        Aim(ROOM_BURST, BARE_BURST, most=1, of="cpu"),
        Aim(ROOM_MANY, BARE_MANY, most=250, of="p99"),
        Aim(SOCKETS, BARE_MANY, most=250, of="p99"),
        Aim(STALLED, ROOM_MANY, most=1.5, of="wait"),
        Aim(STALLED, ROOM_MANY, most=250, of="p99"),
        Aim(ROOM_MANY, BARE_MANY, most=40, of="memory"),
        Aim(SOCKETS, BARE_MANY, most=40, of="memory"),
        Aim(BACK, ROOM_MANY, most=15_000, of="p99"),
    ),
)

"""Callbacks: signed, brought to the merchant, and brought again until it answers 2xx.

Each receiver has a lane of its own, so one that hangs keeps only its own callbacks waiting.
"""

import asyncio
import ssl
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import urlsplit

import httpx

from deploy.sandbox.faults import Trick
from deploy.sandbox.payments import Signature
from deploy.sandbox.signing import LONG_AGO, Signer

LANE_WIDTH = 64  # callbacks in flight to one receiver
ANSWER_BYTES = 64 * 1024  # of an answer nobody reads, enough to keep the connection


@dataclass(frozen=True, slots=True)
class Callback:
    """One notification: the bytes to bring, and whom to tell when the receiver has taken it."""

    url: str
    body: bytes
    taken: Callable[[], None]
    signature: Signature = "hmac-sha256"
    replay: bool = False
    """Whether it is played once more, to the letter, when it has been taken."""
    trick: Trick | None = None
    """Tricks are brought once and should be turned away."""


@dataclass(slots=True)
class Lane:
    """What waits for one receiver, how many are on the way to it, and who else could go.

    Each who goes is a client with a connection of its own: one with many looks at them all, twice
    a call.
    """

    waiting: deque[tuple[Callback, int]] = field(default_factory=deque[tuple[Callback, int]])
    running: int = 0
    resting: list[httpx.AsyncClient] = field(default_factory=list[httpx.AsyncClient])

    async def close(self) -> None:
        while self.resting:
            await self.resting.pop().aclose()


class Courier:
    """Brings callbacks."""

    def __init__(self, signer: Signer, resend: Sequence[float], answer_within: float) -> None:
        self._signer = signer
        self._resend = resend
        self._answer_within = answer_within
        self._lanes: dict[str, Lane] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False
        self.tries = self.taken = self.given_up = self.pending = 0
        self.replayed = self.tricks_refused = self.tricks_taken = 0

    def send(self, callback: Callback, *, after: float = 0.0) -> None:
        self.pending += 1
        self._later(after, callback, 0)

    async def close(self) -> None:
        self._closed = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for lane in self._lanes.values():
            await lane.close()

    def _later(self, seconds: float, callback: Callback, failures: int) -> None:
        asyncio.get_running_loop().call_later(seconds, self._queue, callback, failures)

    def _queue(self, callback: Callback, failures: int) -> None:
        receiver = urlsplit(callback.url).netloc
        lane = self._lanes.setdefault(receiver, Lane())
        lane.waiting.append((callback, failures))
        self._move(receiver, lane)

    def _move(self, receiver: str, lane: Lane) -> None:
        if self._closed:
            return
        while lane.waiting and lane.running < LANE_WIDTH:
            lane.running += 1
            task = asyncio.create_task(self._bring(receiver, lane, *lane.waiting.popleft()))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        if not lane.running:
            self._lanes.pop(receiver, None)

    async def _bring(self, receiver: str, lane: Lane, callback: Callback, failures: int) -> None:
        client = lane.resting.pop() if lane.resting else self._open()
        try:
            headers = self._sign(callback)
            taken = await self._try(client, callback, headers)
            if taken and callback.replay:
                self.replayed += 1
                await self._try(client, callback, headers)
        finally:
            lane.resting.append(client)
            lane.running -= 1
            self._move(receiver, lane)
        if not lane.running:
            await lane.close()
        if callback.trick:
            self.pending -= 1
            self.tricks_taken += taken
            self.tricks_refused += not taken
        elif taken:
            self.pending -= 1
            self.taken += 1
            callback.taken()
        elif failures < len(self._resend):
            self._later(self._resend[failures], callback, failures + 1)
        else:
            self.pending -= 1
            self.given_up += 1

    def _open(self) -> httpx.AsyncClient:
        # Kept shorter than servers keep idle connections: a callback should not meet a closing one.
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=1, keepalive_expiry=2)
        return httpx.AsyncClient(
            limits=limits, timeout=self._answer_within, trust_env=False, verify=self._tls
        )

    def _sign(self, callback: Callback) -> dict[str, str]:
        signer, age = self._signer, 0
        if callback.trick == "forged":
            signer = self._stranger
        if callback.trick == "stale":
            age = LONG_AGO
        return signer.headers(callback.body, callback.signature, age=age)

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        """Whom to trust; read when first needed, for that takes a while, too."""
        return httpx.create_ssl_context(trust_env=False)

    @cached_property
    def _stranger(self) -> Signer:
        """Somebody who would like to be us; made when first needed, for keys take a while."""
        return Signer("a guess")

    async def _try(
        self, client: httpx.AsyncClient, callback: Callback, signed: dict[str, str]
    ) -> bool:
        self.tries += 1
        headers = {"Content-Type": "application/json", **signed}
        try:
            async with (
                asyncio.timeout(self._answer_within),
                client.stream(
                    "POST", callback.url, content=callback.body, headers=headers
                ) as answer,
            ):
                read = 0
                async for part in answer.aiter_raw():
                    read += len(part)
                    if read > ANSWER_BYTES:
                        break
                return answer.is_success
        except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError):
            return False  # whatever stood in the way, the schedule says when to try again

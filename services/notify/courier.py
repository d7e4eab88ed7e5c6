"""The courier: takes deliveries to their endpoints, signed, and writes down what came of it."""

import asyncio
import time
from collections.abc import Awaitable, Collection, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from weakref import WeakValueDictionary

from prometheus_client import Counter

from services.notify import delivery
from services.notify.delivery import Attempt, Delivery
from services.notify.directory import Directory
from services.notify.endpoint import Endpoint
from services.notify.kept import DELIVERIES, ENDPOINTS
from services.notify.queries import Queries
from services.notify.signature import signature
from shared.events.ids import new_id
from shared.platform.change.cause import Cause
from shared.platform.change.fold import Outcome
from shared.platform.change.unit_of_work import UnitOfWork
from shared.platform.clock import utc_now
from shared.platform.outside.outbound import Answer, Outbound, Unanswered

ATTEMPTS = Counter("feira_notify_deliveries_total", "Attempts to deliver, by outcome", ["outcome"])

HANDED = 4
"""How many deliveries one endpoint is handed at once."""

CLAIMED, WHILE_FAILING = 16, 1
"""How many are claimed at once, so that a commit carries several; fewer while it takes none."""


class Courier:
    """Claims, posts, and writes down; a claim nobody ends lapses."""

    def __init__(
        self,
        uow: UnitOfWork,
        queries: Queries,
        directory: Directory,
        outbound: Outbound,
        *,
        pauses: Sequence[float],
        lasts: timedelta,
    ) -> None:
        """Try again after *pauses*; an attempt that is not heard of *lasts* so long."""
        self._uow, self._queries = uow, queries
        self._directory, self._outbound = directory, outbound
        self._pauses, self._lasts = pauses, lasts
        self._hands: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    async def find(
        self, limit: int, without: Collection[str], not_to: Collection[str]
    ) -> Sequence[Delivery]:
        found = await self._queries.parcels(limit, without, not_to)
        if found:
            await self._directory.fresh()
        return found

    def width(self, endpoint_id: str) -> int:
        """How many deliveries to an endpoint may be under way at once."""
        endpoint = self._directory.known.get(endpoint_id)
        return WHILE_FAILING if endpoint and endpoint.failing_since else CLAIMED

    async def deliver(self, due: Delivery) -> None:
        endpoint = self._directory.known.get(due.endpoint_id)
        if endpoint is None:
            ATTEMPTS.labels("dropped").inc()
            await self._drop(due)
            return
        claim, width = new_id(), self.width(endpoint.id)
        await self._claim(due, claim)
        late = time.monotonic() + self._lasts.total_seconds() / 2
        hands = self._hands.setdefault(endpoint.id, asyncio.Semaphore(HANDED))
        async with hands:
            # It has stopped taking any, or the claim could lapse before an attempt ends.
            if self.width(endpoint.id) < width or time.monotonic() > late:
                await self._release(due, claim)
                return
            attempt = await self._attempt(due, endpoint, claim)
            if not attempt.taken:  # who comes next is to know of it
                await self._end(due, attempt)
                await self._directory.fresh()
                return
        await self._end(due, attempt)

    async def _attempt(self, due: Delivery, endpoint: Endpoint, claim: str) -> Attempt:
        at, began = utc_now(), time.perf_counter()
        body = due.parcel.body.encode()
        event_id, timestamp = due.parcel.event_id, int(at.timestamp())
        headers = {
            "Content-Type": "application/json",
            "webhook-id": event_id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": signature(endpoint.secrets(at), event_id, timestamp, body),
        }
        answer: Answer | None = None
        error = ""
        try:
            answer = await self._outbound.ask("POST", endpoint.url, headers=headers, content=body)
        except Unanswered as nobody:
            error = nobody.why
        return Attempt(
            id=claim,
            at=at,
            milliseconds=round((time.perf_counter() - began) * 1000),
            status=answer.status if answer else None,
            error=error,
            retry_after=_retry_after(answer, at) if answer else None,
        )

    def _claim(self, due: Delivery, claim: str) -> Awaitable[Outcome]:
        ref, target = DELIVERIES(due.id), ENDPOINTS(due.endpoint_id)
        return self._uow.change(
            [ref, target],
            lambda view: delivery.claim(view[ref], view[target], claim, self._lasts, view.at),
            _cause(due, claim),
        )

    def _release(self, due: Delivery, claim: str) -> Awaitable[Outcome]:
        ref = DELIVERIES(due.id)
        return self._uow.change(
            [ref],
            lambda view: delivery.release(view[ref], claim, view.at),
            _cause(due, f"{claim}:release"),
        )

    def _drop(self, due: Delivery) -> Awaitable[Outcome]:
        ref, target = DELIVERIES(due.id), ENDPOINTS(due.endpoint_id)
        return self._uow.change(
            [ref, target],
            lambda view: delivery.drop(view[ref], view[target], view.at),
            _cause(due, f"{new_id()}:drop"),
        )

    def _end(self, due: Delivery, attempt: Attempt) -> Awaitable[Outcome]:
        ATTEMPTS.labels("taken" if attempt.taken else attempt.error or str(attempt.status)).inc()
        ref, target = DELIVERIES(due.id), ENDPOINTS(due.endpoint_id)
        return self._uow.change(
            [ref, target],
            lambda view: delivery.attempted(
                view[ref], view[target], attempt, self._pauses, view.at
            ),
            _cause(due, f"{attempt.id}:end"),
        )


def _cause(due: Delivery, what: str) -> Cause:
    return Cause(key=f"delivery:{due.id}:{what}", causation=due.parcel.event_id, patient=True)


def _retry_after(answer: Answer, now: datetime) -> float | None:
    """For how many seconds the receiver asks us to stay away: a number of them, or a date."""
    said = answer.headers.get("retry-after", "").strip()
    if said.isdecimal() and len(said) < 10:  # noqa: PLR2004 - what is longer is no number of seconds
        return float(said)
    try:
        until = parsedate_to_datetime(said)
    except ValueError:
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(0.0, (until - now).total_seconds())

"""The running order over HTTP: against the clock, and changed while the session is under way."""

import asyncio
import re
from typing import Annotated, Literal, Self, TypeAlias

from fastapi import APIRouter, Depends, Header, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from services.livestream.directing.floor import Floor
from services.livestream.directing.running import Rundown, rundown
from services.livestream.directing.session import Session
from services.livestream.directing.waiting import Waiting, first
from services.livestream.queries import Queries
from services.livestream.routes.callers import (
    Because,
    Director,
    Insider,
    Organiser,
    asker,
    must_be_insider,
)
from services.livestream.routes.sessions import SlotWish
from shared.events.ids import BuyerId, SessionId, Sku
from shared.events.livestream import Slot
from shared.platform.clock import utc_now
from shared.platform.web.version import Known, Version, etag

MOST_WAIT = 25
"""For how many seconds an answer may wait; what stands between us gives up after sixty."""

_WAIT = re.compile(r'(?:^|[\s,;])wait\s*=\s*"?([0-9]{1,6})')


def _wait(
    prefer: Annotated[
        str | None, Header(alias="Prefer", description="`wait=20`: for another version (RFC 7240).")
    ] = None,
) -> int:
    found = _WAIT.search(prefer or "")
    return min(int(found[1]), MOST_WAIT) if found else 0


Patience: TypeAlias = Annotated[int, Depends(_wait)]
"""For how many seconds a reader would rather wait than hear nothing new."""


class OrderWish(BaseModel):
    """The whole run-of-show as it is to be."""

    model_config = ConfigDict(extra="forbid")

    slots: Annotated[tuple[SlotWish, ...], Field(max_length=200)]


class RunView(BaseModel):
    """A slot against the clock, in milliseconds from the start of the session."""

    position: int
    sku: Sku
    stage: Literal["shown", "on", "to-come"]
    from_ms: int
    until_ms: int


class ProposalView(BaseModel):
    """A running order that waits for a second person."""

    by: BuyerId
    slots: tuple[Slot, ...]


class RundownView(BaseModel):
    """The run-of-show against the clock; `falls_out` are positions that end after the session."""

    session_id: SessionId
    version: int
    length_ms: int
    runs: list[RunView]
    falls_out: list[int]
    proposal: ProposalView | None

    @classmethod
    def of(cls, session: Session, laid: Rundown) -> Self:
        runs = [
            RunView(
                position=run.slot.position,
                sku=run.slot.sku,
                stage=run.stage,
                from_ms=run.from_ms,
                until_ms=run.until_ms,
            )
            for run in laid.runs
        ]
        waiting = session.proposal
        return cls(
            session_id=session.id,
            version=session.order,
            length_ms=laid.length_ms,
            runs=runs,
            falls_out=list(laid.falls_out),
            proposal=waiting and ProposalView(by=waiting.by, slots=waiting.slots),
        )


def routes(floor: Floor, queries: Queries, waiting: Waiting) -> APIRouter:
    router = APIRouter(prefix="/sessions/{session_id}", tags=["running order"])

    @router.put("/running-order")
    async def reorder(
        session_id: SessionId,
        wish: OrderWish,
        *,
        caller: Director,
        asked: Because,
        seen: Version,
        response: Response,
    ) -> RundownView:
        """Change the running order you have seen (If-Match: the rundown's ETag), while under way.

        Other prices, products, units or limits wait as a `proposal` for a second person.
        """
        slots = [Slot(**dict(slot)) for slot in wish.slots]
        await floor.reorder(session_id, slots, seen, asker(caller), asked)
        return await shown(await session_of(session_id), response)

    @router.post("/running-order/approval")
    async def approve(
        session_id: SessionId,
        caller: Organiser,
        asked: Because,
        seen: Version,
        response: Response,
    ) -> RundownView:
        """Agree, as the second person, to the proposal you have seen (If-Match)."""
        await floor.approve_order(session_id, seen, asker(caller), asked)
        return await shown(await session_of(session_id), response)

    @router.get("/rundown", response_model=RundownView)
    async def look(
        session_id: SessionId,
        caller: Insider,
        *,
        known: Known,
        patience: Patience,
        request: Request,
        response: Response,
    ) -> RundownView | Response:
        """Lay the run-of-show out against the clock, and tell which slots fall out.

        Who knows the running order (If-None-Match) is told of another one as soon as there is one,
        a proposal too, for as many seconds as they wait (`Prefer: wait=20`); else 304.
        """
        loop = asyncio.get_running_loop()
        until = loop.time() + patience
        while True:
            bell = waiting.bell(session_id)
            session = await session_of(session_id)
            must_be_insider(caller, session)
            if session.order != known:
                return await shown(session, response)
            left, stopping = until - loop.time(), request.app.state.stopping
            if left <= 0 or stopping.is_set():
                unchanged = Response(status_code=304)
                etag(unchanged, session.order)
                return unchanged
            await first(bell.wait(), stopping.wait(), seconds=left)

    async def session_of(session_id: str) -> Session:
        session, _ = await queries.session(session_id)
        return session

    async def shown(session: Session, response: Response) -> RundownView:
        timeline = await queries.timeline(session.id)
        etag(response, session.order)
        return RundownView.of(session, rundown(session, timeline.pins, utc_now()))

    return router

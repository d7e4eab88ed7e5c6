"""Sessions over HTTP: planned, approved, run, looked at."""

from collections.abc import Awaitable, Callable
from dataclasses import fields
from datetime import date, datetime
from typing import Annotated, Literal, Self, TypeAlias

from fastapi import APIRouter, Query, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from services.livestream.directing import golive
from services.livestream.directing.control import ControlRoom
from services.livestream.directing.life import Public
from services.livestream.directing.moves import Plan
from services.livestream.directing.session import Asker, Session, as_public
from services.livestream.queries import Queries
from services.livestream.routes.callers import (
    Anybody,
    Because,
    Director,
    Insider,
    Instant,
    Organiser,
    asker,
    is_insider,
    must_be_insider,
)
from shared.events.ids import BuyerId, FestivalId, SessionId, Sku, ZoneId
from shared.events.livestream import Capability, HostType, Slot
from shared.events.text import Text
from shared.platform.change.cause import Cause
from shared.platform.change.fold import Outcome
from shared.platform.clock import utc_now
from shared.platform.web.auth import Caller, public
from shared.platform.web.paging import Page, Paging, paged
from shared.platform.web.version import NEW, MaybeVersion, Seen, etag

Shown: TypeAlias = Literal[Public, "rehearsal"]
"""Only those who run a session are told of its rehearsal."""
Move: TypeAlias = Callable[[str, Asker, Cause], Awaitable[Outcome]]


class SlotWish(Slot):
    """One place in the run-of-show."""

    model_config = ConfigDict(extra="forbid")

    position: Annotated[int, Field(ge=1, le=10_000)]
    units: Annotated[int, Field(strict=True, ge=1, le=10_000_000)]
    per_buyer: Annotated[int, Field(strict=True, ge=1, le=10_000_000)]
    seconds: Annotated[int, Field(ge=1, le=86_400)]


class PlanWish(BaseModel):
    """How a session is planned; without `host_id` the caller hosts it."""

    model_config = ConfigDict(extra="forbid")

    festival_id: FestivalId
    zone_id: ZoneId | None = None
    titles: Text
    host_id: BuyerId | None = None
    host_type: HostType = "human"
    starts_at: Instant
    ends_at: Instant
    slots: Annotated[tuple[SlotWish, ...], Field(max_length=200)]


class PinView(BaseModel):
    """What is pinned, and since when."""

    sku: Sku
    sequence: int
    offset_ms: int


class SessionSummary(BaseModel):
    """A session in a list."""

    session_id: SessionId
    status: Shown
    festival_id: FestivalId
    zone_id: ZoneId | None
    titles: Text
    host_id: BuyerId
    host_type: HostType
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    started_at: AwareDatetime | None
    ended_at: AwareDatetime | None

    @classmethod
    def of(cls, session: Session) -> Self:
        facts = {field.name: getattr(session, field.name) for field in fields(session)}
        facts |= {"session_id": session.id, "pin_sequence": session.sequence}
        return cls.model_validate(facts, from_attributes=True)


class GrantView(BaseModel):
    """What a co-host or guest may do, until when."""

    subject: BuyerId
    may: tuple[Capability, ...]
    until: AwareDatetime


class SessionView(SessionSummary):
    """A session with its run-of-show; `pin_sequence` is what the next pin has to name.

    Until it is live the run-of-show, with its prices, is for those who run it, and so are grants at
    all times: others see null.
    """

    slots: tuple[Slot, ...] | None
    pin: PinView | None
    pin_sequence: int
    grants: tuple[GrantView, ...] | None
    retain_until: date | None


class CheckView(BaseModel):
    """One line of the checklist; `reason` says what is missing, `about` for which SKUs or kinds."""

    check: str
    ok: bool
    reason: str | None
    about: list[str]


class ChecklistView(BaseModel):
    """Whether the session could go live now."""

    ready: bool
    items: list[CheckView]


def routes(control: ControlRoom, queries: Queries) -> APIRouter:
    router = APIRouter(tags=["sessions"])

    async def shown(id: str, caller: Caller, response: Response) -> SessionView:
        session, version = await queries.session(id)
        if is_insider(caller, session):
            etag(response, version)  # to others it would tell that something goes on unseen
            return SessionView.of(session)
        view = SessionView.of(as_public(session))
        slots = view.slots if session.started_at else None
        return view.model_copy(update={"slots": slots, "grants": None})

    @router.put("/sessions/{session_id}", responses={201: {"model": SessionView}})
    async def schedule(
        session_id: SessionId,
        wish: PlanWish,
        *,
        caller: Director,
        asked: Because,
        seen: Seen,
        response: Response,
    ) -> SessionView:
        """Plan a session with its run-of-show, or replace the plan you have seen (If-Match).

        What was approved has to be approved again; a live session keeps its run-of-show.
        """
        plan = Plan(
            festival_id=wish.festival_id,
            zone_id=wish.zone_id,
            titles=wish.titles,
            host_id=wish.host_id or caller.subject,
            host_type=wish.host_type,
            starts_at=wish.starts_at,
            ends_at=wish.ends_at,
            slots=tuple(Slot(**dict(slot)) for slot in wish.slots),
        )
        said = await control.schedule(session_id, plan, seen, asker(caller), asked)
        if said and seen == NEW:
            response.status_code = 201
        return await shown(session_id, caller, response)

    @router.get("/sessions/{session_id}")
    async def look(session_id: SessionId, caller: Anybody, response: Response) -> SessionView:
        """Show one session, and its run-of-show to those who may see it."""
        return await shown(session_id, caller, response)

    @router.get("/sessions", dependencies=[public])
    async def programme(
        paging: Annotated[Paging, paged(datetime, str)],
        festival_id: Annotated[FestivalId | None, Query()] = None,
        status: Annotated[Public | None, Query()] = None,
    ) -> Page[SessionSummary]:
        """List sessions in the order in which they begin."""
        found = await queries.sessions(
            paging.after, paging.enough, festival_id=festival_id, status=status
        )
        summaries = [SessionSummary.of(as_public(session)) for session in found]
        return paging.page(summaries, lambda one: (one.starts_at, one.session_id))

    @router.post("/sessions/{session_id}/approval")
    async def approve(
        session_id: SessionId,
        caller: Organiser,
        asked: Because,
        seen: MaybeVersion,
        response: Response,
    ) -> SessionView:
        """Approve the run-of-show you have seen (If-Match); not for the session's own host."""
        await control.approve(session_id, seen, asker(caller), asked)
        return await shown(session_id, caller, response)

    @router.get("/sessions/{session_id}/checklist")
    async def checklist(session_id: SessionId, caller: Insider) -> ChecklistView:
        """Tell whether the session could go live now, and everything that is missing."""
        ready = await queries.readiness(session_id)
        must_be_insider(caller, ready.session)
        items = [
            CheckView(check=name, ok=reason is None, reason=reason, about=list(about))
            for name, reason, about in golive.checklist(ready, utc_now())
        ]
        return ChecklistView(ready=all(item.ok for item in items), items=items)

    @router.delete("/sessions/{session_id}/rehearsal")
    async def end_rehearsal(
        session_id: SessionId, caller: Director, asked: Because, response: Response
    ) -> SessionView:
        """Go back to where the session was before its rehearsal."""
        await control.end_rehearsal(session_id, asker(caller), asked)
        return await shown(session_id, caller, response)

    def move(path: str, act: Move, summary: str) -> None:
        """One more route that moves a session, by its host or an organiser."""

        async def route(
            session_id: SessionId, caller: Director, asked: Because, response: Response
        ) -> SessionView:
            await act(session_id, asker(caller), asked)
            return await shown(session_id, caller, response)

        router.post(f"/sessions/{{session_id}}/{path}", summary=summary, name=path)(route)

    move("rehearsal", control.rehearse, "Try things out, unseen by the public.")
    move("start", control.start, "Open the room, if nothing is missing on the checklist.")
    move("pause", control.pause, "Show a slate for a while.")
    move("resumption", control.resume, "Go on after a pause.")
    move("end", control.end, "Close the room, its pin and its deals.")
    move("cancellation", control.cancel, "Call an unopened session off.")

    return router

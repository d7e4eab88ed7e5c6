"""Sessions over HTTP: planned, approved, run, looked at."""

from collections.abc import Awaitable, Callable
from dataclasses import fields
from datetime import UTC, datetime
from typing import Annotated, Literal, Self, TypeAlias

from fastapi import APIRouter, Query, Response
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from services.livestream.control import ControlRoom
from services.livestream.moves import Plan
from services.livestream.queries import Queries
from services.livestream.routes.callers import Because, Director, Organiser, asker, is_insider
from services.livestream.session import Asker, Session
from shared.events.ids import BuyerId, FestivalId, SessionId, Sku, ZoneId
from shared.events.livestream import HostType, Slot
from shared.events.text import Text
from shared.platform.change.cause import Cause
from shared.platform.change.fold import Outcome
from shared.platform.web.auth import Caller, public
from shared.platform.web.paging import Page, Paging, paged
from shared.platform.web.version import NEW, MaybeVersion, Seen, etag

Status: TypeAlias = Literal["scheduled", "approved", "live", "paused", "ended", "cancelled"]
Anybody: TypeAlias = Annotated[Caller, public]
Move: TypeAlias = Callable[[str, Asker, Cause], Awaitable[Outcome]]


def _utc(moment: datetime) -> datetime:
    try:
        whole = moment.microsecond // 1000 * 1000  # what MongoDB keeps
        return moment.astimezone(UTC).replace(microsecond=whole)
    except OverflowError:
        raise ValueError("out of range") from None


Instant: TypeAlias = Annotated[AwareDatetime, AfterValidator(_utc)]


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
    status: Status
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


class SessionView(SessionSummary):
    """A session with its run-of-show; `pin_sequence` is what the next pin has to name.

    Until it is live the run-of-show, with its prices, is for those who run it: others see null.
    """

    slots: tuple[Slot, ...] | None
    pin: PinView | None
    pin_sequence: int


def routes(control: ControlRoom, queries: Queries) -> APIRouter:
    router = APIRouter(tags=["sessions"])

    async def shown(id: str, caller: Caller, response: Response) -> SessionView:
        session, version = await queries.session(id)
        etag(response, version)
        view = SessionView.of(session)
        if session.started_at is None and not is_insider(caller, session):
            return view.model_copy(update={"slots": None})
        return view

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
        status: Annotated[Status | None, Query()] = None,
    ) -> Page[SessionSummary]:
        """List sessions in the order in which they begin."""
        found = await queries.sessions(
            paging.after, paging.enough, festival_id=festival_id, status=status
        )
        summaries = [SessionSummary.of(session) for session in found]
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

    def move(path: str, act: Move, summary: str) -> None:
        """One more route that moves a session, by its host or an organiser."""

        async def route(
            session_id: SessionId, caller: Director, asked: Because, response: Response
        ) -> SessionView:
            await act(session_id, asker(caller), asked)
            return await shown(session_id, caller, response)

        router.post(f"/sessions/{{session_id}}/{path}", summary=summary, name=path)(route)

    move("start", control.start, "Open the room.")
    move("pause", control.pause, "Show a slate for a while.")
    move("resumption", control.resume, "Go on after a pause.")
    move("end", control.end, "Close the room, its pin and its deals.")
    move("cancellation", control.cancel, "Call an unopened session off.")

    return router

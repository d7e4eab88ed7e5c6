"""Festivals and their programme over HTTP."""

from datetime import date
from typing import Any, Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel

from services.catalog.festival import Festival, Item, Plan
from services.catalog.kept import FESTIVALS
from services.catalog.planning import Planning
from services.catalog.queries import Queries
from services.catalog.routes.door import Asked, ById, after, organiser, put_answers, show
from shared.events.catalog import Activity, FestivalAnnounced
from shared.events.ids import ActivityId, FestivalId
from shared.events.text import Text
from shared.platform.web.auth import public
from shared.platform.web.paging import Page
from shared.platform.web.version import MaybeVersion, Seen
from shared.refusal import Refused


class FestivalView(BaseModel):
    """A festival."""

    festival_id: FestivalId
    status: Literal["announced", "published", "open", "closed"]
    titles: Text
    starts_on: date
    ends_on: date
    timezone: str


class ProgrammeView(FestivalView):
    """A festival and its programme."""

    activities: tuple[Activity, ...]


def festival_routes(planning: Planning, queries: Queries) -> APIRouter:
    router = APIRouter(tags=["festivals"])

    @router.put(
        "/festivals/{festival_id}",
        dependencies=[organiser],
        responses=put_answers(FestivalView),
    )
    async def announce_festival(
        festival_id: FestivalId, asked: Asked, seen: Seen, plan: Plan, response: Response
    ) -> FestivalView:
        """There will be a festival, or it has another title or other days."""
        outcome = await planning.announce(festival_id, plan, seen, asked)
        found = await queries.get(FESTIVALS, festival_id)
        return _festival(show(response, found, outcome, FestivalAnnounced))

    @router.get("/festivals", dependencies=[public])
    async def list_festivals(paging: ById) -> Page[FestivalView]:
        """All festivals."""
        found = await queries.find(FESTIVALS, {}, after(paging), paging.enough)
        views = [_festival(festival) for festival in found]
        return paging.page(views, lambda view: (view.festival_id,))

    @router.get("/festivals/{festival_id}", dependencies=[public])
    async def show_festival(festival_id: FestivalId, response: Response) -> FestivalView:
        """One festival."""
        return _festival(show(response, await queries.get(FESTIVALS, festival_id)))

    @router.post("/festivals/{festival_id}/opening", dependencies=[organiser])
    async def open_festival(
        festival_id: FestivalId, asked: Asked, response: Response
    ) -> FestivalView:
        """The opening ceremony was held."""
        await planning.open(festival_id, asked)
        return _festival(show(response, await queries.get(FESTIVALS, festival_id)))

    @router.post("/festivals/{festival_id}/closing", dependencies=[organiser])
    async def close_festival(
        festival_id: FestivalId, asked: Asked, response: Response
    ) -> FestivalView:
        """The festival is over."""
        await planning.close(festival_id, asked)
        return _festival(show(response, await queries.get(FESTIVALS, festival_id)))

    return router


def programme_routes(planning: Planning, queries: Queries) -> APIRouter:
    router = APIRouter(tags=["programme"])

    @router.get("/festivals/{festival_id}/activities", dependencies=[organiser])
    async def show_draft(festival_id: FestivalId, response: Response) -> ProgrammeView:
        """The programme being worked on; the ETag is the festival's."""
        festival = show(response, await queries.get(FESTIVALS, festival_id))
        return _programme(festival, festival.draft)

    @router.put(
        "/festivals/{festival_id}/activities/{activity_id}",
        dependencies=[organiser],
    )
    async def draft_activity(
        *,
        festival_id: FestivalId,
        activity_id: ActivityId,
        asked: Asked,
        seen: Seen,
        item: Item,
        response: Response,
    ) -> ProgrammeView:
        """Put an activity into the draft; to replace one, send the festival's ETag."""
        await planning.draft_activity(festival_id, activity_id, item, seen, asked)
        festival = show(response, await queries.get(FESTIVALS, festival_id))
        return _programme(festival, festival.draft)

    @router.delete(
        "/festivals/{festival_id}/activities/{activity_id}",
        dependencies=[organiser],
        status_code=204,
    )
    async def strike_activity(
        festival_id: FestivalId, activity_id: ActivityId, asked: Asked
    ) -> None:
        """Take an activity out of the draft."""
        await planning.strike_activity(festival_id, activity_id, asked)

    @router.post("/festivals/{festival_id}/publication", dependencies=[organiser])
    async def publish_programme(
        festival_id: FestivalId, asked: Asked, seen: MaybeVersion, response: Response
    ) -> ProgrammeView:
        """The draft stands: one opening, nine main activities, any number of promotions."""
        await planning.publish(festival_id, seen, asked)
        festival = show(response, await queries.get(FESTIVALS, festival_id))
        return _programme(festival, festival.programme)

    @router.get("/festivals/{festival_id}/programme", dependencies=[public])
    async def show_programme(festival_id: FestivalId, response: Response) -> ProgrammeView:
        """The programme as it was last published."""
        festival = show(response, await queries.get(FESTIVALS, festival_id))
        if not festival.programme:
            raise Refused(
                "programme.unpublished", "The programme is not published yet.", kind="missing"
            )
        return _programme(festival, festival.programme)

    return router


def _said(festival: Festival) -> dict[str, Any]:
    return {
        "festival_id": festival.id,
        "status": festival.status,
        "titles": festival.titles,
        "starts_on": festival.starts_on,
        "ends_on": festival.ends_on,
        "timezone": festival.timezone,
    }


def _festival(festival: Festival) -> FestivalView:
    return FestivalView.model_validate(_said(festival))


def _programme(festival: Festival, activities: tuple[Activity, ...]) -> ProgrammeView:
    return ProgrammeView.model_validate({**_said(festival), "activities": activities})

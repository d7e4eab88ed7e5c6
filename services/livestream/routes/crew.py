"""Those who work in a session over HTTP: let in, taken out, there or not."""

from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from services.livestream.directing.attending import part_of
from services.livestream.directing.floor import Floor
from services.livestream.directing.presence import LABEL_GAP, PRESENT_FOR, Part
from services.livestream.directing.session import Grant
from services.livestream.queries import Queries
from services.livestream.routes.callers import Because, Crew, Director, Instant, asker
from services.livestream.routes.sessions import GrantView
from shared.events.ids import BuyerId, SessionId
from shared.events.livestream import Capability
from shared.platform.clock import utc_now
from shared.platform.web.auth import Caller


class GrantWish(BaseModel):
    """What somebody is to be let do, and until when."""

    model_config = ConfigDict(extra="forbid")

    subject: BuyerId
    may: Annotated[frozenset[Capability], Field(min_length=1)]
    until: Instant


class HeardView(BaseModel):
    """That was heard; to say it again within so many seconds keeps it so.

    `part` is what the caller is in this session.
    """

    session_id: SessionId
    status: str
    part: Part
    within_seconds: int


def routes(floor: Floor, queries: Queries) -> APIRouter:
    router = APIRouter(prefix="/sessions/{session_id}", tags=["crew"])

    @router.post("/grants", status_code=201)
    async def grant(
        session_id: SessionId, wish: GrantWish, caller: Director, asked: Because
    ) -> GrantView:
        """Let a co-host or guest do something for a while, in place of what they were let do."""
        may = tuple(sorted(wish.may))
        given = Grant(wish.subject, may, wish.until)
        await floor.grant(session_id, given, asker(caller), asked)
        return GrantView(subject=given.subject, may=may, until=given.until)

    @router.delete("/grants/{subject}", status_code=204)
    async def revoke(
        session_id: SessionId, subject: BuyerId, caller: Director, asked: Because
    ) -> Response:
        """Take back whatever somebody was let do."""
        await floor.revoke(session_id, subject, asker(caller), asked)
        return Response(status_code=204)

    @router.post("/presence")
    async def attend(session_id: SessionId, caller: Crew, asked: Because) -> HeardView:
        """Say that you are there, as the host, a moderator or a guest; to be said again and again.

        A live session whose host has not said so for three minutes is paused.
        """
        await floor.attend(session_id, asker(caller), asked)
        return await heard(session_id, caller, PRESENT_FOR.seconds)

    @router.post("/ai-label")
    async def label(session_id: SessionId, caller: Director, asked: Because) -> HeardView:
        """Say that the room shows that its host is an AI; to be said again and again.

        A live session that has not said so in time has an incident on its record.
        """
        await floor.label(session_id, asker(caller), asked)
        return await heard(session_id, caller, LABEL_GAP.seconds)

    async def heard(session_id: str, caller: Caller, seconds: int) -> HeardView:
        session, _ = await queries.session(session_id)
        return HeardView(
            session_id=session.id,
            status=session.status,
            part=part_of(session, asker(caller), utc_now()),
            within_seconds=seconds,
        )

    return router

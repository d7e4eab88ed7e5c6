"""Evidence over HTTP: corrections and recordings put on the record, the whole of it exported."""

from typing import Annotated

from fastapi import APIRouter, Response
from fastapi.responses import StreamingResponse
from pydantic import AwareDatetime, BaseModel, ConfigDict, StringConstraints

from services.livestream.chat.queries import ChatQueries
from services.livestream.directing.floor import Floor
from services.livestream.queries import Queries
from services.livestream.record.archive import Archive
from services.livestream.record.export import (
    CorrectionEvidence,
    EvidenceView,
    corrections,
    export,
    written,
)
from services.livestream.record.timeline import Recording
from services.livestream.routes.callers import (
    Because,
    Crew,
    Director,
    Insider,
    Instant,
    asker,
    must_be_insider,
    organiser,
)
from shared.events.ids import Id, SessionId
from shared.events.livestream import CorrectionIssued
from shared.platform.clock import utc_now

Words = Annotated[str, StringConstraints(min_length=1, max_length=1_000, strip_whitespace=True)]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Manifest = Annotated[str, StringConstraints(max_length=500, pattern=r"^https?://[!-~]+$")]


class CorrectionWish(BaseModel):
    """What was said, and what is right."""

    model_config = ConfigDict(extra="forbid")

    said: Words
    corrected: Words


class RecordingWish(BaseModel):
    """Where the session is recorded, since when, and the digest once the file is closed."""

    model_config = ConfigDict(extra="forbid")

    manifest: Manifest
    began_at: Instant
    sha256: Sha256 | None = None


class RecordingView(BaseModel):
    """Where the session is recorded."""

    session_id: SessionId
    manifest: str
    began_at: AwareDatetime
    sha256: str | None


class HoldWish(BaseModel):
    """The case that evidence is needed in."""

    model_config = ConfigDict(extra="forbid")

    reference: Id


class HoldView(BaseModel):
    """The case that the evidence is kept for."""

    session_id: SessionId
    reference: Id


def routes(floor: Floor, archive: Archive, queries: Queries, chats: ChatQueries) -> APIRouter:
    router = APIRouter(prefix="/sessions/{session_id}", tags=["evidence"])

    @router.post("/corrections", status_code=201)
    async def correct(
        session_id: SessionId, wish: CorrectionWish, caller: Crew, asked: Because
    ) -> CorrectionEvidence:
        """Put right what was said in the room; viewers are told."""
        said, right = wish.said, wish.corrected
        done = await floor.correct(session_id, said, right, asker(caller), asked)
        [number] = [fact.number for fact in done if isinstance(fact, CorrectionIssued)]
        made = corrections(await queries.record(session_id))
        return next(one for one in made if one.number == number)

    @router.post("/recording", status_code=201)
    async def record(
        session_id: SessionId, wish: RecordingWish, caller: Director, asked: Because
    ) -> RecordingView:
        """Tell where the session is recorded: none goes live that is not."""
        recording = Recording(wish.manifest, wish.began_at, wish.sha256)
        await floor.record(session_id, recording, asker(caller), asked)
        return RecordingView(session_id=session_id, **wish.model_dump())

    @router.get("/evidence", responses={200: {"model": EvidenceView}})
    async def evidence(session_id: SessionId, caller: Insider) -> Response:
        """Export all that is kept of a session; the chat, at the end, as it is read.

        The file is whole if it ends with `complete`; where it cannot be, the answer is broken off.
        """
        found = await queries.record(session_id)
        must_be_insider(caller, found.session)
        pieces = written(export(found, utc_now()), chats.messages(session_id))
        return StreamingResponse(pieces, media_type="application/json")

    @router.put("/legal-hold", dependencies=[organiser])
    async def hold(session_id: SessionId, wish: HoldWish, asked: Because) -> HoldView:
        """Keep the evidence for a case, whatever the date."""
        await archive.hold(session_id, wish.reference, asked)
        return HoldView(session_id=session_id, reference=wish.reference)

    @router.delete("/legal-hold", status_code=204, dependencies=[organiser])
    async def lift(session_id: SessionId, asked: Because) -> Response:
        """Keep the evidence no longer than its date says."""
        await archive.lift(session_id, asked)
        return Response(status_code=204)

    return router

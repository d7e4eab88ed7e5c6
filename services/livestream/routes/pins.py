"""The pin and the timeline over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt

from services.livestream.directing.control import ControlRoom
from services.livestream.queries import Queries
from services.livestream.routes.callers import Because, Director, asker
from shared.events.ids import CouponId, SessionId, Sku
from shared.events.livestream import ProductPinned, ProductUnpinned
from shared.platform.change.fold import Outcome
from shared.platform.web.auth import signed_in


class PinWish(BaseModel):
    """Which product to show, and which pin the caller has seen last (0 before the first)."""

    model_config = ConfigDict(extra="forbid")

    sku: Sku
    expected_sequence: Annotated[int, Field(ge=0, le=10**9)]


class PinMoved(BaseModel):
    """What is pinned now, if anything; the next move names this sequence."""

    session_id: SessionId
    sku: Sku | None
    sequence: int
    offset_ms: int


class PinnedView(BaseModel):
    """A product that was pinned, by the clock of the recording."""

    sku: Sku
    sequence: int
    from_ms: int
    until_ms: int | None


class HandedOutView(BaseModel):
    """A coupon that was handed out, by the clock of the recording."""

    coupon_id: CouponId
    sequence: int
    from_ms: int
    until_ms: int | None


class TimelineView(BaseModel):
    """What a session has pinned and handed out so far."""

    session_id: SessionId
    pins: list[PinnedView]
    coupons: list[HandedOutView]


def routes(control: ControlRoom, queries: Queries) -> APIRouter:
    router = APIRouter(tags=["pins"])

    @router.put("/sessions/{session_id}/pin")
    async def pin(
        session_id: SessionId, wish: PinWish, caller: Director, asked: Because
    ) -> PinMoved:
        """Show a product and who sells it; refused if somebody has moved the pin since."""
        done = await control.pin(session_id, wish.sku, wish.expected_sequence, asker(caller), asked)
        return await moved(session_id, done)

    @router.delete("/sessions/{session_id}/pin")
    async def unpin(
        session_id: SessionId,
        caller: Director,
        asked: Because,
        expected_sequence: Annotated[NonNegativeInt | None, Query()] = None,
    ) -> PinMoved:
        """Show no product."""
        done = await control.unpin(session_id, expected_sequence, asker(caller), asked)
        return await moved(session_id, done)

    @router.get("/sessions/{session_id}/timeline", dependencies=[signed_in])
    async def timeline(session_id: SessionId) -> TimelineView:
        """Tell what was pinned and handed out, from when until when."""
        await queries.session(session_id)
        found = await queries.timeline(session_id)
        return TimelineView.model_validate(
            {"session_id": found.id, "pins": found.pins, "coupons": found.coupons},
            from_attributes=True,
        )

    async def moved(session_id: str, outcome: Outcome) -> PinMoved:
        for fact in outcome:
            if isinstance(fact, ProductPinned | ProductUnpinned):
                return PinMoved(
                    session_id=fact.session_id,
                    sku=getattr(fact, "sku", None),
                    sequence=fact.sequence,
                    offset_ms=fact.offset_ms,
                )
        session, _ = await queries.session(session_id)  # of a rehearsal nothing is told
        sku = session.pin.sku if session.pin else None
        return PinMoved(session_id=session_id, sku=sku, sequence=session.sequence, offset_ms=0)

    return router

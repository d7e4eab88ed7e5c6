"""Coupons of a room over HTTP: handed out by who controls it, and taken down."""

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from services.livestream.queries import Queries
from services.livestream.routes.callers import Because, Director, asker
from services.livestream.routes.rooms import CouponCard
from services.livestream.showing.handed import card_of
from services.livestream.showing.handing import Handing
from shared.events.ids import CouponId, SessionId
from shared.events.livestream import CouponHandedOut


class CouponWish(BaseModel):
    """Which coupon of orders to hand out."""

    model_config = ConfigDict(extra="forbid")

    coupon_id: CouponId


def routes(handing: Handing, queries: Queries) -> APIRouter:
    router = APIRouter(prefix="/sessions/{session_id}/coupons", tags=["coupons"])

    @router.post("", status_code=201)
    async def hand_out(
        session_id: SessionId, wish: CouponWish, caller: Director, asked: Because
    ) -> CouponCard:
        """Show a coupon to everybody in the room; they use it at orders' doors."""
        done = await handing.hand_out(session_id, wish.coupon_id, asker(caller), asked)
        for fact in done:
            if isinstance(fact, CouponHandedOut):
                return CouponCard.model_validate(
                    card_of(fact.coupon_id, fact.terms, fact.left, fact.sequence, fact.offset_ms)
                )
        one, coupon = await queries.handed_out(session_id, wish.coupon_id)
        card = card_of(one.coupon_id, one.terms, coupon.left, one.sequence, one.from_ms)
        return CouponCard.model_validate(card)

    @router.post("/{coupon_id}/withdrawal", status_code=204)
    async def take_down(
        session_id: SessionId, coupon_id: CouponId, caller: Director, asked: Because
    ) -> None:
        """Show a coupon no longer; who has it may use it as its terms say."""
        await handing.take_down(session_id, coupon_id, asker(caller), asked)

    return router

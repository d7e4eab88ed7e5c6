"""Deals over HTTP: asked for, shown, closed, looked at by those who run the room."""

from typing import Annotated, Literal, Self

from fastapi import APIRouter, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from services.livestream.queries import Queries
from services.livestream.routes.callers import Because, Director, Insider, asker, must_be_insider
from services.livestream.showing.deal import Deal, Wanted
from services.livestream.showing.dealing import Dealing
from shared.events.ids import DealId, FestivalId, SessionId, Sku, new_id
from shared.events.money import Money
from shared.platform.web.auth import Caller
from shared.platform.web.paging import Page, Paging, paged


class DealWish(BaseModel):
    """Units of a slot, named by its position or its SKU; what is left out is as the slot has it."""

    model_config = ConfigDict(extra="forbid")

    deal_id: DealId | None = None
    position: Annotated[int | None, Field(ge=1, le=10_000)] = None
    sku: Sku | None = None
    units: Annotated[int | None, Field(strict=True, ge=1, le=10_000_000)] = None
    price: Money | None = None
    per_buyer: Annotated[int | None, Field(strict=True, ge=1, le=10_000_000)] = None
    seconds: Annotated[int | None, Field(ge=1, le=86_400)] = None
    compared_price: Money | None = None
    """What the product cost before, if the room says so; orders checks it (SAMR Order 56)."""


class DealView(BaseModel):
    """How a deal stands."""

    deal_id: DealId
    session_id: SessionId
    festival_id: FestivalId
    sku: Sku
    status: Literal["requested", "refused", "funded", "shown", "closed", "settled"]
    units: int
    left: int
    taken: int
    price: Money
    per_buyer: int
    seconds: int
    starts_at: AwareDatetime | None
    ends_at: AwareDatetime | None
    reason: str | None
    compared_price: Money | None

    @classmethod
    def of(cls, deal: Deal) -> Self:
        known = {name: getattr(deal, name) for name in cls.model_fields if name != "deal_id"}
        return cls.model_validate(known | {"deal_id": deal.id})


def routes(dealing: Dealing, queries: Queries) -> APIRouter:
    router = APIRouter(prefix="/sessions/{session_id}/deals", tags=["deals"])

    @router.post("", status_code=201)
    async def request(
        session_id: SessionId,
        wish: DealWish,
        caller: Director,
        asked: Because,
        response: Response,
    ) -> DealView:
        """Ask for units to be set aside; shown they can be once `status` is `funded`."""
        money = {"price", "compared_price"}
        wanted = Wanted(
            **wish.model_dump(exclude={"deal_id", *money}),
            price=wish.price,
            compared_price=wish.compared_price,
        )
        [requested] = await dealing.request(
            session_id, wish.deal_id or new_id(), wanted, asker(caller), asked
        )
        response.headers["Location"] = f"/sessions/{session_id}/deals/{requested.key}"
        return DealView.of(await queries.deal(session_id, requested.key))

    @router.get("")
    async def deals(
        session_id: SessionId, caller: Insider, paging: Annotated[Paging, paged(str)]
    ) -> Page[DealView]:
        """List a session's deals."""
        await _may_look(session_id, caller)
        [after] = paging.after or ("",)
        found = await queries.deals(session_id, after, paging.enough)
        return paging.page([DealView.of(deal) for deal in found], lambda deal: (deal.deal_id,))

    @router.get("/{deal_id}")
    async def deal(session_id: SessionId, deal_id: DealId, caller: Insider) -> DealView:
        """Show one deal."""
        await _may_look(session_id, caller)
        return DealView.of(await queries.deal(session_id, deal_id))

    @router.post("/{deal_id}/showing")
    async def show(
        session_id: SessionId, deal_id: DealId, caller: Director, asked: Because
    ) -> DealView:
        """Offer a funded deal to everybody in the room, from now on."""
        await dealing.show(session_id, deal_id, asker(caller), asked)
        return DealView.of(await queries.deal(session_id, deal_id))

    @router.post("/{deal_id}/closing")
    async def close(
        session_id: SessionId, deal_id: DealId, caller: Director, asked: Because
    ) -> DealView:
        """Take a deal back before its time."""
        await dealing.close(session_id, deal_id, asker(caller), asked)
        return DealView.of(await queries.deal(session_id, deal_id))

    async def _may_look(session_id: str, caller: Caller) -> None:
        """A host sees the deals of their own sessions; others are as good as not there."""
        session, _ = await queries.session(session_id)
        must_be_insider(caller, session)

    return router

"""Follows over HTTP: whom a buyer follows, told to nobody but them."""

import time
from typing import Annotated, Self, TypeAlias

from fastapi import APIRouter, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict

from services.livestream.chat.flood import FloodGate
from services.livestream.directing.floor import Floor
from services.livestream.directing.following import Following
from services.livestream.queries import Queries
from services.livestream.routes.callers import Because
from shared.events.ids import BuyerId, SessionId
from shared.platform.web.auth import Caller, allow
from shared.platform.web.paging import Page, Paging, paged

Follower: TypeAlias = Annotated[Caller, allow("buyer")]


class FollowWish(BaseModel):
    """In which session of the host the caller follows them."""

    model_config = ConfigDict(extra="forbid")

    session_id: SessionId


class FollowedView(BaseModel):
    """A host whom the caller follows, and since when."""

    host_id: BuyerId
    since: AwareDatetime

    @classmethod
    def of(cls, following: Following) -> Self:
        return cls.model_validate(following, from_attributes=True)


def routes(floor: Floor, queries: Queries) -> APIRouter:
    router = APIRouter(prefix="/follows", tags=["follows"])
    changes = FloodGate(0.2, 10)

    @router.put("/{host_id}", status_code=204)
    async def follow(
        host_id: BuyerId, wish: FollowWish, caller: Follower, asked: Because
    ) -> Response:
        """Follow the host of a session."""
        changes.let(caller.subject, time.monotonic())
        await floor.follow(wish.session_id, host_id, caller.subject, asked)
        return Response(status_code=204)

    @router.delete("/{host_id}", status_code=204)
    async def unfollow(host_id: BuyerId, caller: Follower, asked: Because) -> Response:
        """Follow a host no longer."""
        changes.let(caller.subject, time.monotonic())
        await floor.unfollow(host_id, caller.subject, asked)
        return Response(status_code=204)

    @router.get("")
    async def followed(
        caller: Follower, paging: Annotated[Paging, paged(str)]
    ) -> Page[FollowedView]:
        """List whom the caller follows."""
        after = paging.after[0] if paging.after else ""
        found = await queries.followed(caller.subject, after, paging.enough)
        return paging.page([FollowedView.of(one) for one in found], lambda one: (one.host_id,))

    return router

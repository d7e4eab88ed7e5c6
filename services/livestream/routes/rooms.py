"""Rooms over HTTP: how one looks now, and the stream of what changes. For everybody."""

from typing import Any, Literal

from fastapi import APIRouter, Response
from pydantic import AwareDatetime, BaseModel

from services.livestream.directing.life import Public
from services.livestream.room.hall import Hall
from services.livestream.room.room import Room
from services.livestream.room.stream import Stream, Switch
from services.livestream.routes.chat import MessageView
from shared.events.ids import (
    BuyerId,
    CouponId,
    DealId,
    FestivalId,
    Id,
    MerchantId,
    SessionId,
    Sku,
)
from shared.events.livestream import HostType, Prize, Winner
from shared.events.money import Money
from shared.events.orders import CouponTerms
from shared.events.text import Text
from shared.platform.web.auth import public
from shared.platform.web.hot import HotRoute
from shared.refusal import Busy


class SellerCard(BaseModel):
    """Who sells: what the law calls it, and where to find it (Consumer Rights Regulations 2024)."""

    merchant_id: MerchantId
    legal_name: Text
    address: str | None
    contact: str | None


class Card(BaseModel):
    """A product on show."""

    sku: Sku
    names: Text | None
    merchant_id: MerchantId | None
    seller: SellerCard | None
    price: Money | None


class PinCard(Card):
    """The product shown now, and how many units of it are free."""

    free: int | None
    sequence: int
    offset_ms: int


class DealCard(Card):
    """A deal on offer, until `ends_at` by the server's clock."""

    deal_id: DealId
    status: Literal["shown"]
    units: int
    left: int
    taken: int
    per_buyer: int | None
    compared_price: Money | None = None
    starts_at: AwareDatetime
    ends_at: AwareDatetime


class CouponCard(BaseModel):
    """A coupon handed out, until `valid_until` of its terms; so many more orders may use it."""

    coupon_id: CouponId
    withdrawn: Literal[False]
    terms: CouponTerms
    left: int
    sequence: int
    offset_ms: int


class Sold(BaseModel):
    """What was paid for in the session so far."""

    orders: int
    units: int
    by_sku: dict[Sku, int]


class AudienceView(BaseModel):
    """How many watch, and how many different viewers there have been, about."""

    online: int
    uniques: int | None = None


class LikesView(BaseModel):
    """How often the room was liked."""

    total: int


class PacketCard(BaseModel):
    """A red packet that is open, and how many of its parts are left."""

    packet_id: Id
    status: Literal["open"]
    total: Money
    parts: int
    left: int
    opens_at: AwareDatetime
    closes_at: AwareDatetime
    asks_word: bool


class DrawCard(BaseModel):
    """A lucky draw: its terms; once it is drawn its seed, who won, and who did of what lapsed."""

    draw_id: Id
    status: Literal["open", "drawing", "drawn"]
    rules: Text
    prizes: list[Prize]
    commit: str
    closes_at: AwareDatetime
    draws_at: AwareDatetime
    entries: int | None = None
    seed: str | None = None
    winners: list[Winner] = []
    winners_again: list[Winner] = []
    claim_until: AwareDatetime | None = None


class ChatView(BaseModel):
    """The chat: how far it has come, how slow it goes, what was said last."""

    last_sequence: int
    slow_seconds: int
    recent: list[MessageView]


class RoomView(BaseModel):
    """How a room looks; `now` is the server's clock."""

    now: AwareDatetime
    session_id: SessionId
    festival_id: FestivalId
    host_id: BuyerId
    titles: Text
    status: Public
    host_type: HostType
    ai_label: bool
    starts_at: AwareDatetime
    started_at: AwareDatetime | None
    pin: PinCard | None
    deals: list[DealCard]
    coupons: list[CouponCard]
    sold: Sold
    chat: ChatView
    likes: LikesView
    packets: list[PacketCard]
    draws: list[DrawCard]
    audience: AudienceView


_STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Events `snapshot` (first, and whenever all has to be read anew), `reset`, "
        "`session`, `pin`, `deal`, `stock`, `sold`, `notice`, `audience`, `likes`, `chat`, "
        "`chat-hidden`, `chat-mode`, `packet`, `draw`, `coupon`; each with an id. One who does not "
        "keep up is told `cut`, whose id is where to go on.",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    }
}

_SOCKET: dict[int | str, dict[str, Any]] = {
    101: {
        "description": 'Text frames `{"event", "id", "data"}`, the events as on the stream; and '
        "`retry`, without an id: how long to wait before coming back. Closed with 1001 when this "
        "replica stops, 1013 for one who does not keep up.",
    }
}

_WHERE_FROM = [
    {
        "name": name,
        "in": place,
        "required": False,
        "schema": {"type": "string"},
        "description": "The id of the last event seen.",
    }
    for name, place in (("Last-Event-ID", "header"), ("last_event_id", "query"))
]
"""Read by the stream itself: a hot route takes no headers."""


def routes(hall: Hall) -> APIRouter:
    router = APIRouter(route_class=HotRoute, tags=["rooms"])

    async def with_a_seat(session_id: str) -> Room:
        room = await hall.room(session_id)
        if hall.full:
            raise Busy(5)
        return room

    @router.get("/rooms/{session_id}", dependencies=[public], responses={200: {"model": RoomView}})
    async def look(session_id: SessionId) -> Response:
        """Show the room as a viewer sees it who comes in now."""
        room = await hall.room(session_id)
        return Response(room.whole(), 200, {"Cache-Control": "no-store"}, "application/json")

    @router.get(
        "/rooms/{session_id}/stream",
        dependencies=[public],
        status_code=200,
        response_class=Stream,
        responses=_STREAM,
        openapi_extra={"parameters": _WHERE_FROM},
    )
    async def watch(session_id: SessionId) -> Stream:
        """Watch the room (server-sent events).

        With the header `Last-Event-ID`, or `?last_event_id=`, what was missed comes first; if it is
        no longer known here, a `reset` and a fresh `snapshot`.
        """
        return Stream(await with_a_seat(session_id))

    @router.get(
        "/rooms/{session_id}/socket",
        dependencies=[public],
        status_code=101,
        response_class=Switch,
        responses=_SOCKET,
        openapi_extra={"parameters": _WHERE_FROM},
    )
    async def connect(session_id: SessionId) -> Switch:
        """Watch the room (WebSocket).

        Goes on with `?last_event_id=` as the stream does. Viewers answer pings; whoever sends a
        message is cut: 1003, or 1009 if it is longer than 4 KiB.
        """
        return Switch(await with_a_seat(session_id))

    return router

"""The audience over HTTP: heartbeats, likes, and the figures of a session."""

import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated, Self, TypeAlias, cast

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from services.livestream.chat.flood import FloodGate
from services.livestream.chat.queries import ChatQueries
from services.livestream.directing.session import Session
from services.livestream.figures import kpi
from services.livestream.figures.count import Count, Minute
from services.livestream.figures.meter import Meter
from services.livestream.figures.queries import FigureQueries, Sold
from services.livestream.figures.sketch import estimate, merged
from services.livestream.figures.taking import final_at, is_provisional
from services.livestream.figures.visit import EVERY, Visits
from services.livestream.queries import Queries
from services.livestream.room.hall import Hall
from services.livestream.routes.callers import Because, Insider, is_insider
from shared.events.ids import SessionId
from shared.events.money import Currency, Money
from shared.platform.clock import utc_now
from shared.platform.web.auth import Caller, allow, public
from shared.platform.web.hot import HotRoute
from shared.platform.web.idempotency import without_cause
from shared.refusal import Refused

Visitor: TypeAlias = Annotated[Caller, public]
Fan: TypeAlias = Annotated[Caller, allow("buyer", "host", "organiser")]

PANEL = timedelta(minutes=10)
"""How long the live panel looks back, and once more for what to compare with."""


class BeatWish(BaseModel):
    """A heartbeat; without a token *viewer* is any id that the device keeps to."""

    model_config = ConfigDict(extra="forbid")

    viewer: Annotated[str | None, Field(min_length=8, max_length=128)] = None
    visit: Annotated[str, Field(max_length=64)] = ""
    """What the last heartbeat was answered with; empty at first."""


class BeatView(BaseModel):
    """What to bring along next time, and in how many seconds that is."""

    visit: str
    every: int


class LikeWish(BaseModel):
    """How often something is liked."""

    model_config = ConfigDict(extra="forbid")

    count: Annotated[int, Field(ge=1, le=50)] = 1


class Taken(BaseModel):
    """Likes are counted in a moment, together with those of others."""

    count: int


class Amounts(BaseModel):
    """Base of what holds money by currency."""

    @staticmethod
    def money(amounts: Mapping[str, int] | None) -> list[Money] | None:
        """Amounts by currency as money; None stays None."""
        if amounts is None:
            return None
        return [
            Money(amount=amount, currency=cast("Currency", currency))
            for currency, amount in sorted(amounts.items())
        ]


class StretchView(Amounts):
    """Ten whole minutes of a session."""

    since: AwareDatetime
    until: AwareDatetime
    uv: int
    pv: int
    acu: Decimal | None
    pcu: int
    likes: int
    messages: int
    orders: int
    items: int
    gmv_paid: list[Money] | None

    @classmethod
    def of(cls, since: datetime, minutes: Sequence[Minute], messages: int, sold: Sold) -> Self:
        return cls(
            since=since,
            until=since + PANEL,
            uv=estimate(merged(minute.names for minute in minutes)),
            pv=sum(minute.entries for minute in minutes),
            acu=kpi.acu(
                sum(minute.viewer_ms for minute in minutes) // 1000, int(PANEL.total_seconds())
            ),
            pcu=max((minute.peak for minute in minutes), default=0),
            likes=sum(minute.likes for minute in minutes),
            messages=messages,
            orders=sold.orders,
            items=sold.items,
            gmv_paid=cls.money(sold.paid),
        )


class PanelView(BaseModel):
    """The last ten whole minutes, and the ten before to compare with."""

    last: StretchView
    before: StretchView


class FiguresView(Amounts):
    """The key figures of a session; null where there is nothing to divide by.

    UV are unique viewers by heartbeat (estimated), PV their visits; ACU and PCU are open streams.
    Money of several currencies is not added up. Figures are `provisional` until `final_at`, a day
    after the end; orders and refunds that come later change them no more.
    """

    session_id: SessionId
    provisional: bool
    final_at: AwareDatetime | None
    uv: int
    pv: int
    avg_watch_seconds: Decimal | None
    pcu: int
    acu: Decimal | None
    likes: int
    commenters: int
    interaction_rate_uv: Decimal | None
    buyers: int
    conversion_rate_uv: Decimal | None
    orders: int
    items: int
    gmv_placed: list[Money] | None
    gmv_paid: list[Money] | None
    gmv_net: list[Money] | None
    uv_value: list[Money] | None
    gpm_pv: list[Money] | None
    aov_buyers: list[Money] | None
    price_per_item: list[Money] | None
    items_per_order: Decimal | None
    sell_through: Decimal | None
    refund_rate_orders: Decimal | None
    panel: PanelView | None
    """While the session is on."""

    @classmethod
    def of(
        cls,
        session: Session,
        count: Count,
        commenters: int,
        sold: Sold,
        *,
        panel: PanelView | None,
        now: datetime,
    ) -> Self:
        uv, seconds = estimate(count.names), _seconds(session, now)
        return cls(
            session_id=session.id,
            provisional=is_provisional(session, now),
            final_at=final_at(session),
            uv=uv,
            pv=count.entries,
            avg_watch_seconds=kpi.ratio(count.watched_ms, uv * 1000, kpi.HUNDREDTH),
            pcu=count.peak,
            acu=kpi.acu(count.viewer_ms // 1000, seconds),
            likes=count.likes,
            commenters=commenters,
            interaction_rate_uv=kpi.ratio(commenters, uv),
            buyers=sold.buyers,
            conversion_rate_uv=kpi.ratio(sold.buyers, uv),
            orders=sold.orders,
            items=sold.items,
            gmv_placed=cls.money(sold.placed),
            gmv_paid=cls.money(sold.paid),
            gmv_net=cls.money(kpi.net(sold.paid, sold.refunded)),
            uv_value=cls.money(kpi.uv_value(sold.paid, uv)),
            gpm_pv=cls.money(kpi.gpm(sold.paid, count.entries)),
            aov_buyers=cls.money(kpi.each(sold.paid, sold.buyers)),
            price_per_item=cls.money(kpi.each(sold.paid, sold.items)),
            items_per_order=kpi.ratio(sold.items, sold.orders, kpi.HUNDREDTH),
            sell_through=kpi.ratio(sold.items, sum(slot.units for slot in session.slots)),
            refund_rate_orders=kpi.ratio(sold.refunded_orders, sold.orders),
            panel=panel,
        )


def _seconds(session: Session, now: datetime) -> int:
    """How long a session has been on, in seconds."""
    if session.started_at is None:
        return 0
    return max(0, int(((session.ended_at or now) - session.started_at).total_seconds()))


def routes(
    meter: Meter,
    visits: Visits,
    hall: Hall,
    *,
    queries: Queries,
    figures: FigureQueries,
    chats: ChatQueries,
) -> list[APIRouter]:
    """The doors of the audience."""
    return [_counting(meter, visits, hall), _showing(queries, figures, chats)]


def _counting(meter: Meter, visits: Visits, hall: Hall) -> APIRouter:
    router = APIRouter(route_class=HotRoute, tags=["audience"])
    beats, likes = FloodGate(1 / (EVERY / 3), 3), FloodGate(2.0, 10)

    @router.post(
        "/rooms/{session_id}/heartbeat",
        dependencies=[without_cause("a heartbeat sent twice has little between its two beats")],
    )
    async def beat(session_id: SessionId, wish: BeatWish, caller: Visitor) -> BeatView:
        """Say that somebody watches; again after `every` seconds, with the `visit` answered."""
        if caller.anonymous and wish.viewer is None:
            raise Refused("viewer.missing", "Send a token, or the id of a viewer.", kind="invalid")
        who = f"viewer:{wish.viewer}" if caller.anonymous else f"subject:{caller.subject}"
        name = visits.name(session_id, who)
        beats.let(name.hex(), time.monotonic())
        await hall.room(session_id)
        now_ms = time.time_ns() // 1_000_000
        proven = visits.beat(name, wish.visit, now_ms)
        meter.beat(session_id, name, entered=proven.entered, watched_ms=proven.watched_ms)
        return BeatView(visit=visits.stamp(name, now_ms), every=EVERY)

    @router.post("/rooms/{session_id}/likes", status_code=202)
    async def like(session_id: SessionId, wish: LikeWish, caller: Fan, asked: Because) -> Taken:
        """Like what is shown, once or some times."""
        likes.let(caller.subject, time.monotonic())
        await hall.room(session_id)
        meter.like(session_id, wish.count, asked.key)
        return Taken(count=wish.count)

    return router


def _showing(queries: Queries, figures: FigureQueries, chats: ChatQueries) -> APIRouter:
    router = APIRouter(tags=["audience"])

    @router.get("/sessions/{session_id}/figures")
    async def show(session_id: SessionId, caller: Insider) -> FiguresView:
        """Show the key figures of a session, and while it is on how the last minutes went."""
        session, _ = await queries.session(session_id)
        if not is_insider(caller, session):
            raise Refused("session.not-yours", "Another host runs this session.", kind="forbidden")
        now = utc_now()
        panel = None
        if session.status in ("live", "paused"):
            minute = now.replace(second=0, microsecond=0)
            panel = PanelView(
                last=await stretch(session_id, minute - PANEL),
                before=await stretch(session_id, minute - 2 * PANEL),
            )
        return FiguresView.of(
            session,
            await figures.count(session_id) or Count(session_id),
            await chats.speakers(session_id),
            await figures.sold(session_id, until=final_at(session)),
            panel=panel,
            now=now,
        )

    async def stretch(session_id: str, since: datetime) -> StretchView:
        until = since + PANEL
        return StretchView.of(
            since,
            await figures.minutes(session_id, since, until),
            await chats.said(session_id, since, until),
            await figures.sold(session_id, since=since, until=until),
        )

    return router

"""The figures of a session over HTTP: all in all, lately, and product by product."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Self, cast

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel

from services.livestream.chat.queries import ChatQueries
from services.livestream.directing.session import Session
from services.livestream.figures import kpi
from services.livestream.figures.card import Card
from services.livestream.figures.count import Count, Minute
from services.livestream.figures.queries import FigureQueries, Ordered, Sold
from services.livestream.figures.sketch import estimate, merged
from services.livestream.figures.taking import final_at, is_provisional
from services.livestream.queries import Queries
from services.livestream.routes.callers import Insider, is_insider
from shared.events.ids import SessionId, Sku
from shared.events.money import Currency, Money
from shared.platform.clock import utc_now
from shared.platform.web.auth import Caller
from shared.refusal import Refused

PANEL = timedelta(minutes=10)
"""How long the live panel looks back, and once more for what to compare with."""


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
    impressions: int
    card_exposure_uv: int
    card_click_uv: int
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
            impressions=sum(minute.impressions for minute in minutes),
            card_exposure_uv=estimate(merged(minute.exposed for minute in minutes)),
            card_click_uv=estimate(merged(minute.clicked for minute in minutes)),
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
    Money of several currencies is not added up.

    The funnel: `impressions` are viewable impressions of cards that lead to the room
    (`impression_uv`: of how many people), `entry_rate` is visits an impression; `card_exposure_uv`
    and `card_click_uv` are viewers who had a product's card in view and who tapped one (estimated),
    `card_ctr_uv` is clicks an exposure, `click_pay_rate_uv` buyers a click; `new_followers` first
    followed the host in this session, `follow_rate_uv` is those among all viewers. `entry_rate`,
    `click_pay_rate_uv` and `follow_rate_uv` may be above 1: who comes by a link saw no card, who
    orders by other means than the pages taps none, who follows may send no heartbeat. A click is an
    exposure, so `card_ctr_uv` is not, but for the error of an estimate.

    Figures are `provisional` until `final_at`, a day after the end; orders and refunds that come
    later change them no more.
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
    impressions: int
    impression_uv: int
    entry_rate: Decimal | None
    card_exposure_uv: int
    card_click_uv: int
    card_ctr_uv: Decimal | None
    click_pay_rate_uv: Decimal | None
    new_followers: int
    follow_rate_uv: Decimal | None
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
        new_followers: int,
        panel: PanelView | None,
        now: datetime,
    ) -> Self:
        uv, seconds = estimate(count.names), _seconds(session, now)
        exposure_uv, click_uv = estimate(count.exposed), estimate(count.clicked)
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
            impressions=count.impressions,
            impression_uv=estimate(count.reached),
            entry_rate=kpi.ratio(count.entries, count.impressions),
            card_exposure_uv=exposure_uv,
            card_click_uv=click_uv,
            card_ctr_uv=kpi.ratio(click_uv, exposure_uv),
            click_pay_rate_uv=kpi.ratio(sold.buyers, click_uv),
            new_followers=new_followers,
            follow_rate_uv=kpi.ratio(new_followers, uv),
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


class ProductFunnel(BaseModel):
    """How a product did from being seen to being paid for, in all its slots (`positions`).

    None of them if it left the running order. Null where there is nothing to divide by.
    """

    sku: Sku
    positions: list[int]
    card_exposure_uv: int
    card_click_uv: int
    card_ctr_uv: Decimal | None
    buyers: int
    click_pay_rate_uv: Decimal | None
    units: int

    @classmethod
    def of(cls, sku: str, session: Session, card: Card, ordered: Ordered) -> Self:
        exposure_uv, click_uv = estimate(card.exposed), estimate(card.clicked)
        return cls(
            sku=sku,
            positions=[slot.position for slot in session.slots if slot.sku == sku],
            card_exposure_uv=exposure_uv,
            card_click_uv=click_uv,
            card_ctr_uv=kpi.ratio(click_uv, exposure_uv),
            buyers=ordered.buyers,
            click_pay_rate_uv=kpi.ratio(ordered.buyers, click_uv),
            units=ordered.units,
        )


class FunnelView(BaseModel):
    """The funnel of each product, in the running order; as provisional as the other figures."""

    session_id: SessionId
    provisional: bool
    final_at: AwareDatetime | None
    products: list[ProductFunnel]


def routes(queries: Queries, figures: FigureQueries, chats: ChatQueries) -> APIRouter:
    """The doors to the figures, for those who run the session or the festival."""
    router = APIRouter(tags=["audience"])

    @router.get("/sessions/{session_id}/figures")
    async def show(session_id: SessionId, caller: Insider) -> FiguresView:
        """Show the key figures of a session, and while it is on how the last minutes went."""
        session, now = await of_theirs(session_id, caller), utc_now()
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
            new_followers=await figures.new_followers(session_id),
            panel=panel,
            now=now,
        )

    @router.get("/sessions/{session_id}/funnel")
    async def by_product(session_id: SessionId, caller: Insider) -> FunnelView:
        """Show how each product of a session did: seen, tapped, paid for."""
        session = await of_theirs(session_id, caller)
        cards = await figures.cards(session_id)
        ordered = await figures.ordered(session_id, until=final_at(session))
        skus = dict.fromkeys([*session.skus, *sorted(cards | ordered)])
        return FunnelView(
            session_id=session_id,
            provisional=is_provisional(session, utc_now()),
            final_at=final_at(session),
            products=[
                ProductFunnel.of(
                    sku, session, cards.get(sku) or Card(""), ordered.get(sku) or Ordered()
                )
                for sku in skus
            ],
        )

    async def of_theirs(session_id: str, caller: Caller) -> Session:
        session, _ = await queries.session(session_id)
        if not is_insider(caller, session):
            raise Refused("session.not-yours", "Another host runs this session.", kind="forbidden")
        return session

    async def stretch(session_id: str, since: datetime) -> StretchView:
        until = since + PANEL
        return StretchView.of(
            since,
            await figures.minutes(session_id, since, until),
            await chats.said(session_id, since, until),
            await figures.sold(session_id, since=since, until=until),
        )

    return router

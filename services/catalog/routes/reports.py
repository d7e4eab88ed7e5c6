"""The report of a festival over HTTP."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel

from services.catalog.queries import Queries
from services.catalog.report import Figures, Report, Showing
from shared.events.ids import Channel, FestivalId, SessionId, Sku
from shared.events.money import Money
from shared.events.text import Text
from shared.platform.web.auth import allow


class FiguresView(BaseModel):
    """Orders confirmed and units sold, refunds of them; money by currency, never added up."""

    orders: int
    units: int
    sales: list[Money]
    refunded: int
    refunds: list[Money]


class ChannelView(FiguresView):
    """What a channel sold."""

    channel: Channel


class DayView(FiguresView):
    """What was sold and paid back on a calendar day where the festival is."""

    day: date


class SessionView(FiguresView):
    """What a live session sold."""

    session_id: SessionId
    titles: Text | None
    started_at: datetime | None
    ended_at: datetime | None


class SoldView(BaseModel):
    """What was sold of a product: price times units.

    Refunds are of orders, not of products, and stand with the channels, sessions and days.
    """

    sku: Sku
    orders: int
    units: int
    sales: list[Money]


class ReportView(FiguresView):
    """The figures of a festival; refunds are of money that had bought what was sold."""

    festival_id: FestivalId
    channels: list[ChannelView]
    days: list[DayView]
    sessions: list[SessionView]
    products: list[SoldView]


def report_routes(queries: Queries) -> APIRouter:
    router = APIRouter(tags=["report"])

    @router.get("/festivals/{festival_id}/report", dependencies=[allow("organiser", "operator")])
    async def show_report(festival_id: FestivalId) -> ReportView:
        """What was sold and paid back, by channel, day, session and product."""
        return _report(await queries.report(festival_id))

    return router


def _report(report: Report) -> ReportView:
    return ReportView.model_validate(
        {
            **_figures(report.total),
            "festival_id": report.id,
            "channels": list(_rows("channel", report.channels)),
            "days": list(_rows("day", report.days)),
            "sessions": list(_sessions(report)),
            "products": list(_rows("sku", report.products)),
        }
    )


def _rows(name: str, parts: Mapping[str, Figures]) -> Iterator[dict[str, Any]]:
    for key in sorted(parts):
        yield {name: key, **_figures(parts[key])}


def _sessions(report: Report) -> Iterator[dict[str, Any]]:
    """Sessions that sold something, and those that only took place."""
    for session_id in sorted({*report.sessions, *report.showings}):
        showing = report.showings.get(session_id, Showing())
        yield {
            "session_id": session_id,
            "titles": showing.titles,
            "started_at": showing.started_at,
            "ended_at": showing.ended_at,
            **_figures(report.sessions.get(session_id, Figures())),
        }


def _figures(figures: Figures) -> dict[str, Any]:
    return {
        "orders": figures.orders,
        "units": figures.units,
        "sales": _money(figures.sales),
        "refunded": figures.refunded,
        "refunds": _money(figures.refunds),
    }


def _money(sums: Mapping[str, int]) -> list[dict[str, Any]]:
    return [{"amount": sums[currency], "currency": currency} for currency in sorted(sums)]

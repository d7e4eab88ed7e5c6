"""Plots as SVG, with no words in them that would need a language: the page around them speaks."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from io import StringIO
from itertools import pairwise
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from deploy.demo.data import Festival
from deploy.demo.figures import CHANNELS, Figures, Show
from shared.events.ids import Channel

COLOURS: dict[Channel, str] = {"booth": "#1f5a96", "live": "#d0563b", "online": "#e2a33b"}
INK, PALE, DARK = "#46525e", "#dfe6ec", "#1f5a96"
MINUTES = 10
"""Width of a bar of the timeline, in minutes of the festival."""

_ID = re.compile(r'(id="|href="#|url\(#)([\w.-]+)')

STYLE: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "feira",
    "font.size": 9,
    "axes.edgecolor": "#c3ccd4",
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "grid.color": "#e8edf1",
    "xtick.color": INK,
    "ytick.color": INK,
    "text.color": INK,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
}


def draw(figures: Figures, festival: Festival) -> dict[str, str]:
    """All plots by name, each an `<svg>` element."""
    return {
        "timeline": _plot("timeline", (10, 4.6), lambda f: _timeline(f, figures, festival)),
        "days": _plot("days", (4.8, 1.9), lambda f: _days(f.subplots(), figures)),
        "shows": _plot("shows", (4.8, 2.6), lambda f: _shows(f.subplots(), figures.shows)),
        "goods": _plot("goods", (10, 2.8), lambda f: _goods(f.subplots(), figures)),
        "answers": _plot("answers", (4.8, 2.2), lambda f: _answers(f.subplots(), figures)),
    }


def _plot(name: str, size: tuple[float, float], fill: Callable[[Figure], None]) -> str:
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=size, layout="constrained")
        fill(figure)
        out = StringIO()
        figure.savefig(
            out, format="svg", metadata=dict.fromkeys(("Date", "Creator", "Format", "Type"))
        )
    svg = out.getvalue()
    svg = svg[svg.index("<svg") :]
    # Several of them stand on one page: what is named in one must not be found in another.
    svg = _ID.sub(rf"\1{name}-\2", svg)
    return re.sub(r' (width|height)="[\d.]+pt"', "", svg, count=2)


def _timeline(figure: Figure, figures: Figures, festival: Festival) -> None:
    """Orders by the festival's clock, one row a day; live sessions are shaded and numbered."""
    rows: Sequence[Axes] = figure.subplots(len(festival.days), 1, sharey=True)
    numbers = {show.session_id: number for number, show in enumerate(figures.shows, 1)}
    for axes, (opens, closes) in zip(rows, festival.days, strict=True):
        edges = [hour / 60 for hour in range(opens.hour * 60, closes.hour * 60 + 1, MINUTES)]
        below = [0] * (len(edges) - 1)
        for channel in CHANNELS:
            hours = [_hour(at) for at in figures.moments[channel] if at.date() == opens.date()]
            counts = [sum(a <= hour < b for hour in hours) for a, b in pairwise(edges)]
            axes.bar(
                edges[:-1],
                counts,
                MINUTES / 60 * 0.88,
                bottom=below,
                align="edge",
                color=COLOURS[channel],
            )
            below = [low + count for low, count in zip(below, counts, strict=True)]
        for show in figures.shows:
            if show.starts_at.date() == opens.date():
                start, end = _hour(show.starts_at), _hour(show.ends_at)
                axes.axvspan(start, end, color="#d0563b", alpha=0.09, lw=0, zorder=0)
                axes.annotate(
                    str(numbers[show.session_id]),
                    ((start + end) / 2, 0.97),
                    xycoords=("data", "axes fraction"),
                    ha="center",
                    va="top",
                    fontsize=11,
                    fontweight="bold",
                    color="#d0563b",
                )
        axes.set_xlim(opens.hour, closes.hour)
        axes.set_xticks(range(opens.hour, closes.hour + 1, 2))
        axes.xaxis.set_major_formatter(FuncFormatter(_clock))
        axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
        axes.grid(visible=True, axis="y")
        axes.margins(y=0.25)
        axes.set_ylabel(f"{opens:%d.%m}.", rotation=0, ha="right", va="center", fontweight="bold")


def _days(axes: Axes, figures: Figures) -> None:
    """Money by day and channel."""
    labels = [f"{day:%d.%m}." for day in figures.days]
    left = [0.0] * len(labels)
    for channel in CHANNELS:
        money = [sold[channel].gmv / 100 for sold in figures.days.values()]
        bars = axes.barh(labels, money, 0.6, left=left, color=COLOURS[channel])
        axes.bar_label(
            bars,
            [_short(each) if each > 0.07 * sum(money) else "" for each in money],
            label_type="center",
            color="white",
            fontsize=8,
        )
        left = [low + each for low, each in zip(left, money, strict=True)]
    axes.invert_yaxis()
    axes.xaxis.set_major_formatter(FuncFormatter(_short))
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.tick_params(axis="y", length=0)


def _shows(axes: Axes, shows: Sequence[Show]) -> None:
    """Money of each session, and how much of what was set aside for deals was sold."""
    numbers = [str(number) for number, _ in enumerate(shows, 1)]
    bars = axes.bar(numbers, [show.sold.gmv / 100 for show in shows], 0.62, color=COLOURS["live"])
    axes.bar_label(bars, [_short(show.sold.gmv / 100) for show in shows], padding=2, fontsize=8)
    axes.yaxis.set_major_formatter(FuncFormatter(_short))
    axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.grid(visible=True, axis="y")
    axes.tick_params(axis="x", length=0, labelsize=11)
    axes.margins(y=0.18)


def _goods(axes: Axes, figures: Figures) -> None:
    """What was brought of each product, and what of it was sold."""
    goods = sorted(figures.goods, key=lambda each: each.product.sku)
    places = range(len(goods))
    axes.bar(places, [each.brought for each in goods], 0.8, color=PALE)
    sold = [each.sold.units for each in goods]
    gone = [COLOURS["live"] if each.sold.units == each.brought else DARK for each in goods]
    axes.bar(places, sold, 0.8, color=gone)
    names = [each.product.sku.removeprefix("FEI-") for each in goods]
    axes.set_xticks(places, names, rotation=90, fontsize=7)
    axes.set_xlim(-0.7, len(goods) - 0.3)
    axes.grid(visible=True, axis="y")
    axes.tick_params(axis="x", length=0)


def _answers(axes: Axes, figures: Figures) -> None:
    """How long wishes took to be answered, on a scale of tenfold steps; half and 99 % marked."""
    times = [max(each, 1.0) for each in figures.answer_ms]
    edges = [10 ** (step / 12) for step in range(49)]
    axes.hist(times, bins=edges, color=DARK)
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(FuncFormatter(_ms))
    for rank, label, side in ((0.5, "50 %", -4), (0.99, "99 %", 4)):
        at = max(figures.answered[rank], 1.0)
        axes.axvline(at, color=COLOURS["live"], lw=1.2)
        axes.annotate(
            f"{label}: {at:.0f} ms",
            (at, 0.97),
            xycoords=("data", "axes fraction"),
            xytext=(side, 0),
            ha="right" if side < 0 else "left",
            textcoords="offset points",
            va="top",
            fontsize=8,
            color=COLOURS["live"],
        )
    axes.yaxis.set_major_locator(MaxNLocator(3, integer=True))
    axes.margins(y=0.2)
    if times:
        axes.set_xlim(max(1.0, min(times) * 0.8), max(times) * 4)


def _hour(moment: datetime) -> float:
    return moment.hour + moment.minute / 60 + moment.second / 3600


def _short(value: float, _: object = None) -> str:
    """A number as short as it can be told apart."""
    return f"{value / 1000:,.0f}k" if value >= 10_000 else f"{value:,.0f}"  # noqa: PLR2004 - from there


def _clock(hour: float, _: object) -> str:
    return f"{hour:.0f}:00"


def _ms(value: float, _: object) -> str:
    return f"{value:g} ms"

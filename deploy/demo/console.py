"""The console: what goes on, live on a terminal, as plain lines elsewhere."""

import asyncio
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from deploy.demo.calendar import Calendar
from deploy.demo.data import Festival
from deploy.demo.doors import Doors
from deploy.demo.figures import Figures
from deploy.demo.notebook import Notebook, at_rank
from deploy.demo.play import Stage
from deploy.demo.proof import Finding
from shared.platform.clock import utc_now

PLAIN_EVERY = 5.0
SHOWN_WRONG = 5


class Screen:
    """Shows a festival while it is played."""

    def __init__(self, console: Console, festival: Festival) -> None:
        self._console, self._festival = console, festival
        self._began = time.monotonic()
        self._doing = ""
        self._told = 0
        self._play: tuple[Stage, Calendar, Notebook, Doors] | None = None
        self._live = Live(
            get_renderable=self._render, console=console, refresh_per_second=4, transient=True
        )

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._live.stop()

    def say(self, line: str, style: str = "") -> None:
        """Print a line that stays."""
        at = f"{time.monotonic() - self._began:6.1f} s  "
        self._console.print(Text(at, style="dim") + Text(line, style=style), soft_wrap=True)

    def doing(self, what: str) -> None:
        """Say what is being done; the next thing takes its place."""
        self._doing = what

    async def follow(
        self, stage: Stage, calendar: Calendar, notebook: Notebook, doors: Doors
    ) -> None:
        """Show the play until cancelled."""
        self._play = stage, calendar, notebook, doors
        spoken = time.monotonic()
        try:
            while True:
                await asyncio.sleep(0.25)
                self._tell(stage)
                if not self._console.is_terminal and time.monotonic() - spoken > PLAIN_EVERY:
                    spoken = time.monotonic()
                    self.say(self._status(stage, calendar, notebook, doors))
        finally:
            self._tell(stage)
            self._play = None

    def _tell(self, stage: Stage) -> None:
        for line in stage.over[self._told :]:
            self.say(line)
        self._told = len(stage.over)

    def _status(self, stage: Stage, calendar: Calendar, notebook: Notebook, doors: Doors) -> str:
        counts = notebook.counts
        return (
            f"{_moment(calendar)}: {self._where(stage)}, {doors.rooms.open_now:,} viewers, "
            f"{_placed(notebook):,} orders, {counts['paid']:,} paid, {counts['refused']:,} refused"
        )

    def _where(self, stage: Stage) -> str:
        if stage.session is None:
            return stage.doing or "between two sessions"
        pinned = self._festival.products.get(stage.host.doing if stage.host else "")
        return f"{stage.session.titles.en} – {pinned.names.en if pinned else '…'}"

    # On a terminal ------------------------------------------------------------------------------

    def _render(self) -> RenderableType:
        if self._play is None:
            return Text(f"{time.monotonic() - self._began:6.1f} s  {self._doing}", style="yellow")
        stage, calendar, notebook, doors = self._play
        counts, recent = notebook.counts, notebook.recent_ms()
        gone = (utc_now() - calendar.began).total_seconds()
        bar = Table.grid(expand=True)
        bar.add_row(ProgressBar(total=calendar.length, completed=min(gone, calendar.length)))
        numbers = Table.grid(padding=(0, 3))
        numbers.add_row(
            _number("live", counts["placed live"]),
            _number("online", counts["placed online"]),
            _number("booth", counts["placed booth"]),
            _number("paid", counts["paid"], "green"),
            _number("refused", counts["refused"], "red"),
            _number("viewers", doors.rooms.open_now, "cyan"),
        )
        speed = Text(
            f"answered within {at_rank(recent, 0.5):.0f} ms (half), "
            f"{at_rank(recent, 0.99):.0f} ms (99 %)",
            style="dim",
        )
        return Panel(
            Group(
                Text(self._where(stage), style="bold"),
                bar,
                numbers,
                speed,
            ),
            title=f"{self._festival.programme.festival.titles.en} · {_moment(calendar)}",
            border_style="blue",
            width=min(100, self._console.width),
        )

    # At the end ---------------------------------------------------------------------------------

    def findings(self, findings: Sequence[Finding]) -> None:
        """Print what each proof came to, and the first things wrong of one that fails."""
        table = Table(box=None, show_header=False, pad_edge=False)
        for finding in findings:
            mark = (
                Text("holds", style="green") if finding.holds else Text("FAILS", style="bold red")
            )
            table.add_row(mark, Text(finding.claim, style="bold"), finding.compared)
            for line in finding.wrong[:SHOWN_WRONG]:
                table.add_row("", "", Text(line, style="red"))
            if len(finding.wrong) > SHOWN_WRONG:
                left = len(finding.wrong) - SHOWN_WRONG
                table.add_row("", "", Text(f"and {left:,} more", style="red"))
        self._console.print(table)

    def figures(self, figures: Figures) -> None:
        """Print the festival in figures."""
        for table in tables(figures):
            self._console.print()
            self._console.print(table)


def tables(figures: Figures) -> list[Table]:
    """The figures as tables."""
    channels = _table("", "orders", "units", "MOP")
    for day, sold in figures.days.items():
        for channel, each in sold.items():
            row = f"{each.orders:,}", f"{each.units:,}", _mop(each.gmv)
            channels.add_row(f"{day:%-d %B}, {channel}", *row)
    for channel, each in figures.channels.items():
        row = f"{each.orders:,}", f"{each.units:,}", _mop(each.gmv)
        channels.add_row(Text(f"both days, {channel}", style="bold"), *row)
    total = figures.total
    row = f"{total.orders:,}", f"{total.units:,}", _mop(total.gmv)
    channels.add_row(Text("in all", style="bold"), *row)
    shows = _table("session", "viewers", "paying", "orders", "units", "MOP", "per viewer", "deals")
    for show in figures.shows:
        shows.add_row(
            show.titles.en,
            f"{show.viewers:,}",
            percent(show.conversion),
            f"{show.sold.orders:,}",
            f"{show.sold.units:,}",
            _mop(show.sold.gmv),
            _mop(show.per_viewer),
            percent(show.sell_through),
        )
    best = _table("best sellers", "", "units", "MOP")
    for goods in figures.goods[:10]:
        names = goods.product.names
        best.add_row(names.en, names.zh_hans, f"{goods.sold.units:,}", _mop(goods.sold.gmv))
    tongues = _table("language", "buyers", "orders", "MOP")
    for tongue in figures.tongues:
        row = f"{tongue.buyers:,}", f"{tongue.sold.orders:,}", _mop(tongue.sold.gmv)
        tongues.add_row(tongue.locale, *row)
    return [channels, shows, best, tongues]


def percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.0%}"


def _mop(amount: float | None) -> str:
    return "–" if amount is None else f"{amount / 100:,.2f}"


def _table(first: str, *others: str) -> Table:
    table = Table(box=None, header_style="dim", pad_edge=False)
    table.add_column(first)
    for name in others:
        table.add_column(name, justify="right" if name else "left")
    return table


def _number(name: str, value: int, style: str = "") -> Text:
    return Text(f"{value:,}", style=f"bold {style}") + Text(f" {name}", style="dim")


def _placed(notebook: Notebook) -> int:
    return sum(n for name, n in notebook.counts.items() if name.startswith("placed"))


def _moment(calendar: Calendar) -> str:
    """The festival's own time."""
    moment = max(calendar.moment(utc_now()), calendar.knots[0][0])
    return f"{moment:%-d %B %H:%M}"

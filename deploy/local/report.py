"""What a person sees while the stack starts, and the table at the end."""

import time
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from deploy.local.stack import Row

COLOURS = {"ready": "green", "not ours": "cyan", "not ready": "yellow", "dead": "red"}


class Progress:
    """One live line per part on a terminal; one plain line per change elsewhere."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._since: dict[str, float] = {}
        self._doing: dict[str, str] = {}
        self._took: dict[str, float] = {}
        self._live = Live(
            get_renderable=self._lines, console=console, refresh_per_second=10, transient=True
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

    def __call__(self, part: str, doing: str) -> None:
        now = time.monotonic()
        self._since.setdefault(part, now)
        changed = self._doing.get(part) != doing
        self._doing[part] = doing
        if doing == "ready":
            self._took[part] = now - self._since[part]
        if changed and not self._console.is_terminal:
            took = f" after {self._took[part]:.1f} s" if doing == "ready" else ""
            self._console.print(f"{part}: {doing}{took}", highlight=False)

    def _lines(self) -> Table:
        grid = Table.grid(padding=(0, 2))
        now = time.monotonic()
        for part, doing in list(self._doing.items()):
            seconds = self._took.get(part, now - self._since[part])
            colour = COLOURS.get(doing, "yellow")
            grid.add_row(part, f"{seconds:5.1f} s", Text(doing, style=colour))
        return grid


def table(rows: Sequence[Row]) -> Table:
    """Every part with its address, how long it took to start and what memory it holds."""
    shown = Table(box=None, header_style="dim", pad_edge=False)
    shown.add_column("part")
    shown.add_column("state")
    shown.add_column("url", overflow="fold")
    shown.add_column("start s", justify="right")
    shown.add_column("MiB", justify="right")
    for row in rows:
        shown.add_row(
            row.part,
            Text(row.state, style=COLOURS.get(row.state, "")),
            row.url,
            "" if row.seconds is None else f"{row.seconds:.1f}",
            "" if row.resident is None else f"{row.resident / 2**20:.0f}",
        )
    total = sum(row.resident or 0 for row in rows)
    if total:
        shown.add_section()
        shown.add_row("in all", "", "", "", f"{total / 2**20:.0f}")
    return shown

"""The command that plays a whole festival and proves its books."""

import asyncio
import sys
from typing import Annotated

import typer
from rich.console import Console

from deploy import SERVICES
from deploy.local.failure import Failure
from deploy.local.stack import Stack

PROOF_FAILED = 3
PLAIN_WIDTH = 140
"""Columns where nobody looks on: tables of figures are not to be folded in a log."""


def demo(
    buyers: Annotated[int, typer.Option(min=20, max=20_000, help="How many buyers.")] = 2_000,
    seconds: Annotated[float, typer.Option(min=4, max=600, help="How long a session is.")] = 24.0,
    sessions: Annotated[int, typer.Option(min=1, max=6, help="How many of the six.")] = 6,
    seed: Annotated[int, typer.Option(help="Of everybody's temper and taste.")] = 2025,
    *,
    keep: Annotated[
        bool, typer.Option("--keep", envvar="KEEP", help="Leave the stack up afterwards.")
    ] = False,
) -> None:
    """Play a whole festival against simulated buyers, prove its books, write a report."""
    # Plots and the cast take a second to import, which no other command should wait for.
    from deploy.demo import run  # noqa: PLC0415 - as above
    from deploy.demo.festival import Size  # noqa: PLC0415 - as above

    console = Console()
    if not console.is_terminal:
        console.width = PLAIN_WIDTH
    size = Size(buyers=buyers, sessions=sessions, seconds=seconds, seed=seed)
    if not run.show(run.play(size, console, keep=keep), console, keep=keep):
        sys.exit(PROOF_FAILED)


def stage(
    minutes: Annotated[float, typer.Option(min=1, max=600, help="How long a session is.")] = 60.0,
) -> None:
    """Load the festival into the running stack, to be played by hand in the pages."""
    from deploy.demo.stage import set_stage  # noqa: PLC0415 - the cast takes a second to import

    console = Console(highlight=False, soft_wrap=True)
    page = Stack().read()
    if page is None or not {*SERVICES, "issuer", "sandbox"} <= {*page, *page["services"]}:
        raise Failure("All services are to be up for this: `feira up` starts them.")
    set_up = set_stage(
        page,
        seconds=minutes * 60,
        tell=lambda what, count: console.print(f"loaded {count:,} {what}"),
    )
    home, first = page["services"]["livestream"]["url"], asyncio.run(set_up).first.session_id
    console.print(f"The programme   {home}/")
    console.print(f"To run a room   {home}/#/host/{first}")
    console.print(
        "                as its host, and in a second window as an organiser, who moderates it"
    )
    console.print(f"To watch it     {home}/#/rooms/{first}")
    console.print(f"To sell for cash {home}/#/till")


def add_to(app: typer.Typer) -> None:
    app.command()(demo)
    app.command()(stage)

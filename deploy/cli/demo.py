"""The command that plays a whole festival and proves its books."""

import sys
from typing import Annotated

import typer
from rich.console import Console

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


def add_to(app: typer.Typer) -> None:
    app.command()(demo)

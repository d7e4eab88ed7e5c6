"""Which commands there are, and how a command fails."""

import signal
import sys
from types import FrameType

import typer
from rich.console import Console

from deploy.cli import demo, stack, stock, token
from deploy.local.failure import Failure

app = typer.Typer(
    help="Run the festival on this machine: a real Kafka, a real MongoDB and the four services.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
stack.add_to(app)
token.add_to(app)
demo.add_to(app)
stock.add_to(app)


def run() -> None:
    # A terminated start cleans up like an interrupted one.
    signal.signal(signal.SIGTERM, _terminated)
    try:
        app()
    except Failure as failure:
        complain = Console(stderr=True, soft_wrap=True, highlight=False)
        if failure.evidence:
            complain.print(failure.evidence, style="dim", markup=False)
        complain.print(failure.sentence, style="bold red", markup=False)
        sys.exit(1)


def _terminated(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(128 + signal.SIGTERM)

"""The commands that start, stop and look at the local stack."""

import json
import os
import sys
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from deploy import SERVICES
from deploy.local import report, web
from deploy.local.failure import Failure
from deploy.local.home import Home
from deploy.local.process import tail
from deploy.local.stack import KNOWN, Stack

Only = Annotated[
    str,
    typer.Option(
        help=f"Only these, with commas: {', '.join(KNOWN)}. `infra` is Kafka and MongoDB."
    ),
]


def up(only: Only = "") -> None:
    """Start whatever is not running; safe to run twice."""
    console = Console()
    since = time.monotonic()
    with report.Progress(console) as progress:
        stack = Stack(say=progress)
        served = not only or "livestream" in only
        sentence = web.built_or_why(stack.home, progress) if served else ""
        stack.up(only)
    if sentence:
        console.print(sentence, style="yellow", soft_wrap=True)
    console.print(report.table(stack.status()))
    console.print(f"Up in {time.monotonic() - since:.1f} s. {stack.home.stack} says how to join.")
    if web.built() and (page := stack.read()) and "livestream" in page["services"]:
        console.print(f"The pages are at {page['services']['livestream']['url']}/")


def restart(
    services: Annotated[
        list[str] | None, typer.Argument(help="Which; all that run, when none is named.")
    ] = None,
) -> None:
    """Start services anew, with the code and the settings of now."""
    console = Console()
    with report.Progress(console) as progress:
        stack = Stack(say=progress)
        names = services or [row.part for row in stack.status() if row.part in SERVICES]
        if not set(names) <= set(SERVICES):
            raise Failure(f"Services are {', '.join(SERVICES)}.")
        if not names:
            raise Failure("No service is running here: `feira up` starts them.")
        stack.up(names, anew=names)
    console.print(report.table(stack.status()))


def down() -> None:
    """Stop everything that was started here."""
    console = Console()
    with report.Progress(console) as progress:
        stopped = Stack(say=progress).down()
    console.print(f"Stopped {', '.join(stopped)}." if stopped else "Nothing was running.")


def status(
    *, as_json: Annotated[bool, typer.Option("--json", help="Print stack.json.")] = False
) -> None:
    """Show every part: alive, ready, where, and what memory it holds."""
    stack = Stack()
    if as_json:
        page = stack.read()
        if page is None:
            raise Failure("No stack is running here: `feira up` starts one.")
        sys.stdout.write(json.dumps(page, indent=2) + "\n")
        return
    rows = stack.status()
    if not rows:
        raise Failure("No stack is running here: `feira up` starts one.")
    Console().print(report.table(rows))
    ill = [row.part for row in rows if row.state not in {"ready", "not ours"}]
    if ill:
        raise Failure(f"Not well: {', '.join(ill)}. `feira up` puts that right.")


def logs(
    part: Annotated[str, typer.Argument(help="Which part; `kafka`, `orders`.")] = "",
    *,
    follow: Annotated[bool, typer.Option("-f", "--follow", help="Go on as lines come.")] = False,
    lines: Annotated[int, typer.Option("-n", "--lines", help="How many lines back.")] = 50,
) -> None:
    """Show the end of a part's log: `feira logs orders -f`."""
    home = Home.default()
    log = home.log(part)
    if not log.exists():
        known = ", ".join(sorted(path.stem for path in home.logs.glob("*.log")))
        missing = f"There is no log of {part!r} here" if part else "Say which log"
        raise Failure(f"{missing}; there is: {known or 'none'}.")
    sys.stdout.write(tail(log, lines) + "\n")
    if follow:
        _follow(log)


def reset(*, yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False) -> None:
    """Stop everything and forget all data; addresses, keys and downloads stay."""
    stack = Stack()
    if not yes and sys.stdin.isatty():
        typer.confirm(f"Delete all data in {stack.home.root}?", abort=True)
    stack.reset()
    Console().print("All data is gone; `feira up` starts anew.")


def topics() -> None:
    """Make the topics that are missing."""
    console = Console()
    with report.Progress(console) as progress:
        Stack(say=progress).topics()


def add_to(app: typer.Typer) -> None:
    for command in (up, restart, down, status, logs, reset, topics):
        app.command()(command)


def _follow(log: Path) -> None:
    """Print what is added, also when a restart begins the log anew."""
    handle = log.open(errors="replace")
    handle.seek(0, 2)
    try:
        while True:
            line = handle.readline()
            if line:
                sys.stdout.write(line)
                continue
            sys.stdout.flush()
            time.sleep(0.2)
            if log.exists() and log.stat().st_ino != os.fstat(handle.fileno()).st_ino:
                handle.close()
                handle = log.open(errors="replace")
    except KeyboardInterrupt:
        handle.close()

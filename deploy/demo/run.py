"""The run: a stack of its own, the festival on it, the report; whatever happens, it ends clean."""

import time
from pathlib import Path

import uvloop
from rich.console import Console

from deploy.demo import data, effort, ground, report
from deploy.demo.console import Screen
from deploy.demo.festival import Evening, Outcome, Size
from deploy.demo.wire import NoAnswer, Unexpected
from deploy.local import web
from deploy.local.failure import Failure
from deploy.local.home import read_json
from deploy.local.report import Progress


def play(size: Size, console: Console, *, home: Path = ground.HOME, keep: bool = False) -> Outcome:
    """Play a festival of *size*, prove it, and write `report.html` into *home*.

    Raises Failure if it cannot be played; a proof that fails is part of the outcome.
    """
    since = time.monotonic()
    festival, told = data.read(), ground.settings(size.hold_seconds)
    progress = Progress(console)
    with ground.cleared(home, told, keep=keep, say=progress) as stack:
        with progress:
            unbuilt = web.built_or_why(stack.home, progress)
            page = stack.up()
        with Screen(console, festival) as screen:
            screen.say(f"The stack is up after {time.monotonic() - since:.1f} s.")
            if unbuilt:
                screen.say(unbuilt, style="yellow")
            try:
                outcome = uvloop.run(Evening(festival, size, page, screen).hold())
            except* (NoAnswer, Unexpected) as group:
                raise _failure(group, home) from group
            screen.doing("writing the report")
            outcome.took["all"] = time.monotonic() - since
            report.write(home / "report.html", outcome, effort.of(page))
    return outcome


def _failure(group: BaseExceptionGroup[NoAnswer | Unexpected], home: Path) -> Failure:
    """The first thing that could not be gone on without, in one sentence."""
    first: BaseException = group
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    return Failure(f"The festival could not go on: {first}. Logs are in {home / 'logs'}.")


def show(outcome: Outcome, console: Console, *, home: Path = ground.HOME, keep: bool) -> bool:
    """Print figures and findings, and where to look; returns whether all proofs hold."""
    screen = Screen(console, outcome.festival)
    screen.figures(outcome.figures)
    console.print()
    screen.findings(outcome.findings)
    console.print()
    took = ", ".join(f"{part} {seconds:.0f} s" for part, seconds in outcome.took.items())
    console.print(f"Took: {took}. Report: {home / 'report.html'}", soft_wrap=True, highlight=False)
    if keep:
        _where(home, console)
    return outcome.holds


def _where(home: Path, console: Console) -> None:
    """Print the addresses of the stack that is left up, and how to stop it."""
    page = read_json(home / "stack.json")
    if page.get("env", {}).get("FEIRA_LIVESTREAM_WEB"):
        console.print(f"  pages       {page['services']['livestream']['url']}/", highlight=False)
    for name, service in page.get("services", {}).items():
        console.print(f"  {name:<11} {service['url']}/openapi.json", highlight=False)
    sandbox = page.get("sandbox", {})
    console.print(f"  mail        {sandbox.get('mail')}/mail", highlight=False)
    console.print(f"  payments    {sandbox.get('payments')}/ledger", highlight=False)
    console.print(f"  Kafka       {page.get('kafka', {}).get('url')}", highlight=False)
    console.print(f"Left up. To stop it: FEIRA_HOME={home} feira down", soft_wrap=True)

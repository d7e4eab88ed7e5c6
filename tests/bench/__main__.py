"""`make bench`: measure the hot paths beside the raw limits, and write docs/benchmarks.md."""

import argparse
import shutil
import sys
from collections.abc import Generator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import uvloop
from pymongo import MongoClient
from rich import print as say

from deploy import SERVICES
from deploy.local.failure import Failure
from deploy.local.home import PROJECT, Home
from deploy.local.issuer import Issuer
from deploy.local.jars import KAFKA
from deploy.local.stack import Stack
from shared.platform.service import share_the_interpreter, spare_the_collector
from tests.bench import (
    carrying,
    confirming,
    hearing,
    intake,
    mixing,
    pacing,
    reacting,
    replicas,
    scarcity,
    selling,
    watching,
)
from tests.bench.bench import Bench, Measure
from tests.bench.page import Section, judged, page
from tests.bench.rounds import alternate
from tests.bench.where import where
from tests.support.house import House

WHERE = "where"
PAGE = PROJECT / "docs" / "benchmarks.md"
BENCHES = {
    module.BENCH.name: module.BENCH
    for module in (
        intake,
        mixing,
        scarcity,
        pacing,
        replicas,
        selling,
        carrying,
        hearing,
        reacting,
        watching,
        confirming,  # last: it brings the other services up
    )
}


@contextmanager
def standing(home: Path) -> Generator[tuple[House, dict[str, int]]]:
    """A house with orders alone, and what each service held in memory before that, idle."""
    stack = Stack(Home(home))
    stack.reset()
    try:
        stack.up()
        memory = {row.part: row.resident or 0 for row in stack.status() if row.part in SERVICES}
        stack.down()
        told = stack.up(only="orders")
        yield House(stack, told, Issuer.load(home, told["issuer"]["url"]).token), memory
    finally:
        stack.down()
        shutil.rmtree(home, ignore_errors=True)


async def hold(bench: Bench, house: House, measure: Measure) -> Section:
    """Let the contestants take turns, and tell how it goes."""
    say(f"[bold]{bench.title}[/]")
    async with bench.open(house, measure) as contest:
        results = await alternate(contest, measure.rounds, partial(say, " "))
    section = Section(bench, results)
    for aim, ratio, verdict in judged(section):
        say(f"  {aim.ours}: {aim.of} {ratio:.2f} beside {aim.control} {verdict}")
    return section


def main() -> None:
    """Measure what is asked for; the page is written only if that is everything."""
    usual = Measure()
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("only", nargs="*", help=f"some of {', '.join((*BENCHES, WHERE))}")
    parser.add_argument("--rounds", type=int, default=usual.rounds)
    parser.add_argument("--seconds", type=float, default=usual.seconds)
    told = parser.parse_args()
    unknown = set(told.only) - {*BENCHES, WHERE}
    if unknown:
        parser.error(f"there is no {min(unknown)}; there are {', '.join((*BENCHES, WHERE))}")
    spare_the_collector()  # as every service does
    share_the_interpreter()
    measure = Measure(rounds=told.rounds, seconds=told.seconds)
    try:
        with standing(Home.default().root / "bench") as (house, memory):
            with MongoClient[dict[str, str]](house.told["mongo"]["url"]) as client:
                servers = {"Kafka": KAFKA[2], "MongoDB": client.server_info()["version"]}
            sections = [
                uvloop.run(hold(BENCHES[name], house, measure))
                for name in told.only or BENCHES
                if name in BENCHES
            ]
            further = [uvloop.run(where(house))] if WHERE in (told.only or (WHERE,)) else []
    except Failure as failure:
        sys.exit(str(failure))
    written = page(sections, further, memory, servers, measure.rounds)
    if told.only:
        sys.stdout.write(written)
    else:
        PAGE.write_text(written, encoding="utf-8")
        say(f"written: {PAGE.relative_to(PROJECT)}")


if __name__ == "__main__":
    main()

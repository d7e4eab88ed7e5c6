"""Where the time of an order goes: inside the orders process (py-spy), and inside MongoDB."""

import asyncio
import re
import shutil
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pymongo import MongoClient

from tests.bench.buyers import PLENTY, crowd
from tests.bench.load import storm
from tests.support.house import House

LOOKS = 400
"""How often a second the process is looked at."""

PLACES: Mapping[str, tuple[str, ...]] = {
    "HTTP: reading, who asks, answering": ("shared/platform/web/", "uvicorn/", "httptools"),
    "rules of orders": ("services/orders/",),
    "unit of work: fold, journal": ("shared/platform/change/",),
    "MongoDB's driver": ("pymongo/", "motor/", "bson/", "shared/platform/mongo.py"),
    "relay, subscribers, Kafka's client": ("shared/platform/bus/", "aiokafka/", "faststream/"),
}
"""A look counts for the innermost of these it finds; what they call of others is theirs."""

_PLACE = re.compile(r"\((\S+?)(?::\d+)?\)$")
_WAITING = re.compile(r"periodic_executor|(recv_into|_worker|wait|select) \([^;]*$")
"""Stacks of threads that keep watch, or whose innermost frame waits for others."""


async def where(house: House, seconds: int = 10, clients: int = 256) -> str:
    """A part of the page, as Markdown; it says so where nobody may look."""
    spy = shutil.which("py-spy", path=str(Path(sys.executable).parent))
    if spy is None:
        return "\npy-spy, which looks into processes, is not there for this machine.\n"
    pid, url = house.told["services"]["orders"]["pid"], house.url("orders")
    sku = await house.stock(PLENTY)
    with (
        TemporaryDirectory() as folder,
        MongoClient[dict[str, Any]](house.told["mongo"]["url"]) as mongo,
    ):
        file = Path(folder, "looks")
        before = _latencies(mongo)
        looking = await asyncio.create_subprocess_exec(
            *(spy, "record", "--pid", str(pid), "--duration", str(seconds)),
            *("--rate", str(LOOKS), "--format", "raw", "--output", str(file)),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        taken = await storm({url: crowd(house, url, clients, [sku])}, seconds + 1, 201)
        _, said = await looking.communicate()
        if looking.returncode:
            return f"\nNobody could look into the process: {said.decode()[-200:].strip()}\n"
        looks = await asyncio.to_thread(_counted, file)
        spent = {
            kind: (now[0] - before[kind][0], now[1] - before[kind][1])
            for kind, now in _latencies(mongo).items()
        }
    return _told(looks, spent, taken.count, clients)


def _counted(file: Path) -> Counter[str]:
    """Looks by place, of threads that did something."""
    looks: Counter[str] = Counter()
    for line in file.read_text(encoding="utf-8").splitlines():
        stack, _, times = line.rpartition(" ")
        if not _WAITING.search(stack) and (place := _place(stack.split(";"))):
            looks[place] += int(times)
    return looks


def _place(frames: list[str]) -> str | None:
    for frame in reversed(frames):
        found = _PLACE.search(frame)
        for place, prefixes in PLACES.items():
            if found and found[1].startswith(prefixes):
                return None if found[1].startswith("uvicorn/_compat") else place
    return None


def _latencies(mongo: MongoClient[dict[str, Any]]) -> dict[str, tuple[int, int]]:
    """What MongoDB has done so far: microseconds and how often, by kind."""
    told = mongo.admin.command("serverStatus")["opLatencies"]
    return {kind: (told[kind]["latency"], told[kind]["ops"]) for kind in told}


def _told(
    looks: Counter[str], spent: Mapping[str, tuple[int, int]], orders: int, clients: int
) -> str:
    total = looks.total() or 1
    about = (
        f"One hot SKU, {clients} clients. Inside the orders process, of {total:,} looks of py-spy "
        "at threads that ran Python; sockets and the event loop itself are C, not among them.\n"
    )
    lines = ["## Where the time of an order goes\n", about, "| place | share |", "|---|---|"]
    lines += [f"| {place} | {count / total:.0%} |" for place, count in looks.most_common()]
    lines += [
        "\nInside MongoDB, as its `opLatencies` tell; all that is done there counts.\n",
        "| kind | µs an order | orders an operation |",
        "|---|---|---|",
    ]
    lines += [
        f"| {kind} | {micros / orders:,.0f} | {orders / count:,.1f} |"
        for kind, (micros, count) in spent.items()
        if count
    ]
    return "\n".join(lines) + "\n"

"""The effort: what each process of the stack, and the demo itself, has used of the machine."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psutil


@dataclass(frozen=True, slots=True)
class Effort:
    """One process: seconds of CPU, and bytes of memory at the end."""

    part: str
    cpu: float
    resident: int


def of(page: dict[str, Any]) -> list[Effort]:
    """Ask the system about every process that stack.json names, and about ourselves."""
    pids = {"demo": os.getpid()} | dict(_pids(page))
    return [_effort(part, psutil.Process(pid)) for part, pid in pids.items()]


def _pids(page: dict[str, Any]) -> Iterator[tuple[str, int]]:
    for part in ("kafka", "mongo", "issuer", "sandbox"):
        if pid := page.get(part, {}).get("pid"):
            yield part, pid
    for name, service in page["services"].items():
        yield name, service["pid"]


def _effort(part: str, process: psutil.Process) -> Effort:
    spent = process.cpu_times()
    return Effort(part, spent.user + spent.system, process.memory_info().rss)

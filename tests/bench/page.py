"""docs/benchmarks.md: what was measured, beside what, and whether it is what we aim at."""

import os
import platform
import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from tests.bench.bench import Aim, Bench
from tests.bench.rounds import Results, Round, cpu_us, rate, rates, waited

INTRODUCTION = """\
# Benchmarks

Written by `make bench`; nothing here is typed by hand. Every figure stands beside a control that
does the same job with the drivers alone, on the same machine in the same run: contestants take
turns, and the medians of their rounds are compared. One machine holds everything, servers and
clients; rates say little about another one, ratios do.
"""


_COMPARED = {
    "rate": "rate",
    "cpu": "CPU each",
    "wait": "p50",
    "p99": "its p99 alone, ms",
    "memory": "memory each alone, KiB",
}


@dataclass(frozen=True, slots=True)
class Section:
    """A bench and how it went."""

    bench: Bench
    results: Results


def page(
    sections: Iterable[Section],
    further: Iterable[str],
    memory: Mapping[str, int],
    servers: Mapping[str, str],
    rounds: int,
) -> str:
    """The whole page, as Markdown; *further* are parts written already."""
    told = [INTRODUCTION, _machine(servers, rounds)]
    told += [_section(section) for section in sections]
    told += [*further, _memory(memory)]
    return "\n".join(told)


def judged(section: Section) -> Iterable[tuple[Aim, float, str]]:
    """Each aim of *section*, what it came to, and the verdict, empty where none was due."""
    for aim in section.bench.aims:
        figure = _figure(aim, section.results[aim.ours], section.results[aim.control])
        yield aim, figure, _verdict(aim, figure)


def _figure(aim: Aim, ours: list[Round], control: list[Round]) -> float:
    match aim.of:
        case "rate":
            return rate(ours) / rate(control)
        case "cpu":
            return cpu_us(ours) / cpu_us(control)
        case "wait":
            return waited(ours, 0.5) / waited(control, 0.5)
        case "p99":
            return waited(ours, 0.99)
        case "memory":
            return max(taken.memory for taken in ours) / 1024


def _verdict(aim: Aim, ratio: float) -> str:
    if aim.most is not None:
        return "met" if ratio <= aim.most else "**not met**"
    if aim.least is not None:
        return "met" if ratio >= aim.least else "**not met**"
    return ""


def _wanted(aim: Aim) -> str:
    if aim.most is not None:
        return f"≤ {aim.most:g}"
    return "" if aim.least is None else f"≥ {aim.least:g}"


def _machine(servers: Mapping[str, str], rounds: int) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in servers.items())
    return (
        f"{datetime.now(UTC):%Y-%m-%d}: {os.cpu_count()} cores, {platform.machine()}, "
        f"Python {platform.python_version()}, {versions}; {rounds} rounds.\n"
    )


def _section(section: Section) -> str:
    timed = any(taken.waits for taken in _all(section.results))
    head = ["", "a second (median)", "lowest – highest", "CPU µs each"]
    head += ["p50 ms", "p99 ms"] if timed else []
    rows = [_row(name, rounds, timed=timed) for name, rounds in section.results.items()]
    lines = [
        f"## {section.bench.title}\n",
        section.bench.about + "\n",
        _line(head),
        _rule(len(head)),
    ]
    lines += [_line(row) for row in rows]
    lines += ["", _line(["", "beside", "of", "ratio", "aim", ""]), _rule(6)]
    for aim, figure, verdict in judged(section):
        cells = [aim.ours, aim.control, _COMPARED[aim.of], f"{figure:.2f}", _wanted(aim), verdict]
        lines.append(_line(cells))
    lines += _shares(section)
    return "\n".join(lines) + "\n"


def _shares(section: Section) -> list[str]:
    """Where the time goes: CPU an operation of every process that takes part."""
    names = list(dict.fromkeys(name for taken in _all(section.results) for name in taken.shares))
    if not names:
        return []
    lines = ["\nWhere the time goes, CPU µs each, and how many a second the cores allow at that:\n"]
    lines += [_line(["", *names, "together", "a second"]), _rule(len(names) + 3)]
    for contestant, rounds in section.results.items():
        if rounds[0].shares:
            each = [
                statistics.median(taken.shares[name] * 1e6 / taken.count for taken in rounds)
                for name in names
            ]
            most = (os.cpu_count() or 1) * 1e6 / sum(each)
            cells = [f"{cost:,.0f}" for cost in (*each, sum(each), most)]
            lines.append(_line([contestant, *cells]))
    return lines


def _row(name: str, rounds: list[Round], *, timed: bool) -> list[str]:
    low, high = min(rates(rounds)), max(rates(rounds))
    row = [name, f"{rate(rounds):,.0f}", f"{low:,.0f} – {high:,.0f}", f"{cpu_us(rounds):,.1f}"]
    if timed:
        there = any(taken.waits for taken in rounds)
        row += [f"{waited(rounds, share):.1f}" if there else "" for share in (0.5, 0.99)]
    return row


def _memory(memory: Mapping[str, int]) -> str:
    lines = [
        "## Memory of an idle service\n",
        "Resident, each service in both roles, just started. Aim: at most 100 MiB.\n",
        _line(["service", "MiB", ""]),
        _rule(3),
    ]
    for name, resident in memory.items():
        mebibytes = resident / 2**20
        lines.append(
            _line([name, f"{mebibytes:.0f}", "met" if mebibytes <= 100 else "**not met**"])
        )
    return "\n".join(lines) + "\n"


def _all(results: Results) -> Iterable[Round]:
    return (taken for rounds in results.values() for taken in rounds)


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _rule(columns: int) -> str:
    return "|" + "---|" * columns

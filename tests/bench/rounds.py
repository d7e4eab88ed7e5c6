"""Contestants taking turns, and what their rounds come to."""

import gc
import statistics
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(slots=True)
class Round:
    """One go of one contestant.

    Attributes:
        count: How many operations were done; set it before the block ends.
        seconds: By the wall.
        cpu: Seconds of this process's CPU.
        waits: How long single operations took, in seconds, where that was asked.
        shares: Seconds of CPU by process, where all that take part were asked.
        statuses: How many answers there were of each HTTP status.
        memory: Bytes that each of those who came made the server grow by, where that was asked.
    """

    count: int = 0
    seconds: float = 0.0
    cpu: float = 0.0
    waits: tuple[float, ...] = ()
    shares: dict[str, float] = field(default_factory=dict[str, float])
    statuses: dict[int, int] = field(default_factory=dict[int, int])
    memory: float = 0.0

    @property
    def rate(self) -> float:
        """Operations a second."""
        return self.count / self.seconds

    @property
    def cpu_us(self) -> float:
        """Microseconds of this process's CPU an operation."""
        return self.cpu * 1e6 / self.count


Go: TypeAlias = Callable[[], Awaitable[Round]]
Contest: TypeAlias = Mapping[str, Go]
Results: TypeAlias = dict[str, list[Round]]


@asynccontextmanager
async def clocked() -> AsyncGenerator[Round]:
    """Time the block, by the wall and by this process's CPU."""
    gc.collect()
    taken = Round()
    began, spent = time.perf_counter(), time.process_time()
    yield taken
    taken.seconds = time.perf_counter() - began
    taken.cpu = time.process_time() - spent


async def alternate(contest: Contest, rounds: int, say: Callable[[str], None]) -> Results:
    """Let every contestant go once a round, after one go each to warm up."""
    results: Results = {name: [] for name in contest}
    for number in range(rounds + 1):
        for name, go in contest.items():
            taken = await go()
            if number:
                results[name].append(taken)
                say(f"round {number} of {rounds}: {name}: {taken.rate:,.0f}/s")
    return results


def rates(rounds: list[Round]) -> list[float]:
    """Operations a second, lowest first."""
    return sorted(taken.rate for taken in rounds)


def rate(rounds: list[Round]) -> float:
    """The median of operations a second."""
    return statistics.median(rates(rounds))


def cpu_us(rounds: list[Round]) -> float:
    """The median of this process's CPU an operation, in microseconds."""
    return statistics.median(taken.cpu_us for taken in rounds)


def waited(rounds: list[Round], share: float) -> float:
    """The median over the rounds of how long the given *share* of operations took at most (ms)."""
    return statistics.median(percentile(taken.waits, share) for taken in rounds) * 1e3


def percentile(values: tuple[float, ...], share: float) -> float:
    """The value that *share* of all do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]

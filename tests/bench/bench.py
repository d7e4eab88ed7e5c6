"""What a bench is: a contest, how to set it up, and what we aim at in it."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Literal, TypeAlias

from tests.bench.rounds import Contest
from tests.support.house import House


@dataclass(frozen=True, slots=True)
class Measure:
    """How much is enough."""

    rounds: int = 5
    seconds: float = 3.0
    events: int = 50_000
    paced_seconds: float = 6.0


Open: TypeAlias = Callable[[House, Measure], AbstractAsyncContextManager[Contest]]


@dataclass(frozen=True, slots=True)
class Aim:
    """What one contestant should come to beside its control.

    Attributes:
        of: What is compared: operations a second, CPU an operation, or the median waiting time;
            or ours alone: `p99`, in milliseconds, or `memory`, the most KiB each took.
        least: The least it should come to; or
        most: The most; neither where it is only to be known.
    """

    ours: str
    control: str
    least: float | None = None
    most: float | None = None
    of: Literal["rate", "cpu", "wait", "p99", "memory"] = "rate"


@dataclass(frozen=True, slots=True)
class Bench:
    """One contest: its name, what its figures are of, and what they should come to."""

    name: str
    title: str
    about: str
    open: Open
    aims: tuple[Aim, ...]

"""Trouble on demand: which payments go wrong, and how, by percent and by seed."""

from dataclasses import dataclass
from random import Random
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from deploy.sandbox.payments import Outcome

Percent = Annotated[float, Field(ge=0, le=100)]
Milliseconds = Annotated[int, Field(ge=0, le=600_000)]

Trick = Literal["forged", "stale"]
"""What is no callback but looks like one: signed by somebody else, or signed long ago."""


class Faults(BaseModel):
    """What shall go wrong, where the payer does not say otherwise.

    Attributes:
        http_error_percent: Calls that fail, before or after they had their effect.
        timeout_percent: Calls that have their effect and then say nothing for `timeout_ms`.
        shuffle_percent: Payments whose callbacks each take their own time, so they overtake.
        wrong_amount_percent: Payments whose callbacks tell another amount than was captured.
        forged_percent: Payments of which a stranger tells, too, with a signature of his own.
        stale_percent: Payments whose callback comes once more, signed truly but long ago.
        replay_percent: Payments whose callback is played again, to the letter, once it is taken.
    """

    model_config = ConfigDict(strict=True, extra="forbid")

    fail_percent: Percent = 0
    duplicate_percent: Percent = 0
    late_percent: Percent = 0
    late_ms: Milliseconds = 2_000
    lost_percent: Percent = 0
    http_error_percent: Percent = 0
    timeout_percent: Percent = 0
    timeout_ms: Milliseconds = 10_000
    shuffle_percent: Percent = 0
    wrong_amount_percent: Percent = 0
    forged_percent: Percent = 0
    stale_percent: Percent = 0
    replay_percent: Percent = 0
    seed: int = 0


class Pay(BaseModel):
    """What the buyer's app asks for; what it leaves open, the faults decide."""

    model_config = ConfigDict(strict=True, extra="forbid")

    outcome: Literal["succeed", "fail"] | None = None
    callbacks: Annotated[int, Field(ge=1, le=20)] | None = None
    delay_ms: Milliseconds | None = None
    lost: bool | None = None
    shuffle: bool = False
    wrong_amount: bool | None = None
    forged: bool | None = None
    stale: bool | None = None
    replay: bool | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """How one payment ends and when each copy of its callback leaves, in seconds from now."""

    outcome: Outcome
    lost: bool
    leaves: tuple[float, ...]
    wrong_amount: bool = False
    replay: bool = False
    tricks: tuple[Trick, ...] = ()


class Chance:
    """Draws what goes wrong: the same seed and the same questions give the same answers."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        self._random = Random(faults.seed)  # noqa: S311 - trouble must be repeatable, not secret
        # Rarer trouble has luck of its own: to order none of it changes nobody's.
        self._rare = Random(f"rare {faults.seed}")  # noqa: S311 - the same

    def plan(self, pay: Pay) -> Plan:
        # Every question is drawn every time, so that what one payer says shifts nobody else's luck.
        fails, twice, late, lost = (
            self._strikes(percent)
            for percent in (
                self.faults.fail_percent,
                self.faults.duplicate_percent,
                self.faults.late_percent,
                self.faults.lost_percent,
            )
        )
        if pay.outcome is not None:
            fails = pay.outcome == "fail"
        copies = pay.callbacks or (2 if twice else 1)
        delay_ms = pay.delay_ms
        if delay_ms is None:
            delay_ms = self.faults.late_ms if late else 0
        leaves = (delay_ms / 1000,) * copies
        shuffled, wrong, forged, stale, replayed = (
            self._rare.random() * 100 < percent if said is None else said
            for said, percent in (
                (pay.shuffle or None, self.faults.shuffle_percent),
                (pay.wrong_amount, self.faults.wrong_amount_percent),
                (pay.forged, self.faults.forged_percent),
                (pay.stale, self.faults.stale_percent),
                (pay.replay, self.faults.replay_percent),
            )
        )
        if shuffled:
            # Each copy takes its own time, so callbacks overtake their twins and their elders.
            leaves = tuple(self._random.uniform(0, (delay_ms or 1_000) / 1000) for _ in leaves)
        return Plan(
            outcome="failed" if fails else "succeeded",
            lost=lost if pay.lost is None else pay.lost,
            leaves=leaves,
            wrong_amount=wrong,
            replay=replayed,
            tricks=(("forged",) if forged else ()) + (("stale",) if stale else ()),
        )

    def http_error(self) -> Literal["before", "after"] | None:
        """Tell whether this call fails: before anything happened, or after all of it did."""
        if not self._strikes(self.faults.http_error_percent):
            return None
        return "before" if self._strikes(50) else "after"

    def silence(self) -> float:
        """Tell for how many seconds this call says nothing after it had its effect."""
        silent = self._rare.random() * 100 < self.faults.timeout_percent
        return self.faults.timeout_ms / 1000 if silent else 0.0

    def _strikes(self, percent: float) -> bool:
        return self._random.random() * 100 < percent

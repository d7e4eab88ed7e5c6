"""The flood gate: one who says too much at once is told so before anything is written."""

from collections import OrderedDict
from typing import NamedTuple

from shared.refusal import Refused


class _Bucket(NamedTuple):
    tokens: float
    at: float


class FloodGate:
    """A token bucket a caller, in this process alone: n replicas let n times as much through.

    It spares the database; what a room relies on (slow mode, mutes, bans) is decided in its state.
    """

    def __init__(self, rate: float, burst: int, *, most: int = 50_000) -> None:
        """Let each caller through *rate* times a second, *burst* times at once.

        Beyond *most* callers those seen longest ago are forgotten: by then theirs are full again.
        """
        self._rate, self._burst, self._most = rate, burst, most
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def let(self, caller: str, now: float) -> None:
        """Let *caller* through at *now*, in seconds of any clock that runs forward.

        Raises Refused (`flood`, with `retry_after`).
        """
        before = self._buckets.pop(caller, None) or _Bucket(self._burst, now)
        tokens = min(self._burst, before.tokens + (now - before.at) * self._rate)
        let = tokens >= 1
        self._buckets[caller] = _Bucket(tokens - let, now)
        if len(self._buckets) > self._most:
            self._buckets.popitem(last=False)
        if not let:
            raise Refused(
                "flood",
                "That is too much at once; nothing was done.",
                kind="limit",
                retry_after=max(1, -int(-(1 - tokens) // self._rate)),
            )

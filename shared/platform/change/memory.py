"""What the last folds left in memory, and when it may be trusted.

Every writer of a lane takes its turn first. If the turn taken next is the last one seen plus one,
nobody wrote to the lane in between: what is remembered is what stands, and need not be read again.
(Versions guard the write all the same.)
"""

from collections.abc import Iterable, Mapping
from threading import Lock

from shared.platform.change.aggregate import AnyRef, Kept
from shared.platform.change.fold import Key
from shared.platform.change.journal import lane_of

MAX_REMEMBERED = 5_000


class Memory:
    """Per lane: the turn of the last fold, and the states as it left them.

    Folds of several lanes look and keep from threads of their own, one at a time.
    """

    def __init__(self, lanes: int) -> None:
        self._lanes = lanes
        self._turns = [-1] * lanes
        self._seen = [0.0] * lanes
        self._kept: list[dict[Key, Kept]] = [{} for _ in range(lanes)]
        self._lock = Lock()

    def known(self, turns: Mapping[int, int], keys: Iterable[Key]) -> dict[Key, Kept]:
        """Those of *keys* that stand as they are remembered, once these *turns* are taken."""
        with self._lock:
            for lane, turn in turns.items():
                if self._turns[lane] != turn - 1:
                    self._forget(lane)
            return {key: kept for key in keys if (kept := self._of(key[1]).get(key))}

    def recent(self, refs: Iterable[AnyRef], since: float) -> dict[Key, Kept]:
        """Those of *refs* of which is known how they stood at some time after *since*."""
        found: dict[Key, Kept] = {}
        with self._lock:
            for kind, name, _ in refs:
                standing = self._of(name).get((kind.name, name))
                if standing and self._seen[lane_of(name, self._lanes)] >= since:
                    found[kind.name, name] = standing
        return found

    def keep(self, turns: Mapping[int, int], kept: Mapping[Key, Kept], seen: float) -> None:
        """Remember how the last fold left what it looked at, which it did at the time *seen*."""
        with self._lock:
            for lane, turn in turns.items():
                self._turns[lane], self._seen[lane] = turn, seen
                if len(self._kept[lane]) > MAX_REMEMBERED:
                    self._kept[lane] = {}
            for key, standing in kept.items():
                if standing.version:
                    self._of(key[1])[key] = standing

    def forget(self, lane: int) -> None:
        """Trust nothing of *lane* until a fold has seen it again."""
        with self._lock:
            self._forget(lane)

    def _forget(self, lane: int) -> None:
        self._kept[lane], self._turns[lane] = {}, -1

    def _of(self, id: str) -> dict[Key, Kept]:
        return self._kept[lane_of(id, self._lanes)]

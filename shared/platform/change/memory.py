"""What the last folds left in memory, and when it may be trusted.

Every writer of a lane takes its turn first. If the turn taken next is the last one seen plus one,
nobody wrote to the lane in between: what is remembered is what stands, and need not be read again.
(Versions guard the write all the same.)
"""

from collections.abc import Mapping

from shared.platform.change.aggregate import Kept
from shared.platform.change.fold import Key
from shared.platform.change.journal import lane_of

MAX_REMEMBERED = 5_000


class Memory:
    """Per lane: the turn of the last fold, and the states as it left them."""

    def __init__(self, lanes: int) -> None:
        self._lanes = lanes
        self._turns = [-1] * lanes
        self._kept: list[dict[Key, Kept]] = [{} for _ in range(lanes)]

    def check(self, turns: Mapping[int, int]) -> None:
        """Forget the lanes to which somebody else wrote before these *turns* were taken."""
        for lane, turn in turns.items():
            if self._turns[lane] != turn - 1:
                self.forget(lane)

    def get(self, key: Key) -> Kept | None:
        return self._kept[lane_of(key[1], self._lanes)].get(key)

    def keep(self, turns: Mapping[int, int], kept: Mapping[Key, Kept]) -> None:
        """Remember how a committed fold left what it looked at."""
        for lane, turn in turns.items():
            self._turns[lane] = turn
            if len(self._kept[lane]) > MAX_REMEMBERED:
                self._kept[lane] = {}
        for key, standing in kept.items():
            if standing.version:
                self._kept[lane_of(key[1], self._lanes)][key] = standing

    def forget(self, lane: int) -> None:
        self._kept[lane], self._turns[lane] = {}, -1

"""The ring: a room's last frames, numbered. A viewer is a place in it, so none needs a queue."""

SIZE = 1024


class Ring:
    """Remembers the last *size* frames.

    Attributes:
        last: The number of the newest frame; the first is 1.
    """

    def __init__(self, size: int = SIZE) -> None:
        self.last = 0
        self._size = size
        self._frames = [b""] * size
        self._ends = [0] * size
        self._written = 0

    def put(self, frame: bytes) -> None:
        """Add *frame*, numbered one above the last; the oldest is forgotten."""
        self.last += 1
        self._written += len(frame)
        place = self.last % self._size
        self._frames[place], self._ends[place] = frame, self._written

    def holds(self, number: int) -> bool:
        """Whether everything after *number* is still here, so that a viewer can go on from it."""
        return 0 <= self.last - number <= self._size and number >= 0

    def after(self, number: int) -> bytes:
        """Everything after *number*, which the ring must hold, joined."""
        if number == self.last - 1:
            return self._frames[self.last % self._size]
        return b"".join(self._frames[n % self._size] for n in range(number + 1, self.last + 1))

    def weight(self, number: int) -> int:
        """How many bytes somebody who stands at *number* lacks; all ever written if it is old."""
        if self.last - number < self._size:
            return self._written - self._ends[number % self._size]
        return self._written

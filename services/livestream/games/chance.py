"""Chance out of a seed: uniform numbers that whoever knows the seed can draw again."""

from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import TypeVar

T = TypeVar("T")

_BITS = 256


class Chance:
    """A stream of uniform integers: SHA-256 of the seed and a counter of eight bytes, from 0."""

    def __init__(self, seed: bytes) -> None:
        self._seed, self._drawn = seed, 0

    def below(self, bound: int) -> int:
        """A number from 0 up to, not including, *bound*; each is as likely as the others.

        A digest that lies beyond the last whole multiple of *bound* is passed over.
        """
        limit = (1 << _BITS) // bound * bound
        while True:
            digest = sha256(self._seed + self._drawn.to_bytes(8)).digest()
            self._drawn += 1
            number = int.from_bytes(digest)
            if number < limit:
                return number % bound

    def drawn(self, things: Sequence[T]) -> Iterator[T]:
        """Each of *things*, none twice, in the order drawn (Fisher and Yates)."""
        left = list(things)
        while left:
            place = self.below(len(left))
            left[place], left[-1] = left[-1], left[place]
            yield left.pop()


def commit_of(seed: bytes) -> str:
    """What is published of a seed beforehand: its SHA-256, in hexadecimal."""
    return sha256(seed).hexdigest()


def order_of(seed: bytes, present: Sequence[int]) -> Iterator[int]:
    """The order in which *present*, numbers of entrants in order, are drawn.

    Chance is seeded with the SHA-256 of the seed and those numbers, in decimal with commas between.
    Whoever draws on, draws the next in it.
    """
    listed = ",".join(map(str, present))
    return Chance(sha256(seed + listed.encode()).digest()).drawn(present)

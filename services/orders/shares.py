"""Shares: one amount divided over several lines, so that the parts add up to it."""

from collections.abc import Sequence


def share(amount: int, weights: Sequence[int]) -> tuple[int, ...]:
    """Divide *amount* in proportion to *weights*: minor units, by largest remainder.

    Each part is rounded down; the units left go one by one to the parts that lost most, to the
    earliest of those that lost the same. The parts sum to *amount*; none is above its weight if
    *amount* is not above the sum of weights.

    Raises:
        ValueError: Something below zero, or an amount with nothing to lay it on.
    """
    whole = sum(weights)
    if amount < 0 or min(weights, default=0) < 0 or (amount and not whole):
        raise ValueError(f"{amount} cannot be shared over {list(weights)}")
    if not whole:
        return (0,) * len(weights)
    parts = [amount * weight // whole for weight in weights]
    lost = [amount * weight % whole for weight in weights]
    # The sort is stable, so that what is equal stays in the order of the lines.
    for place in sorted(range(len(parts)), key=lambda at: -lost[at])[: amount - sum(parts)]:
        parts[place] += 1
    return tuple(parts)

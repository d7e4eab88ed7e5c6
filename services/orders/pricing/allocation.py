"""Allocation: a sum shared out in whole minor units, with nothing lost."""

from collections.abc import Sequence


def allocate(total: int, weights: Sequence[int]) -> tuple[int, ...]:
    """Share *total* in proportion to *weights*; the shares add up to it.

    Each gets its share rounded down; what is left goes, a unit each, to the largest remainders, the
    earliest first among equals (largest remainder, or Hamilton's method). Weights that are all
    nothing share alike.

    Raises:
        ValueError: There is nobody to share among, or something is negative.
    """
    if not weights or total < 0 or min(weights) < 0:
        raise ValueError(f"{total} cannot be shared by {list(weights)}")
    if not any(weights):
        weights = [1] * len(weights)
    whole = sum(weights)
    shares = [total * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda at: -(total * weights[at] % whole))
    for at in by_remainder[: total - sum(shares)]:
        shares[at] += 1
    return tuple(shares)


def portion(whole: int, units: int, of: int, before: int = 0) -> int:
    """What *units* out of *of* carry of *whole*, when *before* of them have taken theirs.

    Units that come back in several returns carry, together, exactly what they carry at once.
    """
    if not 0 <= before <= before + units <= of or of == 0:
        raise ValueError(f"{units} units after {before} are not among {of}")
    return whole * (before + units) // of - whole * before // of

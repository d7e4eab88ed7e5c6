"""Key figures of live commerce: plain quotients, none where there is nothing to divide by.

Amounts are minor units, rounded half up; ratios are decimals. Which of them rests on page views
(PV: visits) and which on unique viewers (UV) is in their names, since sources differ.
"""

from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal

RATIO, HUNDREDTH = Decimal("0.0001"), Decimal("0.01")


def ratio(part: int, whole: int, unit: Decimal = RATIO) -> Decimal | None:
    """*part* of *whole*, to the next *unit*, half up; None of nothing."""
    if not whole:
        return None
    return (Decimal(part) / Decimal(whole)).quantize(unit, ROUND_HALF_UP)


def each(amounts: Mapping[str, int], among: int, times: int = 1) -> dict[str, int] | None:
    """What *amounts* come to for *times* of *among*, by currency; None among none."""
    if not among:
        return None
    return {
        currency: (2 * amount * times + among) // (2 * among)
        for currency, amount in sorted(amounts.items())
    }


def viewer_seconds(stretches: Iterable[tuple[int, int]]) -> int:
    """The integral of how many watched over time: of stretches of (viewers, seconds)."""
    return sum(viewers * seconds for viewers, seconds in stretches)


def acu(viewer_seconds: int, seconds: int) -> Decimal | None:
    """Average concurrent users: viewer-seconds a second."""
    return ratio(viewer_seconds, seconds, HUNDREDTH)


def uv_value(paid: Mapping[str, int], uv: int) -> dict[str, int] | None:
    """GMV paid a unique viewer."""
    return each(paid, uv)


def gpm(paid: Mapping[str, int], pv: int) -> dict[str, int] | None:
    """GMV paid a thousand page views."""
    return each(paid, pv, times=1000)


def net(paid: Mapping[str, int], refunded: Mapping[str, int]) -> dict[str, int]:
    """GMV net: what was paid and not paid back."""
    return {currency: amount - refunded.get(currency, 0) for currency, amount in paid.items()}

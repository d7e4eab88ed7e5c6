"""When to try again: pauses that grow, a little different for everybody."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from zlib import crc32

MINUTE, HOUR, DAY = 60.0, 3_600.0, 86_400.0

WEBHOOK_PAUSES = (
    5.0,
    5 * MINUTE,
    30 * MINUTE,
    2 * HOUR,
    5 * HOUR,
    10 * HOUR,
    14 * HOUR,
    20 * HOUR,
    24 * HOUR,
)
"""Seconds between the attempts of a delivery, as Standard Webhooks proposes."""

JITTER = 0.1
"""By how much of itself a pause may be longer: who failed together is to come back apart."""

LONGEST_WISH = DAY
"""Seconds beyond which a receiver's own wish (Retry-After) is not followed."""

FAILING = timedelta(days=5)
"""How long an endpoint may fail without one success before it is given up."""


def jittered(pause: float, seed: str) -> timedelta:
    """*pause* seconds and up to a tenth more; the same for the same *seed*."""
    more = crc32(seed.encode()) / 2**32 * JITTER
    return timedelta(milliseconds=round(pause * (1 + more) * 1000))


def webhook_pause(
    pauses: Sequence[float], attempts: int, seed: str, wish: float | None = None
) -> timedelta | None:
    """The pause after so many *attempts*, or None when there is to be no further one.

    *wish* is how many seconds the receiver asked us to stay away.
    """
    if attempts > len(pauses):
        return None
    pause = jittered(pauses[attempts - 1], f"{seed}:{attempts}")
    return max(pause, timedelta(seconds=min(wish or 0.0, LONGEST_WISH)))


def mail_pause(first: float, attempts: int, seed: str) -> timedelta:
    """The pause after so many *attempts* to mail: *first* seconds, doubled up to an hour."""
    doubled = first * 2.0 ** min(attempts - 1, 40)
    return jittered(min(doubled, HOUR), f"{seed}:{attempts}")


def is_given_up(failing_since: datetime | None, now: datetime) -> bool:
    """Whether an endpoint that failed just *now* has done nothing else for too long."""
    return failing_since is not None and now - failing_since >= FAILING

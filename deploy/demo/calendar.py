"""The calendar: when on the wall clock a moment of the festival takes place, and back.

The festival of the files lasts 38 days; the demo plays it within minutes, from now on. Its time is
a line of knots: each session takes a few seconds of wall time however long it is on paper, a pause
or a night takes fewer, the five weeks after the zone closes take the least. Between two knots time
runs evenly, so order is kept everywhere and every date of the input has its place on the wall.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from deploy.demo.data import Festival, Session

CEREMONY = 2.0
"""Seconds the morning before the zone opens takes, with the opening in it."""

PAUSE = 3.0
"""Seconds between two sessions, and for a night."""

REST = 15.0
"""Seconds for all that comes after the zone has closed."""


@dataclass(frozen=True)
class Calendar:
    """Knots of festival time, each with the seconds of wall time since *began*."""

    began: datetime
    knots: tuple[tuple[datetime, float], ...]

    def wall(self, moment: datetime) -> datetime:
        """When *moment* of the festival takes place."""
        return self.began + timedelta(seconds=self.offset(moment))

    def offset(self, moment: datetime) -> float:
        """Seconds of wall time from the beginning to *moment* of the festival."""
        (t0, s0), (t1, s1) = self._around(
            bisect_right([festival for festival, _ in self.knots], moment)
        )
        return s0 + (moment - t0) / (t1 - t0) * (s1 - s0)

    def moment(self, wall: datetime) -> datetime:
        """Which moment of the festival it is."""
        seconds = (wall - self.began).total_seconds()
        (t0, s0), (t1, s1) = self._around(
            bisect_right([offset for _, offset in self.knots], seconds)
        )
        return t0 + (t1 - t0) * ((seconds - s0) / (s1 - s0))

    def seconds(self, session: Session) -> float:
        """How long a session takes."""
        return self.offset(session.ends_at) - self.offset(session.starts_at)

    @property
    def length(self) -> float:
        return self.knots[-1][1]

    def _around(self, index: int) -> Sequence[tuple[datetime, float]]:
        index = min(max(index, 1), len(self.knots) - 1)
        return self.knots[index - 1 : index + 1]


def compress(
    festival: Festival, sessions: Sequence[Session], began: datetime, *, seconds: float
) -> Calendar:
    """Rebase the festival to *began*, each of the *sessions* to so many *seconds*."""
    first = festival.programme.opening[0].starts_at
    midnight = first.replace(hour=0, minute=0)
    over = midnight + (
        festival.programme.festival.ends_on
        - festival.programme.festival.starts_on
        + timedelta(days=1)
    )
    marks: dict[datetime, float] = {midnight: 0.0, first: 0.1}
    live = {session.starts_at: session for session in sessions}
    edges = {edge for session in sessions for edge in (session.starts_at, session.ends_at)}
    edges |= {edge for day in festival.days for edge in day}
    for before, edge in pairwise([first, *sorted(edges)]):
        takes = seconds if before in live else CEREMONY if before == first else PAUSE
        marks[edge] = marks[before] + takes
    marks[over] = max(marks.values()) + REST
    return Calendar(began, tuple(sorted(marks.items())))

"""The audience of a room: who watches here, and what other replicas last said of theirs."""

import time
from datetime import datetime

from shared.events.livestream import AudienceSampled

EXPIRES = 10.0
"""For how many seconds what a replica said holds; one that died says nothing more."""
AGAIN = 6.0
"""After how many seconds a figure is said again though nothing has changed."""


class Audience:
    """Counts. Figures of replicas add up.

    Attributes:
        joined: How many have come in here since the last sample.
        online: How many watch on all replicas, as last summed up.
        uniques: How many different viewers there have been, about, once somebody has counted.
    """

    def __init__(self, session_id: str, replica: str) -> None:
        self._session_id, self._replica = session_id, replica
        self._others: dict[str, tuple[int, float]] = {}
        self._said = 0
        self._said_at = 0.0
        self.joined = 0
        self.online = 0
        self.uniques: int | None = None
        self._news = False

    def hear(self, sample: AudienceSampled) -> None:
        """Note what another replica says; one's own words are not news."""
        if sample.replica != self._replica:
            self._others[sample.replica] = sample.online, time.monotonic()

    def know(self, uniques: int) -> None:
        """Note how many different viewers there have been; the next sum is news if that is."""
        self._news = self._news or uniques != self.uniques
        self.uniques = uniques

    def told(self) -> dict[str, int]:
        """The figures as viewers are told them."""
        told = {"online": self.online}
        return told if self.uniques is None else told | {"uniques": self.uniques}

    def sum_up(self, here: int) -> bool:
        """Add *here* to what the others said lately; returns whether a figure has changed."""
        now = time.monotonic()
        self._others = {
            replica: said for replica, said in self._others.items() if now - said[1] < EXPIRES
        }
        before = self.online
        self.online = here + sum(online for online, _ in self._others.values())
        news, self._news = self._news or self.online != before, False
        return news

    def sample(self, here: int, at: datetime) -> AudienceSampled | None:
        """What there is to say about *here*: a change, or the same before it expires elsewhere."""
        now = time.monotonic()
        if here == self._said and not self.joined and (not here or now - self._said_at < AGAIN):
            return None
        sample = AudienceSampled(
            session_id=self._session_id,
            replica=self._replica,
            online=here,
            joined=self.joined,
            at=at,
        )
        self._said, self._said_at, self.joined = here, now, 0
        return sample

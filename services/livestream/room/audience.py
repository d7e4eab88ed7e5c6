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
    """

    def __init__(self, session_id: str, replica: str) -> None:
        self._session_id, self._replica = session_id, replica
        self._others: dict[str, tuple[int, float]] = {}
        self._said = 0
        self._said_at = 0.0
        self.joined = 0
        self.online = 0

    def hear(self, sample: AudienceSampled) -> None:
        """Note what another replica says; one's own words are not news."""
        if sample.replica != self._replica:
            self._others[sample.replica] = sample.online, time.monotonic()

    def sum_up(self, here: int) -> bool:
        """Add *here* to what the others said lately; returns whether the figure has changed."""
        now = time.monotonic()
        self._others = {
            replica: said for replica, said in self._others.items() if now - said[1] < EXPIRES
        }
        before = self.online
        self.online = here + sum(online for online, _ in self._others.values())
        return self.online != before

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

"""The lease: the right to serve a lane, and the lane's position, guarded by the right's epoch."""

import time
from dataclasses import dataclass
from typing import Self

from shared.platform.mongo import Collection, Mongo, told_plainly

LEASES = "relay"
LEASE_SECONDS = 10.0


class LeaseLost(Exception):
    """Another relay serves the lane now."""


@dataclass(slots=True)
class Lease:
    """The right to serve *lane* until a moment of the database's clock; each holder a new epoch.

    Attributes:
        position: The last turn whose events Kafka has acknowledged.
        sure_until: The monotonic time up to which nobody else can have taken the lane.
    """

    lane: int
    holder: str
    epoch: int
    position: int
    sure_until: float
    saved: int
    saved_at: float = 0.0

    @classmethod
    async def take(cls, mongo: Mongo, lane: int, holder: str) -> Self | None:
        """Take *lane* if it is free or already *holder*'s; None while another holds it."""
        await mongo.ready()
        asked = time.monotonic()
        with told_plainly():
            await mongo[LEASES].update_one(
                {"_id": lane},
                [
                    {
                        "$set": {
                            "turn": {"$ifNull": ["$turn", 0]},
                            "epoch": {"$ifNull": ["$epoch", 0]},
                            "until": {"$ifNull": ["$until", "$$NOW"]},
                        }
                    }
                ],
                upsert=True,
            )
            mine, free = {"$eq": ["$owner", holder]}, {"$lte": ["$until", "$$NOW"]}
            held = await mongo[LEASES].find_one_and_update(
                {"_id": lane, "$expr": {"$or": [mine, free]}},
                [
                    {
                        "$set": {
                            "owner": holder,
                            "epoch": {"$cond": [mine, "$epoch", {"$add": ["$epoch", 1]}]},
                            "until": {"$add": ["$$NOW", int(LEASE_SECONDS * 1000)]},
                        }
                    }
                ],
                return_document=True,
            )
        if not held:
            return None
        sure_until = asked + LEASE_SECONDS
        return cls(lane, holder, held["epoch"], held["turn"], sure_until, held["turn"])

    @property
    def due(self) -> bool:
        """Whether a third of it is over."""
        return time.monotonic() > self.sure_until - LEASE_SECONDS * 2 / 3

    def check(self) -> None:
        """Raises LeaseLost if another may hold the lane by now: a process may be frozen a while."""
        if time.monotonic() > self.sure_until:
            raise LeaseLost

    async def renew(self, mongo: Mongo) -> None:
        """Hold on. Raises LeaseLost."""
        renewed = await Lease.take(mongo, self.lane, self.holder)
        if renewed is None or renewed.epoch != self.epoch:
            raise LeaseLost
        self.sure_until = renewed.sure_until

    async def save(self, mongo: Mongo) -> None:
        """Move the stored position, if the lane is still ours. Losing this write repeats events.

        Raises LeaseLost.
        """
        if self.saved == self.position:
            return
        await self._update(mongo.hints(LEASES), {"turn": self.position})
        self.saved, self.saved_at = self.position, time.monotonic()

    async def let_go(self, mongo: Mongo) -> None:
        """Give the lane to whoever stands by, who need not wait for the lease to end."""
        await self._update(mongo[LEASES], {"until": "$$NOW"})

    async def _update(self, leases: Collection, fields: dict[str, object]) -> None:
        with told_plainly():
            done = await leases.update_one(
                {"_id": self.lane, "epoch": self.epoch}, [{"$set": fields}]
            )
        if not done.matched_count:
            raise LeaseLost

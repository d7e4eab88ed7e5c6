"""Which callbacks were acted on: for a day, so that one that is played again does nothing."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime

from shared.platform.mongo import IndexModel, Mongo, told_plainly

COLLECTION = "nonces"
KEPT_SECONDS = 24 * 3600
"""For how long; much longer than a callback stays fresh."""

COLLECTIONS: Mapping[str, Sequence[IndexModel]] = {
    COLLECTION: [IndexModel([("at", 1)], name="kept", expireAfterSeconds=KEPT_SECONDS)]
}


class Nonces:
    """Nonces of callbacks whose effect has happened.

    They spare work and say so early; what makes each outcome act once are the causes of changes.
    So two that come at once may both pass, without harm.
    """

    def __init__(self, mongo: Mongo) -> None:
        # At majority, though losing one would do no harm: what is only written here and there is
        # not read at majority yet when the same callback is played again at once.
        self._kept = mongo[COLLECTION]
        mongo.want(COLLECTIONS)

    async def knows(self, provider: str, nonce: str) -> bool:
        """Whether a callback was acted on. Raises Away."""
        with told_plainly():
            return await self._kept.find_one({"_id": _name(provider, nonce)}) is not None

    async def remember(self, provider: str, nonce: str, now: datetime) -> None:
        """Keep in mind that a callback has been acted on. Raises Away."""
        name = _name(provider, nonce)
        with told_plainly():
            await self._kept.update_one({"_id": name}, {"$setOnInsert": {"at": now}}, upsert=True)


def _name(provider: str, nonce: str) -> str:
    """One short text, whatever a provider puts into its nonces."""
    return f"{provider}:{hashlib.sha256(nonce.encode()).hexdigest()}"

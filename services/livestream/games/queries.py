"""What may be asked of games, and the indexes that make it quick."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.livestream.games.draw import Draw, Entry
from services.livestream.games.packet import Packet
from services.livestream.games.shown import Games
from services.livestream.kept import DRAWS, ENTRIES, PACKETS, TAKERS
from shared.platform.mongo import IndexModel, Mongo
from shared.refusal import Refused

COLLECTIONS: Mapping[str, Sequence[IndexModel]] = {
    PACKETS.name: [
        IndexModel([("session_id", 1)], name="session"),
        IndexModel([("closes_at", 1)], name="due", partialFilterExpression={"status": "open"}),
    ],
    TAKERS.name: [],
    DRAWS.name: [
        IndexModel([("session_id", 1)], name="session"),
        IndexModel([("status", 1), ("claim_until", 1)], name="due"),
    ],
    ENTRIES.name: [IndexModel([("draw_id", 1), ("present", 1), ("number", 1)], name="draw")],
}

_DUE_AT_ONCE = 100


class GameQueries:
    """Reads at majority: what is shown has happened."""

    def __init__(self, mongo: Mongo) -> None:
        self._mongo = mongo

    async def draw(self, session_id: str, id: str) -> Draw:
        """One draw of a session."""
        found = await self._mongo[DRAWS.name].find_one({"_id": id, "session_id": session_id})
        if found is None:
            raise Refused("draw.unknown", "There is no such draw.", kind="missing")
        return DRAWS.load(found)

    async def entry(self, id: str) -> Entry:
        """What somebody has entered."""
        found = await self._mongo[ENTRIES.name].find_one({"_id": id})
        return ENTRIES.load(found) if found else Entry(id)

    async def games(self, session_id: str) -> Games:
        """The games of a room as its viewers see them."""
        asked = {"session_id": session_id}
        packets = await self._mongo[PACKETS.name].find(asked | {"status": "open"}).to_list(None)
        draws = await self._mongo[DRAWS.name].find(asked).to_list(None)
        return Games([PACKETS.load(one) for one in packets], [DRAWS.load(one) for one in draws])

    async def present(self, draw_id: str) -> list[Entry]:
        """Who answered in a draw, in order of their numbers."""
        asked = {"draw_id": draw_id, "present": True}
        found = await self._mongo[ENTRIES.name].find(asked).sort("number", 1).to_list(None)
        return [ENTRIES.load(one) for one in found]

    async def due_packets(self) -> list[Packet]:
        """Packets whose time is up by the database's clock, the one that decides."""
        asked = {"status": "open", "$expr": {"$lte": ["$closes_at", "$$NOW"]}}
        found = await self._mongo[PACKETS.name].find(asked).limit(_DUE_AT_ONCE).to_list(None)
        return [PACKETS.load(one) for one in found]

    async def due_draws(self) -> list[Draw]:
        """Draws for which a time has come, by that clock."""
        asked: dict[str, Any] = {
            "$or": [
                {"status": "open", "$expr": {"$lte": ["$closes_at", "$$NOW"]}},
                {"status": "drawing", "$expr": {"$lte": ["$draws_at", "$$NOW"]}},
                {
                    "status": "drawn",
                    "winners.fate": "won",
                    "$expr": {"$lte": ["$claim_until", "$$NOW"]},
                },
            ]
        }
        found = await self._mongo[DRAWS.name].find(asked).limit(_DUE_AT_ONCE).to_list(None)
        return [DRAWS.load(one) for one in found]

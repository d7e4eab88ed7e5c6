"""What may be asked of livestream without changing anything, and the indexes that make it quick."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from services.livestream.chat.queries import COLLECTIONS as OF_CHATS
from services.livestream.chat.queries import ChatQueries
from services.livestream.deal import Deal
from services.livestream.figures.queries import COLLECTIONS as OF_FIGURES
from services.livestream.figures.queries import FigureQueries
from services.livestream.games.queries import COLLECTIONS as OF_GAMES
from services.livestream.games.queries import GameQueries
from services.livestream.kept import DEALS, GOODS, SESSIONS, TALLIES, TIMELINES
from services.livestream.moves import GRACE
from services.livestream.room.picture import Picture
from services.livestream.session import Session, Status
from services.livestream.tally import Tally
from services.livestream.timeline import Timeline
from shared.platform.mongo import Document, IndexModel, Mongo
from shared.refusal import Refused

COLLECTIONS: Mapping[str, Sequence[IndexModel]] = {
    SESSIONS.name: [
        IndexModel([("starts_at", 1), ("_id", 1)], name="programme"),
        IndexModel([("festival_id", 1), ("starts_at", 1), ("_id", 1)], name="festival"),
        IndexModel([("lots.stage", 1), ("ends_at", 1)], name="over"),
    ],
    DEALS.name: [
        IndexModel([("session_id", 1), ("_id", 1)], name="session"),
        IndexModel([("ends_at", 1)], name="due", partialFilterExpression={"status": "shown"}),
    ],
    TIMELINES.name: [],
    TALLIES.name: [],
    GOODS.name: [],
    **OF_CHATS,
    **OF_FIGURES,
    **OF_GAMES,
}

_DUE_AT_ONCE = 100


class Queries:
    """Reads at majority: what is shown has happened."""

    def __init__(self, mongo: Mongo) -> None:
        self._mongo = mongo
        self._chat = ChatQueries(mongo)
        self._figures = FigureQueries(mongo)
        self._games = GameQueries(mongo)

    async def session(self, id: str) -> tuple[Session, int]:
        """A session and its version."""
        found = await self._mongo[SESSIONS.name].find_one({"_id": id})
        if found is None:
            raise Refused("session.unknown", "There is no such session.", kind="missing")
        return SESSIONS.load(found), found["version"]

    async def sessions(
        self,
        after: tuple[datetime, str] | None,
        limit: int,
        *,
        festival_id: str | None = None,
        status: Status | None = None,
    ) -> list[Session]:
        """Sessions in the order in which they begin."""
        asked: Document = {}
        if festival_id:
            asked["festival_id"] = festival_id
        if status:
            asked["status"] = status
        if after:
            starts_at, last = after  # a range of the index, less its beginning
            asked["starts_at"] = {"$gte": starts_at}
            asked["$nor"] = [{"starts_at": starts_at, "_id": {"$lte": last}}]
        cursor = self._mongo[SESSIONS.name].find(asked).sort([("starts_at", 1), ("_id", 1)])
        return [SESSIONS.load(found) for found in await cursor.limit(limit).to_list(None)]

    async def timeline(self, id: str) -> Timeline:
        """What a session has pinned so far."""
        found = await self._mongo[TIMELINES.name].find_one({"_id": id})
        return TIMELINES.load(found) if found else Timeline(id)

    async def deals(self, session_id: str, after: str, limit: int) -> list[Deal]:
        """The deals of a session, in order of their ids."""
        asked = {"session_id": session_id, "_id": {"$gt": after}}
        cursor = self._mongo[DEALS.name].find(asked).sort("_id", 1).limit(limit)
        return [DEALS.load(found) for found in await cursor.to_list(None)]

    async def deal(self, session_id: str, id: str) -> Deal:
        """One deal of a session."""
        found = await self._mongo[DEALS.name].find_one({"_id": id, "session_id": session_id})
        if found is None:
            raise Refused("deal.unknown", "There is no such deal.", kind="missing")
        return DEALS.load(found)

    async def open_deals(self, session_id: str) -> frozenset[str]:
        """The ids of a session's deals that are not over."""
        asked = {"session_id": session_id, "status": {"$in": ["requested", "funded", "shown"]}}
        cursor = self._mongo[DEALS.name].find(asked, {"_id": 1})
        return frozenset(found["_id"] for found in await cursor.to_list(None))

    async def due_deals(self) -> list[Deal]:
        """Deals whose time is up by the database's clock, the one that decides."""
        asked = {"status": "shown", "$expr": {"$lte": ["$ends_at", "$$NOW"]}}
        cursor = self._mongo[DEALS.name].find(asked).limit(_DUE_AT_ONCE)
        return [DEALS.load(found) for found in await cursor.to_list(None)]

    async def over_sessions(self) -> list[Session]:
        """Sessions that are over by that clock and still hold units."""
        grace = GRACE // timedelta(milliseconds=1)
        asked = {
            "lots.stage": {"$in": ["requested", "funded", "shown"]},
            "$expr": {"$lte": ["$ends_at", {"$subtract": ["$$NOW", grace]}]},
        }
        cursor = self._mongo[SESSIONS.name].find(asked).limit(_DUE_AT_ONCE)
        return [SESSIONS.load(found) for found in await cursor.to_list(None)]

    async def picture(self, session_id: str) -> Picture:
        """How a room looks now."""
        session, _ = await self.session(session_id)
        deals = await self._mongo[DEALS.name].find({"session_id": session_id}).to_list(None)
        tally = await self._mongo[TALLIES.name].find_one({"_id": session_id})
        goods = await self._mongo[GOODS.name].find({"_id": {"$in": session.skus}}).to_list(None)
        return Picture(
            session,
            [DEALS.load(found) for found in deals],
            TALLIES.load(tally) if tally else Tally(session_id),
            {found["_id"]: GOODS.load(found) for found in goods},
            chat=await self._chat.history(session_id),
            count=await self._figures.count(session_id),
            games=await self._games.games(session_id),
        )

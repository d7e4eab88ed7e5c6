"""What may be asked of livestream without changing anything, and the indexes that make it quick."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from services.livestream.chat.queries import COLLECTIONS as OF_CHATS
from services.livestream.chat.queries import ChatQueries
from services.livestream.directing.following import Following
from services.livestream.directing.golive import Readiness
from services.livestream.directing.host import Host
from services.livestream.directing.life import Public
from services.livestream.directing.moves import GRACE
from services.livestream.directing.presence import Presence
from services.livestream.directing.session import Session
from services.livestream.figures.queries import COLLECTIONS as OF_FIGURES
from services.livestream.figures.queries import FigureQueries
from services.livestream.games.queries import COLLECTIONS as OF_GAMES
from services.livestream.games.queries import GameQueries
from services.livestream.kept import (
    COUPONS,
    DEALS,
    FOLLOWINGS,
    GOODS,
    HOSTS,
    PRESENCES,
    RETENTIONS,
    SALES,
    SELLERS,
    SESSIONS,
    TALLIES,
    TIMELINES,
)
from services.livestream.record.export import Record
from services.livestream.record.retention import Retention, Sold
from services.livestream.record.timeline import HandedOut, Timeline
from services.livestream.room.picture import Picture
from services.livestream.showing.coupon import Coupon
from services.livestream.showing.deal import Deal
from services.livestream.showing.handed import Handed
from shared.platform.change.aggregate import Aggregate
from shared.platform.mongo import Document, IndexModel, Mongo
from shared.refusal import Refused

COLLECTIONS: Mapping[str, Sequence[IndexModel]] = {
    SESSIONS.name: [
        IndexModel([("starts_at", 1), ("_id", 1)], name="programme"),
        IndexModel([("festival_id", 1), ("starts_at", 1), ("_id", 1)], name="festival"),
        IndexModel([("lots.stage", 1), ("ends_at", 1)], name="over"),
        IndexModel([("status", 1), ("ends_at", 1)], name="running"),
    ],
    DEALS.name: [
        IndexModel([("session_id", 1), ("_id", 1)], name="session"),
        IndexModel([("ends_at", 1)], name="due", partialFilterExpression={"status": "shown"}),
    ],
    TIMELINES.name: [
        IndexModel([("coupons.coupon_id", 1)], name="coupon", sparse=True),
    ],
    TALLIES.name: [],
    GOODS.name: [],
    SELLERS.name: [],
    COUPONS.name: [],
    HOSTS.name: [],
    FOLLOWINGS.name: [
        IndexModel([("buyer_id", 1), ("host_id", 1)], name="buyer"),
        IndexModel([("session_id", 1)], name="session", sparse=True),
    ],
    PRESENCES.name: [
        IndexModel([("silent_at", 1)], name="silent", partialFilterExpression={"watched": True}),
        IndexModel(
            [("unlabelled_at", 1)],
            name="unlabelled",
            partialFilterExpression={"label_watched": True},
        ),
    ],
    SALES.name: [
        IndexModel([("session_id", 1), ("open", 1)], name="open"),
        IndexModel([("session_id", 1), ("last_at", 1)], name="last"),
    ],
    RETENTIONS.name: [
        IndexModel([("look_at", 1)], name="ended", partialFilterExpression={"waiting": True}),
        IndexModel([("delete_at", 1)], name="kept", partialFilterExpression={"keeping": True}),
    ],
    **OF_CHATS,
    **OF_FIGURES,
    **OF_GAMES,
}

_DUE_AT_ONCE = 100

S = TypeVar("S")


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
        status: Public | None = None,
    ) -> list[Session]:
        """Sessions in the order in which they begin; those in rehearsal are with the approved."""
        asked: Document = {}
        if festival_id:
            asked["festival_id"] = festival_id
        if status:
            asked["status"] = {"$in": ["approved", "rehearsal"]} if status == "approved" else status
        if after:
            starts_at, last = after  # a range of the index, less its beginning
            asked["starts_at"] = {"$gte": starts_at}
            asked["$nor"] = [{"starts_at": starts_at, "_id": {"$lte": last}}]
        cursor = self._mongo[SESSIONS.name].find(asked).sort([("starts_at", 1), ("_id", 1)])
        return [SESSIONS.load(found) for found in await cursor.limit(limit).to_list(None)]

    async def timeline(self, id: str) -> Timeline:
        """What a session has pinned so far."""
        return await self._one(TIMELINES, id)

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
        """Sessions that are over by that clock and still run, or still hold units."""
        grace = GRACE // timedelta(milliseconds=1)
        over = {"$expr": {"$lte": ["$ends_at", {"$subtract": ["$$NOW", grace]}]}}
        asked = {
            "$or": [
                {"lots.stage": {"$in": ["requested", "funded", "shown"]}, **over},
                {"status": {"$in": ["live", "paused"]}, **over},
            ]
        }
        cursor = self._mongo[SESSIONS.name].find(asked).limit(_DUE_AT_ONCE)
        return [SESSIONS.load(found) for found in await cursor.to_list(None)]

    async def silent_hosts(self) -> list[Presence]:
        """Live sessions whose host has not been heard of for too long."""
        return await self._due(PRESENCES, {"watched": True}, "silent_at")

    async def missed_labels(self) -> list[Presence]:
        """Live sessions whose AI label has not been heard of for too long."""
        return await self._due(PRESENCES, {"label_watched": True}, "unlabelled_at")

    async def archivable(self) -> list[Retention]:
        """Sessions that have ended and may have no order left that is not over."""
        return await self._due(RETENTIONS, {"waiting": True}, "look_at")

    async def deletable(self) -> list[Retention]:
        """Evidence that has been kept for long enough, as far as is known."""
        return await self._due(RETENTIONS, {"keeping": True}, "delete_at")

    async def _due(self, kind: Aggregate[S], which: Document, when: str) -> list[S]:
        """What is due by the database's clock."""
        asked = {**which, "$expr": {"$lte": [f"${when}", "$$NOW"]}}
        cursor = self._mongo[kind.name].find(asked).limit(_DUE_AT_ONCE)
        return [kind.load(found) for found in await cursor.to_list(None)]

    async def _one(self, kind: Aggregate[S], id: str) -> S:
        """How one thing stands; blank if nobody has spoken of it."""
        found = await self._mongo[kind.name].find_one({"_id": id})
        return kind.load(found) if found else kind.new(id)

    async def _many(self, kind: Aggregate[S], ids: Iterable[str]) -> dict[str, S]:
        """How some things stand; blank those nobody has spoken of."""
        named = list(ids)
        found = await self._mongo[kind.name].find({"_id": {"$in": named}}).to_list(None)
        return {name: kind.new(name) for name in named} | {
            one["_id"]: kind.load(one) for one in found
        }

    async def host(self, id: str) -> tuple[Host, int]:
        """What is vouched for of a host, and its version."""
        found = await self._mongo[HOSTS.name].find_one({"_id": id})
        if found is None:
            raise Refused("host.unknown", "Nobody has vouched for this host.", kind="missing")
        return HOSTS.load(found), found["version"]

    async def followed(self, buyer_id: str, after: str, limit: int) -> list[Following]:
        """Whom a buyer follows, in order of the hosts' ids."""
        asked = {"buyer_id": buyer_id, "host_id": {"$gt": after}, "since": {"$exists": True}}
        cursor = self._mongo[FOLLOWINGS.name].find(asked).sort("host_id", 1).limit(limit)
        return [FOLLOWINGS.load(found) for found in await cursor.to_list(None)]

    async def readiness(self, id: str) -> Readiness:
        """All that the checklist of a session looks at."""
        session, _ = await self.session(id)
        goods = await self._many(GOODS, session.skus)
        merchants = {one.merchant_id for one in goods.values() if one.merchant_id}
        return Readiness(
            session,
            await self._one(HOSTS, session.host_id),
            await self._one(PRESENCES, id),
            await self.timeline(id),
            [goods[sku] for sku in session.skus],
            await self._many(SELLERS, sorted(merchants)),
        )

    async def merchant_of(self, sku: str) -> str | None:
        """Whose a product is."""
        return (await self._one(GOODS, sku)).merchant_id

    async def showing(self, coupon_id: str) -> list[str]:
        """The sessions that show a coupon."""
        shown = {"coupon_id": coupon_id, "until_ms": {"$exists": False}}
        asked = {"coupons.coupon_id": coupon_id, "coupons": {"$elemMatch": shown}}
        cursor = self._mongo[TIMELINES.name].find(asked, {"_id": 1})
        return [found["_id"] for found in await cursor.to_list(None)]

    async def handed_out(self, session_id: str, coupon_id: str) -> tuple[HandedOut, Coupon]:
        """A coupon that a room shows, and how it stands as orders last told."""
        timeline = await self.timeline(session_id)
        for one in timeline.shown:
            if one.coupon_id == coupon_id:
                return one, await self._one(COUPONS, coupon_id)
        raise Refused("coupon.not-shown", "The room does not show it.", kind="missing")

    async def sold(self, session_id: str) -> Sold:
        """What has become of a session's orders so far."""
        sales = self._mongo[SALES.name]
        still = await sales.find_one({"session_id": session_id, "open": True}, {"_id": 1})
        last = await sales.find({"session_id": session_id}).sort("last_at", -1).limit(1).to_list(1)
        return Sold(still is not None, last[0].get("last_at") if last else None)

    async def record(self, session_id: str) -> Record:
        """Everything that is kept of a session as evidence, but for its chat."""
        session, _ = await self.session(session_id)
        deals = self._mongo[DEALS.name].find({"session_id": session_id}).sort("_id", 1)
        return Record(
            session,
            await self.timeline(session_id),
            [DEALS.load(found) for found in await deals.to_list(None)],
            await self._one(TALLIES, session_id),
            await self._one(RETENTIONS, session_id),
            await self.sold(session_id),
        )

    async def picture(self, session_id: str) -> Picture:
        """How a room looks now."""
        session, _ = await self.session(session_id)
        deals = await self._mongo[DEALS.name].find({"session_id": session_id}).to_list(None)
        goods = await self._many(GOODS, session.skus)
        merchants = {one.merchant_id for one in goods.values() if one.merchant_id}
        timeline = await self.timeline(session_id)
        coupons = await self._many(COUPONS, [one.coupon_id for one in timeline.shown])
        return Picture(
            session,
            [DEALS.load(found) for found in deals],
            await self._one(TALLIES, session_id),
            goods,
            await self._many(SELLERS, sorted(merchants)),
            chat=await self._chat.history(session_id),
            count=await self._figures.count(session_id),
            games=await self._games.games(session_id),
            handed=Handed(
                len(timeline.coupons), [(one, coupons[one.coupon_id]) for one in timeline.shown]
            ),
        )

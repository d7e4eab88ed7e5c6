"""What may be asked of notify without changing anything, and the indexes that make it quick."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from services.notify.broadcast import AT_ONCE, Broadcast
from services.notify.delivery import Delivery
from services.notify.endpoint import Endpoint
from services.notify.kept import BROADCASTS, DELIVERIES, ENDPOINTS, MESSAGES, RECIPIENTS
from services.notify.message import Message
from services.notify.recipient import Recipient
from shared.platform.clock import utc_now
from shared.platform.mongo import (
    ASCENDING,
    DESCENDING,
    Document,
    IndexModel,
    Mongo,
)
from shared.refusal import Refused

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_OPEN = {"due": {"$gt": _BEGINNING}}
"""What there is still something to do about; said in queries as in indexes, so that they fit."""

_TO_ERASE = {"erase_until": {"$gt": _BEGINNING}}

_COUNTED, _ERASED = 1_000, 100

COLLECTIONS: Mapping[str, Sequence[IndexModel]] = {
    "recipients": [
        IndexModel([("follows", ASCENDING), ("_id", ASCENDING)], name="followers"),
        IndexModel([("erase_until", ASCENDING)], name="gone", partialFilterExpression=_TO_ERASE),
    ],
    "messages": [
        IndexModel([("due", ASCENDING)], name="due", partialFilterExpression=_OPEN),
        IndexModel(
            [("recipient_id", ASCENDING), ("queued_at", DESCENDING), ("_id", DESCENDING)],
            name="inbox",
        ),
        IndexModel([("recipient_id", ASCENDING), ("read_at", ASCENDING)], name="unread"),
        IndexModel([("expires_at", ASCENDING)], name="expiry", expireAfterSeconds=0),
    ],
    "broadcasts": [
        IndexModel(
            [("status", ASCENDING)],
            name="running",
            partialFilterExpression={"status": "running"},
        )
    ],
    "endpoints": [
        IndexModel([("owner_id", ASCENDING), ("_id", ASCENDING)], name="owner"),
        IndexModel([("status", ASCENDING)], name="status"),
    ],
    "deliveries": [
        IndexModel(
            [("due", ASCENDING), ("endpoint_id", ASCENDING)],
            name="due",
            partialFilterExpression=_OPEN,
        ),
        IndexModel(
            [("endpoint_id", ASCENDING), ("queued_at", DESCENDING), ("_id", DESCENDING)],
            name="log",
        ),
        IndexModel([("expires_at", ASCENDING)], name="expiry", expireAfterSeconds=0),
    ],
    "products": [],
    "orders": [],
}

Place = tuple[datetime, str]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message whose mail is due, and where it goes."""

    message: Message
    email: str = field(repr=False)
    name: str = field(repr=False)

    @property
    def id(self) -> str:
        return self.message.id


class Queries:
    """Reads at majority: what is shown has happened."""

    def __init__(self, mongo: Mongo) -> None:
        self._mongo = mongo

    # People -----------------------------------------------------------------------------------

    async def recipient(self, id: str) -> tuple[Recipient, int]:
        """A person and their version. Refuses one who has not said how to reach them."""
        found = await self._mongo["recipients"].find_one({"_id": id})
        if found is None or not (recipient := RECIPIENTS.load(found)).known:
            raise Refused("recipient.unknown", "Nobody is known by that name.", kind="missing")
        return recipient, found["version"]

    async def followers(self, targets: Sequence[str], after: str) -> list[str]:
        """The next few who follow one of *targets*, in order of their ids."""
        asked = {"follows": {"$in": list(targets)}, "_id": {"$gt": after}}
        found = self._mongo["recipients"].find(asked, {"_id": 1}).sort("_id", 1).limit(AT_ONCE)
        return [document["_id"] for document in await found.to_list(None)]

    async def gone(self) -> list[Recipient]:
        """A few of those who were forgotten and whose messages still have words."""
        found = self._mongo["recipients"].find(_TO_ERASE).limit(16)
        return [RECIPIENTS.load(document) for document in await found.to_list(None)]

    async def running(self) -> list[Broadcast]:
        """Broadcasts that have not reached everybody yet."""
        found = self._mongo["broadcasts"].find({"status": "running"}).limit(16)
        return [BROADCASTS.load(document) for document in await found.to_list(None)]

    async def buyer(self, order_id: str) -> str:
        """Whose an order is, or nothing if that is not known."""
        found = await self._mongo["orders"].find_one({"_id": order_id})
        return found["buyer_id"] if found else ""

    # Messages ---------------------------------------------------------------------------------

    async def inbox(self, recipient_id: str, after: Place | None, limit: int) -> list[Message]:
        """A person's messages, the newest first."""
        asked: Document = {"recipient_id": recipient_id, "text": {"$ne": ""}}
        found = await self._newest("messages", asked, after, limit)
        return [MESSAGES.load(document) for document in found]

    async def unread(self, recipient_id: str) -> int:
        """How many of them are not read; who has very many is told a round number."""
        asked = {"recipient_id": recipient_id, "read_at": None, "text": {"$ne": ""}}
        return await self._mongo["messages"].count_documents(asked, limit=_COUNTED)

    async def worded(self, recipient_id: str, until: datetime) -> list[str]:
        """The ids of the next few messages to a person, up to *until*, that have words."""
        asked: Document = {
            "recipient_id": recipient_id,
            "queued_at": {"$lte": until},
            "text": {"$ne": ""},
        }
        found = self._mongo["messages"].find(asked, {"_id": 1}).limit(_ERASED)
        return [document["_id"] for document in await found.to_list(None)]

    async def outgoing(self, limit: int, without: Collection[str]) -> list[Outgoing]:
        """Messages to be mailed now, with the addresses their recipients have now."""
        asked = self._due(without)
        found = await self._mongo["messages"].find(asked).sort("due", 1).limit(limit).to_list(None)
        messages = [MESSAGES.load(document) for document in found]
        ids = list({message.recipient_id for message in messages})
        people = self._mongo["recipients"].find({"_id": {"$in": ids}}, {"email": 1, "name": 1})
        known = {person["_id"]: person for person in await people.to_list(None)}
        return [
            Outgoing(message, person.get("email", ""), person.get("name", ""))
            for message in messages
            for person in (known.get(message.recipient_id, {}),)
        ]

    # Endpoints --------------------------------------------------------------------------------

    async def listening(self) -> list[Endpoint]:
        """Every endpoint that is to be told something."""
        found = await self._mongo["endpoints"].find({"status": "active"}).to_list(None)
        return [ENDPOINTS.load(document) for document in found]

    async def endpoint(self, id: str, owner_id: str) -> tuple[Endpoint, int]:
        """One of the asker's endpoints and its version. Refuses any other as missing."""
        asked = {"_id": id, "owner_id": owner_id, "status": {"$ne": "deleted"}}
        found = await self._mongo["endpoints"].find_one(asked)
        if found is None:
            raise Refused("endpoint.unknown", "There is no such endpoint.", kind="missing")
        return ENDPOINTS.load(found), found["version"]

    async def endpoints(self, owner_id: str, after: str, limit: int) -> list[Endpoint]:
        """The asker's endpoints in order of their ids."""
        asked = {"owner_id": owner_id, "_id": {"$gt": after}, "status": {"$ne": "deleted"}}
        found = self._mongo["endpoints"].find(asked).sort("_id", 1).limit(limit)
        return [ENDPOINTS.load(document) for document in await found.to_list(None)]

    async def deliveries(self, endpoint_id: str, after: Place | None, limit: int) -> list[Delivery]:
        """What was sent to an endpoint, the newest first."""
        found = await self._newest("deliveries", {"endpoint_id": endpoint_id}, after, limit)
        return [DELIVERIES.load(document) for document in found]

    async def parcels(
        self, limit: int, without: Collection[str], not_to: Collection[str]
    ) -> list[Delivery]:
        """Deliveries to be attempted now, but none *not_to* these endpoints."""
        asked = self._due(without)
        if not_to:
            asked["endpoint_id"] = {"$nin": list(not_to)}
        found = self._mongo["deliveries"].find(asked).sort("due", 1).limit(limit)
        return [DELIVERIES.load(document) for document in await found.to_list(None)]

    # ------------------------------------------------------------------------------------------

    @staticmethod
    def _due(without: Collection[str]) -> Document:
        asked: Document = {"due": {"$gt": _BEGINNING, "$lte": utc_now()}}
        if without:
            asked["_id"] = {"$nin": list(without)}
        return asked

    async def _newest(
        self, collection: str, asked: Document, after: Place | None, limit: int
    ) -> list[Document]:
        if after:
            at, last = after
            asked["$or"] = [{"queued_at": {"$lt": at}}, {"queued_at": at, "_id": {"$lt": last}}]
        newest = [("queued_at", DESCENDING), ("_id", DESCENDING)]
        return await self._mongo[collection].find(asked).sort(newest).limit(limit).to_list(None)

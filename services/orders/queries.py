"""What may be asked of orders without changing anything, and the indexes that make it quick."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from services.orders.deal import Deal
from services.orders.kept import DEALS, ORDERS, STOCK
from services.orders.order import Order
from services.orders.stock import Stock
from shared.platform.clock import utc_now
from shared.platform.mongo import ASCENDING, DESCENDING, Document, IndexModel, Mongo
from shared.refusal import Refused

COLLECTIONS: Mapping[str, Sequence[IndexModel]] = {
    "orders": [
        IndexModel([("buyer_id", ASCENDING), ("placed_at", DESCENDING)], name="buyer"),
        IndexModel([("placed_at", ASCENDING), ("_id", ASCENDING)], name="placed"),
        IndexModel(
            [("hold_until", ASCENDING)],
            name="waiting",
            partialFilterExpression={"status": "placed"},
        ),
        IndexModel(
            [("payments.status", ASCENDING)],
            name="refunds",
            partialFilterExpression={"payments.status": "refund-due"},
        ),
    ],
    "stock": [],
    "shelves": [],
    "deals": [],
    "claims": [],
}

Place = tuple[datetime, str]


class Queries:
    """Reads at majority: what is shown has happened."""

    def __init__(self, mongo: Mongo) -> None:
        self._mongo = mongo

    async def order(self, id: str, **own: str) -> Order:
        """One order, if it is the asker's (`buyer_id=…`). Refuses any other as missing."""
        found = await self._mongo["orders"].find_one({"_id": id, **own})
        if found is None:
            raise Refused("order.unknown", "There is no such order.", kind="missing")
        return ORDERS.load(found)

    async def orders(
        self, after: Place | None, limit: int, *, status: str | None = None, **own: str
    ) -> list[Order]:
        """Orders in order of time, those of the asker alone if *own* says so."""
        asked: Document = dict(own)
        if status:
            asked["status"] = status
        if after:
            placed_at, last = after
            asked["$or"] = [
                {"placed_at": {"$gt": placed_at}},
                {"placed_at": placed_at, "_id": {"$gt": last}},
            ]
        found = self._mongo["orders"].find(asked).sort([("placed_at", 1), ("_id", 1)]).limit(limit)
        return [ORDERS.load(document) for document in await found.to_list(None)]

    async def stock(self, sku: str) -> Stock:
        """The pool of one SKU."""
        found = await self._mongo["stock"].find_one({"_id": sku})
        if found is None:
            raise Refused("stock.unknown", "There is no such SKU.", kind="missing", sku=sku)
        return STOCK.load(found)

    async def stocks(self, after: str, limit: int, **own: str) -> list[Stock]:
        """The pools in order of SKU."""
        found = (
            self._mongo["stock"].find({"_id": {"$gt": after}, **own}).sort("_id", 1).limit(limit)
        )
        return [STOCK.load(document) for document in await found.to_list(None)]

    async def deal(self, id: str) -> Deal:
        """One deal."""
        found = await self._mongo["deals"].find_one({"_id": id})
        if found is None:
            raise Refused("deal.unknown", "There is no such deal.", kind="missing")
        return DEALS.load(found)

    # What time has to do with --------------------------------------------------------------------

    async def overdue(self) -> list[Order]:
        """Orders nobody paid for in time."""
        due = {"status": "placed", "hold_until": {"$lte": utc_now()}}
        found = self._mongo["orders"].find(due).sort("hold_until", 1).limit(500)
        return [ORDERS.load(document) for document in await found.to_list(None)]

    async def unheard(self, since: datetime) -> list[Order]:
        """Orders whose payment was started before *since*, and nothing was heard of it."""
        waiting = {"status": "placed", "payments.status": "started", "placed_at": {"$lte": since}}
        found = self._mongo["orders"].find(waiting).limit(500)
        return [ORDERS.load(document) for document in await found.to_list(None)]

    async def owed(self) -> list[Order]:
        """Orders with money to send back."""
        found = self._mongo["orders"].find({"payments.status": "refund-due"}).limit(100)
        return [ORDERS.load(document) for document in await found.to_list(None)]

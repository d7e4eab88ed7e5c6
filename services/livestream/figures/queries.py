"""What may be asked of figures, and the indexes that make it quick."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from services.livestream.figures.card import Card
from services.livestream.figures.count import Count, Minute
from services.livestream.kept import CARDS, COUNTS, FOLLOWINGS, MINUTES, TAKINGS
from shared.platform.mongo import IndexModel, Mongo

COLLECTIONS: Mapping[str, Sequence[IndexModel]] = {
    COUNTS.name: [],
    MINUTES.name: [IndexModel([("session_id", 1), ("at", 1)], name="session")],
    CARDS.name: [IndexModel([("session_id", 1)], name="session")],
    TAKINGS.name: [IndexModel([("session_id", 1), ("paid_at", 1)], name="session")],
}


class Sold(NamedTuple):
    """What was sold, amounts in minor units by currency."""

    orders: int = 0
    items: int = 0
    buyers: int = 0
    refunded_orders: int = 0
    placed: Mapping[str, int] = {}
    paid: Mapping[str, int] = {}
    refunded: Mapping[str, int] = {}


class Ordered(NamedTuple):
    """How many have paid for a product, and for how many units of it."""

    buyers: int = 0
    units: int = 0


class FigureQueries:
    """Reads at majority: what is shown has happened."""

    def __init__(self, mongo: Mongo) -> None:
        self._mongo = mongo

    async def count(self, session_id: str) -> Count | None:
        """What was counted of an audience; None if nothing was yet."""
        found = await self._mongo[COUNTS.name].find_one({"_id": session_id})
        return COUNTS.load(found) if found else None

    async def minutes(self, session_id: str, since: datetime, until: datetime) -> list[Minute]:
        """What was counted from *since* up to, not in, the minute *until*."""
        asked = {"session_id": session_id, "at": {"$gte": since, "$lt": until}}
        found = await self._mongo[MINUTES.name].find(asked).to_list(None)
        return [MINUTES.load(one) for one in found]

    async def cards(self, session_id: str) -> dict[str, Card]:
        """What was counted of products' cards, by SKU."""
        found = await self._mongo[CARDS.name].find({"session_id": session_id}).to_list(None)
        return {one["sku"]: CARDS.load(one) for one in found}

    async def new_followers(self, session_id: str) -> int:
        """How many followed a host for the first time in this session."""
        return await self._mongo[FOLLOWINGS.name].count_documents({"session_id": session_id})

    async def ordered(self, session_id: str, *, until: datetime | None) -> dict[str, Ordered]:
        """What a session sold of each product, by SKU, of what was paid up to, not at, *until*."""
        paid = {"$match": {"session_id": session_id, "$expr": _within("$paid_at", None, until)}}
        by_buyer = {
            "_id": {"sku": "$bought.sku", "buyer": "$buyer_id"},
            "units": {"$sum": "$bought.units"},
        }
        by_sku = {"_id": "$_id.sku", "buyers": {"$sum": 1}, "units": {"$sum": "$units"}}
        found = (
            await self._mongo[TAKINGS.name]
            .aggregate([paid, {"$unwind": "$bought"}, {"$group": by_buyer}, {"$group": by_sku}])
            .to_list(None)
        )
        return {one["_id"]: Ordered(one["buyers"], one["units"]) for one in found}

    async def sold(
        self, session_id: str, *, since: datetime | None = None, until: datetime | None = None
    ) -> Sold:
        """What a session sold, of what happened from *since* up to, not at, *until*."""
        per_currency: list[dict[str, Any]] = (
            await self._mongo[TAKINGS.name]
            .aggregate(
                [
                    {"$match": {"session_id": session_id}},
                    {"$set": {"backs": _sum_of_backs(since, until)}},
                    {"$set": {"counts": _within("$paid_at", since, until)}},
                    {
                        "$group": {
                            "_id": {"currency": "$currency", "buyer": "$buyer_id"},
                            "orders": {"$sum": {"$cond": ["$counts", 1, 0]}},
                            "items": {"$sum": {"$cond": ["$counts", "$items", 0]}},
                            "paid": {"$sum": {"$cond": ["$counts", "$paid", 0]}},
                            "placed": {
                                "$sum": {
                                    "$cond": [
                                        _within("$placed_at", since, until),
                                        "$placed",
                                        0,
                                    ]
                                }
                            },
                            "refunded": {"$sum": "$backs"},
                            "refunded_orders": {"$sum": {"$cond": ["$backs", 1, 0]}},
                        }
                    },
                ]
            )
            .to_list(None)
        )
        return _added_up(per_currency)


def _within(field: str, since: datetime | None, until: datetime | None) -> dict[str, Any]:
    """An expression: whether *field* is a time in between."""
    bounds: list[dict[str, Any]] = [{"$gt": [field, None]}]
    if since:
        bounds.append({"$gte": [field, since]})
    if until:
        bounds.append({"$lt": [field, until]})
    return {"$and": bounds}


def _sum_of_backs(since: datetime | None, until: datetime | None) -> dict[str, Any]:
    """An expression: how much went back in between."""
    in_time = {"input": {"$ifNull": ["$backs", []]}, "cond": _within("$$this.at", since, until)}
    return {"$sum": {"$map": {"input": {"$filter": in_time}, "in": "$$this.amount"}}}


def _added_up(rows: Sequence[Mapping[str, Any]]) -> Sold:
    """Rows of one buyer and currency each, put together; a buyer counts once."""
    amounts: dict[str, dict[str, int]] = {"placed": {}, "paid": {}, "refunded": {}}
    for row in rows:
        currency = row["_id"]["currency"]
        for name, sums in amounts.items():
            if row[name]:
                sums[currency] = sums.get(currency, 0) + row[name]
    return Sold(
        orders=sum(row["orders"] for row in rows),
        items=sum(row["items"] for row in rows),
        buyers=len({row["_id"]["buyer"] for row in rows if row["orders"]}),
        refunded_orders=sum(row["refunded_orders"] for row in rows),
        **amounts,
    )

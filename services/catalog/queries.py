"""What may be asked of catalog without changing anything, and the indexes that make it quick."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from services.catalog.kept import FESTIVALS, MERCHANTS, PRODUCTS, REPORTS, SALES
from services.catalog.merchant import Merchant
from services.catalog.product import Product
from services.catalog.report import Report
from services.catalog.sale import Sale
from shared.platform.change.aggregate import Aggregate
from shared.platform.mongo import ASCENDING, IndexModel, Mongo
from shared.refusal import Refused

_DUE_AT_ONCE = 100

S = TypeVar("S")


def _by(*fields: str) -> IndexModel:
    return IndexModel([(field, ASCENDING) for field in (*fields, "_id")])


COLLECTIONS: Mapping[str, Sequence[IndexModel]] = {
    "organisations": [],
    "agreements": [],
    "festivals": [],
    "zones": [_by("festival_id")],
    "merchants": [
        IndexModel(
            [("next_verification_at", ASCENDING)],
            name="due",
            partialFilterExpression={"verified": True},
        )
    ],
    "products": [_by("description.merchant_id"), _by("description.category")],
    "listings": [_by("offer.sku", "offer.channel"), _by("offer.festival_id", "offer.channel")],
    "shelves": [],
    "intakes": [_by("sku"), _by("merchant_id")],
    "sales": [],
    "reports": [],
}


class Queries:
    """Reads at majority: what is shown has happened."""

    def __init__(self, mongo: Mongo) -> None:
        self._mongo = mongo

    async def get(self, kind: Aggregate[S], id: str, **where: str) -> tuple[S, int]:
        """One thing, if it is as *where* says, and its version. Refuses any other as missing."""
        found = await self._mongo[kind.name].find_one({"_id": id, **where})
        if found is None:
            noun = kind.name.removesuffix("s")
            raise Refused(f"{noun}.unknown", f"There is no such {noun}.", kind="missing")
        return kind.load(found), found["version"]

    async def find(
        self, kind: Aggregate[S], where: Mapping[str, str | None], after: str, limit: int
    ) -> list[S]:
        """Things in order of their id; what *where* leaves open (None) is not asked."""
        asked = {field: value for field, value in where.items() if value is not None}
        found = (
            self._mongo[kind.name]
            .find({"_id": {"$gt": after}, **asked})
            .sort("_id", 1)
            .limit(limit)
        )
        return [kind.load(document) for document in await found.to_list(None)]

    async def products(self, skus: Sequence[str]) -> list[Product]:
        """These products, in this order."""
        found = await self._mongo[PRODUCTS.name].find({"_id": {"$in": list(skus)}}).to_list(None)
        by_sku = {document["_id"]: PRODUCTS.load(document) for document in found}
        return [by_sku[sku] for sku in skus]

    async def unverified(self) -> list[Merchant]:
        """Merchants nobody has looked at again in time, by the database's clock."""
        asked = {"verified": True, "$expr": {"$lte": ["$next_verification_at", "$$NOW"]}}
        found = self._mongo[MERCHANTS.name].find(asked).limit(_DUE_AT_ONCE)
        return [MERCHANTS.load(document) for document in await found.to_list(None)]

    async def report(self, festival_id: str) -> Report:
        """The figures of a festival; all nought before anything was heard."""
        await self.get(FESTIVALS, festival_id)
        found = await self._mongo[REPORTS.name].find_one({"_id": festival_id})
        return REPORTS.load(found) if found else REPORTS.new(festival_id)

    async def sale(self, order_id: str) -> Sale:
        """What the report remembers of an order."""
        sale, _ = await self.get(SALES, order_id)
        return sale

"""What may be asked of orders without changing anything."""

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from services.orders.counter.seller import Seller
from services.orders.counter.till import Till
from services.orders.indexes import BY_TIME
from services.orders.kept import (
    CLAIMS,
    CONSIGNEES,
    COUPONS,
    DEALS,
    GOODS,
    ORDERS,
    PERSONS,
    PRICES,
    RATES,
    SELLERS,
    SESSIONS,
    STOCK,
    TILLS,
)
from services.orders.ordering import claims
from services.orders.ordering.basket import QUOTED
from services.orders.ordering.life import WAITS, Status
from services.orders.ordering.order import Order
from services.orders.people.consignee import ConsigneeRecord
from services.orders.people.person import Person
from services.orders.pool.deal import Deal
from services.orders.pool.reconcile import Reconciliation, reconcile
from services.orders.pool.session import Session
from services.orders.pool.stock import Stock
from services.orders.pricing.coupon import Coupon, Presented
from services.orders.pricing.price import Ledger
from services.orders.pricing.rates import Rates
from shared.events.catalog import Description
from shared.events.ids import MerchantId, Sku
from shared.events.text import Text
from shared.platform.change.aggregate import Ref
from shared.platform.clock import utc_now
from shared.platform.mongo import Document, Mongo
from shared.refusal import Refused

REFUND_DUE = "refund-due"
"""Among where orders stand, those whose money does not go back."""

AT_ONCE = 500
"""How much of what is due is looked at in one go."""

Place = tuple[datetime, str]


class Eyes(NamedTuple):
    """Whose orders somebody may see: their own, and if they are a merchant those with its lines."""

    buyer_id: str
    merchant_id: str | None = None


class Queries:
    """Reads at majority: what is shown has happened."""

    def __init__(
        self, mongo: Mongo, recent: Callable[[Ref[Order]], Order | None] = lambda _: None
    ) -> None:
        """Read *mongo*; *recent* knows of some orders how they stood a moment ago."""
        self._mongo, self._recent = mongo, recent

    async def order(self, id: str, eyes: Eyes | None = None) -> Order:
        """One order, if those *eyes* may see it. Refuses any other as missing."""
        found = await self._mongo["orders"].find_one({"_id": id} | _seen_by(eyes))
        if found is None:
            raise Refused("order.unknown", "There is no such order.", kind="missing")
        return ORDERS.load(found)

    async def standing(self, id: str, eyes: Eyes | None = None) -> Order:
        """The same as it stands or stood a moment ago: for who asks for a change of it next."""
        known = self._recent(ORDERS(id))
        if known and known.placed and (eyes is None or eyes.buyer_id == known.placed.buyer_id):
            return known
        return await self.order(id, eyes)

    async def orders(
        self,
        after: Place | None,
        limit: int,
        *,
        eyes: Eyes | None = None,
        status: str | None = None,
    ) -> list[Order]:
        """Orders in order of time, those that *eyes* may see."""
        asked = _seen_by(eyes) | _after(after)
        if status:
            asked["status"] = status
        return await self._orders(asked, BY_TIME, limit)

    async def stock(self, sku: str) -> tuple[Stock, int]:
        """The pool of one SKU, and its version."""
        found = await self._mongo["stock"].find_one({"_id": sku})
        if found is None:
            raise Refused("stock.unknown", "There is no such SKU.", kind="missing", sku=sku)
        return STOCK.load(found), found["version"]

    async def stocks(self, after: str, limit: int, merchant_id: str | None) -> list[Stock]:
        """The pools in order of SKU, those of one merchant if it is named."""
        asked: Document = {"_id": {"$gt": after}}
        if merchant_id is not None:
            asked["merchant_id"] = merchant_id
        found = self._mongo["stock"].find(asked).sort("_id", 1).limit(limit)
        return [STOCK.load(document) for document in await found.to_list(None)]

    async def reconciliation(self) -> Reconciliation:
        """Where the pool says otherwise than all that moved it."""
        return await reconcile(self._mongo)

    async def deal(self, id: str) -> Deal:
        """One deal."""
        found = await self._mongo["deals"].find_one({"_id": id})
        if found is None:
            raise Refused("deal.unknown", "There is no such deal.", kind="missing")
        return DEALS.load(found)

    async def coupon(self, id: str) -> Coupon:
        """One coupon; a blank one if there is none."""
        found = await self._mongo["coupons"].find_one({"_id": id})
        return COUPONS.load(found) if found else Coupon(id)

    async def coupons(self, festival_id: str, after: str, limit: int) -> list[Coupon]:
        """The coupons of a festival, in order of id."""
        asked: Document = {"terms.festival_id": festival_id, "_id": {"$gt": after}}
        found = self._mongo["coupons"].find(asked).sort("_id", 1).limit(limit)
        return [COUPONS.load(document) for document in await found.to_list(None)]

    async def claimed(
        self, festival_id: str, buyer_id: str, after: str, limit: int
    ) -> list[Presented]:
        """The coupons of a festival that a buyer has claimed, in order of id."""
        found = await self._mongo["claims"].find_one({"_id": claims.name(festival_id, buyer_id)})
        if found is None:
            return []
        mine = CLAIMS.load(found)
        some = sorted(name for name in mine.claimed if name > after)[:limit]
        kept = self._mongo["coupons"].find({"_id": {"$in": some}}).sort("_id", 1)
        coupons = [COUPONS.load(document) for document in await kept.to_list(None)]
        return [
            Presented(coupon, mine.coupons.get(coupon.id, 0), mine.claimed[coupon.id])
            for coupon in coupons
        ]

    async def rates(self) -> Rates:
        """The exchange rates that are known."""
        found = await self._mongo["rates"].find_one({"_id": QUOTED})
        return RATES.load(found) if found else Rates(QUOTED)

    async def prices(self, id: str) -> Ledger:
        """What was paid for a SKU in a venue."""
        found = await self._mongo["prices"].find_one({"_id": id})
        return PRICES.load(found) if found else Ledger(id)

    async def session(self, id: str) -> Session:
        """A live session, as far as livestream has told of it."""
        found = await self._mongo["sessions"].find_one({"_id": id})
        return SESSIONS.load(found) if found else Session(id)

    async def till(self, id: str) -> Till:
        """A till, blank if nobody ever had a shift there."""
        found = await self._mongo["tills"].find_one({"_id": id})
        return TILLS.load(found) if found else Till(id)

    async def product_names(self, skus: Collection[Sku]) -> dict[Sku, Text]:
        """What catalog calls these products, as far as it has told."""
        found = self._mongo["products"].find({"_id": {"$in": list(skus)}})
        known = [GOODS.load(document) for document in await found.to_list(None)]
        return {goods.id: goods.product.names for goods in known if goods.product}

    async def sellers(self, merchants: Iterable[MerchantId]) -> dict[MerchantId, Seller]:
        """Who these merchants are, each once; blank those catalog has not told of."""
        asked = list(dict.fromkeys(merchants))
        found = self._mongo["sellers"].find({"_id": {"$in": asked}})
        known = {one["_id"]: SELLERS.load(one) for one in await found.to_list(None)}
        return {name: known.get(name) or Seller(name) for name in asked}

    async def person(self, token: str) -> Person:
        """Whom customs clears for, sealed; a blank one of whom nothing was ever kept."""
        found = await self._mongo["persons"].find_one({"_id": token})
        return PERSONS.load(found) if found else Person(token)

    async def wrapped_by(self, key_ids: Sequence[str]) -> list[Person]:
        """Persons whose records are wrapped by one of those keys."""
        asked = {"sealed.key_id": {"$in": list(key_ids)}}
        found = self._mongo["persons"].find(asked).limit(AT_ONCE)
        return [PERSONS.load(document) for document in await found.to_list(None)]

    async def consignee(self, token: str) -> ConsigneeRecord:
        """Who receives, sealed; a blank one of whom nothing was ever kept."""
        found = await self._mongo["consignees"].find_one({"_id": token})
        return CONSIGNEES.load(found) if found else ConsigneeRecord(token)

    async def consignees_wrapped_by(self, key_ids: Sequence[str]) -> list[ConsigneeRecord]:
        """Consignees whose records are wrapped by one of those keys."""
        asked = {"sealed.key_id": {"$in": list(key_ids)}}
        found = self._mongo["consignees"].find(asked).limit(AT_ONCE)
        return [CONSIGNEES.load(document) for document in await found.to_list(None)]

    async def goods(self, skus: Iterable[str]) -> dict[str, Description]:
        """What is known of products, by SKU."""
        found = self._mongo["products"].find({"_id": {"$in": list(skus)}})
        known = [GOODS.load(document) for document in await found.to_list(None)]
        return {goods.id: goods.product for goods in known if goods.product}

    async def carried(self, waybill: str) -> Order | None:
        """The order whose goods are declared and carried under a waybill."""
        found = await self._mongo["orders"].find_one({"crossing.waybill": waybill})
        return ORDERS.load(found) if found else None

    # What time has to do with --------------------------------------------------------------------

    async def overdue(self) -> list[Order]:
        """Orders nobody paid for in time."""
        return await self._due("placed", utc_now())

    async def tills_over(self, since: datetime) -> list[Till]:
        """Tills with a lease that was over by then, the longest over first."""
        over = {"leases.expires_at": {"$lte": since}}
        found = self._mongo["tills"].find(over).sort("leases.expires_at", 1).limit(AT_ONCE)
        return [TILLS.load(document) for document in await found.to_list(None)]

    async def kept(self) -> list[Order]:
        """Orders whose goods may no longer be returned, and of which none are on their way back."""
        none: Document = {"returns.status": {"$nin": ["requested", "approved"]}}
        return await self._due("delivered", utc_now(), none)

    async def stuck(self, since: datetime, limit: int) -> list[Order]:
        """Orders that should have moved on before *since*, those that wait longest first."""
        asked = {"status": {"$in": list(WAITS)}, "due": {"$lt": since}}
        return await self._orders(asked, [("due", 1)], limit)

    async def owing(self, since: datetime, limit: int) -> list[Order]:
        """Orders with money that should have gone back before *since*, the longest due first."""
        return await self._orders({"owed_since": {"$lt": since}}, [("owed_since", 1)], limit)

    async def unanswered(self, limit: int) -> list[Order]:
        """Orders about whose money, or goods that are to come back, somebody has to decide."""
        found: list[Order] = []
        for kind, status in (
            ("refunds", "asked"),
            ("payments", "quarantined"),
            ("returns", "requested"),
        ):
            found += await self._orders({f"{kind}.status": status}, BY_TIME, limit)
        return [*{order.id: order for order in found}.values()]

    async def waiting(self, since: datetime) -> dict[str, int]:
        """How many orders should have moved on before *since*, by where they stand.

        Those of which money should have gone back are counted as `REFUND_DUE`, wherever they stand.
        """
        stuck = {"status": {"$in": list(WAITS)}, "due": {"$lt": since}}
        counted = self._mongo["orders"].aggregate(
            [{"$match": stuck}, {"$group": {"_id": "$status", "orders": {"$sum": 1}}}]
        )
        late = {row["_id"]: row["orders"] for row in await counted.to_list(None)}
        if owing := await self._mongo["orders"].count_documents({"owed_since": {"$lt": since}}):
            late[REFUND_DUE] = owing
        return late

    async def unheard(self, since: datetime, until: datetime, after: Place | None) -> list[Order]:
        """Orders of that time with a payment of which nothing was heard, whatever became of them.

        Money may have come although nobody waits for it any more.
        """
        asked = {"placed.placed_at": {"$gte": since}} | _after(after)
        asked["placed.placed_at"]["$lte"] = until
        asked["payments.status"] = "started"
        return await self._orders(asked, BY_TIME, AT_ONCE)

    async def owed(self) -> list[Order]:
        """Orders with money to send back now, the longest due first."""
        due = {"refunds.status": "due", "refund_at": {"$lte": utc_now()}}
        return await self._orders(due, [("refund_at", 1)], AT_ONCE)

    async def crossing(self) -> list[Order]:
        """Orders on their way over the border that it is time to look at, the longest due first."""
        due = {"crossing.look_at": {"$lte": utc_now()}}
        return await self._orders(due, [("crossing.look_at", 1)], AT_ONCE)

    async def _due(
        self, status: Status, now: datetime, also: Document | None = None
    ) -> list[Order]:
        asked: Document = {"status": status, "due": {"$lte": now}, **(also or {})}
        return await self._orders(asked, [("due", 1)], AT_ONCE)

    async def _orders(
        self, asked: Document, by: Sequence[tuple[str, int]], limit: int
    ) -> list[Order]:
        found = self._mongo["orders"].find(asked).sort(by).limit(limit)
        return [ORDERS.load(document) for document in await found.to_list(None)]


def _seen_by(eyes: Eyes | None) -> Document:
    if eyes is None:
        return {}
    if eyes.merchant_id is None:
        return {"placed.buyer_id": eyes.buyer_id}
    theirs = {"placed.lines.merchant_id": eyes.merchant_id}
    return {"$or": [{"placed.buyer_id": eyes.buyer_id}, theirs]}


def _after(place: Place | None) -> Document:
    """What comes after a *place* in a list by time: a range of an index, less its beginning."""
    if place is None:
        return {}
    placed_at, last = place
    return {
        "placed.placed_at": {"$gte": placed_at},
        "$nor": [{"placed.placed_at": placed_at, "_id": {"$lte": last}}],
    }

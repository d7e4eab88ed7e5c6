"""Reconciling: where the units of each SKU should be, by everything but the pool itself.

The rows of orders, deals, tills and movements are read at one instant, in one snapshot, and added
up apart from the code that moves units; what the pool says otherwise is a difference.
"""

from collections import defaultdict
from collections.abc import Mapping
from typing import NamedTuple

from services.orders.ordering.life import PAID
from services.orders.ordering.order import CASH
from shared.platform.mongo import Document, Mongo, Transaction

PLACES = ("received", "free", "allocated", "leased", "held", "sold", "shipped", "damaged")


class Difference(NamedTuple):
    """A place of a SKU: how many units the pool says, and how many the rows come to."""

    sku: str
    place: str
    pool: int
    rows: int


class Reconciliation(NamedTuple):
    """How many SKUs were looked at, and all that does not agree."""

    skus: int
    differences: list[Difference]


async def reconcile(mongo: Mongo) -> Reconciliation:
    """Add everything up."""
    return await mongo.transact(_reconcile)


def _reconcile(snapshot: Transaction) -> Reconciliation:
    pools = {pool["_id"]: pool for pool in snapshot.find("stock", {})}
    rows = _rows(snapshot)
    differences = [
        Difference(sku, place, pools.get(sku, {}).get(place, 0), rows[sku][place])
        for sku in sorted({*pools, *rows})
        for place in PLACES
        if pools.get(sku, {}).get(place, 0) != rows[sku][place]
    ]
    return Reconciliation(len(pools), differences)


def _rows(snapshot: Transaction) -> Mapping[str, dict[str, int]]:
    def summed(name: str, *stages: Document, units: str | Document, sku: str) -> dict[str, int]:
        each = f"${units}" if isinstance(units, str) else units
        group: Document = {"_id": f"${sku}", "units": {"$sum": each}}
        found = snapshot.aggregate(name, [*stages, {"$group": group}])
        return {row["_id"]: row["units"] for row in found if row["_id"]}

    def of_orders(match: Document, *parts: str) -> dict[str, int]:
        """Units in the *parts* of orders that *match*: a list, or a list in a list."""
        unwound = [{"$unwind": f"${'.'.join(parts[: depth + 1])}"} for depth in range(len(parts))]
        path = ".".join(parts)
        return summed(
            "orders", {"$match": match}, *unwound, units=f"{path}.quantity", sku=f"{path}.sku"
        )

    held = of_orders({"status": "placed"}, "placed", "lines")
    paid = of_orders({"status": {"$in": [*PAID]}}, "placed", "lines")
    at_booths = {"status": "completed", "payments.id": CASH}
    cancelled = of_orders({"status": {"$in": [*PAID]}}, "cancelled")
    gone = _together(of_orders(at_booths, "placed", "lines"), of_orders({}, "parcels", "units"))
    came_back = {"$match": {"returns.status": "received"}}, {"$unwind": "$returns"}
    received = {"$match": {"returns.status": "received"}}
    fit_and_broken = summed(
        "orders",
        *came_back,
        received,
        {"$unwind": "$returns.units"},
        units="returns.units.quantity",
        sku="returns.units.sku",
    )
    broken = summed(
        "orders",
        *came_back,
        received,
        {"$unwind": "$returns.damaged"},
        units="returns.damaged.quantity",
        sku="returns.damaged.sku",
    )
    unsent = of_orders({}, "damaged")
    there = summed("movements", units="received", sku="sku")
    unfit = summed("movements", units="damaged", sku="sku")
    dealt = summed("deals", units="left", sku="sku")
    left: Document = {"$subtract": ["$leases.units", "$leases.sold"]}
    leased = summed("tills", {"$unwind": "$leases"}, units=left, sku="leases.sku")

    rows: defaultdict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(PLACES, 0))
    for sku in {*there, *held, *paid, *dealt, *leased}:
        row = rows[sku]
        row["received"] = there.get(sku, 0)
        row["allocated"], row["leased"] = dealt.get(sku, 0), leased.get(sku, 0)
        row["held"] = held.get(sku, 0)
        row["sold"] = paid.get(sku, 0) - cancelled.get(sku, 0) - gone.get(sku, 0)
        row["shipped"] = gone.get(sku, 0) - fit_and_broken.get(sku, 0)
        row["damaged"] = unfit.get(sku, 0) + broken.get(sku, 0) + unsent.get(sku, 0)
        elsewhere = sum(row[place] for place in PLACES[2:])
        row["free"] = row["received"] - elsewhere
    return rows


def _together(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    return {sku: one.get(sku, 0) + other.get(sku, 0) for sku in {*one, *other}}

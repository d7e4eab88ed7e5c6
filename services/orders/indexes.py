"""The collections that orders keeps, and the indexes by which everything asked of them is found."""

from collections.abc import Mapping, Sequence

from shared.platform.mongo import IndexModel

BY_TIME = ("placed.placed_at", 1), ("_id", 1)

COLLECTIONS: Mapping[str, Sequence[IndexModel]] = {
    "orders": [
        IndexModel([("placed.buyer_id", 1), *BY_TIME], name="bought"),
        IndexModel([("placed.lines.merchant_id", 1), *BY_TIME], name="sold"),
        IndexModel([*BY_TIME], name="placed"),
        IndexModel(
            [("status", 1), ("due", 1)],
            name="due",
            partialFilterExpression={"due": {"$exists": True}},
        ),
        IndexModel(
            [*BY_TIME], name="unheard", partialFilterExpression={"payments.status": "started"}
        ),
        IndexModel(
            [("refund_at", 1)], name="owed", partialFilterExpression={"refunds.status": "due"}
        ),
        IndexModel([("owed_since", 1)], name="owing", sparse=True),
        IndexModel([*BY_TIME], name="asked", partialFilterExpression={"refunds.status": "asked"}),
        IndexModel(
            [*BY_TIME],
            name="returning",
            partialFilterExpression={"returns.status": "requested"},
        ),
        IndexModel(
            [*BY_TIME],
            name="quarantined",
            partialFilterExpression={"payments.status": "quarantined"},
        ),
        IndexModel([("crossing.look_at", 1)], name="crossing", sparse=True),
        IndexModel([("crossing.waybill", 1)], name="carried", sparse=True),
    ],
    "stock": [IndexModel([("merchant_id", 1), ("_id", 1)], name="merchant")],
    "movements": [IndexModel([("sku", 1)], name="sku")],
    "shelves": [],
    "deals": [IndexModel([("sku", 1)], name="sku")],
    "claims": [],
    "sessions": [],
    "tills": [
        IndexModel(
            [("leases.expires_at", 1)],
            name="leases",
            partialFilterExpression={"leases.expires_at": {"$exists": True}},
        ),
    ],
    "cashiers": [],
    "sellers": [],
    "coupons": [IndexModel([("terms.festival_id", 1), ("_id", 1)], name="festival")],
    "prices": [],
    "rates": [],
    "quotas": [],
    "products": [],
    "persons": [IndexModel([("sealed.key_id", 1)], name="wrapped")],
    "consignees": [IndexModel([("sealed.key_id", 1)], name="wrapped")],
}

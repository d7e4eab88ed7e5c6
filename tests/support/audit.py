"""Auditing a shop: units by the orders and by the pool, money by the orders and by the provider."""

from collections import Counter, defaultdict
from collections.abc import Collection
from typing import Any

import httpx

from services.orders.pool.reconcile import PAID
from tests.support.carried import everything_is_on_kafka, header
from tests.support.eventually import eventually
from tests.support.house import House

Document = dict[str, Any]
PAGE = 1_000


def orders_of(house: House, sku: str) -> list[Document]:
    """All orders of a SKU, as they are kept."""
    with house.databases() as databases:
        return list(databases["orders"]["orders"].find({"placed.lines.sku": sku}))


async def entries(house: House) -> dict[str, list[Document]]:
    """The provider's payments, by order."""
    found: defaultdict[str, list[Document]] = defaultdict(list)
    cursor: str | None = "0"
    async with httpx.AsyncClient(base_url=house.told["sandbox"]["payments"]) as http:
        while cursor:
            asked = {"cursor": cursor, "limit": PAGE}
            page = (await http.get("/ledger/entries", params=asked)).json()
            for entry in page["entries"]:
                found[entry["merchant_order"]].append(entry)
            cursor = page["next_cursor"]
    return found


async def quiet(house: House) -> bool:
    """Whether nothing is on its way any more: no order, no payment, no refund, no fact."""
    async with httpx.AsyncClient() as http:
        provider = (await http.get(house.told["sandbox"]["payments"])).json()
    with house.databases() as databases:
        open_payments = databases["orders"]["orders"].count_documents(
            {"payments.status": "started"}
        )
    return not (provider["callbacks"]["pending"] or open_payments) and await house.settled()


async def nothing_is_stuck(house: House, *, within: float = 90) -> None:
    """Everything comes to its end, and nobody has to look after anything."""
    await eventually(lambda: quiet(house), within=within, pause=0.2)
    report = await asked(house, "/orders/attention?late_minutes=0")
    assert report == {"stuck": [], "owing": [], "undecided": []}


async def asked(house: House, path: str) -> Any:
    """What orders tells an operator."""
    headers = {"Authorization": f"Bearer {house.token('operator', 'an-auditor')}"}
    async with httpx.AsyncClient(base_url=house.url("orders"), timeout=60) as http:
        answer = await http.get(path, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def all_is_sold(house: House, sku: str, units: int, answered: Collection[str]) -> None:
    """Each unit has one buyer; the orders that were answered are all there are, here and told."""
    orders = orders_of(house, sku)
    by_status = Counter(order["status"] for order in orders)
    assert len(answered) == len(set(answered))
    assert {order["_id"] for order in orders} == set(answered)
    assert by_status.keys() <= {"confirmed", "completed", "expired"}
    assert by_status["confirmed"] + by_status["completed"] == units
    pool = await house.pool(sku)
    places = {
        "received": units,
        "sold": by_status["confirmed"],
        "shipped": by_status["completed"],
        **dict.fromkeys(("free", "held", "leased", "allocated", "damaged"), 0),
    }
    assert {place: pool[place] for place in places} == places
    assert (await asked(house, "/stock/reconciliation"))["differences"] == []
    records = await everything_is_on_kafka(house)
    placed = {
        (record.key or b"").decode()
        for record in records
        if header(record, "ce_type") == "feira.orders.order.placed"
        and sku.encode() in (record.value or b"")
    }
    assert placed == set(answered)


async def money_adds_up(house: House, sku: str) -> int:
    """Captured is confirmed and refunded, in all and order by order; tells how many paid."""
    orders, provider = orders_of(house, sku), await entries(house)
    wrong: dict[str, str] = {}
    captured = confirmed = refunded = paid = 0
    for order in orders:
        if order["placed"]["channel"] == "booth":
            continue  # what is in a drawer, the provider knows nothing of
        theirs = provider.get(order["_id"], [])
        came, back = (sum(entry[what] for entry in theirs) for what in ("captured", "refunded"))
        price = order["placed"]["total"]["amount"] if order["status"] in PAID else 0
        gone = sum(each["amount"]["amount"] for each in order.get("refunds", ()))
        statuses = {each["status"] for each in order.get("payments", ())}
        done = {each["status"] for each in order.get("refunds", ())}
        if came - back != price or gone != back:
            wrong[order["_id"]] = f"{order['status']}: {came} came, {back} and {gone} went back"
        elif not (statuses <= {"captured", "failed"} and done <= {"paid"}):
            wrong[order["_id"]] = f"{order['status']}: payments {statuses}, refunds {done}"
        captured, confirmed, refunded = captured + came, confirmed + price, refunded + gone
        paid += bool(price)
    assert not wrong, f"{len(wrong)} of {len(orders)}: {list(wrong.items())[:5]}"
    assert captured == confirmed + refunded
    return paid

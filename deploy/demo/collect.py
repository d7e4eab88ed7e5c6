"""Collecting: the books are put together from what every service and the world outside tell."""

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlencode

from deploy.demo.books import Entry, Letter, Order, Pool, Sums
from deploy.demo.doors import Doors
from deploy.demo.wire import Door

PAGE = 100
"""Items a service shows at once, at most."""
SANDBOX_PAGE = 1_000


async def orders(doors: Doors, token: str, **asked: str) -> dict[str, Order]:
    """All orders, in order of time."""
    shown = [Order.of(each) async for each in _items(doors.orders, "/orders", token, **asked)]
    return {order.id: order for order in shown}


async def stock(doors: Doors, token: str) -> dict[str, Pool]:
    """Where the units of each SKU are."""
    return {each["id"]: Pool.of(each) async for each in _items(doors.orders, "/stock", token)}


async def unreconciled(doors: Doors, token: str) -> tuple[str, ...]:
    """Every place of a SKU in which the pool disagrees with its orders, deals and movements."""
    found = await doors.orders.get("/stock/reconciliation", token=token)
    return tuple(
        f"{each['sku']}: {each['pool']} {each['place']} by the pool, {each['rows']} by its rows"
        for each in found["differences"]
    )


async def ledger(doors: Doors) -> tuple[Entry, ...]:
    """All payments, as the provider has them in its book."""
    entries: list[Entry] = []
    cursor = "0"
    while cursor is not None:
        page = await doors.payments.get(f"/ledger/entries?limit={SANDBOX_PAGE}&cursor={cursor}")
        entries += [
            Entry(
                each["payment_id"],
                each["merchant_order"],
                each["status"],
                each["captured"],
                each["refunded"],
            )
            for each in page["entries"]
        ]
        cursor = page["next_cursor"]
    return tuple(entries)


async def letters(doors: Doors) -> tuple[Letter, ...]:
    """All mail, as the server took it."""
    found: list[Letter] = []
    cursor = "0"
    while cursor is not None:
        page = await doors.mail.get(f"/mail?limit={SANDBOX_PAGE}&cursor={cursor}")
        found += [
            Letter(
                each["message_id"] or "",
                tuple(each["to"]),
                each["subject"],
                each["text"],
                each["headers"].get("Content-Language", ""),
            )
            for each in page["mail"]
        ]
        cursor = page["next_cursor"]
    return tuple(found)


async def callbacks(doors: Doors) -> dict[str, int]:
    """How the provider's callbacks fare: pending, tried, taken, given up."""
    return (await doors.payments.get("/"))["callbacks"]


async def report(doors: Doors, festival_id: str, token: str) -> dict[str, Sums]:
    """What catalog has added up."""
    shown = await doors.catalog.get(f"/festivals/{festival_id}/report", token=token)
    sums = {"all": _sums(shown)}
    for part, name in (("channels", "channel"), ("sessions", "session"), ("products", "sku")):
        key = f"{name}_id" if name == "session" else name
        sums |= {f"{name} {each[key]}": _sums(each) for each in shown[part]}
    return sums


async def tallies(doors: Doors, session_ids: list[str]) -> dict[str, Sums]:
    """What each room says it has sold."""
    sold: dict[str, Sums] = {}
    for session_id in session_ids:
        room = await doors.livestream.get(f"/rooms/{session_id}")
        sold[session_id] = Sums(room["sold"]["orders"], room["sold"]["units"])
    return sold


async def _items(door: Door, path: str, token: str, **asked: str) -> AsyncIterator[dict[str, Any]]:
    """Walk through a list page by page."""
    query: dict[str, str] = {"limit": str(PAGE), **asked}
    while True:
        page = await door.get(f"{path}?{urlencode(query)}", token=token)
        for item in page["items"]:
            yield item
        if not page["next"]:
            return
        query["cursor"] = page["next"]


def _sums(shown: dict[str, Any]) -> Sums:
    amount = sum(money["amount"] for money in shown["sales"])
    return Sums(shown["orders"], shown["units"], amount)

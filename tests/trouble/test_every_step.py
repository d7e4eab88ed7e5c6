"""Orders is killed at each step that has two sides: what has happened outside, what is written."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from tests.support.audit import entries, money_adds_up, nothing_is_stuck, orders_of
from tests.support.eventually import eventually
from tests.support.house import House, Shopper
from tests.support.replicas import Replicas
from tests.support.sized import sized

pytestmark = [pytest.mark.trouble, pytest.mark.timeout(sized(180, 900))]

SILENT = {"timeout_percent": 100, "timeout_ms": 600_000}
ROUNDS, BUYERS = sized(1, 4), sized(6, 60)

Document = dict[str, Any]


@asynccontextmanager
async def silent_provider(house: House) -> AsyncGenerator[None]:
    """The provider does all it is asked, and does not say so."""
    async with httpx.AsyncClient(base_url=house.told["sandbox"]["payments"]) as provider:
        (await provider.post("/faults", json=SILENT)).raise_for_status()
        try:
            yield
        finally:
            await provider.delete("/faults")


@asynccontextmanager
async def no_commits(replicas: Replicas) -> AsyncGenerator[Callable[[], None]]:
    """Nothing that orders commits is committed; gives what waits until it has tried."""
    primary = await replicas.primary()
    stuck = {"failCommands": ["commitTransaction"], "appName": "feira-orders"}
    data = {**stuck, "blockConnection": True, "blockTimeMS": 10_000}
    before = primary.command("configureFailPoint", "failCommand", mode="alwaysOn", data=data)

    def tried() -> None:
        times = before["count"] + 1
        primary.command("waitForFailPoint", "failCommand", timesEntered=times, maxTimeMS=60_000)

    try:
        yield tried
    finally:
        primary.command("configureFailPoint", "failCommand", mode="off")


@asynccontextmanager
async def shoppers(house: House, sku: str) -> AsyncGenerator[list[Shopper]]:
    async with httpx.AsyncClient(timeout=20) as http:
        yield [Shopper(house, f"step-{sku}-{number}", http) for number in range(BUYERS)]


async def at_the_point(house: House, sku: str, there: Callable[[Document, Document], bool]) -> None:
    """Wait until an order is there: as the provider has its payment, and as it is kept here."""

    async def seen() -> bool:
        provider = await entries(house)
        return any(
            there(entry, order)
            for order in orders_of(house, sku)
            for entry in provider.get(order["_id"], [])
        )

    await eventually(seen, within=60)


async def all_ends(house: House, sku: str, *, paid: int) -> None:
    await nothing_is_stuck(house)
    assert await money_adds_up(house, sku) == paid
    pool = await house.pool(sku)
    assert (pool["held"], pool["sold"]) == (0, paid)


@pytest.mark.parametrize("_", range(ROUNDS))
async def test_killed_after_a_payment_was_authorised_and_before_that_is_noted(
    shop: House, _: int
) -> None:
    sku, room = await shop.stock(BUYERS), await shop.room()
    async with shoppers(shop, sku) as buyers:
        orders = [await buyer.order(sku, room) for buyer in buyers]
        async with silent_provider(shop):
            begun = [
                asyncio.create_task(buyer.begin(order))
                for buyer, order in zip(buyers, orders, strict=True)
            ]
            await at_the_point(
                shop,
                sku,
                lambda theirs, ours: theirs["status"] == "pending" and not ours["payments"],
            )
            shop.kill("orders")
        await shop.revive()
        urls = await asyncio.gather(*begun)
        for buyer, url in zip(buyers, urls, strict=True):
            assert url, "who asks again is told where to pay"
            await buyer.pay(url)
    provider = await entries(shop)
    assert {len(provider[str(order)]) for order in orders} == {1}
    await all_ends(shop, sku, paid=BUYERS)


@pytest.mark.parametrize("_", range(ROUNDS))
async def test_killed_after_money_came_and_before_that_is_noted(
    shop: House, replicas: Replicas, _: int
) -> None:
    sku, room = await shop.stock(BUYERS), await shop.room()
    async with shoppers(shop, sku) as buyers:
        urls = [await buyer.begin(await buyer.order(sku, room)) for buyer in buyers]
        async with no_commits(replicas) as tried:
            await asyncio.gather(
                *(buyer.pay(url) for buyer, url in zip(buyers, urls, strict=True) if url)
            )
            await asyncio.to_thread(tried)
            assert {order["status"] for order in orders_of(shop, sku)} == {"placed"}
            shop.kill("orders")
        await shop.revive()
    await all_ends(shop, sku, paid=BUYERS)


@pytest.mark.parametrize("_", range(ROUNDS))
async def test_killed_while_orders_expire(shop: House, replicas: Replicas, _: int) -> None:
    sku = await shop.stock(BUYERS)
    async with shoppers(shop, sku) as buyers:
        orders = [await buyer.order(sku) for buyer in buyers]
        for buyer, order in list(zip(buyers, orders, strict=True))[::2]:
            await buyer.begin(order)
        async with no_commits(replicas) as tried:
            await asyncio.to_thread(tried)
            assert {order["status"] for order in orders_of(shop, sku)} == {"placed"}
            shop.kill("orders")
        await shop.revive()
    await all_ends(shop, sku, paid=0)
    assert {order["status"] for order in orders_of(shop, sku)} == {"expired"}
    assert (await shop.pool(sku))["free"] == BUYERS


@pytest.mark.parametrize("_", range(ROUNDS))
async def test_killed_after_money_went_back_and_before_that_is_noted(shop: House, _: int) -> None:
    sku = await shop.stock(BUYERS)
    async with shoppers(shop, sku) as buyers:
        orders = [await buyer.order(sku) for buyer in buyers]
        for buyer, order in zip(buyers, orders, strict=True):
            if url := await buyer.begin(order):
                await buyer.pay(url)
        await eventually(shop.settled, within=60)
        async with silent_provider(shop):
            for buyer, order in zip(buyers, orders, strict=True):
                gone = await buyer.insist("POST", f"/orders/{order}/cancellation")
                assert gone.status_code == 200, gone.text
            await at_the_point(
                shop,
                sku,
                lambda theirs, ours: (
                    theirs["refunded"] > 0
                    and {"due"} == {back["status"] for back in ours["refunds"]}
                ),
            )
            shop.kill("orders")
        await shop.revive()
    await all_ends(shop, sku, paid=0)
    assert (await shop.pool(sku))["free"] == BUYERS

"""Units, money and keys under trouble: orders and the primary of a MongoDB of three are killed."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import httpx
import pytest

from deploy.demo.wire import Answer, Door, NoAnswer, new_key
from tests.support.audit import all_is_sold, money_adds_up, nothing_is_stuck, orders_of
from tests.support.crowd import Crowd
from tests.support.crowd_process import Book, Job
from tests.support.eventually import eventually
from tests.support.house import FESTIVAL, House
from tests.support.replicas import Replicas
from tests.support.sized import sized

pytestmark = [pytest.mark.trouble, pytest.mark.timeout(sized(300, 3_600))]

Kill = Callable[[], Coroutine[Any, Any, None]]

ALWAYS = 3_600.0
"""Seconds: for what takes as long as the test may; its own timeout is the one that counts."""

FAULTS = {
    "fail_percent": 8,
    "lost_percent": 6,
    "late_percent": 6,
    "late_ms": 3_000,
    "duplicate_percent": 8,
    "shuffle_percent": 5,
    "http_error_percent": 8,
    "timeout_percent": 1,
    "timeout_ms": 9_000,  # longer than orders waits
    "wrong_amount_percent": 2,
    "forged_percent": 3,
    "stale_percent": 3,
    "replay_percent": 5,
    "seed": 26,
}
"""Some 30 in 100 payments meet at least one of them that could lose or double money."""


def job(house: House, role: str, sku: str, attempts: int, *, who: int = 4, **more: Any) -> Job:
    """Work for one process of *who* buyers or cashiers."""
    name = f"{role}-{sku[-6:]}-{new_key()[:6]}"
    token = "cashier" if role in ("booth", "till") else "buyer"
    return Job(
        role=role,
        name=name,
        orders=house.url("orders"),
        festival_id=FESTIVAL,
        sku=sku,
        tokens=[house.token(token, f"{name}-{number}") for number in range(who)],
        attempts=attempts,
        **more,
    )


async def killed(progress: Callable[[], float], kill: Kill) -> None:
    """Kill once a part of the work is done; the rest of it has to wait for who comes back."""
    await eventually(lambda: progress() >= 0.1, within=ALWAYS, pause=0.005)
    assert progress() < 1
    await kill()


async def meanwhile(crowd: Crowd, kill: Kill) -> Book:
    """Let a crowd work, and kill something meanwhile."""
    async with asyncio.TaskGroup() as group:
        working = group.create_task(crowd.work())
        group.create_task(killed(lambda: crowd.progress, kill))
    book = working.result()
    assert crowd.progress == 1
    return book


async def test_one_product_at_tills_booths_online_and_in_a_room_is_sold_to_the_last_unit_and_once(
    shop: House, replicas: Replicas
) -> None:
    waves, attempts, units = sized(3, 12), sized(2_000, 100_000), sized(1_700, 50_000)
    sku, room = await shop.stock(units), await shop.room()

    def wave() -> Crowd:
        each = attempts // waves // 8
        return Crowd(
            [
                *(job(shop, role, sku, each) for role in ("till", "till", "booth", "booth")),
                *(job(shop, "online", sku, each, who=8, walks_away=10) for _ in range(2)),
                *(job(shop, "room", sku, each, who=8, session_id=room) for _ in range(2)),
            ]
        )

    async def kill_orders() -> None:
        shop.kill("orders")
        await shop.revive()

    async def kill_primary() -> None:
        await replicas.kill_primary()
        await replicas.primary()
        await replicas.revive()

    async def kill_both() -> None:
        await replicas.kill_primary()
        await asyncio.gather(kill_orders(), replicas.revive())

    before, answered = replicas.killed, list[str]()
    for number in range(waves):
        kill = (kill_both, kill_orders, kill_primary)[number % 3]
        book = await meanwhile(wave(), kill)
        answered += book.orders
        assert book.refused.keys() <= {"stock.sold-out", "sale.lines", "order.illegal-move"}
        assert set(book.drawers.values()) == {0}
    assert replicas.killed - before == waves - waves // 3
    answered += await sell_the_rest(shop, sku)
    await nothing_is_stuck(shop)
    await all_is_sold(shop, sku, units, answered)
    await money_adds_up(shop, sku)


async def sell_the_rest(shop: House, sku: str) -> list[str]:
    """Sell what was given back by those who never paid; it must be there for others."""
    orders: list[str] = []
    while True:
        await eventually(shop.settled, within=60)
        free = (await shop.pool(sku))["free"]
        if not free:
            return orders
        orders += (await Crowd([job(shop, "online", sku, free)]).work()).orders


async def test_whatever_goes_wrong_with_payments_what_came_is_what_was_sold_and_went_back(
    shop: House,
) -> None:
    buyers = sized(800, 50_000)
    sku = await shop.stock(buyers)
    crowd = Crowd([job(shop, "payer", sku, buyers // 2, who=32) for _ in range(2)])

    async def kill_orders() -> None:
        shop.kill("orders")
        await shop.revive()

    async with httpx.AsyncClient(base_url=shop.told["sandbox"]["payments"]) as provider:
        (await provider.post("/faults", json=FAULTS)).raise_for_status()
        try:
            book = await meanwhile(crowd, kill_orders)
            await nothing_is_stuck(shop, within=sized(120, 600))
        finally:
            await provider.delete("/faults")
    assert {order["_id"] for order in orders_of(shop, sku)} == set(book.orders)
    assert len(book.orders) == buyers // 2 * 2
    assert await money_adds_up(shop, sku) > buyers // 2


async def test_a_key_acts_once_whoever_asks_at_once_and_serves_no_other_wish(shop: House) -> None:
    keys, twins = sized(300, 10_000), 5
    sku = await shop.stock(2 * keys)
    door = Door(shop.url("orders"), lines=256)
    buyers = [shop.token("buyer", f"twins-{number}") for number in range(20)]
    cashier, room = shop.token("cashier", "twins"), asyncio.Semaphore(40)
    made: list[str] = []

    def wish(quantity: int) -> dict[str, Any]:
        return {"festival_id": FESTIVAL, "lines": [{"sku": sku, "quantity": quantity}]}

    async def insist(path: str, token: str, key: str, body: object) -> Answer:
        while True:
            try:
                return await door.ask("POST", path, token=token, key=key, body=body)
            except NoAnswer:
                continue

    async def one(number: int) -> None:
        path, token = ("/orders", buyers[number % 20]) if number % 3 else (BOOTH, cashier)
        key = f"twins-{number}"
        async with room:
            answers = await asyncio.gather(
                *(insist(path, token, key, wish(1)) for _ in range(twins))
            )
            assert {answer.status for answer in answers} == {201}
            assert len({answer.body for answer in answers}) == 1
            other = await insist(path, token, key, wish(2))
            assert (other.status, other.code) == (422, "idempotency.key-reused")
            again = await insist(path, token, key, wish(1))
            assert again.body == answers[0].body
        made.append(again.json["order_id"])

    async def kill_orders() -> None:
        shop.kill("orders")
        await shop.revive()

    try:
        async with asyncio.TaskGroup() as group:
            for number in range(keys):
                group.create_task(one(number))
            group.create_task(killed(lambda: len(made) / keys, kill_orders))
    finally:
        door.close()
    found = orders_of(shop, sku)
    assert len(found) == len(set(made)) == keys
    assert {order["_id"] for order in found} == set(made)
    assert {line["quantity"] for order in found for line in order["placed"]["lines"]} == {1}
    await nothing_is_stuck(shop)


BOOTH = "/booths/twins/sales"

"""Trouble: processes die, Kafka goes away, events come twice and out of order, strangers write."""

import asyncio
import random
from collections import Counter
from typing import Any

import httpx
import pytest

from tests.support.carried import everything_is_on_kafka, header
from tests.support.eventually import eventually
from tests.support.house import House, Shopper, speaking

pytestmark = [pytest.mark.trouble, pytest.mark.timeout(300)]


async def shop(house: House, sku: str, buyers: int, *, pace: float = 0.0) -> list[str]:
    """So many buyers want one unit each, every fifth never pays; the orders they were given."""
    async with httpx.AsyncClient(timeout=20) as http:

        async def one(n: int) -> str | None:
            await asyncio.sleep(pace * n)
            shopper = Shopper(house, f"buyer-{sku}-{n}", http)
            return await shopper.buy(sku, pays=n % 5 != 0)

        answers = await asyncio.gather(*(one(n) for n in range(buyers)))
    return [order for order in answers if order]


async def books_balance(house: House, sku: str, intake: int, orders: list[str]) -> None:
    """Nothing sold twice, nobody left waiting, money adds up, every fact on Kafka, in order."""
    await eventually(house.settled, within=60)
    pool = await house.pool(sku)
    with house.databases() as databases:
        found = list(databases["orders"]["orders"].find({"placed.lines.sku": sku}))
    by_status = Counter(order["status"] for order in found)
    assert {order["_id"] for order in found} == set(orders)
    assert len({order["placed"]["buyer_id"] for order in found}) == len(found)
    assert (pool["free"] + pool["sold"], pool["held"], pool["allocated"]) == (intake, 0, 0)
    assert pool["sold"] == by_status["confirmed"]
    assert by_status["placed"] == 0
    async with httpx.AsyncClient() as http:
        ledger = (await http.get(f"{house.told['sandbox']['payments']}/ledger")).json()
    with house.databases() as databases:
        captured, refunded = (
            sum(
                money["amount"]["amount"]
                for order in databases["orders"]["orders"].find({f"{kind}.status": status})
                for money in order[kind]
                if money["status"] == status and money["id"] != "cash"
            )
            for kind, status in (("payments", "captured"), ("refunds", "paid"))
        )
    assert ledger["captured"].get("MOP", 0) == captured
    assert ledger["refunded"].get("MOP", 0) == refunded
    await everything_is_on_kafka(house)


async def test_each_service_is_killed_in_turn_and_nothing_is_lost_or_doubled(
    house: House,
) -> None:
    sku = await house.stock(60)

    async def kill_them() -> None:
        for service in ("orders", "notify", "orders", "catalog", "livestream", "orders"):
            await asyncio.sleep(random.uniform(0.5, 1.5))
            house.kill(service)
            await house.revive()

    orders, _ = await asyncio.gather(shop(house, sku, 100, pace=0.1), kill_them())
    assert len(house.killed) == 6
    await books_balance(house, sku, 60, orders)


async def test_kafka_is_away_for_half_a_minute_and_orders_are_taken_all_the_same(
    house: House,
) -> None:
    sku = await house.stock(40)
    with house.frozen("kafka"):
        orders = await shop(house, sku, 30, pace=1.0)
        assert len(orders) == 30
    await books_balance(house, sku, 40, orders)


def picture(house: House) -> dict[str, Any]:
    """All states of all services, without the machinery's own."""
    machinery = {"journal", "lanes", "relay"}
    with house.databases() as databases:
        return {
            f"{service}.{name}": {
                str(document.pop("_id")): document for document in database[name].find()
            }
            for service, database in databases.items()
            for name in database.list_collection_names()
            if name not in machinery
        }


async def unheard(house: House) -> int:
    """How many records the four services have not heard yet, by their own metrics' truth."""
    from aiokafka.admin import AIOKafkaAdminClient

    admin = AIOKafkaAdminClient(bootstrap_servers=house.kafka)
    await admin.start()
    try:
        from aiokafka import AIOKafkaConsumer

        consumer = AIOKafkaConsumer(bootstrap_servers=house.kafka)
        await consumer.start()
        try:
            left = 0
            for group in ("catalog", "orders", "livestream", "notify"):
                offsets = await admin.list_consumer_group_offsets(group)
                ends = await consumer.end_offsets(list(offsets))
                left += sum(ends[place] - offsets[place].offset for place in offsets)
            return left
        finally:
            await consumer.stop()
    finally:
        await admin.close()


async def all_heard(house: House) -> bool:
    return await unheard(house) == 0


async def test_every_event_again_three_times_and_shuffled_changes_nothing(house: House) -> None:
    sku = await house.stock(20)
    await books_balance(house, sku, 20, await shop(house, sku, 25))
    await eventually(lambda: all_heard(house), within=60)
    before = picture(house)
    again = [record for record in await house.records() if header(record, "ce_id")] * 3
    random.shuffle(again)
    async with speaking(house.kafka) as producer:
        for start in range(0, len(again), 500):
            sent = [
                await producer.send(
                    record.topic,
                    record.value,
                    key=record.key,
                    partition=record.partition,
                    headers=list(record.headers),
                )
                for record in again[start : start + 500]
            ]
            await asyncio.gather(*sent)
    await eventually(lambda: all_heard(house), within=120)
    await eventually(house.settled, within=60)
    assert picture(house) == before


async def test_what_strangers_write_stops_nobody(house: House) -> None:
    await house.stock(1)
    topics = {record.topic for record in await house.records()}
    assert topics
    junk: list[tuple[bytes, list[tuple[str, Any]]]] = [
        (b"\xff\xfe not json", [("ce_id", b"x"), ("ce_type", b"feira.orders.order.placed")]),
        (b"{}", [("ce_id", b"y"), ("ce_type", b"feira.orders.order.confirmed")]),
        (b"{}", [("ce_id", b"z"), ("ce_type", b"somebody.elses.type")]),
        (b"{}", [("ce_type", b"\xff\xff"), ("reply_to", b"feira.orders.order.v1")]),
        (b"", []),
    ]
    async with speaking(house.kafka) as producer:
        for topic in topics:
            for partition in range(6):
                for value, headers in junk:
                    await producer.send_and_wait(
                        topic, value, partition=partition, key=b"k", headers=headers
                    )
    sku = await house.stock(10)
    await books_balance(house, sku, 10, await shop(house, sku, 12))
    await eventually(lambda: all_heard(house), within=60)
    dead = [record for record in await house.records() if ".dead." in record.topic]
    assert {header(record, "feira-topic") for record in dead} <= topics
    assert dead

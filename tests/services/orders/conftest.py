"""Orders alone, on real Kafka, MongoDB, issuer and payment provider."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from aiokafka import AIOKafkaProducer
from pymongo import MongoClient
from pymongo.database import Database

from services.orders.app import assemble
from services.orders.settings import OrdersSettings
from shared.events.base import Event, instant
from shared.events.catalog import ListingState, Offer, StockDelivered
from shared.events.ids import Channel, new_id
from shared.events.money import Money
from tests.support.eventually import eventually
from tests.support.serving import Client, free_port, serving, settings_for

FESTIVAL = "fair-2026"


@dataclass
class Orders:
    """The service, those who use it, and what it is told."""

    url: str
    token: Callable[..., str]
    producer: AIOKafkaProducer
    provider: str
    kept: Database[dict[str, Any]]
    clients: list[Client]

    def client(self, role: str, subject: str = "", **claims: Any) -> Client:
        client = Client(
            self.url, self.token(role, subject or f"{role}-{uuid4().hex[:8]}", **claims)
        )
        self.clients.append(client)
        return client

    async def hears(self, event: Event, *, times: int = 1, id: str = "") -> None:
        """Another service says *event* on Kafka."""
        headers = [
            ("ce_specversion", b"1.0"),
            ("ce_id", (id or new_id()).encode()),
            ("ce_source", b"/feira/test/0"),
            ("ce_type", event.type.encode()),
            ("ce_time", instant(datetime.now(UTC)).encode()),
        ]
        for _ in range(times):
            await self.producer.send_and_wait(
                event.topic, event.write(), key=event.key.encode(), headers=headers
            )

    async def stocks(
        self, units: int, *, price: int = 4800, channel: Channel = "online", merchant: str = "m01"
    ) -> str:
        """A new SKU with *units* in the pool, listed in a channel."""
        sku = f"sku-{uuid4().hex[:8]}"
        await self.hears(
            StockDelivered(sku=sku, intake_id=new_id(), merchant_id=merchant, units=units)
        )
        for where in {channel, "booth"}:
            await self.lists(sku, price, where, merchant)
        await eventually(lambda: self.kept["stock"].find_one({"_id": sku, "free": units}))
        return sku

    async def lists(self, sku: str, price: int, channel: Any, merchant: str = "m01") -> None:
        now = datetime.now(UTC)
        offer = Offer(
            festival_id=FESTIVAL,
            sku=sku,
            merchant_id=merchant,
            channel=channel,
            price=Money(amount=price, currency="MOP"),
            valid_from=now - timedelta(hours=1),
            valid_until=now + timedelta(hours=1),
        )
        listing, shelf = f"{sku}-{channel}", f"{FESTIVAL}:{sku}:{channel}"
        await self.hears(ListingState(listing_id=listing, offer=offer))
        await eventually(lambda: self.kept["shelves"].find_one({"_id": shelf}))

    async def pool(self, sku: str) -> tuple[int, int, int, int]:
        """free, allocated, held, sold."""
        stock = (await self.client("operator").get(f"/stock/{sku}")).json()
        return stock["free"], stock["allocated"], stock["held"], stock["sold"]

    async def pays(self, payment_id: str, **how: Any) -> httpx.Response:
        """The buyer pays with the provider's app."""
        async with httpx.AsyncClient() as app:
            return await app.post(f"{self.provider}/payments/{payment_id}/pay", json=how)


def wish(sku: str, quantity: int = 1, **more: Any) -> dict[str, Any]:
    return {"festival_id": FESTIVAL, "lines": [{"sku": sku, "quantity": quantity}], **more}


@asynccontextmanager
async def opened(
    stack: dict[str, Any], token: Callable[..., str], hold_seconds: int
) -> AsyncIterator[Orders]:
    settings = settings_for(
        OrdersSettings,
        stack["env"],
        database=f"orders_{uuid4().hex[:8]}",
        payments=stack["sandbox"]["payments"],
        hold_seconds=hold_seconds,
        url="",
        port=free_port(),
    )
    clients: list[Client] = []
    async with AIOKafkaProducer(bootstrap_servers=stack["kafka"]["url"], acks="all") as producer:
        with MongoClient[dict[str, Any]](stack["mongo"]["url"]) as mongo:
            async with serving(assemble(settings)) as url:
                kept = mongo[settings.database]
                yield Orders(url, token, producer, settings.payments, kept, clients)
        for client in clients:
            await client.close()


@pytest.fixture(scope="module")
async def orders(stack: dict[str, Any], token: Callable[..., str]) -> AsyncIterator[Orders]:
    """Orders with all the time in the world."""
    async with opened(stack, token, hold_seconds=600) as orders:
        yield orders


@pytest.fixture(scope="module")
async def hasty(stack: dict[str, Any], token: Callable[..., str]) -> AsyncIterator[Orders]:
    """Orders that hold units for three seconds."""
    async with opened(stack, token, hold_seconds=3) as orders:
        yield orders

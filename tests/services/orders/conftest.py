"""Orders alone, on real Kafka, MongoDB, issuer and payment provider."""

import hashlib
import hmac
from base64 import b64encode
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import orjson
import pytest
from aiokafka import AIOKafkaProducer
from pymongo import MongoClient
from pymongo.database import Database

from services.orders.app import assemble
from services.orders.pool import shelf as shelves
from services.orders.settings import OrdersSettings
from shared.events.base import Event, instant
from shared.events.catalog import ListingState, Offer, StockDelivered
from shared.events.ids import Channel, new_id
from shared.events.livestream import DealRequested, DealShown, SessionState
from shared.events.money import Money
from shared.events.text import Text
from tests.support.eventually import eventually
from tests.support.serving import Client, free_port, serving, settings_for

FESTIVAL = "fair-2026"
VAULT = {
    "vault_keys": f"test:{b64encode(bytes(range(32))).decode()}",
    "vault_index_key": b64encode(bytes(range(32, 64))).decode(),
}
TITLES = Text.model_validate(dict.fromkeys(("pt", "zh-Hant", "zh-Hans", "en"), "Tarts"))


@dataclass
class Orders:
    """The service, those who use it, and what it is told."""

    url: str
    token: Callable[..., str]
    producer: AIOKafkaProducer
    provider: str
    key: str
    secret: str
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

    async def lists(
        self,
        sku: str,
        price: int,
        channel: Any,
        merchant: str = "m01",
        per_buyer: int | None = None,
    ) -> None:
        now = datetime.now(UTC)
        offer = Offer(
            festival_id=FESTIVAL,
            sku=sku,
            merchant_id=merchant,
            channel=channel,
            price=Money(amount=price, currency="MOP"),
            valid_from=now - timedelta(hours=1),
            valid_until=now + timedelta(hours=1),
            max_per_buyer=per_buyer,
        )
        listing = f"{sku}-{channel}"
        await self.hears(ListingState(listing_id=listing, offer=offer))
        shelf = shelves.name(FESTIVAL, sku, channel)
        known = {"_id": shelf, f"offers.{listing}.max_per_buyer": per_buyer}
        await eventually(lambda: self.kept["shelves"].find_one(known))

    async def room(self, status: Any = "live", *, host: str = "host-mei", id: str = "") -> str:
        """A session as livestream tells of it; another status of one it told of before."""
        session_id, now = id or new_id(), datetime.now(UTC)
        before = self.kept["sessions"].find_one({"_id": session_id}) or {"revision": 0}
        told = SessionState(
            session_id=session_id,
            revision=before["revision"] + 1,
            festival_id=FESTIVAL,
            titles=TITLES,
            host_id=host,
            host_type="human",
            status=status,
            starts_at=now,
            ends_at=now + timedelta(hours=2),
            skus=(),
            pin_sequence=0,
        )
        await self.hears(told)
        known = {"_id": session_id, "status": status}
        await eventually(lambda: self.kept["sessions"].find_one(known))
        return session_id

    async def deal(
        self, sku: str, session_id: str, *, units: int, per_buyer: int = 2, shown: bool = True
    ) -> str:
        """A deal of a room, funded, and shown for a minute."""
        deal_id, now, price = new_id(), datetime.now(UTC), Money(amount=4000, currency="MOP")
        named: dict[str, Any] = {"deal_id": deal_id, "session_id": session_id, "sku": sku}
        terms: dict[str, Any] = {"units": units, "price": price, "per_buyer": per_buyer}
        asked = DealRequested(**named, **terms, festival_id=FESTIVAL, seconds=60)
        await self.hears(asked, times=3)
        if shown:
            await self.hears(
                DealShown(**named, **terms, starts_at=now, ends_at=now + timedelta(minutes=1))
            )
        status = "shown" if shown else "funded"
        await eventually(lambda: self.kept["deals"].find_one({"_id": deal_id, "status": status}))
        return deal_id

    async def pool(self, sku: str) -> tuple[int, int, int, int]:
        """free, allocated, held, sold: waiting to leave, or gone to their buyers."""
        stock = await self.places(sku)
        sold = stock["sold"] + stock["shipped"]
        return stock["free"], stock["allocated"], stock["held"], sold

    async def places(self, sku: str) -> dict[str, int]:
        """How many units of *sku* are where."""
        return (await self.client("operator").get(f"/stock/{sku}")).json()

    async def order(self, order_id: str) -> dict[str, Any]:
        """An order as the house sees it."""
        return (await self.client("operator").get(f"/orders/{order_id}")).json()

    async def pays(self, payment_id: str, **how: Any) -> httpx.Response:
        """The buyer pays with the provider's app."""
        async with httpx.AsyncClient() as app:
            return await app.post(f"{self.provider}/payments/{payment_id}/pay", json=how)

    async def is_told(self, told: dict[str, Any], nonce: str = "") -> httpx.Response:
        """The provider calls back, as its signature says."""
        body, stamp = orjson.dumps(told), str(int(datetime.now(UTC).timestamp()))
        nonce = nonce or uuid4().hex
        signed = f"{stamp}.{nonce}.".encode() + body
        headers = {
            "x-sandbox-timestamp": stamp,
            "x-sandbox-nonce": nonce,
            "x-sandbox-signature": hmac.new(
                self.secret.encode(), signed, hashlib.sha256
            ).hexdigest(),
        }
        async with httpx.AsyncClient() as provider:
            path = f"{self.url}/payments/callbacks/sandbox"
            return await provider.post(path, content=body, headers=headers)


def wish(sku: str, quantity: int = 1, **more: Any) -> dict[str, Any]:
    return {"festival_id": FESTIVAL, "lines": [{"sku": sku, "quantity": quantity}], **more}


@asynccontextmanager
async def opened(
    stack: dict[str, Any], token: Callable[..., str], hold_seconds: int, **told: Any
) -> AsyncIterator[Orders]:
    settings = settings_for(
        OrdersSettings,
        stack["env"],
        **{
            "database": f"orders_{uuid4().hex[:8]}",
            "payments": stack["sandbox"]["payments"],
            "customs": stack["sandbox"]["customs"],
            "carrier": stack["sandbox"]["carrier"],
            "hold_seconds": hold_seconds,
            "url": "",
            "port": free_port(),
        }
        | VAULT
        | told,
    )
    clients: list[Client] = []
    async with AIOKafkaProducer(bootstrap_servers=stack["kafka"]["url"], acks="all") as producer:
        with MongoClient[dict[str, Any]](stack["mongo"]["url"]) as mongo:
            async with serving(assemble(settings)) as url:
                kept = mongo[settings.database]
                key, secret = settings.payments_key, settings.payments_secret
                secrets = key.get_secret_value(), secret.get_secret_value()
                yield Orders(url, token, producer, settings.payments, *secrets, kept, clients)
        for client in clients:
            await client.close()


@pytest.fixture(scope="module")
async def orders(stack: dict[str, Any], token: Callable[..., str]) -> AsyncIterator[Orders]:
    """Orders with all the time in the world."""
    async with opened(stack, token, hold_seconds=600) as orders:
        yield orders


@pytest.fixture(scope="module")
async def hasty(stack: dict[str, Any], token: Callable[..., str]) -> AsyncIterator[Orders]:
    """Orders that hold units for three seconds, in two orders of one buyer at most."""
    async with opened(stack, token, hold_seconds=3, max_open=2) as orders:
        yield orders

"""Catalog alone, on real Kafka, MongoDB and issuer."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaProducer

from services.catalog.app import assemble
from services.catalog.settings import CatalogSettings
from shared.events.base import Event, instant
from shared.events.ids import new_id
from shared.events.partition import partition_of
from tests.support.serving import Client, serving, settings_for

NOON = datetime(2025, 5, 24, 4, tzinfo=UTC)
"""Noon of the first day in Beijing."""


def text(said: str) -> dict[str, str]:
    return dict.fromkeys(("pt", "zh-Hant", "zh-Hans", "en"), said)


def particulars(merchant_id: str = "m01", **other: Any) -> dict[str, Any]:
    return {
        "merchant_id": merchant_id,
        "names": text("Egg tart"),
        "category": "bakery",
        "gtin": "2900010000015",
        "hs_code": "190590",
        "origin": "MO",
        "net_content": "300 g",
        "weight_g": 420,
        "flags": [],
        **other,
    }


def profile(merchant_id: str = "m01", **other: Any) -> dict[str, Any]:
    return {
        "names": text(merchant_id),
        "category": "bakery",
        "country": "MO",
        "address": "1 Demonstration Street, Macao",
        "contact": "+853 0000 0000",
        **other,
    }


def plan(**other: Any) -> dict[str, Any]:
    days = {"starts_on": "2025-05-24", "ends_on": "2025-06-30", "timezone": "Asia/Shanghai"}
    return {"titles": text("Festival"), **days, **other}


def item(kind: str, days: int = 0) -> dict[str, Any]:
    begins = NOON + timedelta(days=days)
    return {
        "kind": kind,
        "titles": text(kind),
        "starts_at": begins.isoformat(),
        "ends_at": (begins + timedelta(hours=1)).isoformat(),
    }


def terms(festival: str, sku: str, hours: tuple[int, int] = (0, 1), **other: Any) -> dict[str, Any]:
    begins, ends = (NOON + timedelta(hours=hour) for hour in hours)
    return {
        "festival_id": festival,
        "sku": sku,
        "channel": "booth",
        "price": {"amount": 4800, "currency": "MOP"},
        "valid_from": begins.isoformat(),
        "valid_until": ends.isoformat(),
        **other,
    }


@dataclass
class Catalog:
    """The service, those who use it, and what it is told."""

    url: str
    kafka: str
    token: Callable[..., str]
    producer: AIOKafkaProducer
    clients: dict[str, Client] = field(default_factory=dict)

    def client(self, role: str = "organiser", **claims: Any) -> Client:
        """Somebody with a role; "" is nobody known."""
        name = f"{role}-{'-'.join(map(str, claims.values()))}"
        if name not in self.clients:
            token = self.token(role, name, **claims) if role else ""
            self.clients[name] = Client(self.url, token)
        return self.clients[name]

    def merchant(self, merchant_id: str = "m01") -> Client:
        return self.client("merchant", merchant_id=merchant_id)

    async def has(self, path: str, wish: dict[str, Any]) -> dict[str, Any]:
        """The organiser puts something there."""
        answer = await self.client().put(path, wish)
        assert answer.is_success, answer.text
        return answer.json()

    async def has_merchants(self, *merchants: str) -> None:
        for merchant_id in merchants or ("m01",):
            await self.has(f"/merchants/{merchant_id}", profile(merchant_id))

    async def has_product(self, merchant_id: str = "m01", **other: Any) -> str:
        """A product nobody has spoken of before."""
        await self.has_merchants(merchant_id)
        sku = new_name("sku")
        await self.has(f"/products/{sku}", particulars(merchant_id, **other))
        return sku

    async def has_festival(self) -> str:
        """A festival nobody has spoken of before."""
        festival = new_name("festival")
        await self.has(f"/festivals/{festival}", plan())
        return festival

    async def has_zone(self, festival: str, capacity: int = 60) -> str:
        zone = new_name("zone")
        layout = {
            "titles": text("Zone"),
            "opens_at": NOON.isoformat(),
            "closes_at": (NOON + timedelta(hours=8)).isoformat(),
            "capacity": capacity,
        }
        await self.has(f"/festivals/{festival}/zones/{zone}", layout)
        return zone

    async def hears(self, event: Event, *, at: datetime = NOON, id: str = "") -> None:
        """Another service says *event* on Kafka."""
        headers = [
            ("ce_specversion", b"1.0"),
            ("ce_id", (id or new_id()).encode()),
            ("ce_source", b"/feira/test/0"),
            ("ce_type", event.type.encode()),
            ("ce_time", instant(at).encode()),
        ]
        await self.producer.send_and_wait(
            event.topic,
            event.write(),
            key=event.key.encode(),
            partition=partition_of(event.key),
            headers=headers,
        )


def new_name(noun: str) -> str:
    return f"{noun}-{uuid4().hex[:8]}"


@pytest.fixture(scope="module")
async def catalog(
    stack: dict[str, Any], token: Callable[..., str], kafka: str, mongo_url: str
) -> AsyncIterator[Catalog]:
    database = f"catalog_{uuid4().hex[:8]}"
    settings = settings_for(CatalogSettings, stack["env"], database=database)
    producer = AIOKafkaProducer(bootstrap_servers=kafka, acks="all")
    await producer.start()
    async with serving(assemble(settings)) as url:
        found = Catalog(url, kafka, token, producer)
        yield found
    for client in found.clients.values():
        await client.close()
    await producer.stop()

"""A whole festival's house on a private stack: services as processes, to be killed and revived."""

import asyncio
import os
import signal
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from aiokafka import AIOKafkaProducer
from pymongo import MongoClient

from deploy import SERVICES
from deploy.local.issuer import Issuer
from deploy.local.stack import Stack
from services.orders.pool import shelf
from shared.events.base import Event
from shared.events.catalog import ListingState, Offer, StockDelivered
from shared.events.ids import new_id
from shared.events.livestream import SessionState
from shared.events.money import Money
from shared.events.text import Text
from tests.support.eventually import eventually
from tests.support.reading import Record, every_record

FESTIVAL = "trouble-fair"
CHANNELS = ("online", "live", "booth")
TITLES = Text.model_validate(dict.fromkeys(("pt", "zh-Hant", "zh-Hans", "en"), "Tarts"))
AWAY = (httpx.TransportError, OSError)


@dataclass
class House:
    """Where everything is, who may enter, and how to make trouble."""

    stack: Stack
    told: dict[str, Any]
    token: Callable[..., str]
    only: str = ""
    killed: list[str] = field(default_factory=list)

    @property
    def kafka(self) -> str:
        return self.told["kafka"]["url"]

    def url(self, service: str) -> str:
        return self.told["services"][service]["url"]

    def kill(self, service: str) -> None:
        """Kill a service as a machine that loses its power would."""
        os.kill(self.told["services"][service]["pid"], signal.SIGKILL)
        self.killed.append(service)

    async def begin_anew(self) -> None:
        """Forget all that ever happened here, and have all services up."""
        await asyncio.to_thread(self.stack.reset)
        self.only = ""
        await self.revive()

    async def revive(self) -> None:
        """Start again whatever is dead."""
        self.told = await asyncio.to_thread(self.stack.up, self.only)

    @contextmanager
    def frozen(self, part: str) -> Generator[None]:
        """Nothing of *part* moves until the block ends."""
        pid = self.told[part]["pid"]
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    @contextmanager
    def databases(self) -> Generator[dict[str, Any]]:
        """Each service's database, for looking at alone."""
        with MongoClient[dict[str, Any]](self.told["mongo"]["url"], tz_aware=True) as client:
            yield {name: client[name] for name in SERVICES}

    # What catalog would say, for tests that are not about catalog ---------------------------------

    async def stock(self, units: int) -> str:
        """A new SKU with so many units, listed online, in live rooms and at the booth."""
        sku = f"sku-{new_id()[-10:]}"
        now = datetime.now(UTC)
        said: list[Event] = [
            StockDelivered(sku=sku, intake_id=new_id(), merchant_id="m01", units=units)
        ]
        for channel in CHANNELS:
            offer = Offer(
                festival_id=FESTIVAL,
                sku=sku,
                merchant_id="m01",
                channel=channel,
                price=Money(amount=1000, currency="MOP"),
                valid_from=now - timedelta(hours=1),
                valid_until=now + timedelta(hours=9),
            )
            said.append(ListingState(listing_id=f"{sku}-{channel}", offer=offer))
        await self.hears(*said)
        await eventually(lambda: self.sells(sku), within=30)
        return sku

    async def room(self) -> str:
        """A session that is live."""
        session_id, now = new_id(), datetime.now(UTC)
        await self.hears(
            SessionState(
                session_id=session_id,
                revision=1,
                festival_id=FESTIVAL,
                titles=TITLES,
                host_id="host-mei",
                host_type="human",
                status="live",
                starts_at=now,
                ends_at=now + timedelta(hours=2),
                skus=(),
                pin_sequence=0,
            )
        )

        def known() -> bool:
            with self.databases() as databases:
                return bool(databases["orders"]["sessions"].count_documents({"_id": session_id}))

        await eventually(known)
        return session_id

    async def hears(self, *said: Event) -> None:
        """Another service says something."""
        async with speaking(self.kafka) as producer:
            for event in said:
                headers = [("ce_id", new_id().encode()), ("ce_type", event.type.encode())]
                await producer.send_and_wait(
                    event.topic, event.write(), key=event.key.encode(), headers=headers
                )

    def sells(self, sku: str) -> bool:
        """Whether orders has heard of the units of *sku* and of all its prices."""
        with self.databases() as databases:
            kept = databases["orders"]
            shelves = [shelf.name(FESTIVAL, sku, channel) for channel in CHANNELS]
            return bool(
                kept["stock"].count_documents({"_id": sku})
                and kept["shelves"].count_documents({"_id": {"$in": shelves}}) == len(shelves)
            )

    async def pool(self, sku: str) -> dict[str, int]:
        """How the pool of *sku* stands; empty if it is not there."""
        with self.databases() as databases:
            return databases["orders"]["stock"].find_one({"_id": sku}) or {}

    async def settled(self) -> bool:
        """Whether no order waits for anything, and all that was decided is on Kafka."""
        with self.databases() as databases:
            waits = {"$or": [{"status": "placed"}, {"refunds.status": "due"}]}
            if databases["orders"]["orders"].count_documents(waits):
                return False
            for database in databases.values():
                lane, relay = database["lanes"].find_one(), database["relay"].find_one()
                if lane and (relay is None or relay["turn"] != lane["turn"]):
                    return False
        return True

    async def records(self) -> list[Record]:
        """Everything on the topics of the four services."""
        return [record async for record in every_record(self.kafka)]


@asynccontextmanager
async def speaking(kafka: str) -> AsyncGenerator[AIOKafkaProducer]:
    producer = AIOKafkaProducer(bootstrap_servers=kafka, acks="all", linger_ms=5)
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()


@contextmanager
def standing(home: Path, only: str = "") -> Generator[House]:
    """A house with all services up, or *only* some; gone when the block ends."""
    stack = Stack(home)
    try:
        told = stack.up(only)
        yield House(stack, told, Issuer.load(home, told["issuer"]["url"]).token, only)
    finally:
        stack.down()


class Shopper:
    """A buyer who does not give up: asks again, under the same key, until there is an answer."""

    def __init__(self, house: House, name: str, http: httpx.AsyncClient) -> None:
        self._house, self.name, self._http = house, name, http
        self._headers = {"Authorization": f"Bearer {house.token('buyer', name)}"}

    async def insist(self, method: str, path: str, json: object = None) -> httpx.Response:
        key = new_id()
        while True:
            try:
                answer = await self._http.request(
                    method,
                    self._house.url("orders") + path,
                    json=json,
                    headers={**self._headers, "Idempotency-Key": key},
                )
            except AWAY:
                await asyncio.sleep(0.1)
                continue
            if answer.status_code != 503:
                return answer
            await asyncio.sleep(0.1)

    async def order(self, sku: str, room: str | None = None) -> str | None:
        """Order one unit, in a *room* or online; the order's id, or None if it was sold out."""
        lines = [{"sku": sku, "quantity": 1}]
        wish = {"festival_id": FESTIVAL, "lines": lines, "session_id": room}
        placed = await self.insist("POST", "/orders", wish)
        if placed.status_code == 409:
            return None
        assert placed.status_code == 201, placed.text
        return placed.json()["order_id"]

    async def begin(self, order_id: str | None) -> str | None:
        """Begin to pay; where to, or None if it is too late."""
        begun = await self.insist("POST", f"/orders/{order_id}/payments")
        return begun.json()["pay_url"] if begun.status_code == 201 else None

    async def pay(self, url: str) -> None:
        """Pay; the provider tells of it twice."""
        await self._http.post(url, json={"outcome": "succeed", "callbacks": 2})

    async def buy(self, sku: str, *, pays: bool = True) -> str | None:
        """Order one unit and pay for it; the order's id, or None if it was sold out."""
        order_id = await self.order(sku)
        if order_id and pays and (url := await self.begin(order_id)):
            await self.pay(url)
        return order_id

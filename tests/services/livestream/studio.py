"""A studio for tests: livestream at its doors, the bus beside it, people with tokens, viewers."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import httpx
from aiokafka import AIOKafkaProducer

from services.livestream.figures.meter import Meter
from services.livestream.room.hall import Hall
from shared.events.base import Event
from shared.events.catalog import (
    Description,
    ListingState,
    MerchantRegistered,
    MerchantVerified,
    Offer,
    ProductState,
)
from shared.events.ids import new_id
from shared.events.money import Money
from shared.events.orders import DealFunded, DealState, Line, OrderConfirmed, StockState
from shared.events.text import Text
from tests.support.bus import say
from tests.support.eventually import eventually
from tests.support.serving import Client

FESTIVAL = "beijing-2025"
BISCUITS, TARTS = "FEI-BAK-001", "FEI-BAK-005"
MORNING = datetime.now(UTC).replace(microsecond=0)
TITLES = {
    "pt": "Manhã de bolachas e doces",
    "zh-Hant": "餅食甜點早場",
    "zh-Hans": "饼食甜点早场",
    "en": "Morning of cookies and sweets",
}


SOON = (MORNING - timedelta(seconds=30)).isoformat()
VOUCHED = {
    "verified_until": "2099-12-31",
    "born_on": "1990-05-24",
    "licences": [{"kind": "food", "until": "2099-12-31"}],
}
PRICES = {BISCUITS: 4800, TARTS: 7000}


def mop(amount: int) -> dict[str, Any]:
    return {"amount": amount, "currency": "MOP"}


def plan(host_id: str, **changes: Any) -> dict[str, Any]:
    slots = [
        {
            "position": n,
            "sku": sku,
            "role": role,
            "price": mop(price),
            "units": units,
            "per_buyer": 2,
            "seconds": 180,
        }
        for n, (sku, role, price, units) in enumerate(
            [(BISCUITS, "traffic", 4800, 100), (TARTS, "benefit", 7000, 60)], 1
        )
    ]
    return {
        "festival_id": FESTIVAL,
        "titles": TITLES,
        "host_id": host_id,
        "starts_at": MORNING.isoformat(),
        "ends_at": (MORNING + timedelta(hours=2)).isoformat(),
        "slots": slots,
    } | changes


class Message(NamedTuple):
    """One event of a stream."""

    event: str
    id: str
    data: Any


class Watcher:
    """A viewer who reads everything."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self.messages: list[Message] = []
        self.comments: list[str] = []
        self.retry = 0
        self.ended = False

    async def read(self) -> None:
        fields: dict[str, str] = {}
        async for line in self.answer.aiter_lines():
            name, _, value = line.partition(": ")
            if line.startswith(":"):
                self.comments.append(line)
            elif name == "retry":
                self.retry = int(value)
            elif line:
                fields[name] = value
            elif fields:
                data = json.loads(fields["data"])
                self.messages.append(Message(fields["event"], fields["id"], data))
                fields = {}
        self.ended = True

    async def sees(
        self, event: str, which: Callable[[Any], bool] = lambda _: True, *, within: float = 10
    ) -> Message:
        """Wait for a message."""

        def find() -> Message | None:
            found = [m for m in self.messages if m.event == event and which(m.data)]
            return found[0] if found else None

        try:
            return await eventually(find, within=within)  # type: ignore[return-value]
        except TimeoutError:
            raise AssertionError(f"no such {event} among {self.messages}") from None

    @property
    def names(self) -> list[str]:
        return [message.event for message in self.messages]

    @property
    def last_id(self) -> str:
        return self.messages[-1].id


@asynccontextmanager
async def watching(
    url: str, session_id: str, *, last_id: str = "", query: bool = False
) -> AsyncGenerator[Watcher]:
    headers = {"Last-Event-ID": last_id} if last_id and not query else {}
    params = {"last_event_id": last_id} if last_id and query else {}
    async with (
        httpx.AsyncClient(base_url=url, timeout=httpx.Timeout(10, read=60)) as client,
        client.stream(
            "GET", f"/rooms/{session_id}/stream", headers=headers, params=params
        ) as answer,
    ):
        watcher = Watcher(answer)
        reading = asyncio.create_task(watcher.read())
        try:
            yield watcher
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)


class Studio:
    """Livestream served at *url*, and everybody who comes to its doors."""

    meter: Meter

    def __init__(
        self, url: str, token: Callable[..., str], bus: AIOKafkaProducer, kafka: str, hall: Hall
    ) -> None:
        self.url, self.bus, self.kafka, self.hall = url, bus, kafka, hall
        self.host = Client(url, token("host", "host-mei"))
        self.other_host = Client(url, token("host", "host-rui"))
        self.organiser = Client(url, token("organiser", "organiser-ana"))
        self.buyer = Client(url, token("buyer", "buyer-li"))
        self.other_buyer = Client(url, token("buyer", "buyer-wu"))
        self.anybody = Client(url, "")
        self._vouched = False

    async def close(self) -> None:
        buyers = self.buyer, self.other_buyer
        everybody = self.host, self.other_host, self.organiser, *buyers, self.anybody
        for one in everybody:
            await one.close()

    async def scheduled(self, **changes: Any) -> str:
        session_id = new_id()
        done = await self.host.put(f"/sessions/{session_id}", plan("host-mei", **changes))
        assert done.is_success, done.text
        return session_id

    async def approved(self, **changes: Any) -> str:
        """A session that lacks nothing to go live."""
        session_id = await self.scheduled(**changes)
        done = await self.organiser.post(f"/sessions/{session_id}/approval")
        assert done.is_success, done.text
        await self.prepare(session_id)
        return session_id

    async def live(self, **changes: Any) -> str:
        session_id = await self.approved(**changes)
        done = await self.host.post(f"/sessions/{session_id}/start")
        assert done.is_success, done.text
        return session_id

    async def prepare(self, session_id: str) -> None:
        """Do all that the checklist of an approved session asks for."""
        if not self._vouched:
            self._vouched = True
            done = await self.organiser.put("/hosts/host-mei", VOUCHED)
            assert done.is_success, done.text
            await self.says(*stocked())
        at = f"/sessions/{session_id}"
        recording = {"manifest": f"https://media.example/{session_id}.m3u8", "began_at": SOON}
        for who, what, body in (
            (self.host, "recording", recording),
            (self.organiser, "presence", None),
        ):
            done = await who.post(f"{at}/{what}", body)
            assert done.is_success, done.text

        async def ready() -> bool:
            return (await self.host.get(f"{at}/checklist")).json()["ready"]

        await eventually(ready)

    async def deal(self, session_id: str, **wish: Any) -> dict[str, Any]:
        done = await self.host.post(f"/sessions/{session_id}/deals", {"position": 1} | wish)
        assert done.status_code == 201, done.text
        return done.json()

    async def pin(self, session_id: str, sku: str, expected: int) -> httpx.Response:
        wish = {"sku": sku, "expected_sequence": expected}
        return await self.host.put(f"/sessions/{session_id}/pin", wish)

    async def status(self, deal: dict[str, Any]) -> str:
        path = f"/sessions/{deal['session_id']}/deals/{deal['deal_id']}"
        return (await self.host.get(path)).json()["status"]

    async def says(self, *events: Event) -> None:
        """Say something on the bus, as another service."""
        await say(self.bus, events)

    async def fund(self, deal: dict[str, Any]) -> None:
        """Be orders: set the units aside; then wait until livestream knows."""
        await self.says(
            DealFunded(
                deal_id=deal["deal_id"],
                session_id=deal["session_id"],
                sku=deal["sku"],
                festival_id=FESTIVAL,
                units=deal["units"],
                price=Money(**deal["price"]),
                per_buyer=deal["per_buyer"],
            )
        )

        async def funded() -> bool:
            return await self.status(deal) == "funded"

        await eventually(funded)

    async def shown(self, session_id: str, **wish: Any) -> dict[str, Any]:
        deal = await self.deal(session_id, **wish)
        await self.fund(deal)
        path = f"/sessions/{session_id}/deals/{deal['deal_id']}/showing"
        done = await self.host.post(path)
        assert done.is_success, done.text
        return done.json()


def left(deal: dict[str, Any], units: int) -> DealState:
    """What orders tells when so many units of a deal are left."""
    return DealState(
        deal_id=deal["deal_id"],
        session_id=deal["session_id"],
        sku=deal["sku"],
        units=deal["units"],
        left=units,
        taken=deal["units"] - units,
        status="shown",
    )


def described(sku: str, *flags: str) -> ProductState:
    """What catalog tells of a product."""
    said = Description(
        merchant_id="merchant-1",
        names=Text.model_validate(TITLES),
        category="food",
        hs_code="300490",
        origin="MO",
        net_content="1",
        weight_g=1,
        flags=flags,
    )
    return ProductState(sku=sku, product=said)


def free(sku: str, units: int) -> StockState:
    """What orders tells when so many units of a product are free."""
    return StockState(sku=sku, received=units, free=units, allocated=0, held=0, sold=0)


def listed(sku: str, amount: int) -> ListingState:
    """What catalog tells of a product's price in live rooms."""
    offer = Offer(
        festival_id=FESTIVAL,
        sku=sku,
        merchant_id="merchant-1",
        channel="live",
        price=Money(amount=amount, currency="MOP"),
        valid_from=MORNING - timedelta(days=1),
        valid_until=MORNING + timedelta(days=1),
    )
    return ListingState(listing_id=f"live-{sku}", offer=offer)


def stocked() -> list[Event]:
    """What catalog and orders tell before a room sells: whose, at which price, how many."""
    names = Text.model_validate(TITLES)
    merchant = MerchantRegistered(
        merchant_id="merchant-1",
        names=names,
        category="bakery",
        country="MO",
        address="1 Demonstration Street, Macao",
        contact="+853 0000 0000",
    )
    verified = MerchantVerified(
        merchant_id="merchant-1",
        verified_at=MORNING - timedelta(days=1),
        next_verification_at=MORNING + timedelta(days=180),
        by="organiser-ana",
    )
    told: list[Event] = [merchant, verified]
    for sku, amount in PRICES.items():
        told += [described(sku), listed(sku, amount), free(sku, 1_000)]
    return told


def paid(session_id: str, sku: str, quantity: int) -> OrderConfirmed:
    """What orders tells when a buyer of the room has paid."""
    price = Money(amount=4000, currency="MOP")
    line = Line(sku=sku, merchant_id="merchant-1", quantity=quantity, unit_price=price)
    return OrderConfirmed(
        order_id=new_id(),
        festival_id=FESTIVAL,
        buyer_id="buyer-li",
        channel="live",
        lines=(line,),
        total=price * quantity,
        method="provider",
        session_id=session_id,
    )

"""Notify alone, on real Kafka, MongoDB and issuer, with a mail server and receivers of its own."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from ipaddress import ip_network
from typing import Any
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaProducer

from services.notify.app import assemble
from services.notify.settings import NotifySettings
from shared.events.base import Event, instant
from shared.events.catalog import Description, ProductState
from shared.events.ids import Channel, Locale, new_id
from shared.events.money import Money
from shared.events.orders import Line, OrderConfirmed, OrderPlaced
from shared.events.text import Text
from shared.platform.mongo import Mongo
from tests.services.notify.postbox import Letter, Postbox
from tests.services.notify.receiver import Receiver
from tests.support.eventually import eventually
from tests.support.serving import Client, serving, settings_for

PRICE = Money(amount=4800, currency="MOP")


@dataclass
class Notify:
    """The service, those who use it, what it is told, and where its mail ends."""

    url: str
    settings: NotifySettings
    token: Callable[..., str]
    producer: AIOKafkaProducer
    postbox: Postbox
    mongo: Mongo
    clients: list[Client] = field(default_factory=list[Client])

    def client(self, role: str = "buyer", subject: str = "", **claims: Any) -> Client:
        client = Client(self.url, self.token(role, subject or new_name(role), **claims))
        self.clients.append(client)
        return client

    async def hears(self, event: Event, *, times: int = 1) -> str:
        """Another service says *event* on Kafka; returns the event's id."""
        event_id = new_id()
        headers = [
            ("ce_specversion", b"1.0"),
            ("ce_id", event_id.encode()),
            ("ce_source", b"/feira/test/0"),
            ("ce_type", event.type.encode()),
            ("ce_time", instant(datetime.now(UTC)).encode()),
        ]
        for _ in range(times):
            await self.producer.send_and_wait(
                event.topic, event.write(), key=event.key.encode(), headers=headers
            )
        return event_id

    async def knows(self, locale: Locale = "pt", name: str = "") -> tuple[str, str, Client]:
        """Somebody has said how to reach them: their subject, address and client."""
        subject = new_name("buyer")
        client = self.client(subject=subject)
        email = f"{subject}@example.mo"
        wish = {"email": email, "locale": locale, "name": name}
        answer = await client.put("/recipients/me", wish)
        assert answer.status_code == 200, answer.text
        return subject, email, client

    async def confirms(self, buyer: str, **how: Any) -> OrderConfirmed:
        """Orders says that an order of *buyer* is paid."""
        event = confirmed(buyer, **how)
        await self.hears(event)
        return event

    async def mailed(self, email: str, count: int = 1) -> list[Letter]:
        """The letters to *email*, once there are so many."""

        def there() -> list[Letter]:
            found = self.postbox.to(email)
            return found if len(found) >= count else []

        return await eventually(there, within=20)

    async def settled(self) -> None:
        """Wait until all that was said so far has been heard and has had its effect."""
        subject, email, _ = await self.knows()
        await self.confirms(subject)
        await self.mailed(email)

    async def registers(
        self, receiver: Receiver, *types: str, path: str = ""
    ) -> tuple[Client, str, str]:
        """An integrator registers *receiver*: the integrator, the endpoint's id, its secret."""
        owner = self.client("integrator")
        endpoint = new_name("endpoint")
        wish = {"url": receiver.url + path, "types": list(types or (OrderConfirmed.type,))}
        answer = await owner.put(f"/endpoints/{endpoint}", wish)
        assert answer.status_code == 201, answer.text
        return owner, endpoint, answer.json()["secret"]

    async def log(self, owner: Client, endpoint: str) -> list[dict[str, Any]]:
        """What was delivered to an endpoint, or not; the newest first."""
        answer = await owner.get(f"/endpoints/{endpoint}/deliveries")
        assert answer.status_code == 200, answer.text
        return answer.json()["items"]


def new_name(what: str) -> str:
    return f"{what}-{uuid4().hex[:10]}"


def confirmed(buyer: str, sku: str = "tart", channel: Channel = "online") -> OrderConfirmed:
    return OrderConfirmed(
        order_id=new_id(),
        festival_id="fair",
        buyer_id=buyer,
        channel=channel,
        lines=(Line(sku=sku, merchant_id="m01", quantity=2, unit_price=PRICE),),
        total=PRICE * 2,
        method="cash" if channel == "booth" else "provider",
    )


def placed(order: OrderConfirmed) -> OrderPlaced:
    now = datetime.now(UTC)
    return OrderPlaced(
        order_id=order.order_id,
        festival_id=order.festival_id,
        buyer_id=order.buyer_id,
        channel=order.channel,
        lines=order.lines,
        total=order.total,
        placed_at=now,
        hold_until=now,
    )


def product(sku: str, names: Sequence[str]) -> ProductState:
    pt, hant, hans, en = names
    return ProductState(
        sku=sku,
        product=Description(
            merchant_id="m01",
            names=Text(pt=pt, zh_hant=hant, zh_hans=hans, en=en),
            category="food",
            hs_code="1905.90",
            origin="MO",
            net_content="6",
            weight_g=300,
        ),
    )


def settings_of(stack: dict[str, Any], postbox: Postbox, **own: Any) -> NotifySettings:
    """Notify on the test's stack: everything that takes days takes seconds."""
    quick: dict[str, Any] = {
        "database": f"notify_{uuid4().hex[:8]}",
        "smtp": postbox.url,
        "sender": "Feira <feira@festival.example>",
        "mail_retry": 0.2,
        "mail_claim": 6,
        "webhook_insecure": True,
        "webhook_allow": (ip_network("127.0.0.0/8"),),
        "webhook_pauses": (0.2, 0.2, 0.4, 0.4, 0.8, 0.8),
        "webhook_timeout": 1,
    }
    return settings_for(NotifySettings, stack["env"], **{**quick, **own})


@pytest.fixture(scope="module")
async def notify(
    stack: dict[str, Any], token: Callable[..., str], mongo_url: str
) -> AsyncIterator[Notify]:
    producer = AIOKafkaProducer(bootstrap_servers=stack["kafka"]["url"], acks="all")
    await producer.start()
    async with Postbox.open() as postbox:
        settings = settings_of(stack, postbox)
        mongo = Mongo(mongo_url, settings.database)
        async with serving(assemble(settings)) as url:
            world = Notify(url, settings, token, producer, postbox, mongo)
            yield world
            for client in world.clients:
                await client.close()
        await mongo.client.drop_database(settings.database)
        await mongo.stop()
    await producer.stop()


@pytest.fixture
async def receiver(notify: Notify) -> AsyncIterator[Receiver]:
    """Somebody to be told of events, of none that were said before."""
    await notify.settled()
    async with Receiver.listening() as receiver:
        yield receiver

"""Trouble: a replica dies with letters in its hands, two work side by side, nobody's name leaks."""

import asyncio
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from pymongo import MongoClient

from services.notify.app import assemble
from services.notify.settings import NotifySettings
from shared.events.ids import new_id
from shared.events.notify import MessageFailed, MessageQueued, MessageSent
from shared.events.orders import OrderExpired, RefundPaid
from tests.services.notify.conftest import (
    PRICE,
    Notify,
    confirmed,
    new_name,
    placed,
    settings_of,
)
from tests.services.notify.receiver import Receiver
from tests.support.bus import listening
from tests.support.eventually import eventually
from tests.support.serving import serving

ROOT = Path(__file__).parents[3]
CANARY = "canary.o-gaveta+7f3"
NAME = "何Canário-7f3"


@asynccontextmanager
async def process(
    settings: NotifySettings, stack: dict[str, Any]
) -> AsyncGenerator[asyncio.subprocess.Process]:
    """A worker of its own, on the database of *settings*."""
    told = {
        NotifySettings.variable(name): str(getattr(settings, name))
        for name in ("database", "mail_claim", "mail_retry", "sender", "webhook_timeout")
    }
    told |= {
        "FEIRA_NOTIFY_SMTP": settings.smtp.get_secret_value(),
        "FEIRA_NOTIFY_PORT": "0",
        "FEIRA_NOTIFY_WEBHOOK_INSECURE": "true",
        "FEIRA_NOTIFY_WEBHOOK_ALLOW": "127.0.0.0/8, ::1/128",
        "FEIRA_NOTIFY_WEBHOOK_PAUSES": "0.2, 0.4, 0.8",
    }
    names = {NotifySettings.variable(name) for name in NotifySettings.model_fields}
    common = {name: value for name, value in stack["env"].items() if name in names}
    worker = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "services.notify",
        "--role",
        "worker",
        cwd=ROOT,
        env={**os.environ, **common, **told},
        stdout=asyncio.subprocess.DEVNULL,
    )
    try:
        yield worker
    finally:
        if worker.returncode is None:
            worker.kill()
        await worker.wait()


@pytest.mark.trouble
async def test_a_worker_killed_with_a_letter_in_its_hands_sends_it_again_under_the_same_id(
    notify: Notify, stack: dict[str, Any]
) -> None:
    """Its own database, so that nobody but the workers of this test finds the letter."""
    settings = settings_of(stack, notify.postbox, mail_claim=3)
    async with serving(assemble(settings), "api") as url:
        subject = new_name("buyer")
        email = f"{subject}@example.mo"
        token = notify.token("buyer", subject)
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "introduction"}
        async with httpx.AsyncClient(base_url=url, headers=headers) as client:
            wish = {"email": email, "locale": "pt"}
            assert (await client.put("/recipients/me", json=wish)).is_success
            notify.postbox.patience.clear()
            try:
                async with process(settings, stack) as doomed:
                    order = confirmed(subject)
                    await notify.hears(order)

                    def begun() -> bool:
                        return any(letter.to == email for letter in notify.postbox.begun)

                    await eventually(begun, within=30)
                    doomed.send_signal(signal.SIGKILL)
                    await doomed.wait()
            finally:
                notify.postbox.patience.set()
            async with process(settings, stack) as heir:

                def again() -> bool:
                    handed = [letter for letter in notify.postbox.begun if letter.to == email]
                    return len(handed) >= 2

                await eventually(again, within=30)
                first, second = (one for one in notify.postbox.begun if one.to == email)
                assert first.id == second.id
                assert first.raw == second.raw

                async def sent() -> bool:
                    page = (await client.get("/inbox")).json()
                    return [one["mail"] for one in page["items"]] == ["sent"]

                await eventually(sent)
                heir.send_signal(signal.SIGTERM)
                async with asyncio.timeout(20):
                    assert await heir.wait() == 0
    await notify.mongo.client.drop_database(settings.database)


async def test_two_replicas_mail_and_deliver_each_thing_once(
    notify: Notify, receiver: Receiver
) -> None:
    buyer, email, _ = await notify.knows()
    _, endpoint, _ = await notify.registers(receiver)
    async with serving(assemble(notify.settings), "worker"):
        orders = [confirmed(buyer) for _ in range(150)]
        events = await asyncio.gather(*map(notify.hears, orders))
        await notify.mailed(email, len(orders))
        await eventually(lambda: len(receiver.heard) >= len(orders), within=20)

        async def quiet() -> bool:
            ours = {"messages": {"recipient_id": buyer}, "deliveries": {"endpoint_id": endpoint}}
            counts = [
                await notify.mongo[name].count_documents(own | {"due": {"$ne": None}})
                for name, own in ours.items()
            ]
            return counts == [0, 0]

        await eventually(quiet, within=20)
    assert Counter(letter.id for letter in notify.postbox.to(email)).most_common(1)[0][1] == 1
    assert Counter(came.id for came in receiver.heard) == Counter(events)


@pytest.mark.trouble
async def test_a_database_that_is_away_for_a_while_costs_no_refund_and_no_delivery(
    notify: Notify, receiver: Receiver, mongo_url: str
) -> None:
    buyer, email, _ = await notify.knows("en")
    await notify.registers(receiver, RefundPaid.type, OrderExpired.type)
    order = confirmed(buyer)
    refund = RefundPaid(order_id=order.order_id, payment_id="p1", refund_id="r1", amount=PRICE)
    await notify.hears(placed(order))
    await notify.settled()
    fault = {
        "failCommands": ["find"],
        "closeConnection": True,
        "appName": f"feira-{notify.settings.database}",
    }
    switch: dict[str, Any] = {"configureFailPoint": "failCommand"}
    with MongoClient[dict[str, Any]](mongo_url) as client:
        client.admin.command({**switch, "mode": "alwaysOn", "data": fault})
        try:
            expired = OrderExpired(order_id=new_id(), buyer_id=buyer, lines=())
            events = [await notify.hears(expired)]
            await asyncio.sleep(4)  # longer than an event that cannot be acted on is kept trying
            events.append(await notify.hears(refund))
            await asyncio.sleep(1)
        finally:
            client.admin.command({**switch, "mode": "off"})
    [letter] = await notify.mailed(email, 1)
    assert order.order_id in letter.subject
    await eventually(lambda: sorted(came.id for came in receiver.heard) == sorted(events))


async def test_nobodys_address_or_name_leaves_for_a_log_an_event_or_a_number(
    notify: Notify, receiver: Receiver, kafka: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """A canary is followed everywhere it could go: only its mail and its own view may show it."""
    types = [MessageQueued.type, MessageSent.type, MessageFailed.type]
    _, _, secret = await notify.registers(receiver, *types)
    client = notify.client(subject=(canary := new_name("buyer")))
    email = f"{CANARY}@example.mo"
    async with listening(kafka, [MessageQueued.topic]) as ear:
        wish = {"email": email, "locale": "pt", "name": NAME}
        assert (await client.put("/recipients/me", wish)).status_code == 200
        bad = {"email": f"{CANARY}@@example.mo", "locale": "pt", "name": NAME}
        no = await client.put("/recipients/me", bad)
        await notify.confirms(canary)
        await notify.mailed(email)
        notify.postbox.replies.extend(["451 <%> greylisted", "550 5.1.1 <%> unknown here"])
        await notify.confirms(canary)
        await eventually(lambda: len(receiver.heard) >= 4, within=20)
        records = await ear.until(4)
    async with httpx.AsyncClient() as stranger:
        metrics = (await stranger.get(f"{notify.url}/metrics")).text
    journal = await notify.mongo["journal"].find().to_list(None)
    messages = await notify.mongo["messages"].find({"recipient_id": canary}).to_list(None)
    said = capfd.readouterr()
    everywhere = {
        "events": b"".join(record.value or b"" for record in records).decode(),
        "webhooks": str([came.verified(secret) for came in receiver.heard]),
        "metrics": metrics,
        "journal": str(journal),
        "messages": str(messages),
        "problem": no.text,
        "logs": said.out + said.err,
    }
    assert canary in everywhere["events"]
    assert canary in everywhere["webhooks"]
    assert len(messages) == 2
    for where, what in everywhere.items():
        assert CANARY not in what, where
        assert NAME not in what, where
    assert [letter.to for letter in notify.postbox.letters].count(email) == 1

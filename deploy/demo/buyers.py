"""Buyers: they watch a room over an open stream, and order when something pleases."""

import asyncio
from datetime import UTC, datetime
from random import Random
from typing import Any

from deploy.demo.calendar import Calendar
from deploy.demo.cast import Buyer
from deploy.demo.counter import Counter, Wanted
from deploy.demo.data import Product, Session
from deploy.demo.sse import Frame

KEEN = {"traffic": 2.2, "benefit": 1.7, "regular": 1.0, "margin": 0.8, "image": 0.2}
"""How much more, or less, a slot of each role tempts than an ordinary product."""

MOST = 3
"""Nobody buys more often than that in one session."""

COMES_WITHIN = 2.0
"""Seconds over which an audience comes in."""


class Viewer:
    """One buyer in front of one room."""

    def __init__(
        self, buyer: Buyer, session: Session, calendar: Calendar, counter: Counter
    ) -> None:
        self._buyer, self._session, self._counter = buyer, session, counter
        self._chance = Random(buyer.seed)  # noqa: S311 - chance, no secret
        self._roles = {slot.sku: slot for slot in session.lineup}
        told = sum(slot.seconds for slot in session.lineup)
        self._pace = calendar.seconds(session) / told
        self._seen: set[str] = set()
        self._orders = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def watch(self, until: asyncio.Event) -> None:
        """Come in, stay until the end, and see all orders through."""
        await asyncio.sleep(self._chance.uniform(0, COMES_WITHIN))
        path = f"/rooms/{self._session.session_id}/stream"
        await self._counter.doors.rooms.watch(path, self._buyer.token, self._hear, until)
        if self._tasks:
            await asyncio.gather(*self._tasks)

    def _hear(self, frame: Frame) -> None:
        match frame.event:
            case "deal" if frame.data["status"] == "shown":
                late = datetime.now(UTC) - datetime.fromisoformat(frame.data["starts_at"])
                self._counter.notebook.shown_ms.append(late.total_seconds() * 1000)
                self._consider(frame.data)
            case "pin" if frame.data["sku"]:
                self._consider(frame.data)
            case "snapshot":
                for card in (*frame.data["deals"], frame.data["pin"]):
                    if card:
                        self._consider(card)
            case _:
                pass

    def _consider(self, card: dict[str, Any]) -> None:
        """Look at what is offered, once; perhaps order it, after a moment."""
        slot = self._roles.get(card["sku"])
        deal_id = card.get("deal_id")
        if slot is None or slot.sku in self._seen or slot.is_deal != bool(deal_id):
            return
        self._seen.add(slot.sku)
        pleased = self._chance.random() < self._buyer.appetite * KEEN[slot.role]
        moment = self._chance.betavariate(1.2, 2.5) * slot.seconds * self._pace
        units = self._chance.randint(1, min(2, slot.per_buyer))
        if pleased and self._orders < MOST:
            self._orders += 1
            task = asyncio.create_task(self._buy(Wanted(slot.sku, units, deal_id), moment))
            self._tasks.add(task)

    async def _buy(self, wanted: Wanted, after: float) -> None:
        await asyncio.sleep(after)
        session_id = self._session.session_id
        await self._counter.buy(self._buyer, wanted, self._chance, session_id=session_id)


class Browser:
    """One buyer in front of the online shelf."""

    def __init__(self, buyer: Buyer, products: list[Product], counter: Counter) -> None:
        self._buyer, self._products, self._counter = buyer, products, counter
        self._chance = Random(buyer.seed ^ 1)  # noqa: S311 - chance, no secret

    async def browse(self, seconds: float) -> None:
        """Buy something at some moment of the next so many *seconds*."""
        await asyncio.sleep(self._chance.uniform(0, seconds))
        wanted = Wanted(self._chance.choice(self._products).sku, self._chance.randint(1, 2))
        await self._counter.buy(self._buyer, wanted, self._chance, session_id=None)

"""The counter: how a buyer orders and pays, or does not, each by their temper."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import Any
from urllib.parse import urlsplit

from deploy.demo.cast import Buyer
from deploy.demo.doors import Doors
from deploy.demo.notebook import Notebook, Paid, Try
from deploy.demo.wire import NoAnswer, new_key

CREATED, OK = 201, 200
THINKING = (0.15, 1.2)
"""Seconds between ordering and paying."""
LATE_NEWS = (1_500, 4_000)
"""Milliseconds after which the provider tells of a payment that is late news."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """So many units of a SKU, from the shelf or out of a deal."""

    sku: str
    units: int
    deal_id: str | None = None


class Counter:
    """Takes orders to the services, and money to the provider; notes every answer."""

    def __init__(self, doors: Doors, notebook: Notebook, festival_id: str) -> None:
        self.doors, self.notebook, self._festival_id = doors, notebook, festival_id

    async def buy(
        self, buyer: Buyer, wanted: Wanted, chance: Random, *, session_id: str | None
    ) -> None:
        """Order, and if it is granted pay as this buyer does."""
        wish = Try(
            key=new_key(),
            person_id=buyer.id,
            channel="live" if session_id else "online",
            at=datetime.now(UTC),
            lines=((wanted.sku, wanted.units, wanted.deal_id),),
            session_id=session_id,
            clicks=3 if buyer.temper == "impatient" else 1,
        )
        order = await self.ask(wish, "/orders", buyer.token)
        if order:
            await asyncio.sleep(chance.uniform(*THINKING))
            try:
                await self._settle(buyer, order, chance)
            except NoAnswer as error:
                self.notebook.remarks.append(str(error))

    async def ask(self, wish: Try, path: str, token: str) -> dict[str, Any] | None:
        """Click under one key, twice at once and a third time if *wish* says so.

        Returns the order, if there is one.
        """
        body: dict[str, Any] = {
            "festival_id": self._festival_id,
            "lines": [
                {"sku": sku, "quantity": units} | ({"deal_id": deal_id} if deal_id else {})
                for sku, units, deal_id in wish.lines
            ],
        }
        if wish.session_id:
            body["session_id"] = wish.session_id
        self.notebook.take(wish)

        async def click(*, again: bool = False) -> dict[str, Any] | None:
            try:
                answer = await self.doors.orders.ask(
                    "POST", path, token=token, key=wish.key, body=body
                )
            except NoAnswer as error:
                self.notebook.remarks.append(str(error))
                return None
            return self.notebook.answered(wish, answer, again=again)

        orders = await asyncio.gather(*(click() for _ in range(min(wish.clicks, 2))))
        granted = next(filter(None, orders), None)
        if wish.clicks > len(orders):
            orders.append(await click(again=granted is not None))
        return granted or orders[-1]

    async def _settle(self, buyer: Buyer, order: dict[str, Any], chance: Random) -> None:
        order_id = order["order_id"]
        match buyer.temper:
            case "forgetful":
                return
            case "unlucky":
                await self._pay(buyer, order, {"outcome": "fail"})
                await self._pay(buyer, order, {"outcome": "succeed"})
            case "broke":
                await self._pay(buyer, order, {"outcome": "fail"})
                await self._pay(buyer, order, {"outcome": "fail", "callbacks": 2})
            case "slow-news":
                await self._pay(buyer, order, {"delay_ms": chance.randint(*LATE_NEWS)})
            case "told-twice":
                await self._pay(buyer, order, {"callbacks": 3, "shuffle": True, "delay_ms": 800})
            case "untold":
                await self._pay(buyer, order, {"lost": True})
            case "pays-twice":
                await asyncio.gather(
                    *(self._pay(buyer, order, {"delay_ms": 300}) for _ in range(2))
                )
            case "regretful":
                await self._pay(buyer, order, {"delay_ms": 2_000})
                answer = await self.doors.orders.ask(
                    "POST", f"/orders/{order_id}/cancellation", token=buyer.token, key=new_key()
                )
                if answer.status == OK:
                    self.notebook.cancelled.add(order_id)
            case "prompt" | "impatient":
                await self._pay(buyer, order, {})

    async def _pay(self, buyer: Buyer, order: dict[str, Any], how: dict[str, object]) -> None:
        """Ask where to pay, and pay there."""
        started = await self.doors.orders.ask(
            "POST", f"/orders/{order['order_id']}/payments", token=buyer.token, key=new_key()
        )
        if started.status != CREATED:
            self.notebook.counts["payment refused"] += 1
            return
        place = urlsplit(started.json["pay_url"]).path
        answer = await self.doors.payments.ask("POST", place, body=how)
        if answer.status != OK:
            self.notebook.counts["payment refused"] += 1
            return
        told = answer.json
        self.notebook.pay(
            Paid(
                payment_id=told["payment_id"],
                order_id=order["order_id"],
                amount=told["captured"],
                currency=told["currency"],
                succeeded=told["status"] == "succeeded",
            )
        )

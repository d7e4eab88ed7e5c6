"""Some of the crowd in a process of its own: its job comes as JSON on stdin, its book on stdout.

Whoever gets no answer asks again under the same Idempotency-Key, for as long as it takes. A line
`{"answered": n}` says how far it is; the last line is the book: what was sold by whose word.
"""

import asyncio
import json
import sys
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Any

from deploy.demo.wire import Answer, Door, NoAnswer, new_key

EVERY = 25
LEASED, TOLD = 4, 5
"""A till leases fewer units than it sells, so that it sells from its lease and from the pool."""


@dataclass
class Job:
    """What to do.

    Attributes:
        role: `room` and `online` order and pay, `booth` and `till` sell for cash, `payer` makes
            every sort of trouble with its payments.
        attempts: How many units it wants, one at a time.
        tokens: One for each of those who want them; each waits for one answer at a time.
        walks_away: Of a hundred who ordered, so many never pay.
    """

    role: str
    name: str
    orders: str
    festival_id: str
    sku: str
    tokens: list[str]
    attempts: int
    session_id: str = ""
    walks_away: int = 0


@dataclass
class Book:
    """What came of it: the orders answered, and what was refused, by code."""

    orders: list[str] = field(default_factory=list[str])
    refused: Counter[str] = field(default_factory=Counter[str])
    drawers: dict[str, int] = field(default_factory=dict[str, int])
    answered: int = 0

    def count(self, answers: int = 1) -> None:
        before, self.answered = self.answered, self.answered + answers
        if before // EVERY < self.answered // EVERY:
            print(json.dumps({"answered": self.answered}), flush=True)  # noqa: T201 - the pipe


class Wanting:
    """One who wants units, and insists on an answer."""

    def __init__(self, job: Job, book: Book, doors: "Doors", number: int) -> None:
        self.job, self.book, self.doors, self.number = job, book, doors, number
        self.token = job.tokens[number]
        self.chance = Random(f"{job.name} {number}")
        self.name = f"{job.name}-{number}"

    async def insist(self, method: str, path: str, body: object = None) -> Answer:
        key = new_key()
        while True:
            try:
                return await self.doors.orders.ask(
                    method, path, token=self.token, key=key, body=body
                )
            except NoAnswer:
                continue

    def settle(self, answer: Answer, wanted: int = 201) -> Any:
        """What was granted, as JSON; None if a rule said no. Any other answer is a fault."""
        if answer.status == wanted:
            return answer.json
        if answer.status != 409:
            raise AssertionError(f"{self.name} was answered {answer.status}: {answer.body!r}")
        self.book.refused[answer.code] += 1
        return None

    # Buyers -----------------------------------------------------------------------------------

    async def order(self) -> str | None:
        wish: dict[str, Any] = {
            "festival_id": self.job.festival_id,
            "lines": [{"sku": self.job.sku, "quantity": 1}],
        }
        if self.job.session_id:
            wish["session_id"] = self.job.session_id
        placed = self.settle(await self.insist("POST", "/orders", wish))
        if placed is None:
            return None
        self.book.orders.append(placed["order_id"])
        return placed["order_id"]

    async def begin(self, order_id: str) -> str | None:
        """Where to pay; None if it is too late."""
        begun = self.settle(await self.insist("POST", f"/orders/{order_id}/payments"))
        return begun["pay_url"] if begun else None

    async def pay(self, url: str, **how: Any) -> str:
        """Pay, and see what the provider's page says."""
        place = url.removeprefix(self.doors.provider_at(url).url)
        answer = await self.doors.provider_at(url).ask("POST", place, key=new_key(), body=how)
        return answer.json["status"] if answer.status == 200 else answer.code

    async def buy(self) -> None:
        order_id = await self.order()
        self.book.count()
        if order_id is None or self.chance.randrange(100) < self.job.walks_away:
            return
        if url := await self.begin(order_id):
            await self.pay(url, outcome="succeed")

    async def pay_somehow(self) -> None:
        """Buy with all that goes on at a payment page; what is left open the faults decide."""
        order_id = await self.order()
        assert order_id, "there is enough for everybody"
        whim = self.chance.randrange(100)
        if whim < 5:
            # Two windows, and both are paid in.
            urls = [url for url in [await self.begin(order_id), await self.begin(order_id)] if url]
            await asyncio.gather(*(self.pay(url) for url in urls))
        elif whim < 10:
            # Withdraws while the payment page is open, and pays all the same.
            url = await self.begin(order_id)
            self.settle(await self.insist("POST", f"/orders/{order_id}/cancellation"), 200)
            if url:
                await self.pay(url, outcome="succeed")
        else:
            for _ in range(3):
                url = await self.begin(order_id)
                odd = {"wrong_amount": True} if whim < 14 else {}
                if url is None or await self.pay(url, **odd) != "failed":
                    break
            if whim > 94:
                # Has paid, and thinks better of it.
                self.settle(await self.insist("POST", f"/orders/{order_id}/cancellation"), 200)
        self.book.count()

    # Sellers ----------------------------------------------------------------------------------

    async def sell(self) -> None:
        wish = {
            "festival_id": self.job.festival_id,
            "lines": [{"sku": self.job.sku, "quantity": 1}],
        }
        sold = self.settle(await self.insist("POST", f"/booths/{self.name}/sales", wish))
        self.book.count()
        if sold:
            self.book.orders.append(sold["order_id"])

    async def keep_till(self, attempts: int) -> None:
        """A shift: leases, sales told in batches and told again, the drawer counted at the end."""
        opening = {
            "festival_id": self.job.festival_id,
            "booth_id": self.job.name,
            "device": self.name,
            "opening_float": _mop(0),
        }
        opened = self.settle(await self.insist("POST", f"/tills/{self.name}/shifts", opening))
        assert opened, "nobody else is at this till"
        fence, taken = opened["fence"], 0
        for start in range(0, attempts, TOLD):
            wish = {"sku": self.job.sku, "units": LEASED}
            leased = self.settle(await self.insist("POST", f"/tills/{self.name}/leases", wish))
            fence = leased["fence"] if leased else fence
            if leased and self.chance.randrange(100) < 10:  # gone to lunch
                lease = f"/tills/{self.name}/leases/{leased['lease_id']}"
                self.settle(await self.insist("DELETE", lease), 200)
            batch = [self._sale(fence, n) for n in range(start, min(start + TOLD, attempts))]
            told = self.settle(await self.insist("POST", f"/tills/{self.name}/sales", batch), 200)
            again = self.settle(await self.insist("POST", f"/tills/{self.name}/sales", batch), 200)
            if told != again:
                raise AssertionError(f"{self.name} was told {told}, and then {again}")
            for sale in told or ():
                if sale["status"] == "sold":
                    self.book.orders.append(sale["order_id"])
                    taken += sale["due"]["amount"]
                else:
                    self.book.refused[sale["code"]] += 1
            self.book.count(len(batch))
        closing = {"counted": _mop(taken)}
        closed = self.settle(await self.insist("POST", f"/tills/{self.name}/closing", closing), 200)
        assert closed, "it is open"
        self.book.drawers[self.name] = closed["difference"]

    def _sale(self, fence: int, number: int) -> dict[str, Any]:
        line = {"sku": self.job.sku, "quantity": 1, "unit_price": _mop(1000)}
        return {
            "sale_id": f"s{number}",
            "fence": fence,
            "lines": [line],
            "sold_at": datetime.now(UTC).isoformat(),
            "tendered": _mop(1000),
        }


class Doors:
    """Orders, and the payment provider wherever its page is."""

    def __init__(self, orders: str) -> None:
        self.orders = Door(orders)
        self._providers: dict[str, Door] = {}

    def provider_at(self, url: str) -> Door:
        base = url.partition("/payments/")[0]
        if base not in self._providers:
            self._providers[base] = Door(base)
        return self._providers[base]

    def close(self) -> None:
        for door in (self.orders, *self._providers.values()):
            door.close()


def _mop(amount: int) -> dict[str, Any]:
    return {"amount": amount, "currency": "MOP"}


async def work(job: Job) -> Book:
    """Share the attempts among those who want something."""
    doors, book = Doors(job.orders), Book()
    left = iter(range(job.attempts))

    async def share(one: Wanting, act: Callable[[], Awaitable[None]]) -> None:
        for _ in left:
            await act()

    everybody = [Wanting(job, book, doors, number) for number in range(len(job.tokens))]
    each, over = divmod(job.attempts, len(everybody))
    acts: dict[str, Callable[[Wanting], Awaitable[None]]] = {
        "room": lambda one: share(one, one.buy),
        "online": lambda one: share(one, one.buy),
        "payer": lambda one: share(one, one.pay_somehow),
        "booth": lambda one: share(one, one.sell),
        "till": lambda one: one.keep_till(each + (one.number < over)),
    }
    try:
        await asyncio.gather(*(acts[job.role](one) for one in everybody))
    finally:
        doors.close()
    return book


def main() -> None:
    """Do the job that stdin names."""
    book = asyncio.run(work(Job(**json.load(sys.stdin))))
    print(json.dumps(vars(book)), flush=True)  # noqa: T201 - the pipe is how it tells


if __name__ == "__main__":
    main()

"""The booth: a cashier sells for cash to whoever walks up, out of the same stock as everybody."""

import asyncio
from datetime import UTC, datetime
from random import Random

from deploy.demo.cast import Cashier
from deploy.demo.counter import Counter
from deploy.demo.data import Product
from deploy.demo.notebook import Try
from deploy.demo.wire import new_key

CLICKS_TWICE = 0.1
"""How often a cashier's finger slips."""

BETWEEN = 5.0
"""Seconds between two customers of one booth, on average."""


class Booth:
    """One of the fifteen."""

    def __init__(self, cashier: Cashier, products: list[Product], counter: Counter) -> None:
        self._cashier, self._products, self._counter = cashier, products, counter
        self._chance = Random(cashier.id)  # noqa: S311 - chance, no secret

    async def sell(self, until: asyncio.Event) -> None:
        """Serve one customer after another, from the opening of the zone until it closes."""
        closing = asyncio.create_task(until.wait())
        try:
            while not until.is_set():
                pause = self._chance.expovariate(1 / BETWEEN)
                await asyncio.wait({closing}, timeout=pause)
                if not until.is_set():
                    await self._serve()
        finally:
            closing.cancel()

    async def _serve(self) -> None:
        chosen = self._chance.sample(self._products, self._chance.choice([1, 1, 1, 2]))
        wish = Try(
            key=new_key(),
            person_id=self._cashier.id,
            channel="booth",
            at=datetime.now(UTC),
            lines=tuple((each.sku, self._chance.choice([1, 1, 2]), None) for each in chosen),
            booth_id=self._cashier.booth_id,
            clicks=2 if self._chance.random() < CLICKS_TWICE else 1,
        )
        path = f"/booths/{self._cashier.booth_id}/sales"
        await self._counter.ask(wish, path, self._cashier.token)

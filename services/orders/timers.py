"""Time in: holds that end, payments nobody told of, money that is to go back."""

import time
from collections import OrderedDict
from datetime import timedelta

from services.orders.order import Order
from services.orders.paying import Paying
from services.orders.queries import Queries
from shared.platform.clock import utc_now
from shared.platform.timers import Timer

LOOK_AFTER = timedelta(seconds=10)
LOOK_EVERY = 15.0
REMEMBERED = 10_000


def timers(paying: Paying, queries: Queries) -> list[Timer[Order]]:
    unheard = _Unheard(queries)
    return [
        Timer("holds", queries.overdue, paying.expire, every=1.0),
        Timer("payments", unheard.find, paying.reconcile, every=5.0, at_once=8),
        Timer("refunds", queries.owed, paying.send_back, every=1.0, at_once=8),
    ]


class _Unheard:
    """Payments to ask about: silent for a while, and not asked about a moment ago."""

    def __init__(self, queries: Queries) -> None:
        self._queries = queries
        self._asked: OrderedDict[str, float] = OrderedDict()

    async def find(self) -> list[Order]:
        now = time.monotonic()
        silent = await self._queries.unheard(utc_now() - LOOK_AFTER)
        due = [
            order for order in silent if now - self._asked.get(order.id, -LOOK_EVERY) >= LOOK_EVERY
        ]
        for order in due:
            self._asked[order.id] = now
            self._asked.move_to_end(order.id)
        while len(self._asked) > REMEMBERED:
            self._asked.popitem(last=False)
        return due

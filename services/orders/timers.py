"""Time in: what ends, what nobody told of, money to go back, borders to cross, keys to change."""

import time
from datetime import timedelta

from prometheus_client import Gauge

from services.orders.border.clearing import Clearing
from services.orders.counter.tills import Over, Tills
from services.orders.ordering.checkout import Checkout
from services.orders.ordering.life import WAITS
from services.orders.ordering.order import Order
from services.orders.ordering.paying import Paying
from services.orders.people.consignee import ConsigneeRecord
from services.orders.people.consignees import Consignees
from services.orders.people.person import Person
from services.orders.people.real_names import RealNames
from services.orders.queries import AT_ONCE, REFUND_DUE, Place, Queries
from shared.platform.change.cause import Cause
from shared.platform.clock import utc_now
from shared.platform.timers import Timer

STUCK = Gauge("feira_orders_stuck", "Orders that should have moved on by now", ["status"])

LOOK_AFTER = timedelta(seconds=10)
LOOK_FOR = timedelta(days=7)
"""Payments that the provider knows no more by then are left to people."""
LOOK_EVERY = 15.0


def timers(
    *,
    checkout: Checkout,
    paying: Paying,
    tills: Tills,
    clearing: Clearing,
    queries: Queries,
    stuck_after: timedelta,
) -> list[Timer[Order] | Timer[Over]]:
    unheard, late = Rounds(queries), Late(queries, stuck_after)

    async def complete(standing: Order) -> None:
        await checkout.complete(standing, Cause(f"complete:{standing.id}", patient=True))

    return [
        Timer("holds", queries.overdue, paying.expire, every=1.0),
        Timer("leases", tills.over, tills.expire, every=1.0),
        Timer("payments", unheard.find, paying.reconcile, every=5.0, at_once=8),
        Timer("refunds", queries.owed, paying.send_back, every=1.0, at_once=8),
        Timer("late", late.find, complete, every=15.0),
        Timer("kept", queries.kept, complete, every=10.0),
        Timer("crossing", queries.crossing, clearing.look, every=1.0, at_once=8),
    ]


def rewraps(
    real_names: RealNames, consignees: Consignees
) -> tuple[Timer[Person], Timer[ConsigneeRecord]]:
    """Bring every sealed record under the key in force."""
    return (
        Timer("vault", real_names.to_rewrap, real_names.rewrap, every=30.0),
        Timer("vault", consignees.to_rewrap, consignees.rewrap, every=30.0),
    )


class Late:
    """Counts the orders that are late, for whoever watches the figures; there is nothing to do."""

    def __init__(self, queries: Queries, grace: timedelta) -> None:
        self._queries, self._grace = queries, grace

    async def find(self) -> list[Order]:
        late = await self._queries.waiting(utc_now() - self._grace)
        for status in (*WAITS, REFUND_DUE):
            STUCK.labels(status).set(late.get(status, 0))
        return []


class Rounds:
    """Rounds of all payments that nothing was heard of, a part at a time, so that none is missed.

    A round begins a while after the one before began.
    """

    def __init__(self, queries: Queries) -> None:
        self._queries = queries
        self._began = -LOOK_EVERY
        self._place: Place | None = None

    async def find(self) -> list[Order]:
        now = time.monotonic()
        if self._place is None:
            if now - self._began < LOOK_EVERY:
                return []
            self._began = now
        today = utc_now()
        silent = await self._queries.unheard(today - LOOK_FOR, today - LOOK_AFTER, self._place)
        self._place = None
        if len(silent) == AT_ONCE:
            self._place = silent[-1].terms.placed_at, silent[-1].id
        return silent

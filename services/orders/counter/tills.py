"""Tills: what cashiers ask for. Each method is one change; a batch is one for each sale in it."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import timedelta
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict

from services.orders.counter import cashier, desk, till
from services.orders.counter.desk import LeaseWish, Opening
from services.orders.counter.sale import Sale, sell
from services.orders.counter.till import Till
from services.orders.kept import CASHIERS, ORDERS, PRICES, SHELVES, STOCK, TILLS
from services.orders.ordering.policy import Policy
from services.orders.pool import shelf
from services.orders.queries import Queries
from shared.events.base import Event
from shared.events.ids import BuyerId, Id, OrderId, Sku, new_id
from shared.events.money import Money
from shared.events.orders import NotSold, SaleMade, SaleRefused
from shared.platform.change.aggregate import AnyRef, Note, View
from shared.platform.change.cause import Cause
from shared.platform.change.fold import Outcome
from shared.platform.change.unit_of_work import UnitOfWork
from shared.platform.clock import utc_now
from shared.platform.web.idempotency import fingerprint
from shared.refusal import Refused


class Over(NamedTuple):
    """A lease that is to end."""

    till_id: str
    lease_id: str
    sku: str


class Told(BaseModel):
    """What came of one sale: booked, or refused and why.

    Attributes:
        code: Why not; the same sale told again gets the same answer, but for `till.closed`.
        lines: Every line that cannot be booked.
    """

    model_config = ConfigDict(frozen=True)

    sale_id: Id
    status: Literal["sold", "refused"]
    order_id: OrderId | None = None
    receipt: str | None = None
    total: Money | None = None
    due: Money | None = None
    change: Money | None = None
    code: str | None = None
    lines: tuple[NotSold, ...] = ()


class _Moved(Refused):
    """The till is not as it stood when the change named what it touches; it is to be named anew."""


class Tills:
    """Shifts, leases and sales of tills."""

    def __init__(
        self,
        uow: UnitOfWork,
        queries: Queries,
        policy: Policy,
        *,
        ttl: timedelta,
        grace: timedelta,
    ) -> None:
        """Lease units for *ttl* if nothing is said, and end that a *grace* after it is over."""
        self._uow, self._queries, self._policy = uow, queries, policy
        self._ttl, self.grace = ttl, grace

    def open(
        self, till_id: Id, opening: Opening, cashier_id: BuyerId, cause: Cause
    ) -> Awaitable[Outcome]:
        """Begin a shift: [ShiftOpened]."""
        ref, who, shift_id = TILLS(till_id), CASHIERS(cashier_id), new_id()

        def decide(view: View) -> Sequence[Event]:
            opened = desk.open_shift(view[ref], shift_id, opening, cashier_id, view.at)
            cashier.must_be_off(view[who])
            return opened

        return self._uow.change([ref, who], decide, cause)

    async def lease(
        self, till_id: Id, wish: LeaseWish, cashier_id: BuyerId, cause: Cause
    ) -> Outcome:
        """Let the till sell units on its own: [LeaseGranted]."""
        ref, pool, lease_id = TILLS(till_id), STOCK(wish.sku), new_id()

        def ask(standing: Till) -> Awaitable[Outcome]:
            place = SHELVES(_shelf(standing, wish.sku))

            def decide(view: View) -> Sequence[Event]:
                _still(standing, view[ref])
                return desk.lease(
                    view[ref],
                    view[pool],
                    view[place],
                    wish,
                    lease_id=lease_id,
                    cashier_id=cashier_id,
                    now=view.at,
                    ttl=self._ttl,
                )

            return self._uow.change([ref, pool, place], decide, cause)

        return await self._insist(await self._queries.till(till_id), ask)

    async def give_back(
        self, till_id: Id, lease_id: Id, cashier_id: BuyerId | None, cause: Cause
    ) -> Outcome:
        """Let the pool have what is left of a lease: [LeaseEnded]."""
        ref = TILLS(till_id)

        def ask(standing: Till) -> Awaitable[Outcome]:
            pools = _pools(lease.sku for lease in standing.leases if lease.id == lease_id)

            def decide(view: View) -> Sequence[Event]:
                ended = desk.give_back(view[ref], lease_id, cashier_id)
                if not pools:
                    raise _Moved("till.moved", kind="stale")
                return ended

            return self._uow.change([ref, *pools.values()], decide, cause)

        return await self._insist(await self._queries.till(till_id), ask)

    async def close(
        self, till_id: Id, counted: Money, cashier_id: BuyerId | None, cause: Cause
    ) -> Outcome:
        """End a shift: [LeaseEnded for each lease, ShiftClosed]."""
        ref = TILLS(till_id)

        def ask(standing: Till) -> Awaitable[Outcome]:
            pools = _pools(lease.sku for lease in standing.leases)
            who = [CASHIERS(standing.shift.cashier_id)] if standing.shift else []

            def decide(view: View) -> Sequence[Event]:
                _still(standing, view[ref])
                if any(lease.sku not in pools for lease in view[ref].leases):
                    raise _Moved("till.moved", kind="stale")
                return desk.close_shift(view[ref], cashier_id, counted, view.at)

            return self._uow.change([ref, *who, *pools.values()], decide, cause)

        return await self._insist(await self._queries.till(till_id), ask)

    async def sell(
        self, till_id: Id, sales: Sequence[Sale], cashier_id: BuyerId, cause: Cause
    ) -> list[Told]:
        """Book sales in their order, each once, whichever batches it is told in.

        The key of *cause* is not used: each sale is a cause of its own. Refuses whom the till is
        not of.
        """
        standing = await self._queries.till(till_id)
        till.check_cashier(standing, cashier_id)
        outcomes = await asyncio.gather(
            *(self._sell(standing, sale, cashier_id, cause) for sale in sales),
            return_exceptions=True,
        )
        return [_told(sale, outcome) for sale, outcome in zip(sales, outcomes, strict=True)]

    async def _sell(self, seen: Till, sale: Sale, cashier_id: BuyerId, cause: Cause) -> Outcome:
        """[OrderPlaced, OrderConfirmed, OrderHandedOver, SaleMade], or [SaleRefused].

        Nothing is awaited before the change is in line, so that sales keep their order.
        """
        ref, order_id = TILLS(seen.id), new_id()
        pools = _pools(line.sku for line in sale.lines)
        cause = cause._replace(
            key=f"till:{seen.id}/sale/{sale.sale_id}",  # no id has a slash in it
            fingerprint=fingerprint(sale.model_dump_json().encode()),
        )

        def ask(standing: Till) -> Awaitable[Outcome]:
            shelves = {sku: SHELVES(_shelf(standing, sku)) for sku in pools}
            ledgers = [PRICES(_shelf(standing, sku)) for sku in pools]

            def decide(view: View) -> Sequence[Event | Note]:
                _still(standing, view[ref])
                return sell(
                    view[ref],
                    sale,
                    {sku: view[pool] for sku, pool in pools.items()},
                    {sku: view[place] for sku, place in shelves.items()},
                    order_id=order_id,
                    cashier_id=cashier_id,
                    now=view.at,
                    policy=self._policy,
                )

            order = ORDERS.fresh(order_id)
            touched = [ref, order, *pools.values(), *shelves.values(), *ledgers]
            return self._uow.change(touched, decide, cause)

        return await self._insist(seen, ask)

    async def over(self) -> list[Over]:
        """Leases that are to end now."""
        since = utc_now() - self.grace
        return [
            Over(standing.id, lease.id, lease.sku)
            for standing in await self._queries.tills_over(since)
            for lease in standing.leases
            if lease.expires_at <= since
        ]

    def expire(self, over: Over) -> Awaitable[Outcome]:
        """End a lease that is over: [LeaseEnded]."""
        ref = TILLS(over.till_id)
        return self._uow.change(
            [ref, STOCK(over.sku)],
            lambda view: desk.expire(view[ref], over.lease_id, view.at, self.grace),
            Cause(key=f"lease:{over.lease_id}:expired", patient=True),
        )

    async def _insist(self, seen: Till, ask: Callable[[Till], Awaitable[Outcome]]) -> Outcome:
        """Ask on how the till was *seen*; again if it stood otherwise once it came to its turn."""
        while True:
            try:
                return await ask(seen)
            except _Moved:
                seen = await self._queries.till(seen.id)


def _shelf(standing: Till, sku: Sku) -> str:
    """Where the price of a SKU at the till is, and what was paid for it there.

    A till without a shift sells nothing anyway.
    """
    return shelf.name(standing.shift.festival_id if standing.shift else "none", sku, "booth")


def _pools(skus: Iterable[Sku]) -> dict[Sku, AnyRef]:
    return {sku: STOCK(sku) for sku in skus}


def _still(standing: Till, now: Till) -> None:
    """See that what a change named was named for the shift that it meets."""
    if now.shift and (standing.shift is None or standing.shift.id != now.shift.id):
        raise _Moved("till.moved", kind="stale")


def _told(sale: Sale, outcome: Outcome | BaseException) -> Told:
    """Say what came of a sale; what is no word on it fails the whole batch, to be told again."""
    match outcome:
        case Refused(kind="forbidden"):
            raise outcome
        case Refused(code=code):
            return Told(sale_id=sale.sale_id, status="refused", code=code)
        case BaseException():
            raise outcome
        case [*_, SaleMade() as made]:
            return Told(
                sale_id=sale.sale_id,
                status="sold",
                order_id=made.order_id,
                receipt=made.receipt,
                total=made.total,
                due=made.due,
                change=made.change,
            )
        case [SaleRefused() as no]:
            return Told(sale_id=sale.sale_id, status="refused", code=no.reason, lines=no.lines)
        case _:
            raise AssertionError(f"a sale came to {outcome!r}")

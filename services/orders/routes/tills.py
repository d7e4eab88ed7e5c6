"""Tills over HTTP: shifts, leases, sales told of, and how a till stands."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from services.orders.counter.desk import LeaseWish, Opening
from services.orders.counter.sale import Sale
from services.orders.counter.till import Till, check_cashier
from services.orders.counter.tills import Tills, Told
from services.orders.ordering.dispatch import Dispatch
from services.orders.queries import Queries
from services.orders.routes.door import ANY_ORDER, Asked, Cashier, Goods, Some, Why
from shared.events.ids import Id, new_id
from shared.events.money import Money
from shared.events.orders import (
    LeaseEnded,
    LeaseGranted,
    RefundPaid,
    ReturnReceived,
    ShiftClosed,
    ShiftOpened,
)
from shared.platform import trail
from shared.platform.change.cause import Cause
from shared.platform.trail import Trail
from shared.platform.web.auth import Caller, allow
from shared.platform.web.hot import HotRoute
from shared.platform.web.idempotency import without_cause
from shared.refusal import Refused

TillKeeper = Annotated[Caller, allow("cashier", "organiser", "operator")]
Sales = Annotated[list[Sale], Field(min_length=1, max_length=100)]


class Count(BaseModel):
    """What a cashier counted in the drawer."""

    model_config = ConfigDict(extra="forbid")

    counted: Money


class BroughtBack(BaseModel):
    """What a buyer brings back of what was sold at a booth; the rest of it is for sale again."""

    model_config = ConfigDict(extra="forbid")

    order_id: Id
    units: Goods
    damaged: Annotated[tuple[Some, ...], Field(max_length=50)] = ()
    reason: Why


class TakenBack(BaseModel):
    """Goods that are back, and what was given for them; *cash* is that in coins.

    Both are None of what was paid back before.
    """

    order_id: Id
    return_id: Id
    amount: Money | None
    cash: Money | None


class Closing(BaseModel):
    """How a shift ended; *difference* is what is there beyond what should be, in minor units."""

    shift: ShiftClosed
    difference: int
    leases: list[LeaseEnded]


class LeaseView(BaseModel):
    """Units a till sells on its own until *expires_at*; the pool takes the rest at *ends_at*."""

    lease_id: Id
    sku: Id
    units: int
    sold: int
    left: int
    fence: int
    expires_at: datetime
    ends_at: datetime


class TillView(BaseModel):
    """How a till stands: its shift, or its last one; *difference* once that is counted."""

    till_id: Id
    open: bool
    fence: int
    shift_id: Id
    festival_id: Id
    booth_id: Id
    device: Id
    cashier_id: str
    opened_at: datetime
    closed_at: datetime | None
    sales: int
    opening_float: Money
    expected: Money
    counted: Money | None
    difference: int | None
    leases: list[LeaseView]


def till_routes(tills: Tills, dispatch: Dispatch, queries: Queries) -> APIRouter:
    router = APIRouter(tags=["tills"])

    @router.post("/tills/{till_id}/shifts", status_code=201)
    async def open_shift(
        till_id: Id, caller: Cashier, asked: Asked, opening: Opening
    ) -> ShiftOpened:
        """Begin to sell at a till; one cashier, one till. *fence* is what to sell under."""
        [opened] = await tills.open(till_id, opening, caller.subject, asked)
        assert isinstance(opened, ShiftOpened)  # noqa: S101 - for the types
        return opened

    @router.post("/tills/{till_id}/leases", status_code=201)
    async def take_lease(
        till_id: Id, caller: Cashier, asked: Asked, wish: LeaseWish
    ) -> LeaseGranted:
        """Take units out of the pool, to sell them even while there is no connection."""
        [granted] = await tills.lease(till_id, wish, caller.subject, asked)
        assert isinstance(granted, LeaseGranted)  # noqa: S101 - for the types
        return granted

    @router.delete("/tills/{till_id}/leases/{lease_id}")
    async def give_lease_back(
        till_id: Id, lease_id: Id, caller: TillKeeper, asked: Asked
    ) -> LeaseEnded:
        """Let everybody have what is left of a lease."""
        [ended] = await tills.give_back(till_id, lease_id, _cashier(caller), asked)
        assert isinstance(ended, LeaseEnded)  # noqa: S101 - for the types
        return ended

    @router.post("/tills/{till_id}/closing")
    async def close_shift(till_id: Id, caller: TillKeeper, asked: Asked, count: Count) -> Closing:
        """Count the drawer and end the shift. What was sold offline is to be told before."""
        *ended, closed = await tills.close(till_id, count.counted, _cashier(caller), asked)
        assert isinstance(closed, ShiftClosed)  # noqa: S101 - for the types
        return Closing(
            shift=closed,
            difference=closed.counted.amount - closed.expected.amount,
            leases=[lease for lease in ended if isinstance(lease, LeaseEnded)],
        )

    @router.get("/tills/{till_id}")
    async def show_till(till_id: Id, caller: TillKeeper) -> TillView:
        """How a till stands; a cashier sees the one their shift is, or was last, at."""
        standing = await queries.till(till_id)
        try:
            check_cashier(standing, _cashier(caller))
        except Refused:
            raise _unknown() from None
        return _view(standing, tills)

    @router.post("/tills/{till_id}/returns", status_code=201)
    async def take_goods_back(
        till_id: Id, caller: Cashier, asked: Asked, back: BroughtBack
    ) -> TakenBack:
        """Take back what was sold at any booth of the festival; its price leaves this drawer."""
        standing = await queries.order(back.order_id)
        if standing.terms.channel != "booth":
            raise Refused("order.unknown", "There is no such order.", kind="missing")
        said = await dispatch.take_back(
            standing,
            new_id(),
            back.units,
            back.damaged,
            reason=back.reason,
            till_id=till_id,
            cashier_id=caller.subject,
            cause=asked,
        )
        [return_id] = [fact.return_id for fact in said if isinstance(fact, ReturnReceived)]
        paid = next((fact for fact in said if isinstance(fact, RefundPaid)), None)
        return TakenBack(
            order_id=standing.id,
            return_id=return_id,
            amount=paid and paid.amount,
            cash=paid and paid.cash,
        )

    router.include_router(_selling(tills))
    return router


def _selling(tills: Tills) -> APIRouter:
    router = APIRouter(route_class=HotRoute, tags=["tills"])

    @router.post(
        "/tills/{till_id}/sales",
        response_model_exclude_none=True,
        dependencies=[without_cause("each sale is a cause of its own, by its till and sale_id")],
    )
    async def tell_sales(till_id: Id, caller: Cashier, sales: Sales) -> list[Told]:
        """Tell of sales, made a moment or hours ago; as often as it takes to hear the answer."""
        now = trail.current.get() or Trail.begin()
        cause = Cause(
            key="",
            causation=f"request:{now.request_id}",
            correlation=now.correlation_id,
            traceparent=now.traceparent,
        )
        return await tills.sell(till_id, sales, caller.subject, cause)

    return router


def _cashier(caller: Caller) -> str | None:
    """As which cashier *caller* acts; None for the house."""
    return None if caller.roles & ANY_ORDER else caller.subject


def _unknown() -> Refused:
    return Refused("till.unknown", "There is no such till.", kind="missing")


def _view(till: Till, tills: Tills) -> TillView:
    shift = till.shift
    if shift is None:
        raise _unknown()
    return TillView(
        till_id=till.id,
        open=shift.closed_at is None,
        fence=till.fence,
        shift_id=shift.id,
        festival_id=shift.festival_id,
        booth_id=shift.booth_id,
        device=shift.device,
        cashier_id=shift.cashier_id,
        opened_at=shift.opened_at,
        closed_at=shift.closed_at,
        sales=shift.sales,
        opening_float=shift.opening_float,
        expected=shift.expected,
        counted=shift.counted,
        difference=shift.difference,
        leases=[
            LeaseView(
                lease_id=lease.id,
                sku=lease.sku,
                units=lease.units,
                sold=lease.sold,
                left=lease.left,
                fence=lease.fence,
                expires_at=lease.expires_at,
                ends_at=lease.expires_at + tills.grace,
            )
            for lease in till.leases
        ],
    )

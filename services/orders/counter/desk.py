"""The desk: what may be asked of a till, and by whom: shifts, leases, coins that go back."""

from datetime import datetime, timedelta
from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from services.orders.counter.till import Lease, Till, on_duty
from services.orders.pool import shelf as shelves
from services.orders.pool.shelf import Shelf
from services.orders.pool.stock import Stock
from shared.events.ids import BuyerId, FestivalId, Id, Sku
from shared.events.money import Money
from shared.events.orders import LeaseEnded, LeaseGranted, RefundPaid, ShiftClosed, ShiftOpened
from shared.refusal import Refused

MOST_LEASES = 200
"""Open leases of one till; it gives some back before it takes more."""

MOST_FLOAT = 10**9
"""Minor units a shift begins with; what is taken on top still is an amount of money."""


class Opening(BaseModel):
    """Where a shift begins, on which device, with how much in the drawer."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    festival_id: FestivalId
    booth_id: Id
    device: Id
    opening_float: Money


class Drawer(NamedTuple):
    """Out of which till's drawer money is given back, and by whom; None stands for the house."""

    till_id: Id
    by: BuyerId | None = None


class LeaseWish(BaseModel):
    """Units a till wants to sell on its own, and for how long; as the house has it if not said."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sku: Sku
    units: Annotated[int, Field(strict=True, ge=1, le=10_000)]
    seconds: Annotated[int, Field(strict=True, ge=1, le=86_400)] | None = None


def open_shift(
    till: Till, shift_id: str, opening: Opening, cashier_id: BuyerId, now: datetime
) -> list[ShiftOpened]:
    """Begin to sell at a till that nobody sells at."""
    if till.shift and till.shift.closed_at is None:
        raise Refused("till.open", "A shift is open at this till.", till_id=till.id)
    if opening.opening_float.amount > MOST_FLOAT:
        raise Refused("till.float", "No drawer holds that much.", kind="invalid", most=MOST_FLOAT)
    return [
        ShiftOpened(
            till_id=till.id,
            shift_id=shift_id,
            festival_id=opening.festival_id,
            booth_id=opening.booth_id,
            cashier_id=cashier_id,
            device=opening.device,
            opening_float=opening.opening_float,
            fence=till.fence + 1,
            at=now,
        )
    ]


def lease(
    till: Till,
    stock: Stock,
    shelf: Shelf,
    wish: LeaseWish,
    *,
    lease_id: str,
    cashier_id: BuyerId,
    now: datetime,
    ttl: timedelta,
) -> list[LeaseGranted]:
    """Take units out of the pool for a till. Refuses what is not free, or not on sale at booths."""
    shift = on_duty(till, cashier_id)
    if len(till.leases) >= MOST_LEASES:
        raise Refused("till.leases", "Give some leases back first.", kind="limit", most=MOST_LEASES)
    listing = shelves.listed(shelf, now)
    if listing is None:
        raise Refused("listing.not-on-sale", "This is not on sale here now.", sku=wish.sku)
    if wish.units > stock.free:
        short = [{"sku": wish.sku, "wanted": wish.units, "free": stock.free}]
        raise Refused("stock.sold-out", "There are not enough units left.", short=short)
    listing_id, offer = listing
    return [
        LeaseGranted(
            till_id=till.id,
            lease_id=lease_id,
            shift_id=shift.id,
            sku=wish.sku,
            units=wish.units,
            fence=till.fence + 1,
            listing_id=listing_id,
            unit_price=offer.price,
            at=now,
            expires_at=now + (timedelta(seconds=wish.seconds) if wish.seconds else ttl),
        )
    ]


def give_back(till: Till, lease_id: str, cashier_id: BuyerId | None) -> list[LeaseEnded]:
    """The till needs no more of a lease; what it sold of it should have been told before."""
    on_duty(till, cashier_id)
    return [_ended(till, find(till, lease_id), "returned")]


def expire(till: Till, lease_id: str, now: datetime, grace: timedelta) -> list[LeaseEnded]:
    """End a lease that is over, a *grace* later: the till may still tell what it sold of it."""
    over = find(till, lease_id)
    if now < over.expires_at + grace:
        raise Refused("lease.not-due", "The till may still tell what it sold.")
    return [_ended(till, over, "expired")]


def close_shift(
    till: Till, cashier_id: BuyerId | None, counted: Money, now: datetime
) -> list[LeaseEnded | ShiftClosed]:
    """Count the drawer and go; all leases end."""
    shift = on_duty(till, cashier_id)
    if counted.currency != shift.opening_float.currency:
        raise Refused("till.currency", "The drawer has other money.", kind="invalid")
    closed = ShiftClosed(
        till_id=till.id,
        shift_id=shift.id,
        sales=shift.sales,
        expected=shift.expected,
        counted=counted,
        at=now,
    )
    return [*(_ended(till, each, "shift-closed") for each in till.leases), closed]


def pay_back(
    till: Till, back: RefundPaid, festival_id: FestivalId, by: BuyerId | None
) -> RefundPaid:
    """Give the coins of a refund out of the drawer, at any till of the order's festival.

    Refuses a till without a shift, whose shift is not that of *by* (None stands for the house), and
    more than is there.
    """
    shift, coins = on_duty(till, by), back.cash or back.amount
    if shift.festival_id != festival_id:
        raise Refused(
            "till.elsewhere", "This till is of another festival.", kind="invalid", till_id=till.id
        )
    if coins.currency != shift.opening_float.currency or coins.amount > shift.cash:
        raise Refused(
            "till.too-little",
            "There is not so much in the drawer.",
            expected=shift.expected.model_dump(),
        )
    return back.model_copy(update={"till_id": till.id})


def find(till: Till, lease_id: str) -> Lease:
    """A lease that has not ended."""
    for known in till.leases:
        if known.id == lease_id:
            return known
    raise Refused("lease.unknown", "There is no such lease, or it has ended.", kind="missing")


def _ended(
    till: Till, lease: Lease, reason: Literal["returned", "expired", "shift-closed"]
) -> LeaseEnded:
    return LeaseEnded(
        till_id=till.id,
        lease_id=lease.id,
        sku=lease.sku,
        sold=lease.sold,
        returned=lease.left,
        reason=reason,
    )

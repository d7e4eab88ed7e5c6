"""A till: who sells at it, which units it may sell on its own, and what is in its drawer."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from services.orders.pool import shelf as shelves
from services.orders.pool.shelf import Shelf
from services.orders.pool.stock import Stock
from shared.events.ids import BuyerId, FestivalId, Id, Sku
from shared.events.money import Money
from shared.events.orders import (
    Attribution,
    LeaseEnded,
    LeaseGranted,
    OrderPlaced,
    RefundPaid,
    SaleMade,
    ShiftClosed,
    ShiftOpened,
)
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


@dataclass(frozen=True, slots=True)
class Lease:
    """Units that only this till sells, even offline."""

    id: str
    sku: str
    units: int
    fence: int
    expires_at: datetime
    sold: int = 0

    @property
    def left(self) -> int:
        return self.units - self.sold


@dataclass(frozen=True, slots=True)
class Quote:
    """A price the till was told with a lease: offline it hears of no other while that runs."""

    sku: str
    listing_id: str
    price: Money
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Shift:
    """One cashier's time at a till.

    Attributes:
        fence: The fence it began with; what is sold under a lower one was sold before.
        taken: What buyers paid in coins, in minor units.
        given_back: What went back to buyers out of the drawer, in minor units.
        counted: What was there at its end.
    """

    id: str
    festival_id: str
    booth_id: str
    cashier_id: str
    device: str
    opening_float: Money
    fence: int
    opened_at: datetime
    sales: int = 0
    taken: int = 0
    given_back: int = 0
    quotes: tuple[Quote, ...] = ()
    closed_at: datetime | None = None
    counted: Money | None = None

    @property
    def cash(self) -> int:
        """What should be in the drawer, in minor units."""
        return self.opening_float.amount + self.taken - self.given_back

    @property
    def expected(self) -> Money:
        """What should be in the drawer."""
        return Money(amount=self.cash, currency=self.opening_float.currency)

    @property
    def difference(self) -> int | None:
        """How much more was counted than expected, in minor units; less if negative."""
        return self.counted.amount - self.cash if self.counted else None


@dataclass(frozen=True, slots=True)
class Till:
    """One till.

    Attributes:
        fence: Rises with each shift and each lease.
        receipts: How many it ever printed; they are numbered without a gap.
        shift: The one that is open, or was open last.
        leases: Those that have not ended.
    """

    id: str
    fence: int = 0
    receipts: int = 0
    shift: Shift | None = None
    leases: tuple[Lease, ...] = ()

    def __post_init__(self) -> None:
        short = self.shift is not None and self.shift.cash < 0
        if short or any(not 0 <= lease.sold <= lease.units for lease in self.leases):
            raise AssertionError(f"the till {self.id} does not add up: {self}")


# Who may ----------------------------------------------------------------------------------------


def on_duty(till: Till, cashier_id: BuyerId | None) -> Shift:
    """The shift that is open. Refuses a till without one, and who is not its cashier.

    None stands for the house, which may look after everybody's till.
    """
    check_cashier(till, cashier_id)
    if till.shift is None or till.shift.closed_at is not None:
        raise Refused("till.closed", "No shift is open at this till.", till_id=till.id)
    return till.shift


def check_cashier(till: Till, cashier_id: BuyerId | None) -> None:
    """Refuse who is not the cashier of the shift, open or last."""
    if cashier_id is not None and till.shift and till.shift.cashier_id != cashier_id:
        raise Refused("till.not-yours", "This is somebody else's till.", kind="forbidden")


# What may be asked ------------------------------------------------------------------------------


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


# What happens -----------------------------------------------------------------------------------


def evolve(till: Till, fact: object) -> Till:
    """Follow what happens at a till."""
    shift = till.shift
    match fact:
        case ShiftOpened(till_id=till.id):
            return replace(till, fence=fact.fence, shift=_begun(fact), leases=())
        case LeaseEnded(till_id=till.id):
            return replace(till, leases=tuple(x for x in till.leases if x.id != fact.lease_id))
        case OrderPlaced(attribution=Attribution(till_id=till.id)):
            return replace(till, leases=tuple(_sold_of(x, fact) for x in till.leases))
        case LeaseGranted(till_id=till.id) if shift:
            taken = Lease(fact.lease_id, fact.sku, fact.units, fact.fence, fact.expires_at)
            shift = replace(shift, quotes=_quoted(shift.quotes, fact))
            return replace(till, fence=fact.fence, shift=shift, leases=(*till.leases, taken))
        case SaleMade(till_id=till.id) if shift:
            taken_in = shift.taken + fact.due.amount
            shift = replace(shift, sales=shift.sales + 1, taken=taken_in)
            return replace(till, receipts=till.receipts + 1, shift=shift)
        case RefundPaid(till_id=till.id, cash=Money() as coins) if shift:
            given_back = shift.given_back + coins.amount
            return replace(till, shift=replace(shift, given_back=given_back))
        case ShiftClosed(till_id=till.id) if shift:
            return replace(till, shift=replace(shift, closed_at=fact.at, counted=fact.counted))
        case _:
            return till


def _begun(fact: ShiftOpened) -> Shift:
    return Shift(
        id=fact.shift_id,
        festival_id=fact.festival_id,
        booth_id=fact.booth_id,
        cashier_id=fact.cashier_id,
        device=fact.device,
        opening_float=fact.opening_float,
        fence=fact.fence,
        opened_at=fact.at,
    )


def _sold_of(lease: Lease, placed: OrderPlaced) -> Lease:
    units = sum(line.quantity for line in placed.lines if line.lease_id == lease.id)
    return replace(lease, sold=lease.sold + units)


def _quoted(quotes: tuple[Quote, ...], fact: LeaseGranted) -> tuple[Quote, ...]:
    """Note a price; the same as before runs on."""
    new = Quote(fact.sku, fact.listing_id, fact.unit_price, fact.at, fact.expires_at)
    for known in quotes:
        same = (known.sku, known.listing_id, known.price) == (new.sku, new.listing_id, new.price)
        if same and known.until >= new.since:
            longer = replace(known, until=max(known.until, new.until))
            return tuple(longer if quote is known else quote for quote in quotes)
    return (*quotes, new)

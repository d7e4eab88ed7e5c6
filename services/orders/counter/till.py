"""A till: who sells at it, which units it may sell on its own, and what is in its drawer."""

from dataclasses import dataclass, replace
from datetime import datetime

from shared.events.ids import BuyerId
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

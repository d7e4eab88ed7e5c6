"""An order as it stands: what was agreed, and all that has come of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from services.orders.border.crossing import Crossing
from services.orders.ordering.life import Status
from shared.events.money import Money
from shared.events.orders import (
    Line,
    OrderPlaced,
    SaleMade,
    Units,
)
from shared.platform.change.aggregate import Note
from shared.refusal import Refused

CASH = "cash"
"""The payment of what was paid for at the till: its money is given back from there, too."""


@dataclass(frozen=True, slots=True)
class Step:
    """One row of an order's history: when what happened, where that left it, and why."""

    at: datetime
    what: str
    status: Status
    why: str = ""


@dataclass(frozen=True, slots=True)
class Payment:
    """One try at paying for an order."""

    id: str
    amount: Money
    status: Literal["started", "failed", "captured", "quarantined"]


@dataclass(frozen=True, slots=True)
class Offer:
    """What was answered to who began to pay: where. Whoever asks for the same *key* is told again.

    Attributes:
        key: The cause it was asked by.
    """

    key: str
    payment_id: str
    pay_url: str


@dataclass(frozen=True, slots=True)
class Refund:
    """Money on its way back; `asked` waits for a second person, `due` for the provider.

    Attributes:
        units: Whose price it is; those that had not left do not leave.
        damaged: Those of them that are unfit to be sold.
        due_at: Since when it is to go back.
        coins: What of it was given back in coins, in minor units; None of what was not in cash.
    """

    id: str
    payment_id: str
    amount: Money
    status: Literal["asked", "denied", "due", "paid"]
    reason: str = ""
    asked_by: str = ""
    units: tuple[Units, ...] = ()
    damaged: tuple[Units, ...] = ()
    due_at: datetime | None = None
    coins: int | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """A parcel."""

    id: str
    units: tuple[Units, ...]
    carrier: str
    waybill: str
    delivered: bool = False


@dataclass(frozen=True, slots=True)
class Return:
    """Goods on their way back; their clocks are in `services/orders/ordering/returns.py`."""

    id: str
    units: tuple[Units, ...]
    status: Literal["requested", "approved", "refused", "received"]
    asked_at: datetime
    arrive_by: datetime | None = None
    damaged: tuple[Units, ...] = ()


@dataclass(frozen=True, slots=True)
class Order:
    """Where one order stands.

    Attributes:
        placed: What was agreed; None of an order nobody placed.
        sale: How it was paid for at a till; None of what was sold elsewhere.
        due: When that for which the order waits should have happened.
        grace_until: Until when its buyer may withdraw although it is paid for.
        refund_at: When to try to send back what is due; None if nothing is.
        refund_trouble: What was said when it could last not be sent back.
        owed_since: Since when there is money to send back; None if there is none.
        cancelled: Units that are paid for and will not leave.
        damaged: Units that did not leave and are unfit to be sold.
        heard: Marks of the provider's notices that were acted on, the latest last.
        crossing: Where its goods stand between here and there; None if they pass no customs.
    """

    id: str
    status: Status = "new"
    placed: OrderPlaced | None = None
    due: datetime | None = None
    grace_until: datetime | None = None
    released_at: datetime | None = None
    return_until: datetime | None = None
    declaration: str = ""
    payments: tuple[Payment, ...] = ()
    offers: tuple[Offer, ...] = ()
    refunds: tuple[Refund, ...] = ()
    parcels: tuple[Sent, ...] = ()
    returns: tuple[Return, ...] = ()
    history: tuple[Step, ...] = ()
    refund_at: datetime | None = None
    refund_tries: int = 0
    refund_trouble: str = ""
    owed_since: datetime | None = None
    crossing: Crossing | None = None
    sale: SaleMade | None = None
    cancelled: tuple[Units, ...] = ()
    damaged: tuple[Units, ...] = ()
    heard: tuple[str, ...] = ()

    @property
    def terms(self) -> OrderPlaced:
        """What was agreed. Refuses an order nobody placed."""
        if self.placed is None:
            raise Refused("order.unknown", "There is no such order.", kind="missing")
        return self.placed

    @property
    def lines(self) -> tuple[Line, ...]:
        """What was ordered."""
        return self.placed.lines if self.placed else ()


@dataclass(frozen=True, slots=True)
class RefundPutOff(Note):
    """Money that is to go back could not be sent; it is tried again at a time."""

    order_id: str
    again_at: datetime
    why: str = ""


@dataclass(frozen=True, slots=True)
class NoticeHeard(Note):
    """What the provider told of its own accord was acted on; it has a *mark* of its own."""

    order_id: str
    mark: str


@dataclass(frozen=True, slots=True)
class PaymentOffered(Note):
    """Somebody who began to pay was told where."""

    order_id: str
    offer: Offer

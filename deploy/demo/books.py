"""The books: what can be known from outside when the festival is over; nothing judged."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from deploy.demo.bus import Record
from deploy.demo.journals import Fact
from deploy.demo.notebook import Paid, Try
from shared.events.ids import Channel, Locale
from shared.events.text import Text

UNSOLD = frozenset({"placed", "expired", "cancelled", "rejected"})
"""Where an order stands that is not paid for, or not any more."""


@dataclass(frozen=True, slots=True)
class Pool:
    """Where the units of one SKU are, as orders tells; `sold` have left, or wait to leave."""

    received: int
    free: int
    allocated: int
    held: int
    sold: int

    @classmethod
    def of(cls, shown: Mapping[str, Any]) -> Self:
        """Read one from the list of stock."""
        return cls(
            shown["received"],
            shown["free"],
            shown["allocated"],
            shown["held"],
            shown["sold"] + shown["shipped"],
        )


@dataclass(frozen=True, slots=True)
class Line:
    """So many units of one SKU at one price."""

    sku: str
    units: int
    amount: int
    deal_id: str | None


@dataclass(frozen=True, slots=True)
class Order:
    """An order as orders tells."""

    id: str
    status: str
    channel: Channel
    buyer_id: str
    total: int
    lines: tuple[Line, ...]
    session_id: str | None
    placed_at: datetime
    payments: Mapping[str, str]
    """The payments tried, and what came of each."""
    withdrawn: bool = False
    """Whether it was paid for, and then given up within the grace."""

    @property
    def units(self) -> int:
        return sum(line.units for line in self.lines)

    @property
    def sold(self) -> bool:
        """Whether it was paid for, and stays so."""
        return self.status not in UNSOLD

    @property
    def confirmed(self) -> bool:
        """Whether it was ever paid for: so it was told to everybody, whatever came of it."""
        return self.sold or self.withdrawn

    @classmethod
    def of(cls, shown: Mapping[str, Any]) -> Self:
        """Read one from the list of orders."""
        return cls(
            id=shown["order_id"],
            status=shown["status"],
            channel=shown["channel"],
            buyer_id=shown["buyer_id"],
            total=shown["total"]["amount"],
            lines=tuple(
                Line(
                    line["sku"],
                    line["quantity"],
                    line["quantity"] * line["unit_price"]["amount"],
                    line["deal_id"],
                )
                for line in shown["lines"]
            ),
            session_id=shown["session_id"],
            placed_at=datetime.fromisoformat(shown["placed_at"]),
            payments={
                payment["id"]: _fate(payment, shown["refunds"]) for payment in shown["payments"]
            },
            withdrawn=shown["status"] in UNSOLD and shown["grace_until"] is not None,
        )


def _fate(payment: Mapping[str, Any], refunds: Iterable[Mapping[str, Any]]) -> str:
    """What came of a payment in the end: that its money went back, if all of it did."""
    back = [refund for refund in refunds if refund["payment_id"] == payment["id"]]
    if sum(refund["amount"]["amount"] for refund in back) < payment["amount"]["amount"]:
        return payment["status"]
    return "refunded" if all(refund["status"] == "paid" for refund in back) else "refund-due"


@dataclass(frozen=True, slots=True)
class Entry:
    """One payment in the provider's ledger."""

    payment_id: str
    order_id: str
    status: str
    captured: int
    refunded: int


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter the mail server took."""

    message_id: str
    to: tuple[str, ...]
    subject: str
    text: str
    language: str


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a webhook, as the integrator's system received it."""

    id: str
    type: str
    genuine: bool


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who should have mail: in which language, at which address."""

    email: str
    locale: Locale


@dataclass(frozen=True, slots=True)
class Sums:
    """Orders, units and money, as one service has added them up by itself."""

    orders: int = 0
    units: int = 0
    amount: int = 0


@dataclass(frozen=True, slots=True)
class Books:
    """Everything known from outside."""

    intake: Mapping[str, int]
    stock: Mapping[str, Pool]
    unreconciled: tuple[str, ...]
    """What orders itself finds when it adds the pool up from all that moved it."""
    orders: Mapping[str, Order]
    tries: tuple[Try, ...]
    paid: tuple[Paid, ...]
    ledger: tuple[Entry, ...]
    letters: tuple[Letter, ...]
    readers: Mapping[str, Reader]
    names: Mapping[str, Text]
    facts: tuple[Fact, ...]
    causes: tuple[tuple[str, str], ...]
    records: tuple[Record, ...]
    dead: int
    calls: tuple[Call, ...]
    told_types: tuple[str, ...]
    reported: Mapping[str, Sums]
    """The festival report of catalog: `all`, `channel …`, `session …`, `sku …`."""
    tallies: Mapping[str, Sums]
    """What livestream has counted for each session: orders and units."""

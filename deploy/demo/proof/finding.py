"""What a proof comes to, and small things all proofs need."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from deploy.demo.books import Order
from deploy.demo.bus import Record
from shared.events.base import Event

E = TypeVar("E", bound=Event)


@dataclass(frozen=True, slots=True)
class Finding:
    """What was claimed, what was compared, and everything that is wrong."""

    claim: str
    compared: str
    wrong: tuple[str, ...]

    @property
    def holds(self) -> bool:
        return not self.wrong


def once(records: Iterable[Record]) -> list[Record]:
    """Each event where it was first heard, in that order."""
    first: dict[str, Record] = {}
    for record in records:
        first.setdefault(record.id, record)
    return list(first.values())


def facts(kind: type[E], records: Iterable[Record]) -> Iterator[E]:
    """What Kafka says of one kind of event, each once."""
    for record in once(records):
        if record.type == kind.type:
            yield kind.read(record.value)


def units_sold(orders: Iterable[Order]) -> Counter[str]:
    """The units of each SKU in orders that are paid for."""
    sold: Counter[str] = Counter()
    for order in orders:
        if order.sold:
            for line in order.lines:
                sold[line.sku] += line.units
    return sold


def money(amount: int) -> str:
    """An amount of the festival's currency, in whole and hundredths."""
    return f"MOP {amount / 100:,.2f}"

"""The notebook: what everybody asked for and was answered, written down as it happens.

It is the buyers' and cashiers' own memory; in the end the services' books have to agree with it.
"""

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from deploy.demo.wire import Answer
from shared.events.ids import Channel

CREATED = 201
RECENT = 2_000


@dataclass(frozen=True, slots=True)
class Heard:
    """One answer to one click.

    Attributes:
        code: Why it was refused, or empty.
        order_id: The order, if it was granted.
        again: Whether the wish had been granted, and the buyer knew, when this was asked again.
    """

    status: int
    code: str = ""
    order_id: str = ""
    again: bool = False


@dataclass(slots=True)
class Try:
    """One wish to buy: however often it is clicked, it has one key and leads to one order."""

    key: str
    person_id: str
    channel: Channel
    at: datetime
    lines: tuple[tuple[str, int, str | None], ...]
    """SKU, units, deal."""
    session_id: str | None = None
    booth_id: str | None = None
    clicks: int = 1
    answers: list[Heard] = field(default_factory=list[Heard])
    """One for each click."""
    total: int = 0

    @property
    def order_ids(self) -> set[str]:
        return {heard.order_id for heard in self.answers if heard.order_id}

    @property
    def refusal(self) -> str:
        """Why it was refused; empty if it was not, or never answered."""
        return "" if self.order_ids else next((heard.code for heard in self.answers), "")


@dataclass(frozen=True, slots=True)
class Paid:
    """What the provider told a buyer who paid."""

    payment_id: str
    order_id: str
    amount: int
    currency: str
    succeeded: bool


@dataclass(slots=True)
class Notebook:
    """All that was asked, answered and paid, and how long it took."""

    tries: list[Try] = field(default_factory=list[Try])
    paid: list[Paid] = field(default_factory=list[Paid])
    cancelled: set[str] = field(default_factory=set[str])
    answer_ms: list[float] = field(default_factory=list[float])
    """Milliseconds from a wish to its answer."""
    shown_ms: list[float] = field(default_factory=list[float])
    """Milliseconds from the moment a deal was shown to the moment one viewer had it."""
    counts: Counter[str] = field(default_factory=Counter[str])
    """How many wishes were placed, by channel, refused and paid so far."""
    seen: Counter[str] = field(default_factory=Counter[str])
    """What viewers were sent, by kind."""
    viewers: dict[str, int] = field(default_factory=dict[str, int])
    """The most who watched a session at once."""
    remarks: deque[str] = field(default_factory=lambda: deque[str](maxlen=50))
    """What went otherwise than planned and was got over."""

    def take(self, wish: Try) -> None:
        self.tries.append(wish)

    def answered(self, wish: Try, answer: Answer, *, again: bool = False) -> dict[str, Any]:
        """Write an answer down, the first of several counts; returns the order, if there is one."""
        order: dict[str, Any] = answer.json if answer.status == CREATED else {}
        if not wish.answers:
            self.counts.update([f"placed {wish.channel}"] if order else ["refused"])
        order_id = order.get("order_id", "")
        wish.answers.append(Heard(answer.status, answer.code, order_id, again))
        if order:
            wish.total = order["total"]["amount"]
        self.answer_ms.append(answer.seconds * 1000)
        return order

    def pay(self, paid: Paid) -> None:
        self.paid.append(paid)
        self.counts["paid" if paid.succeeded else "not paid"] += 1

    def recent_ms(self) -> list[float]:
        """The answer times of the last wishes, in order of size."""
        return sorted(self.answer_ms[-RECENT:])

    def unanswered(self) -> Iterator[Try]:
        yield from (wish for wish in self.tries if len(wish.answers) < wish.clicks)


def at_rank(ordered: list[float], rank: float) -> float:
    """The value at *rank* (0.5 is the median) of values in order of size; 0 of none."""
    return ordered[min(len(ordered) - 1, int(rank * len(ordered)))] if ordered else 0.0

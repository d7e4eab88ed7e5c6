"""What is said in the benchmarks: tickets are drawn, and somebody takes note."""

from dataclasses import dataclass, replace

from shared.events.base import Event
from shared.platform.change.aggregate import Aggregate
from shared.platform.mongo import Mongo


class TicketEvent(Event, topic="feira.bench.ticket.v1", key="ticket"):
    """Something about a ticket."""

    ticket: str


class TicketDrawn(TicketEvent, type="feira.bench.ticket.drawn"):
    """About what an order says of itself: 400 bytes."""

    buyer: str
    status: str
    total: int
    lines: tuple[str, ...]
    note: str


class TicketNoted(TicketEvent, type="feira.bench.ticket.noted"):
    """Somebody has heard of it."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """One ticket."""

    id: str
    facts: int = 0


TICKETS = Aggregate(
    "tickets", Ticket, new=Ticket, evolve=lambda state, _: replace(state, facts=state.facts + 1)
)


def ticket(number: int, name: str = "") -> TicketDrawn:
    """The ticket of one of five thousand buyers."""
    return TicketDrawn(
        ticket=name or f"ticket-{number:012d}",
        buyer=f"buyer-{number % 5000:08d}",
        status="placed",
        total=12_990 + number % 1000,
        lines=tuple(f"sku-{(number + n) % 60:04d}:1:4330" for n in range(3)),
        note="x" * 180,
    )


async def drop(mongo: Mongo) -> None:
    """Drop the database and let it go."""
    await mongo.client.drop_database(mongo["journal"].database.name)
    await mongo.stop()

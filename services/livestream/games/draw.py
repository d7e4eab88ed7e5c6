"""A lucky draw: published whole, entered, called over, drawn by a seed anybody can check. Rules.

Its terms are complete when it is published and stand from then on (SAMR Order 32/2020); no prize is
above CNY 50,000 (Anti-Unfair Competition Law). The digest of the seed is published with the terms
and the seed with the winners. Who wins was present: when entries close, entrants are called over,
and only those who answer are drawn from. What becomes of what they win: prize.py.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal, NamedTuple, TypeAlias

from services.livestream.directing.moves import must_run
from services.livestream.directing.session import Asker, Session
from services.livestream.games.chance import commit_of, order_of
from services.livestream.games.game import must_be_on, must_exist
from shared.events.livestream import (
    DrawClosed,
    DrawDone,
    DrawPublished,
    DrawRepeated,
    Prize,
    PrizeClaimed,
    PrizeLapsed,
    Winner,
)
from shared.events.money import Money
from shared.events.text import Text
from shared.platform.change.aggregate import Note
from shared.refusal import Refused

Status: TypeAlias = Literal["new", "open", "drawing", "drawn"]

MOST_VALUE = Money(amount=5_000_000, currency="CNY")
"""What one prize may be worth (Anti-Unfair Competition Law 2019 art. 10, 2025 art. 11)."""
MOST_ENTRIES = 20_000
"""How many may enter: the list of those present is one event."""


class Terms(NamedTuple):
    """All that is published of a draw, before anybody enters."""

    rules: Text
    prizes: Sequence[Prize]
    open_for: timedelta
    called_for: timedelta
    claims_for: timedelta


@dataclass(frozen=True, slots=True)
class SeedKept(Note):
    """The seed of a draw: kept to ourselves until it is drawn."""

    draw_id: str
    seed: bytes


@dataclass(frozen=True, slots=True)
class Entered(Note):
    """Somebody entered a draw, as its so many-th."""

    draw_id: str
    entry_id: str
    buyer_id: str
    number: int


@dataclass(frozen=True, slots=True)
class Answered(Note):
    """An entrant answered when they were called over."""

    draw_id: str
    entry_id: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One person in one draw; its id is of both."""

    id: str
    draw_id: str = ""
    buyer_id: str = ""
    number: int = 0
    present: bool = False


@dataclass(frozen=True, slots=True)
class Won:
    """What became of what an entrant won, *again* if it had been drawn before."""

    number: int
    prize: int
    fate: Literal["won", "claimed", "lapsed"] = "won"
    again: bool = False


@dataclass(frozen=True, slots=True)
class Draw:
    """How a draw stands."""

    id: str
    status: Status = "new"
    session_id: str = ""
    rules: Text | None = None
    prizes: tuple[Prize, ...] = ()
    commit: str = ""
    seed: bytes = b""
    closes_at: datetime | None = None
    draws_at: datetime | None = None
    claim_seconds: int = 0
    claim_until: datetime | None = None
    entries: int = 0
    present: int = 0
    winners: tuple[Won, ...] = ()

    @property
    def repeated(self) -> bool:
        """Whether what was not claimed has been drawn again."""
        return any(won.again for won in self.winners)


def drawn_from(seed: bytes, present: Sequence[int], prizes: Iterable[Prize]) -> Mapping[int, int]:
    """Who wins what: the number of an entrant, and the place of a prize, from the first on.

    *present* are the numbers of those present, in order; each of them wins once at most.
    """
    units = [place for place, prize in enumerate(prizes) for _ in range(prize.units)]
    return dict(zip(order_of(seed, present), units, strict=False))


def publish(
    session: Session, draw: Draw, terms: Terms, seed: bytes, asker: Asker, *, at: datetime
) -> list[DrawPublished | Note]:
    """Publish the terms of a draw, in a room that is live: [DrawPublished, SeedKept]."""
    must_run(session, asker)
    must_be_on(session)
    if draw.status != "new":
        raise Refused("draw.exists", "There is a draw of this name: its terms stand.")
    for prize in terms.prizes:
        if prize.value.currency != MOST_VALUE.currency or prize.value.amount > MOST_VALUE.amount:
            raise Refused(
                "draw.prize-value",
                "A prize is worth CNY 50,000 at most, and its worth is told in CNY.",
                kind="invalid",
                most=MOST_VALUE.model_dump(),
            )
    closes_at = at + terms.open_for
    published = DrawPublished(
        draw_id=draw.id,
        session_id=session.id,
        rules=terms.rules,
        prizes=tuple(terms.prizes),
        commit=commit_of(seed),
        closes_at=closes_at,
        draws_at=closes_at + terms.called_for,
        claim_seconds=int(terms.claims_for.total_seconds()),
    )
    return [published, SeedKept(draw.id, seed)]


def enter(session: Session, draw: Draw, entry: Entry, asker: Asker, at: datetime) -> list[Note]:
    """Enter a draw that is open; who runs the session does not."""
    must_exist("draw", draw.session_id, session)
    must_be_on(session)
    if asker.organises or asker.id == session.host_id:
        raise Refused("draw.insider", "Who runs the session does not enter.", kind="forbidden")
    if entry.number:
        raise Refused("draw.entered", "You have entered already.", number=entry.number)
    if draw.status != "open" or draw.closes_at is None or at >= draw.closes_at:
        raise Refused("draw.closed", "Entries are closed.", closes_at=draw.closes_at)
    if draw.entries >= MOST_ENTRIES:
        raise Refused("draw.full", f"No more than {MOST_ENTRIES} may enter.", kind="limit")
    return [Entered(draw.id, entry.id, asker.id, draw.entries + 1)]


def answer(session: Session, draw: Draw, entry: Entry, at: datetime) -> list[Note]:
    """Answer while entrants are called over: only who does can win."""
    must_exist("draw", draw.session_id, session)
    if not entry.number:
        raise Refused("draw.not-entered", "You have not entered.", kind="missing")
    if draw.closes_at is None or at < draw.closes_at:
        raise Refused("draw.not-called", "Nobody is called yet.", called_at=draw.closes_at)
    if draw.status == "drawn" or draw.draws_at is None or at >= draw.draws_at:
        raise Refused("draw.too-late", "It is being drawn.")
    return [] if entry.present else [Answered(draw.id, entry.id)]


def close(draw: Draw, at: datetime) -> list[DrawClosed]:
    """Close the entries when their time is up, and call the entrants over."""
    if draw.status != "open" or draw.closes_at is None or at < draw.closes_at:
        raise Refused("draw.not-due", "Its time is not up.")
    return [DrawClosed(draw_id=draw.id, session_id=draw.session_id, entries=draw.entries)]


def finish(draw: Draw, present: Sequence[Entry], at: datetime) -> list[DrawDone]:
    """Draw from those who answered (*present*, in order of their numbers); reveal the seed."""
    if draw.status != "drawing" or draw.draws_at is None or at < draw.draws_at:
        raise Refused("draw.not-due", "Its time is not up.")
    must_be_all(draw, present)
    numbers = tuple(entry.number for entry in present)
    won = drawn_from(draw.seed, numbers, draw.prizes)
    return [
        DrawDone(
            draw_id=draw.id,
            session_id=draw.session_id,
            seed=draw.seed.hex(),
            present=numbers,
            winners=tuple(Winner(number=number, prize=prize) for number, prize in won.items()),
            claim_until=at + timedelta(seconds=draw.claim_seconds),
        )
    ]


def must_be_all(draw: Draw, present: Sequence[Entry]) -> None:
    """Refuse to draw from others than all who answered."""
    if len(present) != draw.present:
        raise Refused("draw.present-moved", "Somebody answered in between.", kind="stale")


def evolve(draw: Draw, fact: object) -> Draw:
    if getattr(fact, "draw_id", None) != draw.id:
        return draw
    match fact:
        case DrawPublished():
            return replace(
                draw,
                status="open",
                session_id=fact.session_id,
                rules=fact.rules,
                prizes=fact.prizes,
                commit=fact.commit,
                closes_at=fact.closes_at,
                draws_at=fact.draws_at,
                claim_seconds=fact.claim_seconds,
            )
        case SeedKept(seed=seed):
            return replace(draw, seed=seed)
        case Entered():
            return replace(draw, entries=draw.entries + 1)
        case Answered():
            return replace(draw, present=draw.present + 1)
        case DrawClosed():
            return replace(draw, status="drawing")
        case DrawDone():
            won = tuple(Won(winner.number, winner.prize) for winner in fact.winners)
            return replace(draw, status="drawn", winners=won, claim_until=fact.claim_until)
        case DrawRepeated(winners=winners, claim_until=until):
            again = (Won(winner.number, winner.prize, again=True) for winner in winners)
            return replace(draw, winners=(*draw.winners, *again), claim_until=until)
        case PrizeClaimed(number=number):
            return _with_fate(draw, number, "claimed")
        case PrizeLapsed(number=number):
            return _with_fate(draw, number, "lapsed")
        case _:
            return draw


def _with_fate(draw: Draw, number: int, fate: Literal["claimed", "lapsed"]) -> Draw:
    winners = (replace(won, fate=fate) if won.number == number else won for won in draw.winners)
    return replace(draw, winners=tuple(winners))


def evolve_entry(entry: Entry, fact: object) -> Entry:
    match fact:
        case Entered(entry_id=entry.id):
            return replace(entry, draw_id=fact.draw_id, buyer_id=fact.buyer_id, number=fact.number)
        case Answered(entry_id=entry.id):
            return replace(entry, present=True)
        case _:
            return entry

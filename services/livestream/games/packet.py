"""A red packet: a sum in so many parts, one a person, until it is empty or its time is up."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal, NamedTuple, TypeAlias

from services.livestream.directing.moves import must_run
from services.livestream.directing.session import Asker, Session
from services.livestream.games.chance import Chance
from services.livestream.games.game import must_be_on, must_exist
from shared.events.base import Event
from shared.events.livestream import PacketClosed, PacketOpened, PacketTaken
from shared.events.money import Money
from shared.platform.change.aggregate import Note
from shared.refusal import Refused

Status: TypeAlias = Literal["new", "open", "closed"]


class Wanted(NamedTuple):
    """What is asked for: a sum, in how many parts, after how long and for how long.

    *word* is what has to be said to get a part; empty: nothing.
    """

    total: Money
    parts: int
    after: timedelta
    lasts: timedelta
    word: str = ""


@dataclass(frozen=True, slots=True)
class PacketSplit(Note):
    """What the parts of a packet are: nobody's business before they are taken."""

    packet_id: str
    shares: tuple[int, ...]
    word: str


@dataclass(frozen=True, slots=True)
class Packet:
    """How a red packet stands; *shares* are minor units, of which *taken* are gone."""

    id: str
    status: Status = "new"
    session_id: str = ""
    total: Money | None = None
    shares: tuple[int, ...] = ()
    taken: int = 0
    word: str = ""
    opens_at: datetime | None = None
    closes_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Taker:
    """What one person got of one packet; its id is of both."""

    id: str
    share: Money | None = None


@dataclass(frozen=True, slots=True)
class Took(Note):
    """A person got something of a packet."""

    taker_id: str
    share: Money


def split(total: int, parts: int, chance: Chance) -> Iterator[int]:
    """Share *total* out in *parts* of 1 or more each.

    Each is uniform from 1 to twice the average of what is left, less 1; the last takes the rest.
    """
    left = total
    for behind in range(parts - 1, 0, -1):
        share = 1 + chance.below(2 * (left // (behind + 1)) - 1)
        yield share
        left -= share
    yield left


def open_(
    session: Session, packet: Packet, wanted: Wanted, seed: bytes, asker: Asker, *, at: datetime
) -> list[Event | Note]:
    """Offer a packet in a room that is live: [PacketOpened, PacketSplit]."""
    must_run(session, asker)
    must_be_on(session)
    if packet.status != "new":
        raise Refused("packet.exists", "There is a packet of this name already.")
    if wanted.total.amount < wanted.parts:
        raise Refused("packet.too-little", "There is less than 1 for each part.", kind="invalid")
    opens_at = at + wanted.after
    return [
        PacketOpened(
            packet_id=packet.id,
            session_id=session.id,
            total=wanted.total,
            parts=wanted.parts,
            opens_at=opens_at,
            closes_at=opens_at + wanted.lasts,
            asks_word=bool(wanted.word),
        ),
        PacketSplit(
            packet.id,
            tuple(split(wanted.total.amount, wanted.parts, Chance(seed))),
            wanted.word.casefold(),
        ),
    ]


def take(
    session: Session, packet: Packet, taker: Taker, asker: Asker, at: datetime, *, word: str
) -> list[Event | Note]:
    """Take one's part; the last part closes the packet."""
    must_exist("packet", packet.session_id, session)
    must_be_on(session)
    if taker.share:
        raise Refused("packet.had", "You have had your part.", share=taker.share.model_dump())
    if packet.opens_at and at < packet.opens_at:
        raise Refused("packet.early", "It is not open yet.", opens_at=packet.opens_at)
    if packet.status == "closed" or (packet.closes_at and at >= packet.closes_at):
        raise Refused("packet.over", "It is empty, or its time is up.")
    if packet.word and word.strip().casefold() != packet.word:
        raise Refused("packet.word", "That is not the word.", kind="invalid")
    assert packet.total is not None, "open with a total"  # noqa: S101 - for the types
    share = Money(amount=packet.shares[packet.taken], currency=packet.total.currency)
    taken = PacketTaken(
        packet_id=packet.id,
        session_id=session.id,
        buyer_id=asker.id,
        share=share,
        number=packet.taken + 1,
        at=at,
    )
    facts: list[Event | Note] = [taken, Took(taker.id, share)]
    if packet.taken + 1 == len(packet.shares):
        facts.append(_closed(packet, "empty", left=0))
    return facts


def close(packet: Packet, at: datetime) -> list[PacketClosed]:
    """Close a packet whose time is up."""
    if packet.status != "open" or packet.closes_at is None or at < packet.closes_at:
        raise Refused("packet.not-due", "Its time is not up.")
    return [_closed(packet, "time", left=sum(packet.shares[packet.taken :]))]


def _closed(packet: Packet, reason: Literal["empty", "time"], left: int) -> PacketClosed:
    assert packet.total is not None, "open with a total"  # noqa: S101 - for the types
    return PacketClosed(
        packet_id=packet.id,
        session_id=packet.session_id,
        reason=reason,
        left=Money(amount=left, currency=packet.total.currency),
    )


def evolve(packet: Packet, fact: object) -> Packet:
    match fact:
        case PacketOpened(packet_id=packet.id):
            return replace(
                packet,
                status="open",
                session_id=fact.session_id,
                total=fact.total,
                opens_at=fact.opens_at,
                closes_at=fact.closes_at,
            )
        case PacketSplit(packet_id=packet.id, shares=shares, word=word):
            return replace(packet, shares=shares, word=word)
        case PacketTaken(packet_id=packet.id):
            return replace(packet, taken=packet.taken + 1)
        case PacketClosed(packet_id=packet.id):
            return replace(packet, status="closed")
        case _:
            return packet


def evolve_taker(taker: Taker, fact: object) -> Taker:
    match fact:
        case Took(taker_id=taker.id, share=share):
            return replace(taker, share=share)
        case _:
            return taker

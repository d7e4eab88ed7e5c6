"""Games of a room: red packets and lucky draws."""

from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, NonNegativeInt, PositiveInt

from shared.events.base import Event
from shared.events.ids import BuyerId, Id, SessionId
from shared.events.money import Money
from shared.events.text import Text


class PacketEvent(Event, topic="feira.livestream.packet.v1", key="packet_id"):
    """Something that happened to a red packet."""

    packet_id: Id
    session_id: SessionId


class PacketOpened(PacketEvent, type="feira.livestream.packet.opened"):
    """A room gives a sum away in so many parts, one a person, while it lasts."""

    total: Money
    parts: PositiveInt
    opens_at: AwareDatetime
    closes_at: AwareDatetime
    asks_word: bool


class PacketTaken(PacketEvent, type="feira.livestream.packet.taken"):
    """Somebody has got their part and is to be paid it."""

    buyer_id: BuyerId
    share: Money
    number: PositiveInt
    at: AwareDatetime


class PacketClosed(PacketEvent, type="feira.livestream.packet.closed"):
    """The packet is empty, or its time is up and *left* goes back to who gave it."""

    reason: Literal["empty", "time"]
    left: Money


class Prize(BaseModel):
    """What there is to win, how many times, and what one is worth."""

    model_config = ConfigDict(frozen=True)

    name: Text
    value: Money
    units: PositiveInt


class Winner(BaseModel):
    """The number of an entrant, and the place of the prize in the list, from 0."""

    model_config = ConfigDict(frozen=True)

    number: PositiveInt
    prize: NonNegativeInt


class DrawEvent(Event, topic="feira.livestream.draw.v1", key="draw_id"):
    """Something that happened in a lucky draw."""

    draw_id: Id
    session_id: SessionId


class DrawPublished(DrawEvent, type="feira.livestream.draw.published"):
    """A draw is open to all, on these terms, which stand.

    *commit* is the SHA-256, in hexadecimal, of the seed that will decide.
    """

    rules: Text
    prizes: tuple[Prize, ...]
    commit: str
    closes_at: AwareDatetime
    draws_at: AwareDatetime
    claim_seconds: PositiveInt


class DrawClosed(DrawEvent, type="feira.livestream.draw.closed"):
    """Nobody enters any more; those who have are called over until it is drawn."""

    entries: NonNegativeInt


class DrawDone(DrawEvent, type="feira.livestream.draw.done"):
    """The draw is over. With the seed, in hexadecimal, everybody can draw again.

    *present* are the numbers of those who answered, in order: chance is seeded with the SHA-256 of
    the seed's bytes followed by those numbers in decimal, commas between. Its n-th number, from 0,
    is the SHA-256 of that and n in eight bytes; taken modulo how many are left, unless it is beyond
    the last whole multiple of that, when it is passed over. The one drawn changes places with the
    last and leaves the list; prizes are given in their order.
    """

    seed: str
    present: tuple[PositiveInt, ...]
    winners: tuple[Winner, ...]
    claim_until: AwareDatetime


class PrizeClaimed(DrawEvent, type="feira.livestream.draw.prize-claimed"):
    """Who has won it wants it."""

    number: PositiveInt
    prize: NonNegativeInt
    buyer_id: BuyerId


class PrizeLapsed(DrawEvent, type="feira.livestream.draw.prize-lapsed"):
    """Nobody has claimed it in time: it goes back to who gave it, or else is drawn again."""

    number: PositiveInt
    prize: NonNegativeInt
    goes_back: bool = True


class DrawRepeated(DrawEvent, type="feira.livestream.draw.repeated"):
    """What was not claimed in time has been drawn again, once and for all.

    The draw goes on where it stopped: the list, and what chance is seeded with, are those of
    DrawDone, whose winners are drawn first. The next to be drawn are given what has lapsed, in the
    order in which it was first given.
    """

    winners: tuple[Winner, ...]
    claim_until: AwareDatetime

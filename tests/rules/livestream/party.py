"""A packet and a draw of one room, run by hand: wishes decided and facts applied, no service."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from services.livestream.directing.session import Asker
from services.livestream.games import draw, packet, prize
from services.livestream.games.draw import Draw, Entry, Terms
from services.livestream.games.packet import Packet, Taker, Wanted
from shared.events.base import Event
from shared.events.livestream import (
    DrawDone,
    PacketTaken,
    Prize,
)
from shared.events.money import Money
from shared.platform.change.aggregate import Note
from tests.rules.livestream.room import HOST, TITLES, Room, live_room

SEED = bytes(range(32))
MINUTE = timedelta(minutes=1)
LI = Asker("buyer-li")


def cny(amount: int) -> Money:
    return Money(amount=amount, currency="CNY")


@dataclass
class Party:
    """One packet and one draw of a room, run by hand."""

    room: Room = field(default_factory=live_room)
    packet: Packet = field(default_factory=lambda: Packet("p"))
    takers: dict[str, Taker] = field(default_factory=dict)
    draw: Draw = field(default_factory=lambda: Draw("d"))
    entries: dict[str, Entry] = field(default_factory=dict)
    facts: list[Event] = field(default_factory=list)

    @property
    def now(self) -> datetime:
        return self.room.now

    @property
    def present(self) -> list[Entry]:
        """Who answered, in order of their numbers."""
        answered = (one for one in self.entries.values() if one.present)
        return sorted(answered, key=lambda one: one.number)

    def later(self, time: timedelta) -> None:
        self.room.now += time

    def happen(self, facts: Iterable[Event | Note]) -> list[Any]:
        happened = list(facts)
        for fact in happened:
            self.packet = packet.evolve(self.packet, fact)
            self.draw = draw.evolve(self.draw, fact)
            self.takers = {n: packet.evolve_taker(one, fact) for n, one in self.takers.items()}
            self.entries = {n: draw.evolve_entry(one, fact) for n, one in self.entries.items()}
        self.facts += [fact for fact in happened if isinstance(fact, Event)]
        return happened

    def open(self, wanted: Wanted, asker: Asker = HOST) -> list[Any]:
        return self.happen(
            packet.open_(self.room.session, self.packet, wanted, SEED, asker, at=self.now)
        )

    def take(self, who: str = "buyer-li", word: str = "") -> PacketTaken:
        taker = self.takers.setdefault(who, Taker(who))
        taken, *_ = self.happen(
            packet.take(self.room.session, self.packet, taker, Asker(who), self.now, word=word)
        )
        return taken

    def publish(self, terms: Terms, asker: Asker = HOST) -> list[Any]:
        return self.happen(
            draw.publish(self.room.session, self.draw, terms, SEED, asker, at=self.now)
        )

    def enter(self, who: Asker = LI) -> None:
        entry = self.entries.setdefault(who.id, Entry(who.id))
        self.happen(draw.enter(self.room.session, self.draw, entry, who, self.now))

    def answer(self, who: Asker = LI) -> list[Any]:
        entry = self.entries.setdefault(who.id, Entry(who.id))
        return self.happen(draw.answer(self.room.session, self.draw, entry, self.now))

    def close(self) -> list[Any]:
        return self.happen(draw.close(self.draw, self.now))

    def finish(self) -> DrawDone:
        [done] = self.happen(draw.finish(self.draw, self.present, self.now))
        return done

    def claim(self, number: int) -> list[Any]:
        [entry] = [one for one in self.entries.values() if one.number == number]
        return self.happen(prize.claim(self.draw, entry, self.now))

    def lapse(self) -> list[Any]:
        return self.happen(prize.lapse(self.draw, self.present, self.now))


SMALL = Wanted(cny(100), 3, timedelta(), MINUTE)


PRIZES = (
    Prize(name=TITLES, value=cny(5_000_000), units=1),
    Prize(name=TITLES, value=cny(4_800), units=2),
)
TERMS = Terms(TITLES, PRIZES, 5 * MINUTE, MINUTE, 48 * 60 * MINUTE)


def entered(party: Party, count: int, *, present: int) -> None:
    """So many enter, and the first of them answer when they are called."""
    party.publish(TERMS)
    for n in range(count):
        party.enter(Asker(f"buyer-{n}"))
    party.later(5 * MINUTE)
    party.close()
    for n in range(present):
        party.answer(Asker(f"buyer-{n}"))

"""The games of a room as its viewers see them. Pure."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, NamedTuple, TypeAlias

from services.livestream.games.draw import Draw, evolve
from services.livestream.games.packet import Packet
from shared.events.base import Event
from shared.events.livestream import (
    DrawClosed,
    DrawDone,
    DrawPublished,
    DrawRepeated,
    PacketClosed,
    PacketOpened,
    PacketTaken,
)
from shared.events.money import Money

Card: TypeAlias = dict[str, Any]


class Told(NamedTuple):
    """What viewers are told, and if it is a number that moves often, which one."""

    event: str
    data: Card
    figure: str = ""


class Games:
    """Packets that are open, and all draws of the session."""

    def __init__(self, packets: Iterable[Packet] = (), draws: Iterable[Draw] = ()) -> None:
        self._packets: dict[str, Card] = {}
        for one in packets:
            total, opens_at, closes_at = one.total, one.opens_at, one.closes_at
            if total and opens_at and closes_at:
                card = _packet(one.id, total, len(one.shares), opens_at, closes_at)
                card |= {"asks_word": bool(one.word), "left": len(one.shares) - one.taken}
                self._packets[one.id] = card
        self._over: set[str] = set()
        self._draws = {one.id: _draw(one) for one in draws}

    def whole(self) -> Card:
        """For who has seen nothing yet."""
        return {
            "packets": list(self._packets.values()),
            "draws": list(self._draws.values()),
        }

    def apply(self, fact: Event) -> Iterator[Told]:
        """Take *fact* in; yields what viewers are told. Each may come twice."""
        match fact:
            case PacketOpened(packet_id=id):
                if id not in self._packets and id not in self._over:
                    card = _packet(id, fact.total, fact.parts, fact.opens_at, fact.closes_at)
                    card |= {"asks_word": fact.asks_word, "left": fact.parts}
                    self._packets[id] = card
                    yield Told("packet", card)
            case PacketTaken(packet_id=id, number=number):
                known = self._packets.get(id)
                if known and known["parts"] - number < known["left"]:
                    known["left"] = known["parts"] - number
                    yield Told("packet", known, f"packet:{id}")
            case PacketClosed(packet_id=id):
                self._over.add(id)
                if self._packets.pop(id, None):
                    # Of one figure only the last is told, so no count comes after this.
                    closed = {"packet_id": id, "status": "closed", "reason": fact.reason}
                    yield Told("packet", closed, f"packet:{id}")
            case DrawPublished(draw_id=id):
                if id not in self._draws:
                    self._draws[id] = _draw(evolve(Draw(id), fact))
                    yield Told("draw", self._draws[id])
            case DrawClosed(draw_id=id):
                yield from self._move(id, {"status": "drawing", "entries": fact.entries})
            case DrawDone(draw_id=id):
                yield from self._move(id, _outcome(fact))
            case DrawRepeated(draw_id=id) if id in self._draws:
                winners = [winner.model_dump() for winner in fact.winners]
                if self._draws[id].get("winners_again") != winners:
                    self._draws[id] |= {
                        "winners_again": winners,
                        "claim_until": fact.claim_until,
                    }
                    yield Told("draw", self._draws[id])
            case _:
                pass

    def _move(self, id: str, change: Card) -> Iterator[Told]:
        card = self._draws.get(id)
        if card and _STEPS.index(card["status"]) < _STEPS.index(change["status"]):
            card |= change
            yield Told("draw", card)


_STEPS = ("open", "drawing", "drawn")


def _packet(id: str, total: Money, parts: int, opens_at: datetime, closes_at: datetime) -> Card:
    return {
        "packet_id": id,
        "status": "open",
        "total": total.model_dump(),
        "parts": parts,
        "opens_at": opens_at,
        "closes_at": closes_at,
    }


def _draw(one: Draw) -> Card:
    card: Card = {
        "draw_id": one.id,
        "status": one.status,
        "rules": one.rules.model_dump(by_alias=True) if one.rules else None,
        "prizes": [prize.model_dump(by_alias=True) for prize in one.prizes],
        "commit": one.commit,
        "closes_at": one.closes_at,
        "draws_at": one.draws_at,
    }
    if one.status == "open":
        return card
    card["entries"] = one.entries
    if one.status == "drawn":
        card |= {"seed": one.seed.hex(), "claim_until": one.claim_until}
        for name, again in (("winners", False), ("winners_again", True)):
            card[name] = [
                {"number": won.number, "prize": won.prize}
                for won in one.winners
                if won.again == again
            ]
    return card


def _outcome(done: DrawDone) -> Card:
    return {
        "status": "drawn",
        "seed": done.seed,
        "winners": [winner.model_dump() for winner in done.winners],
        "winners_again": [],
        "claim_until": done.claim_until,
    }

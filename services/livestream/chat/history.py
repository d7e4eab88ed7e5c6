"""The last of what was said in a room, for who comes in and for who comes back. Pure."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any, NamedTuple, TypeAlias

from services.livestream.chat.message import Message, evolve
from shared.events.base import Event
from shared.events.livestream import ChatMessageHidden, ChatMessageSent, ChatSlowed

Card: TypeAlias = dict[str, Any]

MOST, OLDEST = 200, timedelta(minutes=10)
"""So many messages are held, none older than this when the newest was said."""
RECENT = 50
"""So many are shown to who comes in."""


class Missed(NamedTuple):
    """What somebody lacks who saw everything up to some sequence.

    Attributes:
        items: The messages after it, oldest first.
        hidden: Those held that are out of sight by now; they may have seen some of them.
        reset: Whether there is a gap, so that *items* are all that is still held.
    """

    items: list[Card]
    hidden: list[str]
    reset: bool


class History:
    """What was said last.

    Attributes:
        last: The sequence of the newest message heard of.
        slow_seconds: The wait from message to message.
    """

    def __init__(self, last: int = 0, slow_seconds: int = 0, said: Iterable[Message] = ()) -> None:
        """Begin with what was *said* up to the sequence *last*, in order and without a gap."""
        self.last, self.slow_seconds = last, slow_seconds
        self._held = deque(said)
        self._seen = self._held[0].sequence - 1 if self._held else last
        self._prune()

    def whole(self) -> Card:
        """For who has seen nothing yet."""
        return {
            "last_sequence": self.last,
            "slow_seconds": self.slow_seconds,
            "recent": self._cards(0)[-RECENT:],
        }

    def since(self, sequence: int) -> Missed:
        """For who has seen everything up to *sequence*."""
        reset = not self._seen <= sequence <= self.last
        hidden = [message.id for message in self._held if message.sight != "shown"]
        return Missed(self._cards(0 if reset else sequence), hidden, reset)

    def _cards(self, after: int) -> list[Card]:
        return [
            card_of(message)
            for message in self._held
            if message.sequence > after and message.sight == "shown"
        ]

    def apply(self, fact: Event) -> Iterator[tuple[str, Card]]:
        """Take *fact* in; yields what viewers are told. Each may come twice."""
        match fact:
            case ChatMessageSent():
                if fact.sequence > self.last:  # not known from the database, or heard before
                    self.last = fact.sequence
                    said = evolve(Message(fact.message_id), fact)
                    self._held.append(said)
                    self._prune()
                    yield "chat", card_of(said)
            case ChatMessageHidden(message_id=message_id, reason=reason):
                self._hide(message_id)
                yield "chat-hidden", {"message_ids": [message_id], "reason": reason}
            case ChatSlowed(seconds=seconds):
                if seconds != self.slow_seconds:
                    self.slow_seconds = seconds
                    yield "chat-mode", {"slow_seconds": seconds}
            case _:
                pass

    def _hide(self, message_id: str) -> None:
        for place, message in enumerate(self._held):
            if message.id == message_id:
                self._held[place] = replace(message, sight="hidden")

    def _prune(self) -> None:
        newest = self._held[-1].at if self._held else None
        while len(self._held) > MOST or (
            newest and (oldest := self._held[0].at) and newest - oldest > OLDEST
        ):
            self._seen = self._held.popleft().sequence


def card_of(message: Message) -> Card:
    """A message as viewers see it: text to be shown as text."""
    return {
        "sequence": message.sequence,
        "message_id": message.id,
        "author": {"id": message.author_id, "nick": message.nick, "role": message.role},
        "text": message.text,
        "at": message.at,
    }

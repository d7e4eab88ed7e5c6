"""The chat of a room, run by hand: wishes decided and their facts applied, no service."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from services.livestream.chat import author, chat, message, moderation
from services.livestream.chat.author import Author, Bar, author_of
from services.livestream.chat.chat import Chat, Mode
from services.livestream.chat.message import Message, Place, Saying
from services.livestream.chat.moderation import Moderator, may_moderate
from services.livestream.chat.words import WordList
from services.livestream.directing.session import Asker
from shared.events.base import Event
from shared.events.livestream import BanScope, ChatMessageSent
from shared.platform.change.aggregate import Note
from tests.rules.livestream.room import (
    HOST,
    Room,
    live_room,
)

LI, WU = Asker("buyer-li"), Asker("buyer-wu")


@dataclass
class Talk:
    """The chat of one room, run by hand: wishes decided and their facts applied."""

    room: Room = field(default_factory=live_room)
    chat: Chat = field(default_factory=lambda: Chat("sess-1"))
    mode: Mode = field(default_factory=lambda: Mode("sess-1"))
    authors: dict[str, Author] = field(default_factory=dict)
    bars: dict[str, Bar] = field(default_factory=dict)
    messages: dict[str, Message] = field(default_factory=dict)
    barred: tuple[str, ...] = ()
    trusted: frozenset[str] = frozenset()

    def author(self, who: Asker) -> Author:
        return self.authors.setdefault(who.id, Author(author_of("sess-1", who.id)))

    def bar(self, name: str) -> Bar:
        return self.bars.setdefault(name, Bar(name))

    def ban(
        self,
        who: Asker = LI,
        by: Asker = HOST,
        scope: BanScope = "room",
        elsewhere: Sequence[Author] = (),
    ) -> list[Event | Note]:
        moderator, bar = self.moderator(by), self.bar(who.id)
        spoke = [self.author(who), *elsewhere]
        return self.happen(moderation.ban(moderator, spoke, bar, "Fraud", scope))

    def follow(self, who: Asker, device: str) -> list[Event | Note]:
        session = self.room.session
        return self.happen(moderation.follow(session, self.bar(who.id), self.bar(device)))

    def unban(self, who: Asker = LI, by: Asker = HOST) -> list[Event | Note]:
        return self.happen(moderation.unban(self.moderator(by), self.author(who), self.bar(who.id)))

    def happen(self, facts: Iterable[Event | Note]) -> list[Event | Note]:
        happened = list(facts)
        for fact in happened:
            if isinstance(fact, ChatMessageSent):
                self.messages[fact.message_id] = Message(fact.message_id)
            self.chat = chat.evolve(self.chat, fact)
            self.mode = chat.evolve_mode(self.mode, fact)
            for states, evolve in (
                (self.authors, author.evolve),
                (self.bars, author.evolve_bar),
                (self.messages, message.evolve),
            ):
                kept: dict[str, Any] = states
                kept.update({name: evolve(one, fact) for name, one in kept.items()})
        return happened

    def say(
        self,
        who: Asker = LI,
        text: str = "你好",
        *,
        nick: str = "Li",
        device: str = "",
        **may: bool,
    ) -> ChatMessageSent:
        place = Place(
            self.room.session,
            self.chat,
            self.mode,
            self.author(who),
            self.bar(who.id),
            self.bar(device) if device else None,
            [WordList("en", self.barred)],
            self.trusted,
        )
        moderates = may.get("moderates", may_moderate(self.room.session, who, self.room.now))
        saying = Saying(f"m{self.chat.sequence + 1}", text, nick)
        sent, _ = self.happen(message.say(place, saying, who, self.room.now, moderates=moderates))
        assert isinstance(sent, ChatMessageSent)
        return sent

    def moderator(self, who: Asker = HOST) -> Moderator:
        return Moderator(
            self.room.session, who, may_moderate(self.room.session, who, self.room.now)
        )

    def later(self, seconds: float) -> None:
        self.room.now += timedelta(seconds=seconds)

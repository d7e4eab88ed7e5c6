"""The chat of a room: what was said, and what its moderators did about it."""

from typing import Annotated, Literal, TypeAlias

from pydantic import AwareDatetime, NonNegativeInt, PositiveInt, StringConstraints

from shared.events.base import Event
from shared.events.ids import BuyerId, Id, Locale, SessionId

AuthorId: TypeAlias = Id
"""Who says something, opaque and other in every room."""

ChatRole: TypeAlias = Literal["buyer", "host", "moderator", "staff"]

Reason: TypeAlias = Annotated[
    str, StringConstraints(min_length=1, max_length=300, strip_whitespace=True)
]
"""Why a moderator did something, in their own words."""


BanScope: TypeAlias = Literal["room", "festival"]
"""Where somebody is banned: in one room, or in all rooms of its festival."""


class ChatEvent(Event, topic="feira.livestream.chat.v1", key="session_id"):
    """Something that happened in the chat of a room."""

    session_id: SessionId


class ChatMessageSent(ChatEvent, type="feira.livestream.chat.message-sent"):
    """Somebody said something in a room.

    *text* is as it was typed: whoever shows it shows it as text, never as markup. *nick* is what
    its author wants to be called, not who they are.
    """

    message_id: Id
    sequence: PositiveInt
    """Counts what was said in the room, from 1, without a gap."""
    author_id: AuthorId
    nick: str
    role: ChatRole
    text: str
    at: AwareDatetime


class ChatMessageHidden(ChatEvent, type="feira.livestream.chat.message-hidden"):
    """A moderator took a message out of sight.

    A deleted one is shown to nobody any more, and kept as evidence like every other.
    """

    message_id: Id
    sequence: PositiveInt
    author_id: AuthorId
    deleted: bool
    reason: Reason
    by: BuyerId


class ChatSlowed(ChatEvent, type="feira.livestream.chat.slowed"):
    """Each author waits this many seconds from message to message; 0: as they like."""

    seconds: NonNegativeInt
    by: BuyerId


class AuthorMuted(ChatEvent, type="feira.livestream.chat.author-muted"):
    """An author says nothing in this room until then."""

    author_id: AuthorId
    until: AwareDatetime
    reason: Reason
    by: BuyerId


class AuthorUnmuted(ChatEvent, type="feira.livestream.chat.author-unmuted"):
    """An author may speak again before their time."""

    author_id: AuthorId
    by: BuyerId


class AuthorBanned(ChatEvent, type="feira.livestream.chat.author-banned"):
    """An author says nothing in this room any more, nor does anybody at their devices.

    Nor in any room of its festival, if that is the *scope*.
    """

    author_id: AuthorId
    reason: Reason
    by: BuyerId
    scope: BanScope = "room"


class AuthorUnbanned(ChatEvent, type="feira.livestream.chat.author-unbanned"):
    """A ban is taken back."""

    author_id: AuthorId
    by: BuyerId
    scope: BanScope = "room"


class WordsListed(
    Event,
    topic="feira.livestream.words.v1",
    key="locale",
    type="feira.livestream.words.listed",
):
    """These are now the words of one language that no chat takes."""

    locale: Locale
    words: tuple[str, ...]
    by: BuyerId

"""A message: said if the room, its author and its words allow it; kept as it was typed."""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal, NamedTuple, TypeAlias

from services.livestream.chat.author import Author, Bar, Spoke
from services.livestream.chat.chat import Chat, Mode
from services.livestream.chat.letters import is_unseen
from services.livestream.chat.links import strange_host
from services.livestream.chat.nick import checked
from services.livestream.chat.words import WordList, holds
from services.livestream.directing.moves import known
from services.livestream.directing.session import Asker, Session
from shared.events.base import Event
from shared.events.livestream import ChatMessageHidden, ChatMessageSent, ChatRole
from shared.platform.change.aggregate import Note
from shared.refusal import Refused

Sight: TypeAlias = Literal["shown", "hidden", "deleted"]

SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Message:
    """Something that was said; also when it is out of sight, its text stays as evidence."""

    id: str
    session_id: str = ""
    sequence: int = 0
    author_id: str = ""
    nick: str = ""
    role: ChatRole = "buyer"
    text: str = ""
    at: datetime | None = None
    sight: Sight = "shown"
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class ChatForgotten(Note):
    """What was said in a session has been kept for long enough."""

    session_id: str


class Place(NamedTuple):
    """Where it is to be said, and all that has a say in it."""

    session: Session
    chat: Chat
    mode: Mode
    author: Author
    person: Bar
    device: Bar | None
    lists: Iterable[WordList]
    trusted: AbstractSet[str]


class Saying(NamedTuple):
    """What is to be said: an id made just now, what was typed, what its author is called."""

    message_id: str
    text: str
    nick: str


def say(
    place: Place, saying: Saying, asker: Asker, at: datetime, *, moderates: bool
) -> list[Event | Note]:
    """Say something in a room that is open: [ChatMessageSent, Spoke].

    Who moderates waits for nobody, and is not read for links and words.
    """
    session, author = place.session, place.author
    known(session)
    if session.status not in ("live", "paused"):
        raise Refused(
            "chat.closed",
            f"In a session that is {session.status} nobody talks.",
            state=session.status,
        )
    role = role_of(session, asker, moderates=moderates)
    if role == "buyer":
        _must_be_let(place, at)
        _must_have_waited(author, place.mode, at)
    nick = checked(saying.nick, role)
    if all(is_unseen(char) or char.isspace() for char in saying.text):
        raise Refused("chat.empty", "There is nothing to be seen in it.", kind="invalid")
    if role == "buyer":
        _must_be_fit(saying.text, place)
    return [
        ChatMessageSent(
            session_id=session.id,
            message_id=saying.message_id,
            sequence=place.chat.sequence + 1,
            author_id=author.id,
            nick=nick,
            role=role,
            text=saying.text,
            at=at,
        ),
        Spoke(
            session.id,
            author.id,
            place.person.id,
            place.device.id if place.device else None,
            first=author.last_said_at is None,
        ),
    ]


def role_of(session: Session, asker: Asker, *, moderates: bool) -> ChatRole:
    """What others see somebody as in this room."""
    if asker.hosts and asker.id == session.host_id:
        return "host"
    if asker.organises:
        return "staff"
    return "moderator" if moderates else "buyer"


def free_at(author: Author, mode: Mode) -> datetime | None:
    """From when on an author may speak again in slow mode; None: at once."""
    if author.last_said_at is None or not mode.slow_seconds:
        return None
    return author.last_said_at + timedelta(seconds=mode.slow_seconds)


def _must_be_let(place: Place, at: datetime) -> None:
    session, author = place.session, place.author
    bars = [place.person, place.device] if place.device else [place.person]
    if any(bar.keeps_out(session.id, session.festival_id) for bar in bars):
        raise Refused("chat.banned", "You may not talk in this room.", kind="forbidden")
    if author.muted_until and at < author.muted_until:
        raise Refused(
            "chat.muted",
            "You may not talk here for a while.",
            kind="forbidden",
            until=author.muted_until,
            retry_after=_seconds(author.muted_until - at),
        )


def _must_have_waited(author: Author, mode: Mode, at: datetime) -> None:
    again = free_at(author, mode)
    if again and at < again:
        raise Refused(
            "chat.slow",
            f"In this room there are {mode.slow_seconds} s from message to message.",
            kind="limit",
            retry_after=_seconds(again - at),
        )


def _seconds(left: timedelta) -> int:
    """Whole seconds, rather too many."""
    return -(-left // SECOND)


def _must_be_fit(text: str, place: Place) -> None:
    if host := strange_host(text, place.trusted):
        raise Refused("chat.link", "Links may not lead there.", kind="invalid", host=host)
    if holds(place.lists, text):
        raise Refused("chat.words", "There is a word in it that this room bars.", kind="invalid")


def evolve(message: Message, fact: object) -> Message:
    match fact:
        case ChatMessageSent(message_id=message.id):
            return replace(
                message,
                session_id=fact.session_id,
                sequence=fact.sequence,
                author_id=fact.author_id,
                nick=fact.nick,
                role=fact.role,
                text=fact.text,
                at=fact.at,
            )
        case ChatMessageHidden(message_id=message.id, deleted=deleted, reason=reason):
            return replace(message, sight="deleted" if deleted else "hidden", reason=reason)
        case ChatForgotten(session_id=message.session_id):
            return replace(message, nick="", text="", reason=None)
        case _:
            return message

"""Who speaks in a room: an author there, and what keeps a person or a device out of rooms."""

from dataclasses import dataclass, replace
from datetime import datetime

from shared.events.ids import derived_id
from shared.events.livestream import (
    AuthorMuted,
    AuthorUnmuted,
    BanScope,
    ChatMessageSent,
    ChatRole,
)
from shared.platform.change.aggregate import Note

MOST_DEVICES = 5
"""How many devices are remembered of one author, the last ones."""

MOST_BARRED = 50
"""How many devices a person who is banned takes along as they try them: ids are for the making."""


@dataclass(frozen=True, slots=True)
class Spoke(Note):
    """An author spoke, from a device if it names itself; *first*: never before in this room."""

    session_id: str
    author_id: str
    person_id: str
    device_id: str | None
    first: bool


@dataclass(frozen=True, slots=True)
class Barred(Note):
    """A person or a device is kept out of a room or a festival, or no longer.

    *devices* are those that are kept out with a person, *reason* is why.
    """

    bar_id: str
    within: str
    barred: bool
    devices: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Author:
    """What the chat of one room knows of one person in it; `person_id` is told to nobody."""

    id: str
    session_id: str = ""
    person_id: str = ""
    nick: str = ""
    role: ChatRole = "buyer"
    last_said_at: datetime | None = None
    muted_until: datetime | None = None
    muted_for: str = ""
    devices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Bar:
    """Where one person, or whoever comes from one device, says nothing: rooms and festivals.

    Attributes:
        devices: Those that are kept out with the person.
        reason: Why, in the words of whoever banned them last.
    """

    id: str
    within: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    reason: str = ""

    def keeps_out(self, session_id: str, festival_id: str) -> tuple[BanScope, ...]:
        """By which bans nothing is said in a room of a festival."""
        scopes: tuple[BanScope, ...] = ("room", "festival")
        return tuple(
            scope for scope in scopes if place_of(scope, session_id, festival_id) in self.within
        )


def author_of(session_id: str, subject: str) -> str:
    """The id that a person has in one room, which tells nobody elsewhere who they are."""
    return derived_id(session_id, subject)


def person_of(subject: str) -> str:
    """The id that a person has in all rooms, for ourselves alone."""
    return derived_id("person", subject)


def device_of(device: str) -> str:
    """The id that a device has in all rooms, for ourselves alone."""
    return derived_id("device", device)


def place_of(scope: BanScope, session_id: str, festival_id: str) -> str:
    """What a ban is for: sessions and festivals may have the same id."""
    return f"{scope}:{session_id if scope == 'room' else festival_id}"


def evolve(author: Author, fact: object) -> Author:
    match fact:
        case ChatMessageSent(author_id=author.id):
            return replace(
                author,
                session_id=fact.session_id,
                nick=fact.nick,
                role=fact.role,
                last_said_at=fact.at,
            )
        case Spoke(author_id=author.id, person_id=person, device_id=device):
            devices = author.devices
            if device and device not in devices:
                devices = (*devices, device)[-MOST_DEVICES:]
            now = replace(author, person_id=person, devices=devices)
            return author if now == author else now
        case AuthorMuted(author_id=author.id, until=until, reason=reason):
            return replace(author, muted_until=until, muted_for=reason)
        case AuthorUnmuted(author_id=author.id):
            return replace(author, muted_until=None)
        case _:
            return author


def evolve_bar(bar: Bar, fact: object) -> Bar:
    match fact:
        case Barred(bar_id=bar.id, within=within, barred=True, devices=devices, reason=reason):
            return Bar(
                bar.id,
                tuple(dict.fromkeys((*bar.within, within))),
                tuple(dict.fromkeys((*bar.devices, *devices))),
                reason,
            )
        case Barred(bar_id=bar.id, within=within):
            left = tuple(one for one in bar.within if one != within)
            return replace(bar, within=left) if left else Bar(bar.id)
        case _:
            return bar

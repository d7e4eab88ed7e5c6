"""Who speaks in a room: an author there, and the device they speak from."""

from dataclasses import dataclass, replace
from datetime import datetime

from shared.events.ids import derived_id
from shared.events.livestream import (
    AuthorBanned,
    AuthorMuted,
    AuthorUnbanned,
    AuthorUnmuted,
    ChatMessageSent,
    ChatRole,
)
from shared.platform.change.aggregate import Note

MOST_DEVICES = 5
"""How many devices are remembered of one author, the last ones."""


@dataclass(frozen=True, slots=True)
class Spoke(Note):
    """An author spoke, from a device if it names itself; *first*: never before in this room."""

    session_id: str
    author_id: str
    device_id: str | None
    first: bool


@dataclass(frozen=True, slots=True)
class DeviceBarred(Note):
    """Nobody speaks from a device, or somebody may again."""

    device_id: str
    barred: bool


@dataclass(frozen=True, slots=True)
class Author:
    """What the chat of one room knows of one person in it."""

    id: str
    session_id: str = ""
    nick: str = ""
    role: ChatRole = "buyer"
    last_said_at: datetime | None = None
    muted_until: datetime | None = None
    banned: bool = False
    silenced_for: str = ""
    """Why: what the last moderator said who muted or banned them."""
    devices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Device:
    """Whether anybody may speak from one device in one room."""

    id: str
    barred: bool = False


def author_of(session_id: str, subject: str) -> str:
    """The id that a person has in one room, which tells nobody elsewhere who they are."""
    return derived_id(session_id, subject)


def device_of(session_id: str, device: str) -> str:
    """The id that a device has in one room."""
    return derived_id(session_id, "device", device)


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
        case Spoke(author_id=author.id, device_id=str(device)):
            if device in author.devices:
                return author
            return replace(author, devices=(*author.devices, device)[-MOST_DEVICES:])
        case AuthorMuted(author_id=author.id, until=until, reason=reason):
            return replace(author, muted_until=until, silenced_for=reason)
        case AuthorUnmuted(author_id=author.id):
            return replace(author, muted_until=None)
        case AuthorBanned(author_id=author.id, reason=reason):
            return replace(author, banned=True, silenced_for=reason)
        case AuthorUnbanned(author_id=author.id):
            return replace(author, banned=False)
        case _:
            return author


def evolve_device(device: Device, fact: object) -> Device:
    match fact:
        case DeviceBarred(device_id=device.id, barred=barred):
            return replace(device, barred=barred)
        case _:
            return device

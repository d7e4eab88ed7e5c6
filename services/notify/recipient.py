"""Recipients: where a person wants to be written to, in which language, about what."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from shared.events.ids import Locale
from shared.platform.change.aggregate import Note
from shared.refusal import Refused

MOST_FOLLOWS = 200


@dataclass(frozen=True, slots=True)
class Recipient:
    """A person as notify knows them.

    Attributes:
        follows: Ids of sessions and festivals; `host:` and the id of a host.
        erase_until: Of one who was forgotten: messages up to then are still to lose their words.
    """

    id: str
    status: Literal["new", "known", "forgotten"] = "new"
    email: str = field(default="", repr=False)
    locale: Locale = "en"
    name: str = field(default="", repr=False)
    follows: tuple[str, ...] = ()
    erase_until: datetime | None = None

    @property
    def known(self) -> bool:
        return self.status == "known"


@dataclass(frozen=True, slots=True)
class RecipientIntroduced(Note):
    """A person has said how to reach them."""

    recipient_id: str
    email: str = field(repr=False)
    locale: Locale
    name: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class RecipientForgotten(Note):
    """A person is to be written to no more; nothing of theirs is kept, no word of a message."""

    recipient_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class MessagesErased(Note):
    """No message up to *until* has words any more."""

    recipient_id: str
    until: datetime


@dataclass(frozen=True, slots=True)
class FollowBegan(Note):
    """A person wants to hear of a session, a festival or a host."""

    recipient_id: str
    target: str


@dataclass(frozen=True, slots=True)
class FollowEnded(Note):
    """A person no longer wants to hear of it."""

    recipient_id: str
    target: str


def introduce(recipient: Recipient, email: str, locale: Locale, name: str) -> list[Note]:
    if recipient.known and (recipient.email, recipient.locale, recipient.name) == (
        email,
        locale,
        name,
    ):
        return []
    return [RecipientIntroduced(recipient.id, email, locale, name)]


def forget(recipient: Recipient, now: datetime) -> list[Note]:
    return [RecipientForgotten(recipient.id, now)] if recipient.known else []


def erased(recipient: Recipient, until: datetime) -> list[Note]:
    """All messages up to *until* have been seen to; if that is all there was to do."""
    return [MessagesErased(recipient.id, until)] if recipient.erase_until == until else []


def follow(recipient: Recipient, target: str) -> list[Note]:
    if not recipient.known:
        raise Refused("recipient.unknown", "Say first where to write to.", kind="missing")
    if target in recipient.follows:
        return []
    if len(recipient.follows) >= MOST_FOLLOWS:
        raise Refused("follows.limit", f"Nobody follows more than {MOST_FOLLOWS}.", kind="limit")
    return [FollowBegan(recipient.id, target)]


def of_host(host_id: str) -> str:
    """A host as somebody follows them."""
    return f"host:{host_id}"


def follow_host(recipient: Recipient, host_id: str) -> list[Note]:
    """Livestream tells that a person follows a host: known here or not yet, unless forgotten."""
    target = of_host(host_id)
    full = len(recipient.follows) >= MOST_FOLLOWS
    if recipient.status == "forgotten" or full or target in recipient.follows:
        return []
    return [FollowBegan(recipient.id, target)]


def unfollow(recipient: Recipient, target: str) -> list[Note]:
    return [FollowEnded(recipient.id, target)] if target in recipient.follows else []


def evolve(recipient: Recipient, fact: object) -> Recipient:
    match fact:
        case RecipientIntroduced(recipient.id, email, locale, name):
            return replace(recipient, status="known", email=email, locale=locale, name=name)
        case RecipientForgotten(recipient.id, at):
            return Recipient(recipient.id, status="forgotten", erase_until=at)
        case MessagesErased(recipient.id):
            return replace(recipient, erase_until=None)
        case FollowBegan(recipient.id, target):
            return replace(recipient, follows=(*recipient.follows, target))
        case FollowEnded(recipient.id, target):
            follows = tuple(each for each in recipient.follows if each != target)
            return replace(recipient, follows=follows)
        case _:
            return recipient

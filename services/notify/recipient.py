"""Recipients: where a person wants to be written to, in which language, about what."""

from dataclasses import dataclass, field, replace
from typing import Literal

from shared.events.ids import Locale
from shared.platform.change.aggregate import Note
from shared.refusal import Refused

MOST_FOLLOWS = 200


@dataclass(frozen=True, slots=True)
class Recipient:
    """A person as notify knows them; `follows` holds ids of sessions and festivals."""

    id: str
    status: Literal["new", "known", "forgotten"] = "new"
    email: str = field(default="", repr=False)
    locale: Locale = "en"
    name: str = field(default="", repr=False)
    follows: tuple[str, ...] = ()

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
    """A person is to be written to no more; nothing of theirs is kept."""

    recipient_id: str


@dataclass(frozen=True, slots=True)
class FollowBegan(Note):
    """A person wants to hear of a session or a festival."""

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


def forget(recipient: Recipient) -> list[Note]:
    return [RecipientForgotten(recipient.id)] if recipient.known else []


def follow(recipient: Recipient, target: str) -> list[Note]:
    if not recipient.known:
        raise Refused("recipient.unknown", "Say first where to write to.", kind="missing")
    if target in recipient.follows:
        return []
    if len(recipient.follows) >= MOST_FOLLOWS:
        raise Refused("follows.limit", f"Nobody follows more than {MOST_FOLLOWS}.", kind="limit")
    return [FollowBegan(recipient.id, target)]


def unfollow(recipient: Recipient, target: str) -> list[Note]:
    return [FollowEnded(recipient.id, target)] if target in recipient.follows else []


def evolve(recipient: Recipient, fact: object) -> Recipient:
    match fact:
        case RecipientIntroduced(recipient.id, email, locale, name):
            return replace(recipient, status="known", email=email, locale=locale, name=name)
        case RecipientForgotten(recipient.id):
            return Recipient(recipient.id, status="forgotten")
        case FollowBegan(recipient.id, target):
            return replace(recipient, follows=(*recipient.follows, target))
        case FollowEnded(recipient.id, target):
            follows = tuple(each for each in recipient.follows if each != target)
            return replace(recipient, follows=follows)
        case _:
            return recipient

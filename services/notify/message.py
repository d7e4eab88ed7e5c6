"""Messages: one to each person about each thing that happened, written once, mailed once."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID, uuid5

from services.notify.recipient import Recipient
from services.notify.schedule import mail_pause
from shared.events.base import Event
from shared.events.ids import Locale
from shared.events.notify import MessageFailed, MessageQueued, MessageSent
from shared.platform.change.aggregate import Note
from shared.refusal import Refused

Facts = list[Event | Note]

_NAMES = UUID("9b0d3f6e-6c3c-5f0a-9d0e-2a1f0c7b4e55")
_OPEN = frozenset({"queued", "sending"})


@dataclass(frozen=True, slots=True)
class Letter:
    """A message's words out of a template; none if they could not be written, and then why."""

    template: str
    subject: str = ""
    text: str = ""
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a mail server is waited for.

    Attributes:
        first: Seconds after the first failure; the pauses double from there.
        deadline: How long after it was queued a message is given up.
        claim: How long an attempt may take before another may begin.
    """

    first: float
    deadline: timedelta
    claim: timedelta


@dataclass(frozen=True, slots=True)
class Message:
    """One message and how far its mail has come.

    Attributes:
        due: When there is something to do about it: an attempt, or a claim that lapses.
        claim: The attempt that is under way or was the last.
        expires_at: When it is forgotten, whether or not it was read.
    """

    id: str
    status: Literal["new", "queued", "sending", "sent", "failed"] = "new"
    recipient_id: str = ""
    template: str = ""
    locale: Locale = "en"
    because: str = ""
    subject: str = ""
    text: str = ""
    queued_at: datetime | None = None
    due: datetime | None = None
    claim: str = ""
    attempts: int = 0
    reason: str = ""
    read_at: datetime | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class MessageWritten(Note):
    """The words stand and do not change until they are erased or expire."""

    message_id: str
    letter: Letter
    at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class MessageClaimed(Note):
    """An attempt has begun; if it is not heard of again by *until*, another may begin."""

    message_id: str
    claim: str
    until: datetime


@dataclass(frozen=True, slots=True)
class MessageDeferred(Note):
    """An attempt has failed for now."""

    message_id: str
    due: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class MessageErased(Note):
    """The words are gone: its recipient wanted to be forgotten."""

    message_id: str


@dataclass(frozen=True, slots=True)
class MessageRead(Note):
    """The recipient has read it."""

    message_id: str
    at: datetime


def message_id(because: str, recipient_id: str, template: str) -> str:
    """The id of the one message to a person, out of a template, because of an event."""
    return str(uuid5(_NAMES, f"{because}|{recipient_id}|{template}"))


def queue(
    message: Message,
    recipient: Recipient,
    because: str,
    letter: Letter,
    now: datetime,
    *,
    keep: timedelta,
) -> Facts:
    """Queue the message, unless it is there already or nobody is known to read it."""
    if message.status != "new" or not recipient.known:
        return []
    facts: Facts = [
        MessageQueued(
            message_id=message.id,
            recipient_id=recipient.id,
            template=letter.template,
            locale=recipient.locale,
            because=because,
        ),
        MessageWritten(message.id, letter, now, now + keep),
    ]
    if letter.fault:
        facts.append(
            MessageFailed(
                message_id=message.id,
                recipient_id=recipient.id,
                template=letter.template,
                reason=letter.fault,
            )
        )
    return facts


def claim(
    message: Message, recipient: Recipient, claim: str, patience: Patience, now: datetime
) -> Facts:
    """Begin an attempt to mail, one at a time; or give up what nobody can or need attempt."""
    if message.status not in _OPEN or message.due is None or message.due > now:
        raise Refused("message.not-due", "There is nothing to do about it now.")
    if not recipient.known or not message.text:
        return [_failed(message, "recipient-unknown")]
    if message.attempts and _is_late(message, now, patience):
        return [_failed(message, message.reason or "interrupted")]
    return [MessageClaimed(message.id, claim, now + patience.claim)]


def sent(message: Message) -> Facts:
    """A server has taken it, whoever's attempt that was."""
    if message.status not in _OPEN:
        return []
    return [
        MessageSent(
            message_id=message.id, recipient_id=message.recipient_id, template=message.template
        )
    ]


def defer(message: Message, claim: str, reason: str, patience: Patience, now: datetime) -> Facts:
    """The attempt *claim* has failed for now: try again, unless that would be too late."""
    if message.status != "sending" or message.claim != claim:
        return []
    due = now + mail_pause(patience.first, message.attempts, message.id)
    if _is_late(message, due, patience):
        return [_failed(message, reason)]
    return [MessageDeferred(message.id, due, reason)]


def refuse(message: Message, claim: str, reason: str) -> Facts:
    """The attempt *claim* has failed for good."""
    if message.status != "sending" or message.claim != claim:
        return []
    return [_failed(message, reason)]


def erase(message: Message) -> Facts:
    """Take out the words; what is left says that there was a message, and to what reference."""
    return [MessageErased(message.id)] if message.text else []


def read(message: Message, reader_id: str, now: datetime) -> Facts:
    if message.recipient_id != reader_id or not message.text:
        raise Refused("message.unknown", "There is no such message.", kind="missing")
    return [] if message.read_at else [MessageRead(message.id, now)]


def evolve(message: Message, fact: object) -> Message:
    match fact:
        case MessageQueued(message_id=message.id):
            return replace(
                message,
                status="queued",
                recipient_id=fact.recipient_id,
                template=fact.template,
                locale=fact.locale,
                because=fact.because,
            )
        case MessageWritten(message.id, letter, at, expires_at):
            return replace(
                message,
                subject=letter.subject,
                text=letter.text,
                queued_at=at,
                due=at,
                expires_at=expires_at,
            )
        case MessageClaimed(message.id, claim, until):
            return replace(
                message, status="sending", claim=claim, due=until, attempts=message.attempts + 1
            )
        case MessageDeferred(message.id, due, reason):
            return replace(message, status="queued", due=due, reason=reason)
        case MessageSent(message_id=message.id):
            return replace(message, status="sent", due=None, reason="")
        case MessageFailed(message_id=message.id, reason=reason):
            return replace(message, status="failed", due=None, reason=reason)
        case MessageErased(message.id):
            return replace(message, subject="", text="")
        case MessageRead(message.id, at):
            return replace(message, read_at=at)
        case _:
            return message


def _is_late(message: Message, moment: datetime, patience: Patience) -> bool:
    return message.queued_at is not None and moment > message.queued_at + patience.deadline


def _failed(message: Message, reason: str) -> MessageFailed:
    return MessageFailed(
        message_id=message.id,
        recipient_id=message.recipient_id,
        template=message.template,
        reason=reason,
    )

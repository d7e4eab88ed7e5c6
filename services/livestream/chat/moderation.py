"""Moderation: what those who look after a chat may do, each time with a reason. Rules, pure."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple, TypeAlias

from services.livestream.chat.author import Author, DeviceBarred
from services.livestream.chat.chat import Mode
from services.livestream.chat.message import Message
from services.livestream.directing.moves import known
from services.livestream.directing.session import Asker, Session, may
from shared.events.base import Event
from shared.events.livestream import (
    AuthorBanned,
    AuthorMuted,
    AuthorUnbanned,
    AuthorUnmuted,
    ChatMessageHidden,
    ChatSlowed,
)
from shared.platform.change.aggregate import Note
from shared.refusal import Refused

Moderates: TypeAlias = Callable[[Session, Asker, datetime], bool]
"""Whether somebody may moderate a session at a moment: grants end."""


class Moderator(NamedTuple):
    """Who does something about a chat, in which session, and whether they may."""

    session: Session
    asker: Asker
    may: bool


def may_moderate(session: Session, asker: Asker, at: datetime) -> bool:
    """The session's own host may, the organisers, and whom they let for a while."""
    runs = asker.organises or (asker.hosts and asker.id == session.host_id)
    return runs or may(session, asker.id, "moderate", at)


def must_moderate(moderator: Moderator) -> None:
    """Refuse whoever does not look after the chat of the session."""
    known(moderator.session)
    if not moderator.may:
        raise Refused("chat.not-yours", "Others moderate this chat.", kind="forbidden")


def slow(moderator: Moderator, mode: Mode, seconds: int) -> list[ChatSlowed]:
    """Let authors wait *seconds* from message to message."""
    must_moderate(moderator)
    if seconds == mode.slow_seconds:
        return []
    by = moderator.asker.id
    return [ChatSlowed(session_id=moderator.session.id, seconds=seconds, by=by)]


def hide(
    moderator: Moderator, message: Message, reason: str, *, deleted: bool
) -> list[ChatMessageHidden]:
    """Take a message out of sight; what is hidden may still be deleted, not the other way."""
    must_moderate(moderator)
    if message.session_id != moderator.session.id:
        raise Refused("chat.message-unknown", "There is no such message.", kind="missing")
    if message.sight == "deleted" or (message.sight == "hidden" and not deleted):
        return []
    return [
        ChatMessageHidden(
            session_id=message.session_id,
            message_id=message.id,
            sequence=message.sequence,
            author_id=message.author_id,
            deleted=deleted,
            reason=reason,
            by=moderator.asker.id,
        )
    ]


def mute(
    moderator: Moderator, author: Author, seconds: int, reason: str, at: datetime
) -> list[AuthorMuted]:
    """Let an author say nothing for *seconds* from now."""
    _must_answer_to(moderator, author)
    return [
        AuthorMuted(
            session_id=author.session_id,
            author_id=author.id,
            until=at + timedelta(seconds=seconds),
            reason=reason,
            by=moderator.asker.id,
        )
    ]


def unmute(moderator: Moderator, author: Author) -> list[AuthorUnmuted]:
    """Let a muted author speak again."""
    _must_answer_to(moderator, author)
    if author.muted_until is None:
        return []
    by = moderator.asker.id
    return [AuthorUnmuted(session_id=author.session_id, author_id=author.id, by=by)]


def ban(moderator: Moderator, author: Author, reason: str) -> list[Event | Note]:
    """Let an author say nothing any more, nor anybody at the devices they spoke from."""
    _must_answer_to(moderator, author)
    if author.banned:
        return []
    by = moderator.asker.id
    banned = AuthorBanned(session_id=author.session_id, author_id=author.id, reason=reason, by=by)
    return [banned, *(DeviceBarred(device, barred=True) for device in author.devices)]


def unban(moderator: Moderator, author: Author) -> list[Event | Note]:
    """Take a ban back."""
    _must_answer_to(moderator, author)
    if not author.banned:
        return []
    back = AuthorUnbanned(session_id=author.session_id, author_id=author.id, by=moderator.asker.id)
    return [back, *(DeviceBarred(device, barred=False) for device in author.devices)]


def _must_answer_to(moderator: Moderator, author: Author) -> None:
    """Refuse to deal with who has not spoken in this room, or looks after it themselves."""
    must_moderate(moderator)
    if author.session_id != moderator.session.id:
        raise Refused("chat.author-unknown", "Nobody of this id spoke here.", kind="missing")
    if author.role != "buyer":
        raise Refused("chat.author-exempt", "They look after this chat.", role=author.role)

"""Moderation: what those who look after a chat may do, each time with a reason. Rules, pure."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple, TypeAlias

from services.livestream.chat.author import MOST_BARRED, Author, Bar, Barred, place_of
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
    BanScope,
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


def ban(
    moderator: Moderator, spoke: Sequence[Author], person: Bar, reason: str, scope: BanScope
) -> list[Event | Note]:
    """Let a *person* say nothing any more, nor anybody at the devices they spoke from.

    In this room, or in all of its festival, where an organiser says so: *spoke* is who they are in
    this room, and then who they are in the others, so far as the ban goes for those.
    """
    author, *_ = spoke
    _must_answer_to(moderator, author)
    _must_reach(moderator, [scope])
    session = moderator.session
    if scope in person.keeps_out(session.id, session.festival_id):
        return []
    banned = AuthorBanned(
        session_id=author.session_id,
        author_id=author.id,
        reason=reason,
        by=moderator.asker.id,
        scope=scope,
    )
    place = place_of(scope, session.id, session.festival_id)
    devices = tuple(dict.fromkeys(device for one in spoke for device in one.devices))
    return [
        banned,
        Barred(person.id, place, barred=True, devices=devices, reason=reason),
        *(Barred(device, place, barred=True) for device in devices),
    ]


def follow(session: Session, person: Bar, device: Bar) -> list[Barred]:
    """Keep a device out of which a *person* who is banned has tried to speak: it goes with them."""
    if device.id in person.devices or len(person.devices) >= MOST_BARRED:
        return []
    facts: list[Barred] = []
    for scope in person.keeps_out(session.id, session.festival_id):
        place = place_of(scope, session.id, session.festival_id)
        facts += [
            Barred(person.id, place, barred=True, devices=(device.id,), reason=person.reason),
            Barred(device.id, place, barred=True),
        ]
    return facts


def unban(moderator: Moderator, author: Author, person: Bar) -> list[Event | Note]:
    """Take back whatever keeps a *person* out of this room."""
    _must_answer_to(moderator, author)
    session = moderator.session
    scopes = person.keeps_out(session.id, session.festival_id)
    _must_reach(moderator, scopes)
    facts: list[Event | Note] = []
    for scope in scopes:
        place = place_of(scope, session.id, session.festival_id)
        barred = (person.id, *person.devices)
        facts += [
            AuthorUnbanned(
                session_id=author.session_id,
                author_id=author.id,
                by=moderator.asker.id,
                scope=scope,
            ),
            *(Barred(one, place, barred=False) for one in barred),
        ]
    return facts


def _must_reach(moderator: Moderator, scopes: Collection[BanScope]) -> None:
    """Refuse who looks after one room to decide about all of the festival."""
    if "festival" in scopes and not moderator.asker.organises:
        raise Refused(
            "chat.not-yours", "It takes an organiser to decide for all rooms.", kind="forbidden"
        )


def _must_answer_to(moderator: Moderator, author: Author) -> None:
    """Refuse to deal with who has not spoken in this room, or looks after it themselves."""
    must_moderate(moderator)
    if author.session_id != moderator.session.id:
        raise Refused("chat.author-unknown", "Nobody of this id spoke here.", kind="missing")
    if author.role != "buyer":
        raise Refused("chat.author-exempt", "They look after this chat.", role=author.role)

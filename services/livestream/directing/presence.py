"""Who is there: the host, moderators, and the label of an AI host; each says so every so often."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

from shared.events.livestream import (
    AiLabelMissed,
    SessionEnded,
    SessionPaused,
    SessionResumed,
    SessionStarted,
)
from shared.platform.change.aggregate import Note

PRESENT_FOR = timedelta(seconds=60)
"""For how long somebody counts as there after they have said so."""

HOST_GRACE = timedelta(minutes=3)
"""For how long a host is waited for who is not heard of: who drops out and comes back within it
keeps the session live."""

LABEL_GAP = timedelta(seconds=30)
"""For how long the label of an AI host counts as shown after the room has said so."""

_MOST_SEEN = 20

Part: TypeAlias = Literal["host", "moderator", "guest"]


@dataclass(frozen=True, slots=True)
class Seen(Note):
    """Somebody has said that they are there."""

    session_id: str
    subject: str
    part: Part
    at: datetime


@dataclass(frozen=True, slots=True)
class Labelled(Note):
    """The room has said that it shows that its host is an AI."""

    session_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Moderator:
    """Who keeps order in the chat, and when they last said that they are there."""

    subject: str
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class Presence:
    """Who is there in one session.

    Attributes:
        silent_at: When the host counts as dropped out, unless they are heard of before.
        unlabelled_at: When the label counts as missing, unless it is heard of before.
        watched: Whether the host is missed: while the session is live.
        label_watched: Whether the label is missed: while an AI hosts live, until it is told.
    """

    id: str
    silent_at: datetime | None = None
    moderators: tuple[Moderator, ...] = ()
    labelled_at: datetime | None = None
    unlabelled_at: datetime | None = None
    ai: bool = False
    gap: bool = False
    watched: bool = False
    label_watched: bool = False

    def is_moderated(self, at: datetime) -> bool:
        """Whether a moderator is there at *at*."""
        return any(at < one.seen_at + PRESENT_FOR for one in self.moderators)

    def is_labelled(self, at: datetime) -> bool:
        """Whether the label is shown at *at*, as far as the room has said."""
        return self.unlabelled_at is not None and at < self.unlabelled_at


def evolve(presence: Presence, fact: object) -> Presence:
    if getattr(fact, "session_id", None) != presence.id:
        return presence
    match fact:
        case SessionStarted(started_at=began, host_type=kind):
            silent_at = began and began + HOST_GRACE
            started = replace(presence, silent_at=silent_at, ai=kind != "human", watched=True)
            return _labels(started)
        case SessionResumed():
            return _labels(replace(presence, watched=True))
        case SessionPaused() | SessionEnded():
            return _labels(replace(presence, watched=False))
        case Seen(part="host", at=at):
            return replace(presence, silent_at=at + HOST_GRACE)
        case Seen(part="moderator", subject=subject, at=at):
            others = [one for one in presence.moderators if one.subject != subject]
            seen = (*others, Moderator(subject, at))[-_MOST_SEEN:]
            return replace(presence, moderators=seen)
        case Labelled(at=at):
            shown = replace(presence, labelled_at=at, unlabelled_at=at + LABEL_GAP, gap=False)
            return _labels(shown)
        case AiLabelMissed():
            return _labels(replace(presence, gap=True))
        case _:
            return presence


def _labels(presence: Presence) -> Presence:
    missed = presence.watched and presence.ai and not presence.gap
    return replace(presence, label_watched=missed)

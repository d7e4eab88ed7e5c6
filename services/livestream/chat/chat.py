"""A room's chat: how far it has come, and how slow it goes."""

from dataclasses import dataclass, replace

from services.livestream.chat.author import Spoke
from shared.events.livestream import ChatMessageSent, ChatSlowed


@dataclass(frozen=True, slots=True)
class Chat:
    """What was said last in the room with this id, and how many have spoken there."""

    id: str
    sequence: int = 0
    speakers: int = 0


def evolve(chat: Chat, fact: object) -> Chat:
    match fact:
        case ChatMessageSent(session_id=chat.id, sequence=sequence):
            return replace(chat, sequence=sequence)
        case Spoke(session_id=chat.id, first=True):
            return replace(chat, speakers=chat.speakers + 1)
        case _:
            return chat


@dataclass(frozen=True, slots=True)
class Mode:
    """How moderators want the chat; apart from it, since every message moves the chat."""

    id: str
    slow_seconds: int = 0


def evolve_mode(mode: Mode, fact: object) -> Mode:
    match fact:
        case ChatSlowed(session_id=mode.id, seconds=seconds):
            return replace(mode, slow_seconds=seconds)
        case _:
            return mode

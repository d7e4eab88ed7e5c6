"""The chat over HTTP: speaking, and reading up."""

import time
from typing import Annotated, Any, TypeAlias

from fastapi import APIRouter, Query, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from services.livestream.chat.desk import ChatDesk
from services.livestream.chat.flood import FloodGate
from services.livestream.chat.history import card_of
from services.livestream.chat.message import Message, Saying, evolve
from services.livestream.room.frames import json
from services.livestream.room.hall import Hall
from services.livestream.routes.callers import Because, asker
from shared.events.ids import Id, SessionId, new_id
from shared.events.livestream import AuthorId, ChatMessageSent, ChatRole
from shared.platform.change.fold import Outcome
from shared.platform.web.auth import Caller, allow, public
from shared.platform.web.hot import HotRoute

Speaker: TypeAlias = Annotated[Caller, allow("buyer", "host", "organiser")]
"""Who may speak; the rules see to it that who is silenced does not."""

MESSAGES_PER_SECOND, MESSAGES_AT_ONCE = 1.0, 8
"""How much one caller may say, before slow mode and moderators have a word in it."""


class Said(BaseModel):
    """What somebody says; *device* is any id that their device keeps to."""

    model_config = ConfigDict(extra="forbid")

    text: Annotated[str, StringConstraints(min_length=1, max_length=500, strip_whitespace=True)]
    nick: Annotated[str, StringConstraints(min_length=1, max_length=24, strip_whitespace=True)]
    device: Annotated[str | None, Field(min_length=1, max_length=128)] = None


class AuthorView(BaseModel):
    """Who said it: an id of this room alone, and what they want to be called."""

    id: AuthorId
    nick: str
    role: ChatRole


class MessageView(BaseModel):
    """A message; *text* is to be shown as text."""

    sequence: int
    message_id: Id
    author: AuthorView
    text: str
    at: AwareDatetime


class MessagesView(BaseModel):
    """What was said after a sequence.

    `reset`: there is a gap, so that these are all that is still held. `hidden`: what has gone out
    of sight lately.
    """

    items: list[MessageView]
    last_sequence: int
    slow_seconds: int
    hidden: list[Id]
    reset: bool


def routes(desk: ChatDesk, hall: Hall) -> list[APIRouter]:
    """The doors of the chat for those who speak and read."""
    return [_speaking(desk), _reading(hall)]


def _speaking(desk: ChatDesk) -> APIRouter:
    router = APIRouter(route_class=HotRoute, tags=["chat"])
    gate = FloodGate(MESSAGES_PER_SECOND, MESSAGES_AT_ONCE)

    @router.post("/rooms/{session_id}/messages", status_code=201)
    async def say(
        session_id: SessionId, wish: Said, caller: Speaker, asked: Because
    ) -> MessageView:
        """Say something in a room that is open.

        Refused with `retry_after` seconds when it is too soon (`flood`, `chat.slow`) or the author
        is silenced for a while (`chat.muted`).
        """
        gate.let(caller.subject, time.monotonic())
        saying = Saying(new_id(), wish.text, wish.nick)
        return _message(await desk.say(session_id, saying, wish.device, asker(caller), asked))

    return router


def _message(outcome: Outcome) -> MessageView:
    [sent] = [fact for fact in outcome if isinstance(fact, ChatMessageSent)]
    return MessageView.model_validate(card_of(evolve(Message(sent.message_id), sent)))


def _reading(hall: Hall) -> APIRouter:
    router = APIRouter(tags=["chat"])

    @router.get(
        "/rooms/{session_id}/messages",
        dependencies=[public],
        responses={200: {"model": MessagesView}},
    )
    async def read_up(
        session_id: SessionId, after: Annotated[int, Query(ge=0, le=10**15)] = 0
    ) -> Response:
        """Show what was said after a sequence, of the last 200 messages or ten minutes.

        Taken from what this process holds for its viewers: the database is not asked.
        """
        history = (await hall.room(session_id)).picture.chat
        missed = history.since(after)._asdict()
        told: dict[str, Any] = missed | {
            "last_sequence": history.last,
            "slow_seconds": history.slow_seconds,
        }
        return Response(json(told), 200, {"Cache-Control": "no-store"}, "application/json")

    return router

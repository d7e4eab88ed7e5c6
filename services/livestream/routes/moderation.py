"""Moderation over HTTP: what those who look after a chat do, and the words that are barred."""

from datetime import datetime
from typing import Annotated, Self, TypeAlias

from fastapi import APIRouter, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from services.livestream.chat.author import Author, Bar
from services.livestream.chat.desk import ChatDesk
from services.livestream.chat.moderation import Moderator as ModeratorOf
from services.livestream.chat.moderation import may_moderate, must_moderate
from services.livestream.chat.queries import ChatQueries
from services.livestream.chat.words import LONGEST_WORD, MOST_WORDS
from services.livestream.directing.session import Session
from services.livestream.queries import Queries
from services.livestream.routes.callers import Because, Insider, Organiser, asker
from shared.events.ids import Id, Locale, SessionId
from shared.events.livestream import AuthorId, BanScope, ChatRole, Reason
from shared.platform.clock import utc_now
from shared.platform.web.auth import Caller, allow, public
from shared.platform.web.paging import Page, Paging, paged
from shared.platform.web.version import Seen, etag

Moderator: TypeAlias = Annotated[Caller, allow("buyer", "host", "organiser")]
"""The rules say who moderates a session: a grant makes a moderator of anybody."""


class ModeView(BaseModel):
    """How long authors wait from message to message, in seconds; 0 is not at all."""

    slow_seconds: int


class ModeWish(BaseModel):
    """The same, asked for."""

    model_config = ConfigDict(extra="forbid")

    slow_seconds: Annotated[int, Field(ge=0, le=3_600)]


class HidingWish(BaseModel):
    """Why a message goes out of sight; deleted it is shown to nobody, and still evidence."""

    model_config = ConfigDict(extra="forbid")

    reason: Reason
    deleted: bool = False


class MuteWish(BaseModel):
    """Whom to silence, for how long, and why."""

    model_config = ConfigDict(extra="forbid")

    author_id: AuthorId
    seconds: Annotated[int, Field(ge=1, le=86_400)]
    reason: Reason


class BanWish(BaseModel):
    """Whom to silence for good, with their devices, where, and why."""

    model_config = ConfigDict(extra="forbid")

    author_id: AuthorId
    reason: Reason
    scope: BanScope = "room"


class StandingView(BaseModel):
    """How an author stands in a room."""

    author_id: AuthorId
    nick: str
    role: ChatRole
    muted_until: AwareDatetime | None
    banned: bool
    bans: list[BanScope]
    """By which bans they say nothing here: of this room, of all rooms of the festival."""
    reason: str | None
    """Why they may not speak, if they may not."""

    @classmethod
    def of(cls, author: Author, bar: Bar, session: Session, at: datetime) -> Self:
        bans = bar.keeps_out(session.id, session.festival_id)
        muted = author.muted_until is not None and at < author.muted_until
        return cls(
            author_id=author.id,
            nick=author.nick,
            role=author.role,
            muted_until=author.muted_until if muted else None,
            banned=bool(bans),
            bans=list(bans),
            reason=bar.reason if bans else author.muted_for if muted else None,
        )


class WordsWish(BaseModel):
    """The words that no chat takes, of one language."""

    model_config = ConfigDict(extra="forbid")

    words: Annotated[
        tuple[
            Annotated[
                str,
                StringConstraints(min_length=1, max_length=LONGEST_WORD, strip_whitespace=True),
            ],
            ...,
        ],
        Field(max_length=MOST_WORDS),
    ]


class WordsView(BaseModel):
    """The words as they are listed."""

    locale: Locale
    words: list[str]


def routes(desk: ChatDesk, chats: ChatQueries, queries: Queries) -> list[APIRouter]:
    """The doors of the chat for those who look after it."""
    return [_moderating(desk, chats, queries), _words(desk, chats)]


def _moderating(desk: ChatDesk, chats: ChatQueries, queries: Queries) -> APIRouter:
    router = APIRouter(prefix="/rooms/{session_id}", tags=["chat"])

    @router.get("/chat", dependencies=[public])
    async def mode(session_id: SessionId, response: Response) -> ModeView:
        """Tell how slow the chat goes."""
        await queries.session(session_id)
        found, version = await chats.mode(session_id)
        etag(response, version)
        return ModeView(slow_seconds=found.slow_seconds)

    @router.put("/chat")
    async def slow(
        session_id: SessionId,
        wish: ModeWish,
        *,
        caller: Moderator,
        asked: Because,
        seen: Seen,
        response: Response,
    ) -> ModeView:
        """Let authors wait from message to message; to change it say what you saw (If-Match)."""
        await desk.slow(session_id, wish.slow_seconds, seen, asker(caller), asked)
        return await mode(session_id, response)

    @router.post("/messages/{message_id}/hiding", status_code=204)
    async def hide(
        session_id: SessionId, message_id: Id, wish: HidingWish, caller: Moderator, asked: Because
    ) -> None:
        """Take a message out of sight, or delete it for good."""
        await desk.hide(
            session_id, message_id, wish.reason, asker(caller), asked, deleted=wish.deleted
        )

    @router.get("/silenced")
    async def silenced(
        session_id: SessionId, caller: Moderator, paging: Annotated[Paging, paged(str)]
    ) -> Page[StandingView]:
        """List who is muted now or banned, for those who look after the chat."""
        session, _ = await queries.session(session_id)
        who, now = asker(caller), utc_now()
        must_moderate(ModeratorOf(session, who, may_moderate(session, who, now)))
        found = await chats.silenced(session, now, paging.after, paging.enough)
        views = [StandingView.of(author, bar, session, now) for author, bar in found]
        return paging.page(views, lambda one: (one.author_id,))

    @router.post("/mutes")
    async def mute(
        session_id: SessionId, wish: MuteWish, caller: Moderator, asked: Because
    ) -> StandingView:
        """Silence an author for a while."""
        await desk.mute(
            session_id,
            wish.author_id,
            asker(caller),
            asked,
            seconds=wish.seconds,
            reason=wish.reason,
        )
        return await standing(session_id, wish.author_id)

    @router.delete("/mutes/{author_id}")
    async def unmute(
        session_id: SessionId, author_id: AuthorId, caller: Moderator, asked: Because
    ) -> StandingView:
        """Let a silenced author speak again."""
        await desk.unmute(session_id, author_id, asker(caller), asked)
        return await standing(session_id, author_id)

    @router.post("/bans")
    async def ban(
        session_id: SessionId, wish: BanWish, caller: Moderator, asked: Because
    ) -> StandingView:
        """Silence an author, and the devices they spoke from or try to speak from, for good.

        In this room; or in all rooms of the festival, which takes an organiser.
        """
        await desk.ban(
            session_id, wish.author_id, wish.reason, asker(caller), asked, scope=wish.scope
        )
        return await standing(session_id, wish.author_id)

    @router.delete("/bans/{author_id}")
    async def unban(
        session_id: SessionId, author_id: AuthorId, caller: Moderator, asked: Because
    ) -> StandingView:
        """Take a ban back."""
        await desk.unban(session_id, author_id, asker(caller), asked)
        return await standing(session_id, author_id)

    async def standing(session_id: str, author_id: str) -> StandingView:
        found = await chats.author(session_id, author_id)
        session, _ = await queries.session(session_id)
        return StandingView.of(found, await chats.bar(found.person_id), session, utc_now())

    return router


def _words(desk: ChatDesk, chats: ChatQueries) -> APIRouter:
    router = APIRouter(prefix="/chat/words/{locale}", tags=["chat"])

    @router.get("")
    async def listed(locale: Locale, _: Insider, response: Response) -> WordsView:
        """Show the words of one language that no chat takes."""
        found, version = await chats.words(locale)
        etag(response, version)
        return WordsView(locale=locale, words=list(found.words))

    @router.put("")
    async def put(
        locale: Locale,
        wish: WordsWish,
        *,
        caller: Organiser,
        asked: Because,
        seen: Seen,
        response: Response,
    ) -> WordsView:
        """List the words of one language in place of those you have seen (If-Match)."""
        await desk.put_words(locale, wish.words, seen, asker(caller), asked)
        return await listed(locale, caller, response)

    return router

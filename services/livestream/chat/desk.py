"""The chat desk: what is said in a room, and what its moderators do about it."""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress

from services.livestream.chat import message, moderation, words
from services.livestream.chat.author import Author, Bar, author_of, device_of, person_of
from services.livestream.chat.message import Place, Saying
from services.livestream.chat.moderation import Moderates, Moderator, may_moderate
from services.livestream.chat.queries import ChatQueries
from services.livestream.chat.words import LOCALES
from services.livestream.directing.session import Asker, Session
from services.livestream.kept import AUTHORS, BARS, CHATS, MESSAGES, MODES, SESSIONS, WORDS
from shared.events.base import Event
from shared.events.ids import Locale
from shared.events.livestream import BanScope
from shared.platform.change.aggregate import Note, Ref, View
from shared.platform.change.cause import Cause
from shared.platform.change.fold import Outcome
from shared.platform.change.unit_of_work import UnitOfWork
from shared.platform.web.version import meant
from shared.refusal import Busy, Refused

_TRIES = 5


class _Moved(Refused):
    """An author spoke from another device after the look that named theirs."""


class ChatDesk:
    """Each method is one change."""

    def __init__(
        self,
        uow: UnitOfWork,
        queries: ChatQueries,
        trusted: AbstractSet[str],
        may: Moderates = may_moderate,
    ) -> None:
        """*trusted* are the hosts that links may lead to; *may* says who moderates what."""
        self._uow, self._queries, self._trusted, self._may = uow, queries, trusted, may

    async def say(
        self, session_id: str, saying: Saying, device: str | None, asker: Asker, cause: Cause
    ) -> Outcome:
        """Say something: [ChatMessageSent]. Where a person is banned their device is from then."""
        session, chat, mode = SESSIONS(session_id), CHATS(session_id), MODES(session_id)
        author = AUTHORS(author_of(session_id, asker.id))
        person = BARS(person_of(asker.id))
        at_device = BARS(device_of(device)) if device else None
        lists = [WORDS(locale) for locale in LOCALES]
        refs = [session, chat, mode, author, person, MESSAGES.fresh(saying.message_id), *lists]

        def decide(view: View) -> Iterable[Event | Note]:
            place = Place(
                view[session],
                view[chat],
                view[mode],
                view[author],
                view[person],
                view[at_device] if at_device else None,
                [view[one] for one in lists],
                self._trusted,
            )
            moderates = self._may(place.session, asker, view.at)
            return message.say(place, saying, asker, view.at, moderates=moderates)

        try:
            return await self._uow.change([*refs, at_device] if at_device else refs, decide, cause)
        except Refused as no:
            if no.code == "chat.banned" and at_device:
                await self._take_along(session, person, at_device, no, cause.also("device"))
            raise

    async def _take_along(
        self, session: Ref[Session], person: Ref[Bar], device: Ref[Bar], no: Refused, cause: Cause
    ) -> None:
        """Keep out the device of who was told *no*; nothing is written where it is so already."""

        def decide(view: View) -> Iterable[Note]:
            if facts := moderation.follow(view[session], view[person], view[device]):
                return facts
            raise no

        with suppress(Refused):
            await self._uow.change([session, person, device], decide, cause)

    def slow(
        self, session_id: str, seconds: int, seen: int | None, asker: Asker, cause: Cause
    ) -> Awaitable[Outcome]:
        """Let authors wait from message to message: [ChatSlowed]."""
        session, mode = SESSIONS(session_id), MODES(session_id)

        def decide(view: View) -> Iterable[Event]:
            said = moderation.slow(self._moderator(view, session, asker), view[mode], seconds)
            return meant(view, mode, seen, said)

        return self._uow.change([session, mode], decide, cause)

    def hide(
        self,
        session_id: str,
        message_id: str,
        reason: str,
        asker: Asker,
        cause: Cause,
        *,
        deleted: bool,
    ) -> Awaitable[Outcome]:
        """Take a message out of sight: [ChatMessageHidden]."""
        session, hidden = SESSIONS(session_id), MESSAGES(message_id)
        return self._uow.change(
            [session, hidden],
            lambda view: moderation.hide(
                self._moderator(view, session, asker), view[hidden], reason, deleted=deleted
            ),
            cause,
        )

    def mute(
        self,
        session_id: str,
        author_id: str,
        asker: Asker,
        cause: Cause,
        *,
        seconds: int,
        reason: str,
    ) -> Awaitable[Outcome]:
        """Silence an author for a while: [AuthorMuted]."""
        session, author = SESSIONS(session_id), AUTHORS(author_id)
        return self._uow.change(
            [session, author],
            lambda view: moderation.mute(
                self._moderator(view, session, asker), view[author], seconds, reason, view.at
            ),
            cause,
        )

    def unmute(
        self, session_id: str, author_id: str, asker: Asker, cause: Cause
    ) -> Awaitable[Outcome]:
        """Let a muted author speak: [AuthorUnmuted]."""
        session, author = SESSIONS(session_id), AUTHORS(author_id)
        return self._uow.change(
            [session, author],
            lambda view: moderation.unmute(self._moderator(view, session, asker), view[author]),
            cause,
        )

    async def ban(
        self,
        session_id: str,
        author_id: str,
        reason: str,
        asker: Asker,
        cause: Cause,
        *,
        scope: BanScope,
    ) -> Outcome:
        """Silence a person and their devices for good, here or everywhere: [AuthorBanned]."""
        return await self._with_bars(
            session_id,
            author_id,
            asker,
            cause,
            lambda moderator, spoke, person: moderation.ban(
                moderator, spoke, person, reason, scope
            ),
            everywhere=scope == "festival",
        )

    async def unban(self, session_id: str, author_id: str, asker: Asker, cause: Cause) -> Outcome:
        """Take back what keeps a person out of a room: [AuthorUnbanned…]."""
        return await self._with_bars(
            session_id,
            author_id,
            asker,
            cause,
            lambda moderator, spoke, person: moderation.unban(moderator, spoke[0], person),
        )

    async def _with_bars(
        self,
        session_id: str,
        author_id: str,
        asker: Asker,
        cause: Cause,
        decide: Callable[[Moderator, Sequence[Author], Bar], Iterable[Event | Note]],
        *,
        everywhere: bool = False,
    ) -> Outcome:
        """Decide about a person together with the devices they spoke from, or are kept out with.

        Those of this room, or *everywhere* in the festival. A change names what it touches, so the
        devices are looked up first; if there is another one by then, nothing is done and they are
        looked up again.
        """
        session = SESSIONS(session_id)
        for _ in range(_TRIES):
            known = [await self._queries.author(session_id, author_id)]
            if everywhere:
                known += await self._queries.everywhere(known[0])
            person = BARS(known[0].person_id)
            bar = await self._queries.bar(person.id)
            spoke = [AUTHORS(one.id) for one in known]
            named = frozenset(_devices(known, bar))

            def with_bars(
                view: View,
                spoke: Sequence[Ref[Author]] = spoke,
                person: Ref[Bar] = person,
                named: frozenset[str] = named,
            ) -> Iterable[Event | Note]:
                who, bar = [view[one] for one in spoke], view[person]
                if not named.issuperset(_devices(who, bar)):
                    raise _Moved("chat.devices-moved")
                return decide(self._moderator(view, session, asker), who, bar)

            with suppress(_Moved):
                return await self._uow.change(
                    [session, *spoke, person, *map(BARS, sorted(named))], with_bars, cause
                )
        raise Busy

    def put_words(
        self, locale: Locale, listed: Iterable[str], seen: int | None, asker: Asker, cause: Cause
    ) -> Awaitable[Outcome]:
        """List the words that no chat takes, of one language: [WordsListed]."""
        ref, wanted = WORDS(locale), tuple(listed)

        def decide(view: View) -> Iterable[Event]:
            return meant(view, ref, seen, words.put(view[ref], locale, wanted, asker))

        return self._uow.change([ref], decide, cause)

    def _moderator(self, view: View, session: Ref[Session], asker: Asker) -> Moderator:
        of = view[session]
        return Moderator(of, asker, self._may(of, asker, view.at))


def _devices(spoke: Iterable[Author], bar: Bar) -> Iterator[str]:
    yield from bar.devices
    for author in spoke:
        yield from author.devices

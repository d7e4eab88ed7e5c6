"""What may be asked of chats, and the indexes that make it quick."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any, get_args

from services.livestream.chat.author import Author, Bar, place_of
from services.livestream.chat.chat import Mode
from services.livestream.chat.history import MOST, History
from services.livestream.chat.message import Message
from services.livestream.chat.words import WordList
from services.livestream.directing.session import Session
from services.livestream.kept import AUTHORS, BARS, CHATS, MESSAGES, MODES, SESSIONS, WORDS
from shared.events.livestream import BanScope
from shared.platform.mongo import IndexModel, Mongo
from shared.refusal import Refused

COLLECTIONS: Mapping[str, Sequence[IndexModel]] = {
    CHATS.name: [],
    MODES.name: [],
    AUTHORS.name: [
        IndexModel(
            [("session_id", 1), ("_id", 1)],
            name="muted",
            partialFilterExpression={"muted_until": {"$exists": True}},
        ),
        IndexModel([("person_id", 1), ("session_id", 1)], name="everywhere"),
    ],
    BARS.name: [IndexModel([("within", 1)], name="within")],
    WORDS.name: [],
    MESSAGES.name: [
        IndexModel([("session_id", 1), ("sequence", 1)], name="said", unique=True),
        IndexModel([("session_id", 1), ("at", 1)], name="time"),
    ],
}


AT_ONCE = 500
"""So many messages are held in memory, however many were said."""


class ChatQueries:
    """Reads at majority: what is shown has happened."""

    def __init__(self, mongo: Mongo) -> None:
        self._mongo = mongo

    async def mode(self, session_id: str) -> tuple[Mode, int]:
        """How moderators want a chat, and the version of that; 0 if they never said."""
        found = await self._mongo[MODES.name].find_one({"_id": session_id})
        return (MODES.load(found), found["version"]) if found else (Mode(session_id), 0)

    async def author(self, session_id: str, id: str) -> Author:
        """Who spoke in a room under this id."""
        found = await self._mongo[AUTHORS.name].find_one({"_id": id, "session_id": session_id})
        if found is None:
            raise Refused("chat.author-unknown", "Nobody of this id spoke here.", kind="missing")
        return AUTHORS.load(found)

    async def everywhere(self, author: Author) -> list[Author]:
        """Who the same person is in the other rooms of the festival."""
        here = await self._mongo[SESSIONS.name].find_one({"_id": author.session_id})
        others = {"person_id": author.person_id, "session_id": {"$ne": author.session_id}}
        spoke = [
            AUTHORS.load(found)
            for found in await self._mongo[AUTHORS.name].find(others).to_list(None)
        ]
        asked = {
            "_id": {"$in": [one.session_id for one in spoke]},
            "festival_id": here and here["festival_id"],
        }
        rooms = await self._mongo[SESSIONS.name].find(asked, {"_id": 1}).to_list(None)
        known = {found["_id"] for found in rooms}
        return [one for one in spoke if one.session_id in known]

    async def bar(self, person_id: str) -> Bar:
        """Where a person says nothing."""
        found = await self._mongo[BARS.name].find_one({"_id": person_id})
        return BARS.load(found) if found else Bar(person_id)

    async def silenced(
        self, session: Session, at: datetime, after: tuple[str] | None, limit: int
    ) -> list[tuple[Author, Bar]]:
        """Who has spoken in a room and may not at a moment, in order of their ids there."""
        places = [place_of(scope, session.id, session.festival_id) for scope in get_args(BanScope)]
        barred = await self._mongo[BARS.name].find({"within": {"$in": places}}).to_list(None)
        bars = {found["_id"]: BARS.load(found) for found in barred}
        either = [{"muted_until": {"$gt": at}}, {"person_id": {"$in": list(bars)}}]
        asked: dict[str, Any] = {"session_id": session.id, "$or": either}
        if after:
            asked["_id"] = {"$gt": after[0]}
        cursor = self._mongo[AUTHORS.name].find(asked).sort("_id", 1).limit(limit)
        authors = [AUTHORS.load(found) for found in await cursor.to_list(None)]
        return [(one, bars.get(one.person_id, Bar(one.person_id))) for one in authors]

    async def words(self, locale: str) -> tuple[WordList, int]:
        """The list of one language, and its version; 0 if there is none."""
        found = await self._mongo[WORDS.name].find_one({"_id": locale})
        return (WORDS.load(found), found["version"]) if found else (WordList(locale), 0)

    async def messages(self, session_id: str) -> AsyncIterator[list[Message]]:
        """All that was said in a room, in order, also what is out of sight: some at a time."""
        last = 0
        while True:
            asked = {"session_id": session_id, "sequence": {"$gt": last}}
            cursor = self._mongo[MESSAGES.name].find(asked).sort("sequence", 1).limit(AT_ONCE)
            some = [MESSAGES.load(found) for found in await cursor.to_list(None)]
            if some:
                yield some
            if len(some) < AT_ONCE:
                return
            last = some[-1].sequence

    async def kept(self, session_id: str, limit: int) -> list[Message]:
        """The first of what was said in a room and is not forgotten."""
        asked = {"session_id": session_id, "text": {"$ne": ""}}
        cursor = self._mongo[MESSAGES.name].find(asked).sort("sequence", 1).limit(limit)
        return [MESSAGES.load(found) for found in await cursor.to_list(None)]

    async def history(self, session_id: str) -> History:
        """The last of what was said in a room.

        Read from the newest back, so what is said meanwhile is heard later and not missed.
        """
        mode, _ = await self.mode(session_id)
        cursor = self._mongo[MESSAGES.name].find({"session_id": session_id})
        newest = await cursor.sort("sequence", -1).limit(MOST).to_list(None)
        said = [MESSAGES.load(found) for found in reversed(newest)]
        return History(said[-1].sequence if said else 0, mode.slow_seconds, said)

    async def said(self, session_id: str, since: datetime, until: datetime) -> int:
        """How many messages were said in a room from *since* up to, not at, *until*."""
        asked = {"session_id": session_id, "at": {"$gte": since, "$lt": until}}
        return await self._mongo[MESSAGES.name].count_documents(asked)

    async def speakers(self, session_id: str) -> int:
        """How many have spoken in a room."""
        found = await self._mongo[CHATS.name].find_one({"_id": session_id})
        return CHATS.load(found).speakers if found else 0

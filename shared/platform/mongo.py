"""MongoDB: the only module that knows the driver (motor today, PyMongo's asyncio API tomorrow)."""

import asyncio
import re
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple, TypeAlias, TypeVar, cast

import structlog
from bson.errors import InvalidDocument
from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorCollection
from pymongo import ASCENDING, DESCENDING, IndexModel, ReturnDocument, WriteConcern
from pymongo.client_session import ClientSession
from pymongo.database import Database
from pymongo.errors import (
    AutoReconnect,
    BulkWriteError,
    ConnectionFailure,
    DocumentTooLarge,
    DuplicateKeyError,
    ExecutionTimeout,
    OperationFailure,
    PyMongoError,
)
from pymongo.read_concern import ReadConcern

__all__ = [
    "ASCENDING",
    "DESCENDING",
    "Away",
    "Collection",
    "Document",
    "Duplicate",
    "IndexModel",
    "Lost",
    "Mongo",
    "Transaction",
    "Unwritable",
    "Writes",
    "is_away",
    "told_plainly",
]

Document: TypeAlias = dict[str, Any]
Collection: TypeAlias = "AsyncIOMotorCollection[Document]"
T = TypeVar("T")

log = structlog.get_logger(__name__)

_NAMESPACE_EXISTS = 48
_DATA_FAULTS = {2, 9, 14, 15, 22, 28, 40, 52, 54, 56, 57, 66, 121, 257, 10334, 17280, 17419, 17420}
"""Codes by which MongoDB says that a document is at fault: its types, names, nesting or size.

Any other may pass, an operator helping: not allowed, wrong password, no room on the disk.
"""
_LONG_LIFE = 10
"""Seconds for which a transaction nobody will end may hold a lane."""
_INDEX = re.compile(r"index: (\S+) dup key")


class Lost(Exception):
    """Another transaction came first, or a server changed over; nothing was written, try again."""


class Away(Lost):
    """MongoDB cannot be reached now; what was asked may or may not have happened."""


class Duplicate(Exception):
    """A unique index already holds one of the values; nothing was written.

    Attributes:
        index: The name of that index.
    """

    def __init__(self, index: str) -> None:
        super().__init__(index)
        self.index = index


class Unwritable(Exception):
    """These documents can never be written as they are."""


class Writes(NamedTuple):
    """What is to be written to one *collection*: new documents, and others over a version."""

    collection: str
    inserts: Sequence[Document] = ()
    replaces: Sequence[tuple[int, Document]] = ()
    """Each with the version that it takes the place of."""

    def commands(self) -> Iterator[tuple[Document, str, int]]:
        """The commands that do it; what in each reply tells of how many, and how many that must be.

        What is found by its `_id` alone costs MongoDB half as much as by a version beside it, so
        the version is looked at while replacing.
        """
        if self.inserts:
            command = {"insert": self.collection, "documents": self.inserts, "ordered": False}
            yield command, "n", len(self.inserts)
        if self.replaces:
            over = [
                {
                    "q": {"_id": document["_id"]},
                    "u": [{"$replaceWith": _instead(version, document)}],
                }
                for version, document in self.replaces
            ]
            command = {"update": self.collection, "updates": over, "ordered": False}
            yield command, "nModified", len(over)


def _instead(version: int, document: Document) -> Document:
    """An expression: *document*, if the one there has *version*; else that one as it is."""
    return {"$cond": [{"$eq": ["$version", version]}, {"$literal": document}, "$$ROOT"]}


class Mongo:
    """One service's own database; majority writes, snapshot transactions. A part of the service."""

    def __init__(
        self,
        url: str,
        database: str,
        *,
        collections: Mapping[str, Sequence[IndexModel]] | None = None,
        pool: int = 32,
    ) -> None:
        """Name the *database* and the *collections* it has with their indexes.

        They are made at start: transactions that would have to make one conflict with each other.
        """
        self._url, self._database, self._pool = url, database, pool
        self._wanted = dict(collections or {})
        self._trouble: str | None = "MongoDB has not been reached yet"
        self._preparing: asyncio.Task[None] | None = None
        self.client: AsyncIOMotorClient[Document] = AsyncIOMotorClient(
            url,
            tz_aware=True,
            w="majority",
            journal=True,
            maxPoolSize=pool,
            waitQueueTimeoutMS=2_000,
            serverSelectionTimeoutMS=2_000,
            connectTimeoutMS=2_000,
            socketTimeoutMS=20_000,
            appname=f"feira-{database}",
        )
        self._db = self.client.get_database(database, read_concern=ReadConcern("majority"))
        self._threads = ThreadPoolExecutor(pool, "transaction")

    def __getitem__(self, name: str) -> Collection:
        """The collection *name*, read at majority."""
        return self._db[name]

    def hints(self, name: str) -> Collection:
        """The collection *name* for what may be lost in a failover without harm."""
        return self._db.get_collection(name, write_concern=WriteConcern(w=1, j=False))

    def want(self, collections: Mapping[str, Sequence[IndexModel]]) -> None:
        """Say before the start which collections and indexes there must be."""
        for name, indexes in collections.items():
            self._wanted[name] = [*self._wanted.get(name, ()), *indexes]

    async def start(self) -> None:
        """Make what is missing; if MongoDB is away, go on trying behind the scenes."""
        self._preparing = asyncio.create_task(self._prepare())
        await asyncio.wait({self._preparing}, timeout=5)

    async def stop(self) -> None:
        if self._preparing:
            self._preparing.cancel()
        self._threads.shutdown(wait=False)
        self.client.close()

    def trouble(self) -> str | None:
        return self._trouble

    async def ready(self) -> None:
        """Wait until the collections stand."""
        if self._preparing:
            await asyncio.shield(self._preparing)

    async def _prepare(self) -> None:
        pause = 0.1
        while True:
            try:
                await self._make_what_is_missing()
            except PyMongoError as error:
                self._trouble = f"MongoDB does not answer: {str(error)[:200]}"
                log.warning("mongo away", error=str(error)[:200])
                await asyncio.sleep(pause)
                pause = min(pause * 2, 2.0)
            else:
                self._trouble = None
                return

    async def _make_what_is_missing(self) -> None:
        hello = await self.client.admin.command("hello")
        if "setName" not in hello:
            self._trouble = "MongoDB is not a replica set, and transactions need one"
            raise ConnectionFailure(self._trouble)
        await self._warn_of_long_lives()
        there = set(await self._db.list_collection_names())
        for name, indexes in self._wanted.items():
            if name not in there:
                try:
                    await self._db.create_collection(name, check_exists=False)
                except OperationFailure as error:
                    if error.code != _NAMESPACE_EXISTS:  # a twin was quicker
                        raise
            if indexes:
                await self._db[name].create_indexes(list(indexes))

    async def _warn_of_long_lives(self) -> None:
        """Say so if what a killed service leaves behind holds others up for long."""
        name = "transactionLifetimeLimitSeconds"
        with suppress(OperationFailure):  # not everybody may ask
            seconds = (await self.client.admin.command({"getParameter": 1, name: 1}))[name]
            if seconds > _LONG_LIFE:
                log.warning("transactions of the dead live long", parameter=name, seconds=seconds)

    async def transact(self, work: Callable[["Transaction"], T]) -> T:
        """Do *work*, all of it in one thread, and commit it at majority; returns what it returns.

        Raises Lost, Away, Duplicate or Unwritable for what the driver says in a dozen ways;
        after any of them, or what *work* raised, nothing was written, except that Away may hide a
        commit.
        """
        client = cast("Any", self.client).delegate

        def errand() -> T:
            with told_plainly(), client.start_session() as session:
                session.start_transaction(ReadConcern("snapshot"), WriteConcern("majority"))
                try:
                    done = work(Transaction(client[self._database], session))
                except BaseException:
                    _abort(session)
                    raise
                if session.in_transaction:
                    _commit(session)
                return done

        doing = asyncio.get_running_loop().run_in_executor(self._threads, errand)
        try:
            return await asyncio.shield(doing)
        except asyncio.CancelledError:  # it is done or not when this has ended, never after
            await asyncio.wait({doing})
            raise


class Transaction:
    """A snapshot of a service's database, and what is written on it. Its calls block a thread."""

    def __init__(self, database: "Database[Document]", session: ClientSession) -> None:
        self._database, self._session = database, session

    def find(self, collection: str, asked: Document) -> list[Document]:
        """All documents that are as *asked*."""
        return list(self._database[collection].find(asked, session=self._session))

    def aggregate(self, collection: str, stages: Sequence[Document]) -> list[Document]:
        """What comes out of the *stages* of a pipeline."""
        return list(self._database[collection].aggregate(stages, session=self._session))

    def update(self, collection: str, asked: Document, how: Sequence[Document]) -> Document | None:
        """Change the one document that is as *asked*; returns it as it is then, if it is there."""
        return self._database[collection].find_one_and_update(
            asked, how, return_document=ReturnDocument.AFTER, session=self._session
        )

    def write(self, writes: Iterable[Writes]) -> None:
        """Do all *writes*.

        Raises Lost if a document to be replaced is not there in the version named.
        """
        for some in writes:
            for command, told, count in some.commands():
                reply = self._database.command(command, session=self._session)
                if reply.get("writeErrors"):
                    raise BulkWriteError(reply)
                if reply[told] != count:
                    raise Lost(f"a version in {some.collection} is not the one read")

    def give_up(self) -> None:
        """Let nothing have happened: what was written so far is not."""
        self._session.abort_transaction()


@contextmanager
def told_plainly() -> Generator[None]:
    """Say Lost, Away, Duplicate or Unwritable where the driver raises one of its many errors."""
    try:
        yield
    except (PyMongoError, InvalidDocument, OverflowError, UnicodeError) as error:
        raise _told(error) from error


def is_away(error: BaseException) -> bool:
    """Whether MongoDB could not be reached, in whatever words the driver says so."""
    told = _told(error) if isinstance(error, PyMongoError) else error
    return isinstance(told, Lost)


def _commit(session: ClientSession) -> None:
    """Commit, asking again for as long as the answer does not say whether it happened."""
    for pause in (0, 0.05, 0.2, 0.5, 1.0):
        try:
            session.commit_transaction()
        except PyMongoError as error:
            if not error.has_error_label("UnknownTransactionCommitResult"):
                raise
            time.sleep(pause)
        else:
            return
    session.commit_transaction()


def _abort(session: ClientSession) -> None:
    """Give up; a server that is away gives up by itself."""
    if session.in_transaction:
        try:
            session.abort_transaction()
        except PyMongoError as error:
            log.debug("abort not confirmed", error=str(error)[:200])


def _told(error: Exception) -> Exception:
    """What a driver's error means to one who asked for a transaction."""
    said = str(error)[:500]
    match error:
        case PyMongoError() if error.has_error_label("UnknownTransactionCommitResult"):
            told = Away(said)
        case BulkWriteError():
            told = _told_of_bulk(error)
        case DuplicateKeyError():
            told = Duplicate(_index_in(said))
        case AutoReconnect() | ConnectionFailure() | ExecutionTimeout():
            told = Away(said)
        case PyMongoError() if error.has_error_label("TransientTransactionError"):
            told = Lost(said)
        case DocumentTooLarge() | InvalidDocument():
            told = Unwritable(said)
        case OperationFailure(code=code) if code in _DATA_FAULTS:
            told = Unwritable(said)
        case PyMongoError():
            told = Away(said)
        case _:
            told = Unwritable(said)
    return told


def _told_of_bulk(error: BulkWriteError) -> Exception:
    """The same, for the error of a bulk, which hides the first cause in its details."""
    details = cast("Document", error.details or {})
    for failed in details.get("writeErrors", ()):
        said = str(failed.get("errmsg", ""))[:500]
        if failed.get("code") == 11000:  # noqa: PLR2004 - MongoDB's code for a duplicate key
            return Duplicate(_index_in(said))
        return Unwritable(said) if failed.get("code") in _DATA_FAULTS else Away(said)
    if error.has_error_label("TransientTransactionError"):
        return Lost(str(error)[:200])
    return Away(str(error)[:500])


def _index_in(message: str) -> str:
    found = _INDEX.search(message)
    return found[1] if found else ""

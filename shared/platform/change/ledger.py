"""The ledger: one transaction that carries a fold, and the memory of what causes led to.

turn (the first write) -> picture (read, or remembered) -> decisions -> states, journal -> commit
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, TypeAlias
from uuid import uuid4

import structlog

from shared.platform.change.aggregate import Kept, Ref, S, View
from shared.platform.change.fold import Change, Fold, Key, Outcome
from shared.platform.change.journal import COLLECTIONS, JOURNAL, LANES, Page, outcome
from shared.platform.change.memory import Memory
from shared.platform.mongo import (
    Document,
    Duplicate,
    Lost,
    Mongo,
    Transaction,
    Unwritable,
    Writes,
    told_plainly,
)
from shared.refusal import Refused

log = structlog.get_logger(__name__)

MOMENT = 0.25
"""For how many seconds a no may stand that others, in other replicas, may have undone."""

RESERVED_MS = 100
"""For how long others let pass who is next."""
QUEUE_MS = 250
"""How long to wait for somebody's commit at a stretch."""
UNDELAYED = 0.003
"""In so many seconds it is written who is next, where there is nobody to wait for."""

Answer: TypeAlias = tuple[Change, Outcome | Exception]


def _replayed(change: Change, fingerprint: str, events: Outcome) -> Outcome | Refused:
    """The first outcome, unless the cause was used for something else then."""
    if change.cause.fingerprint == fingerprint:
        return events
    return Refused(
        "idempotency.key-reused", "This key was used before for something else.", kind="invalid"
    )


class _Done(NamedTuple):
    """What came of a fold: the journal's new pages, the answers, and what to remember."""

    pages: Sequence[Document]
    answers: list[Answer]
    turns: Mapping[int, int]
    kept: Mapping[Key, Kept]


class Ledger:
    """A service's states and journal, written a fold at a time."""

    def __init__(
        self, mongo: Mongo, service: str, *, lanes: int, max_bytes: int, keep: timedelta
    ) -> None:
        mongo.want(COLLECTIONS)
        self._mongo, self._service, self._lanes = mongo, service, lanes
        self._max_bytes, self._keep = max_bytes, keep
        self._memory = Memory(lanes)
        self._me = uuid4().hex
        self.trouble: str | None = None
        """What an operator has to mend before anything can be written here."""

    async def open(self, lane: int) -> None:
        """Make sure that *lane* is there, waiting for MongoDB for as long as it takes.

        Waits for ever, and tells of it, where lanes were made for another number of them: facts
        about one key would then stand in two lanes, and nothing would keep their order.
        """
        while True:
            await self._mongo.ready()
            try:
                with told_plainly():
                    await self._mongo[LANES].update_one(
                        {"_id": lane}, {"$setOnInsert": {"turn": 0, "of": self._lanes}}, upsert=True
                    )
                    other = await self._mongo[LANES].find_one(
                        {"of": {"$exists": True, "$ne": self._lanes}}
                    )
            except (Lost, Duplicate, Unwritable) as error:
                log.warning("lane not open yet", lane=lane, error=str(error)[:200])
                await asyncio.sleep(0.2)
                continue
            if other is None:
                self.trouble = None
                return
            self.trouble = f"this database has {other['of']} lanes, the settings say {self._lanes}"
            log.critical("wrong number of lanes", there=other["of"], wanted=self._lanes)
            await asyncio.sleep(2)

    async def commit(
        self, home: int, fold: Sequence[Change]
    ) -> tuple[Sequence[Document], list[Answer]]:
        """Decide and write *fold*, whose causes are kept in lane *home*, in one transaction.

        Returns the journal's new pages, none if nothing was written, and the answers; a change
        without one did not fit and must be asked again.
        Raises Lost, Duplicate or Unwritable: nothing was written, nobody is answered.
        """
        began = time.monotonic()
        done = await self._mongo.transact(lambda transaction: self._settle(transaction, home, fold))
        self._memory.keep(done.turns, done.kept, began)
        return done.pages, done.answers

    def _settle(self, transaction: Transaction, home: int, fold: Sequence[Change]) -> "_Done":
        """The whole of a commit, as one errand of a thread."""
        answers: list[Answer] = []
        causes: dict[str, Answer] = {}
        twins: list[Change] = []
        at, turns = self._take_turns(transaction, fold)
        pages = {lane: Page(lane, turn, self._source(lane)) for lane, turn in turns.items()}
        picture = self._picture(transaction, fold, turns)
        work = Fold(picture, at, pages, home, service=self._service, lanes=self._lanes)
        for change in fold:
            if change.cause.key in causes:
                twins.append(change)
            elif work.size < self._max_bytes:
                try:
                    answer = (change, work.decide(change))
                except Refused as no:  # what it passed through would keep the fold alive
                    answer = (change, no.with_traceback(None))
                except Exception as fault:  # noqa: BLE001 - it fails its asker alone
                    answer = (change, fault)
                causes[change.cause.key] = answer
                answers.append(answer)
        for twin in twins:
            first, answer = causes[twin.cause.key]
            if isinstance(answer, tuple):
                answers.append((twin, _replayed(twin, first.cause.fingerprint, answer)))
            elif first.cause.fingerprint == twin.cause.fingerprint:
                answers.append((twin, answer))
        if work.empty:
            transaction.give_up()  # nothing was granted: no turn is used up
            last = {lane: turn - 1 for lane, turn in turns.items()}
            return _Done((), answers, last, work.kept)
        return _Done(self._write(transaction, work, pages, at), answers, turns, work.kept)

    def foresee(self, change: Change) -> Refused | None:
        """The no that *change* would get as things stood a moment ago, if it has that foresight."""
        if change.foresee is None:
            return None
        known = self._memory.recent(change.refs, time.monotonic() - MOMENT)
        try:
            change.foresee(View(known, datetime.now(UTC)))
        except Refused as no:
            return no.with_traceback(None)
        except KeyError:  # something it looks at is not known well enough
            return None
        return None

    def recent(self, ref: Ref[S]) -> S | None:
        """How *ref* stood up to a moment ago, if that is remembered."""
        known = self._memory.recent([ref], time.monotonic() - MOMENT)
        return known[ref.kind.name, ref.id].state if known else None

    async def recall(self, fold: Sequence[Change]) -> list[Answer]:
        """What came of those changes of *fold* whose cause has acted before. Raises Lost."""
        by_cause: dict[str, list[Change]] = {}
        for change in fold:
            by_cause.setdefault(change.cause.key, []).append(change)
        journal = self._mongo[JOURNAL]
        answers: list[Answer] = []
        with told_plainly():
            pages = await journal.find({"changes.cause": {"$in": list(by_cause)}}).to_list(None)
            for page in pages:
                others = await journal.find({"_id": {"$in": page.get("others", [])}}).to_list(None)
                for index, acted in enumerate(page["changes"]):
                    for change in by_cause.get(acted["cause"], ()):
                        events = outcome([page, *others], index)
                        answers.append((change, _replayed(change, acted["fingerprint"], events)))
        return answers

    def _take_turns(
        self, transaction: Transaction, fold: Sequence[Change]
    ) -> tuple[datetime, dict[int, int]]:
        """Take the turn of each lane, in order; the database's clock is the clock of the fold."""
        turns: dict[int, int] = {}
        instants: list[datetime] = []
        for lane in self._lanes_of(fold):
            taken = transaction.update(
                LANES,
                self._not_anothers(lane),
                [
                    {"$set": {"turn": {"$add": ["$turn", 1]}, "at": {"$max": ["$$NOW", "$at"]}}},
                    {"$unset": ["next", "until"]},
                ],
            )
            if not taken:  # or it is another replica's lane that nobody has opened yet
                raise Lost(f"somebody else is next in lane {lane}")
            turns[lane] = taken["turn"]
            instants.append(taken["at"])
        # The driver's own sort of UTC is slow to reckon with.
        return max(instants).astimezone(UTC), turns

    def _picture(
        self, transaction: Transaction, fold: Sequence[Change], turns: Mapping[int, int]
    ) -> dict[Key, Kept]:
        """How the aggregates of *fold* stand: remembered if nobody wrote in between, else read."""
        refs = {(ref.kind.name, ref.id): ref for change in fold for ref in change.refs}
        kept = self._memory.known(turns, (key for key, ref in refs.items() if not ref.fresh))
        unknown: dict[str, list[str]] = {}
        for key, ref in refs.items():
            if key not in kept:
                kept[key] = Kept(ref.kind.new(ref.id), 0)
                if not ref.fresh:
                    unknown.setdefault(ref.kind.name, []).append(ref.id)
        for name, ids in unknown.items():
            for document in transaction.find(name, {"_id": {"$in": ids}}):
                key = name, document["_id"]
                kept[key] = Kept(refs[key].kind.load(document), document["version"])
        return kept

    def _write(
        self, transaction: Transaction, work: Fold, pages: Mapping[int, Page], at: datetime
    ) -> Sequence[Document]:
        """Write the states that changed, guarded by their versions, and the journal's pages."""
        work.tell()
        names = [page.id for page in pages.values()]
        documents = [
            page.document(at, self._keep, [name for name in names if name != page.id])
            for page in pages.values()
        ]
        try:
            transaction.write([*work.writes(), Writes(JOURNAL, documents)])
        except Lost:  # perhaps somebody wrote without taking a turn
            for lane in pages:
                self._memory.forget(lane)
            raise
        return documents

    async def queue_up(self, fold: Sequence[Change]) -> bool:
        """Be the next in the lanes of *fold*; returns whether that meant waiting for somebody.

        MongoDB lets this write wait for the commit under way, and wakes it the moment that is done.
        Who is next has to begin soon: others pass when `RESERVED_MS` are over. Raises Lost.
        """
        began = time.monotonic()
        for lane in self._lanes_of(fold):
            with told_plainly():
                mine = await self._mongo.hints(LANES).find_one_and_update(
                    self._not_anothers(lane),
                    [{"$set": {"next": self._me, "until": {"$add": ["$$NOW", RESERVED_MS]}}}],
                    maxTimeMS=QUEUE_MS,
                )
            if not mine:
                raise Lost(f"somebody else is next in lane {lane}")
        return time.monotonic() - began > UNDELAYED

    def _lanes_of(self, fold: Sequence[Change]) -> list[int]:
        return sorted(set[int]().union(*(change.lanes(self._lanes) for change in fold)))

    def _not_anothers(self, lane: int) -> Document:
        """Asks for a lane in which nobody else is next."""
        late: Document = {"$expr": {"$lt": ["$until", "$$NOW"]}}
        return {"_id": lane, "$or": [{"next": {"$exists": False}}, {"next": self._me}, late]}

    def _source(self, lane: int) -> str:
        """The CloudEvents source of a lane; sequences rise within a source."""
        return f"/feira/{self._service}/{lane}"

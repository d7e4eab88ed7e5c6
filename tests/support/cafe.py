"""A second tiny service: a café that hears the bakery and writes down what it heard."""

from collections.abc import AsyncGenerator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from shared.platform.bus.subscriber import Subscriber
from shared.platform.change.aggregate import Aggregate
from shared.platform.change.cause import Cause
from shared.platform.change.fold import Outcome
from shared.platform.change.unit_of_work import UnitOfWork
from shared.platform.mongo import Mongo
from tests.support.bakery import TartsBaked
from tests.support.eventually import eventually


@dataclass(frozen=True, slots=True)
class Diary:
    """What was heard of one sort of tart, in order, and how many there must be."""

    id: str
    heard: tuple[int, ...] = ()
    units: int = 0


def _write(state: Diary, fact: object) -> Diary:
    match fact:
        case TartsBaked(tart=state.id):
            return replace(state, heard=(*state.heard, fact.units), units=state.units + fact.units)
        case _:
            return state


DIARIES = Aggregate("diaries", Diary, new=Diary, evolve=_write)


class Cafe:
    """Writes in diaries, over one unit of work."""

    def __init__(self, mongo: Mongo, uow: UnitOfWork) -> None:
        self._mongo, self._uow = mongo, uow

    def note(self, event: TartsBaked, cause: Cause) -> Awaitable[Outcome]:
        """Write down what was heard; a subscriber's handler."""
        return self._uow.change([DIARIES(event.tart)], lambda _: [event], cause)

    async def diary(self, tart: str) -> list[int]:
        """What was written about *tart*, in order."""
        found: dict[str, Any] | None = await self._mongo["diaries"].find_one({"_id": tart})
        return found["heard"] if found else []


@asynccontextmanager
async def open_cafe(url: str, database: str, max_waiting: int = 10_000) -> AsyncGenerator[Cafe]:
    """A café on its own database, open."""
    mongo = Mongo(url, database, collections={"diaries": []})
    uow = UnitOfWork(mongo, "cafe", max_waiting=max_waiting)
    await mongo.start()
    await uow.start()
    try:
        yield Cafe(mongo, uow)
    finally:
        await uow.stop()
        await mongo.stop()


@asynccontextmanager
async def hearing(subscriber: Subscriber) -> AsyncGenerator[Subscriber]:
    """*subscriber* at work, its partitions assigned."""
    await subscriber.start()
    try:
        await eventually(lambda: subscriber.trouble() is None, within=20)
        yield subscriber
    finally:
        await subscriber.stop()


def baked(tart: str, *units: int) -> list[TartsBaked]:
    """One baking after the other."""
    return [TartsBaked(tart=tart, units=number) for number in units]

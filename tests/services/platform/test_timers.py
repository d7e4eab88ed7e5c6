"""Time as a door: what is due is done once, by whichever replica, and never in a frenzy."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from shared.platform.change.cause import Cause
from shared.platform.mongo import Mongo
from shared.platform.timers import Timer
from shared.refusal import Refused
from tests.support.bakery import Bakery
from tests.support.eventually import eventually
from tests.support.kitchen import open_kitchen

Due = dict[str, Any]


@asynccontextmanager
async def running(timer: Timer[Any]) -> AsyncIterator[Timer[Any]]:
    await timer.start()
    try:
        yield timer
    finally:
        await timer.stop()


def closing_sale(mongo: Mongo, bakery: Bakery, every: float = 0.05) -> Timer[Due]:
    """Sells what is left, one of each sort at a time."""

    async def left() -> Sequence[Due]:
        return await mongo["tarts"].find({"left": {"$gt": 0}}).to_list(None)

    def sell(due: Due) -> Awaitable[Any]:
        cause = Cause(f"closing:{due['_id']}:{due['left']}", patient=True)
        return bakery.sell(due["_id"], cause)

    return Timer("closing-sale", left, sell, every=every)


async def test_what_is_due_is_done_once_though_two_replicas_look(
    mongo_url: str, database: str
) -> None:
    async with (
        open_kitchen(mongo_url, database) as (mongo, _, bakery),
        open_kitchen(mongo_url, database) as (twin_mongo, _, twin_bakery),
    ):
        for n in range(10):
            await bakery.bake(f"tart-{n}", 3, Cause(f"bake-{n}"))
        async with (
            running(closing_sale(mongo, bakery)),
            running(closing_sale(twin_mongo, twin_bakery)),
        ):
            await eventually(lambda: _sold_out(mongo), within=20)
        assert await mongo["receipts"].count_documents({}) == 30
        tarts = await mongo["tarts"].find().to_list(None)
        assert all((tart["left"], tart["sold"]) == (0, 3) for tart in tarts)


async def _sold_out(mongo: Mongo) -> bool:
    return not await mongo["tarts"].find_one({"left": {"$gt": 0}})


async def test_who_is_woken_looks_at_once(mongo_url: str, database: str) -> None:
    async with open_kitchen(mongo_url, database) as (mongo, uow, bakery):
        timer = closing_sale(mongo, bakery, every=60)
        uow.listeners.append(timer.wake)
        async with running(timer):
            await bakery.bake("egg", 5, Cause("bake"))
            await eventually(lambda: _sold_out(mongo), within=5)


@pytest.mark.parametrize("answer", [None, Refused("not.due"), ZeroDivisionError()])
async def test_what_stays_due_whatever_is_done_is_not_done_in_a_frenzy(
    answer: Exception | None,
) -> None:
    looks = 0

    async def find() -> Sequence[str]:
        nonlocal looks
        looks += 1
        return ["the same"]

    async def act(_: str) -> None:
        if answer:
            raise answer

    async with running(Timer("stubborn", find, act, every=0.2)):
        await asyncio.sleep(0.5)
    assert 2 <= looks <= 12


async def test_one_thing_that_fails_does_not_hold_up_the_others_nor_a_failed_look_the_next() -> (
    None
):
    looks, done = 0, list[int]()

    async def find() -> Sequence[int]:
        nonlocal looks
        looks += 1
        if looks == 1:
            raise ConnectionError("database")
        return range(100) if looks == 2 else ()

    async def act(number: int) -> None:
        if number == 0:
            raise ZeroDivisionError
        await asyncio.sleep(0)
        done.append(number)

    timer = Timer("mixed", find, act, every=0.05, at_once=7)
    async with running(timer):
        await eventually(lambda: sorted(done) == list(range(1, 100)))
        assert timer.trouble() is None


async def test_a_timer_told_to_stop_finishes_what_is_under_way_and_begins_nothing() -> None:
    begun, done = list[int](), list[int]()

    async def find() -> Sequence[int]:
        return range(1000)

    async def act(number: int) -> None:
        begun.append(number)
        await asyncio.sleep(0.1)
        done.append(number)

    async with running(Timer("long", find, act, at_once=10)):
        await eventually(lambda: begun)
    assert begun == done
    assert len(done) < 100

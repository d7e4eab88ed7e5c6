"""Foresight: while people are being refused, a no costs no turn, and is never wrong for long."""

import asyncio
import gc
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from pymongo import MongoClient

from shared.platform.change import ledger, unit_of_work
from shared.platform.change.cause import Cause
from shared.platform.mongo import Mongo
from shared.refusal import Refused
from tests.support.bakery import TARTS, Bakery, Tart, running, tart
from tests.support.eventually import eventually


@pytest.fixture
async def kitchen(mongo_url: str, database: str) -> AsyncIterator[tuple[Mongo, Bakery]]:
    async with running(mongo_url, database) as parts:
        yield parts


@pytest.fixture
async def turns(mongo_url: str, database: str) -> AsyncIterator[Callable[[], int]]:
    """How often a turn was taken, to the end or not, as MongoDB has it."""
    with MongoClient[dict[str, Any]](mongo_url) as client:
        kept = client[database]
        kept.command("profile", 2)
        yield lambda: kept["system.profile"].count_documents({"command.findAndModify": "lanes"})
        kept.command("profile", 0)


async def refused(bakery: Bakery, *causes: str) -> bool:
    """Whether all who ask for an egg tart are told that there is none."""
    asked = (bakery.sell("egg", Cause(cause)) for cause in causes)
    answers = await asyncio.gather(*asked, return_exceptions=True)
    return all(isinstance(answer, Refused) for answer in answers)


async def test_those_who_come_too_late_one_after_the_other_take_hardly_a_turn(
    kitchen: tuple[Mongo, Bakery], turns: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "MOMENT", 60.0)
    monkeypatch.setattr(unit_of_work, "MOMENT", 60.0)
    _, bakery = kitchen
    await bakery.bake("egg", 1, Cause("bake"))
    await bakery.sell("egg", Cause("last"))
    assert await refused(bakery, "late")
    before = turns()
    for n in range(20):
        assert await refused(bakery, f"later-{n}", f"latest-{n}")
    assert turns() == before


async def test_a_no_is_gone_when_it_is_told(kitchen: tuple[Mongo, Bakery]) -> None:
    """In thousands, what only the collector can clear away makes everybody wait for it."""
    _, bakery = kitchen
    assert await refused(bakery, *map(str, range(10)))
    gc.collect()
    gc.disable()
    try:
        for turn in range(10):  # some are decided in a fold, some foreseen
            assert await refused(bakery, *(f"{turn}-{n}" for n in range(50)))
            await asyncio.sleep(0)
        assert gc.collect() < 500
    finally:
        gc.enable()


async def test_what_is_baked_here_is_sold_at_once(kitchen: tuple[Mongo, Bakery]) -> None:
    mongo, bakery = kitchen
    for n in range(3):
        await bakery.bake("egg", 1, Cause(f"bake-{n}"))
        await bakery.sell("egg", Cause(f"sell-{n}"))
        assert await refused(bakery, f"late-{n}", f"later-{n}")
    assert (await tart(mongo))["sold"] == 3


async def test_what_another_replica_bakes_is_sold_within_a_moment(
    kitchen: tuple[Mongo, Bakery], mongo_url: str, database: str
) -> None:
    _, bakery = kitchen
    async with running(mongo_url, database) as (_, other):
        await bakery.bake("egg", 1, Cause("bake"))
        await bakery.sell("egg", Cause("sell"))
        assert await refused(bakery, "late")
        await other.bake("egg", 1, Cause("more"))
        asked = iter(range(1000))

        async def sold() -> bool:
            return not await refused(bakery, f"insisting-{next(asked)}")

        await eventually(sold, within=10)


async def test_how_a_thing_stood_a_moment_ago_is_known_without_asking_and_not_for_longer(
    kitchen: tuple[Mongo, Bakery], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, bakery = kitchen
    monkeypatch.setattr(ledger, "MOMENT", 60.0)
    assert bakery.uow.recent(TARTS("egg")) is None
    await bakery.bake("egg", 3, Cause("bake"))
    assert bakery.uow.recent(TARTS("egg")) == Tart("egg", left=3)
    assert bakery.uow.recent(TARTS("pork")) is None
    monkeypatch.setattr(ledger, "MOMENT", 0.0)
    assert bakery.uow.recent(TARTS("egg")) is None


async def test_who_was_told_yes_is_told_so_again_though_all_others_are_refused(
    kitchen: tuple[Mongo, Bakery],
) -> None:
    mongo, bakery = kitchen
    await bakery.bake("egg", 20, Cause("bake"))
    first = [await bakery.sell("egg", Cause(f"click-{n}", fingerprint="one")) for n in range(20)]
    assert await refused(bakery, "late")
    asked = [bakery.sell("egg", Cause(f"late-{n}")) for n in range(50)]
    again = [bakery.sell("egg", Cause(f"click-{n}", fingerprint="one")) for n in range(20)]
    twice = [bakery.sell("egg", Cause(f"click-{n}", fingerprint="one")) for n in range(20)]
    assert await asyncio.gather(*again) == await asyncio.gather(*twice) == first
    assert await refused(bakery, "latest")
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert all(isinstance(answer, Refused) for answer in answers)
    with pytest.raises(Refused, match=r"idempotency\.key-reused"):
        await bakery.sell("egg", Cause("click-0", fingerprint="two"))
    assert (await tart(mongo))["sold"] == 20


async def test_clicks_on_one_wish_before_and_after_the_last_tart_went_get_one_answer(
    kitchen: tuple[Mongo, Bakery],
) -> None:
    _, bakery = kitchen
    await bakery.bake("egg", 1, Cause("bake"))
    answers = await asyncio.gather(
        *(bakery.sell("egg", Cause(f"buyer-{n % 10}")) for n in range(200)), return_exceptions=True
    )
    assert [isinstance(answer, Refused) for answer in answers] == [n % 10 > 0 for n in range(200)]


async def test_stopping_answers_whoever_is_being_refused(mongo_url: str, database: str) -> None:
    async with running(mongo_url, database) as (_, bakery):
        asked = [bakery.sell("egg", Cause(f"early-{n}")) for n in range(30)]
        await asyncio.sleep(0)
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert all(isinstance(answer, Refused) for answer in answers)

"""The unit of work: what it promises, on a real MongoDB."""

import asyncio
from collections.abc import AsyncIterator
from itertools import pairwise
from typing import Any

import pytest
from pymongo import MongoClient

from shared.events.base import MAX_VALUE_BYTES
from shared.platform.change.cause import Cause
from shared.platform.change.fold import Misspoken
from shared.platform.mongo import Mongo
from shared.refusal import Busy, Refused
from tests.support.bakery import (
    RECEIPTS,
    TARTS,
    Bakery,
    ReceiptWritten,
    TartsBaked,
    open_bakery,
    pages,
    running,
    tart,
)


@pytest.fixture
async def kitchen(mongo_url: str, database: str) -> AsyncIterator[tuple[Mongo, Bakery]]:
    async with running(mongo_url, database) as parts:
        yield parts


def sort(n: int) -> str:
    return ("egg", "bean")[n % 2]


async def test_a_sale_changes_stock_and_receipt_and_says_so_in_one_commit(
    kitchen: tuple[Mongo, Bakery],
) -> None:
    mongo, bakery = kitchen
    await bakery.bake("egg", 3, Cause("bake"))
    sold, written = await bakery.sell("egg", Cause("sell"), order="o-1")
    assert (await tart(mongo))["left"] == 2
    assert await mongo["receipts"].find_one({"_id": "o-1", "tart": "egg", "version": 1})
    _, page = await pages(mongo)
    assert [said["type"] for said in page["events"]] == [
        sold.type,
        written.type,
        "feira.bakery.tart.stands",
    ]
    assert page["changes"][0]["cause"] == "sell"


async def test_ten_tarts_make_exactly_ten_of_a_hundred_buyers_happy(
    kitchen: tuple[Mongo, Bakery],
) -> None:
    mongo, bakery = kitchen
    await bakery.bake("egg", 10, Cause("bake"))
    answers = await asyncio.gather(
        *(bakery.sell("egg", Cause(f"buyer-{n}")) for n in range(100)), return_exceptions=True
    )
    refused = [answer for answer in answers if isinstance(answer, Refused)]
    assert (len(refused), {no.code for no in refused}) == (90, {"tart.sold-out"})
    assert (await tart(mongo))["left"] == 0
    assert await mongo["receipts"].count_documents({}) == 10


async def test_buyers_who_come_during_a_commit_share_the_next_one_in_order_of_arrival(
    kitchen: tuple[Mongo, Bakery],
) -> None:
    mongo, bakery = kitchen
    await bakery.bake("egg", 200, Cause("bake"))
    await asyncio.gather(
        *(bakery.sell("egg", Cause(f"buyer-{n}"), order=f"o-{n}") for n in range(200))
    )
    journal = await pages(mongo)
    assert len(journal) <= 4
    orders = [
        said["key"] for page in journal for said in page["events"] if "receipt" in said["topic"]
    ]
    assert orders == [f"o-{n}" for n in range(200)]


async def test_turns_are_dense_whatever_was_refused_in_between(
    kitchen: tuple[Mongo, Bakery],
) -> None:
    mongo, bakery = kitchen
    for n in range(5):
        with pytest.raises(Refused):
            await bakery.sell("egg", Cause(f"early-{n}"))
        await bakery.bake("egg", 1, Cause(f"bake-{n}"))
        await bakery.sell("egg", Cause(f"sell-{n}"))
    assert [page["turn"] for page in await pages(mongo)] == list(range(1, 11))


async def test_the_same_cause_again_gets_the_facts_of_the_first_time(
    kitchen: tuple[Mongo, Bakery],
) -> None:
    mongo, bakery = kitchen
    await bakery.bake("egg", 5, Cause("bake"))
    first = await bakery.sell("egg", Cause("click", fingerprint="one tart"))
    again = await bakery.sell("egg", Cause("click", fingerprint="one tart"))
    assert again == first
    assert (await tart(mongo))["left"] == 4


async def test_who_asks_again_for_the_last_tart_after_getting_it_is_not_told_sold_out(
    kitchen: tuple[Mongo, Bakery],
) -> None:
    _, bakery = kitchen
    await bakery.bake("egg", 1, Cause("bake"))
    first = await bakery.sell("egg", Cause("click"))
    again, other = await asyncio.gather(
        bakery.sell("egg", Cause("click")),
        bakery.sell("egg", Cause("another")),
        return_exceptions=True,
    )
    assert again == first
    assert isinstance(other, Refused)


async def test_five_clicks_at_once_buy_one_tart(kitchen: tuple[Mongo, Bakery]) -> None:
    mongo, bakery = kitchen
    await bakery.bake("egg", 5, Cause("bake"))
    answers = await asyncio.gather(*(bakery.sell("egg", Cause("click")) for _ in range(5)))
    assert all(answer == answers[0] for answer in answers)
    assert (await tart(mongo))["left"] == 4


async def test_a_cause_used_for_something_else_is_refused(kitchen: tuple[Mongo, Bakery]) -> None:
    _, bakery = kitchen
    await bakery.bake("egg", 5, Cause("key", fingerprint="five"))
    with pytest.raises(Refused, match=r"idempotency\.key-reused"):
        await bakery.bake("egg", 6, Cause("key", fingerprint="six"))
    answers = await asyncio.gather(
        bakery.bake("egg", 1, Cause("new", fingerprint="one")),
        bakery.bake("egg", 2, Cause("new", fingerprint="two")),
        return_exceptions=True,
    )
    assert isinstance(answers[1], Refused)


async def test_a_repeat_among_hundreds_of_new_ones_disturbs_nobody(
    kitchen: tuple[Mongo, Bakery],
) -> None:
    mongo, bakery = kitchen
    await bakery.bake("egg", 1000, Cause("bake"))
    await asyncio.gather(*(bakery.sell("egg", Cause(f"old-{n}")) for n in range(20)))
    await asyncio.gather(
        *(bakery.sell("egg", Cause(f"old-{n}" if n < 20 else f"new-{n}")) for n in range(300))
    )
    assert (await tart(mongo))["sold"] == 300


async def test_repeats_spoil_no_commit_of_others(
    kitchen: tuple[Mongo, Bakery], mongo_url: str, database: str
) -> None:
    mongo, bakery = kitchen
    await bakery.bake("egg", 1000, Cause("bake"))
    await asyncio.gather(*(bakery.sell("egg", Cause(f"old-{n}")) for n in range(20)))
    before = len(await pages(mongo))
    with MongoClient[dict[str, Any]](mongo_url) as client:
        client[database].command({"profile": 2})
        await asyncio.gather(
            *(bakery.sell("egg", Cause(f"old-{n}" if n < 20 else f"new-{n}")) for n in range(60))
        )
        client[database].command({"profile": 0})
        looked = client[database]["system.profile"]
        tried = looked.count_documents({"command.findAndModify": "lanes"})
    assert tried == len(await pages(mongo)) - before


async def test_a_repeat_that_comes_to_another_replica_gets_the_facts_of_the_first_time(
    kitchen: tuple[Mongo, Bakery], mongo_url: str, database: str
) -> None:
    mongo, bakery = kitchen
    await bakery.bake("egg", 1000, Cause("bake"))
    first = await asyncio.gather(*(bakery.sell("egg", Cause(f"old-{n}")) for n in range(20)))
    async with running(mongo_url, database) as (_, twin):
        again = await asyncio.gather(
            *(twin.sell("egg", Cause(f"old-{n}" if n < 20 else f"new-{n}")) for n in range(60))
        )
    assert again[:20] == first
    assert (await tart(mongo))["sold"] == 60


async def test_a_decision_that_fails_fails_its_asker_alone(kitchen: tuple[Mongo, Bakery]) -> None:
    mongo, bakery = kitchen
    await bakery.bake("egg", 10, Cause("bake"))

    def burn(_: object) -> None:
        raise ZeroDivisionError

    answers = await asyncio.gather(
        *(
            bakery.sell("egg", Cause(f"b-{n}"), also=burn if n == 3 else lambda _: None)
            for n in range(6)
        ),
        return_exceptions=True,
    )
    assert [type(answer) is ZeroDivisionError for answer in answers] == [n == 3 for n in range(6)]
    assert (await tart(mongo))["left"] == 5


async def test_a_fact_about_what_was_not_named_or_too_large_is_never_said(
    mongo_url: str, database: str
) -> None:
    mongo, uow, _ = open_bakery(mongo_url, database)
    await mongo.start()
    await uow.start()
    huge = "x" * MAX_VALUE_BYTES
    for fact in (
        TartsBaked(tart="somebody else's", units=1),
        ReceiptWritten(order="o-1", tart=huge),
    ):
        with pytest.raises(Misspoken):
            await uow.change(
                [TARTS("egg"), RECEIPTS.fresh("o-1")], lambda _, f=fact: [f], Cause(fact.type)
            )
    assert await pages(mongo) == []
    await uow.stop()
    await mongo.stop()


async def test_what_cannot_be_written_fails_alone_and_the_rest_of_its_fold_stands(
    mongo_url: str, database: str
) -> None:
    mongo, uow, bakery = open_bakery(mongo_url, database)
    await mongo.start()
    await uow.start()
    await bakery.bake("egg", 100, Cause("bake"))
    refs = [TARTS("egg"), RECEIPTS.fresh("o-bad")]
    bad = uow.change(refs, lambda _: [ReceiptWritten(order="o-bad", tart="\ud800")], Cause("bad"))
    answers = await asyncio.gather(
        *(bakery.sell("egg", Cause(f"b-{n}")) for n in range(7)), bad, return_exceptions=True
    )
    assert not any(isinstance(answer, Exception) for answer in answers[:7])
    assert isinstance(answers[7], Exception)
    assert (await tart(mongo))["sold"] == 7
    await uow.stop()
    await mongo.stop()


async def test_an_id_thought_new_that_is_taken_is_looked_at_before_deciding(
    kitchen: tuple[Mongo, Bakery],
) -> None:
    mongo, bakery = kitchen
    await bakery.bake("egg", 9, Cause("bake"))
    await bakery.sell("egg", Cause("first"), order="o-1")
    answers = await asyncio.gather(
        *(bakery.sell("egg", Cause(f"b-{n}"), order=f"o-{n}") for n in range(4))
    )
    assert len(answers) == 4
    assert (await mongo["receipts"].find_one({"_id": "o-1"}) or {})["version"] == 2


async def test_two_replicas_that_compete_for_one_tart_lose_and_double_nothing(
    mongo_url: str, database: str
) -> None:
    async with (
        running(mongo_url, database) as (mongo, one),
        running(mongo_url, database) as (_, two),
    ):
        await one.bake("egg", 300, Cause("bake"))
        answers = await asyncio.gather(
            *((one, two)[n % 2].sell("egg", Cause(f"b-{n}")) for n in range(400)),
            return_exceptions=True,
        )
        assert sum(isinstance(answer, tuple) for answer in answers) == 300
        assert await mongo["receipts"].count_documents({}) == 300
        turns = [page["turn"] for page in await pages(mongo)]
        assert turns == list(range(1, len(turns) + 1))


async def test_replicas_that_compete_for_a_lane_take_turns(mongo_url: str, database: str) -> None:
    async with (
        running(mongo_url, database, max_fold=5) as (mongo, one),
        running(mongo_url, database, max_fold=5) as (_, two),
    ):
        await one.bake("egg", 1000, Cause("bake", patient=True))
        await asyncio.gather(
            *(one.sell("egg", Cause(f"one-{n}", patient=True)) for n in range(150)),
            *(two.sell("egg", Cause(f"two-{n}", patient=True)) for n in range(150)),
        )
        whose = [page["changes"][0]["cause"][:3] for page in await pages(mongo)]
    both = whose[whose.index("two") : len(whose) - whose[::-1].index("one")]
    handed_over = sum(before != after for before, after in pairwise(both))
    assert handed_over > 0.4 * len(both)  # by chance it would be three in ten


async def test_a_state_changed_behind_its_back_is_read_again_before_it_is_written(
    kitchen: tuple[Mongo, Bakery], mongo_url: str, database: str
) -> None:
    mongo, bakery = kitchen
    await bakery.bake("egg", 5, Cause("bake"))
    with MongoClient[dict[str, Any]](mongo_url) as client:
        client[database]["tarts"].update_one({"_id": "egg"}, {"$set": {"left": 1, "version": 9}})
    await bakery.sell("egg", Cause("last"))
    with pytest.raises(Refused):
        await bakery.sell("egg", Cause("too late"))
    assert (await tart(mongo))["left"] == 0


async def test_beyond_its_bound_the_line_turns_people_away_at_once(
    mongo_url: str, database: str
) -> None:
    async with running(mongo_url, database, max_waiting=50) as (mongo, bakery):
        await bakery.bake("egg", 1000, Cause("bake"))
        answers = await asyncio.gather(
            *(bakery.sell("egg", Cause(f"b-{n}")) for n in range(200)), return_exceptions=True
        )
        done = sum(isinstance(answer, tuple) for answer in answers)
        assert sum(isinstance(answer, Busy) for answer in answers) == 200 - done
        assert (await tart(mongo))["sold"] == done == 50


async def test_lanes_share_nothing_but_a_change_may_span_them(
    mongo_url: str, database: str
) -> None:
    async with running(mongo_url, database, lanes=3) as (mongo, bakery):
        await bakery.bake("egg", 100, Cause("bake"))
        await bakery.bake("bean", 100, Cause("bake too"))
        first = await asyncio.gather(
            *(bakery.sell(sort(n), Cause(f"b-{n}"), order=f"o-{n}") for n in range(80))
        )
        again = await asyncio.gather(
            *(bakery.sell(sort(n), Cause(f"b-{n}"), order=f"p-{n}") for n in range(80))
        )
        assert [{event.type for event in facts} for facts in again] == [
            {event.type for event in facts} for facts in first
        ]
        assert ((await tart(mongo))["left"], (await tart(mongo, "bean"))["left"]) == (60, 60)
        for lane in range(3):
            turns = [page["turn"] for page in await pages(mongo) if page["lane"] == lane]
            assert turns == list(range(1, len(turns) + 1))


async def test_stopping_finishes_what_is_in_line_and_takes_nothing_more(
    mongo_url: str, database: str
) -> None:
    mongo, uow, bakery = open_bakery(mongo_url, database)
    await mongo.start()
    await uow.start()
    await bakery.bake("egg", 500, Cause("bake"))
    waiting = [bakery.sell("egg", Cause(f"b-{n}")) for n in range(100)]
    await uow.stop()
    assert all(isinstance(facts, tuple) for facts in await asyncio.gather(*waiting))
    with pytest.raises(Busy):
        await bakery.sell("egg", Cause("late"))
    await mongo.stop()

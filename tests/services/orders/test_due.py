"""What time brings up, and the lists: found by an index, whatever is stuck, none left out."""

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.database import Database

from services.orders import queries as asked
from services.orders.indexes import COLLECTIONS
from services.orders.kept import ORDERS
from services.orders.ordering import course, refund
from services.orders.ordering.life import Status
from services.orders.ordering.order import Order, Payment, Refund
from services.orders.queries import Eyes, Queries
from services.orders.timers import Rounds
from shared.events.money import Money
from shared.events.orders import Line, OrderPlaced
from shared.platform.mongo import Mongo

NOW = datetime.now(UTC).replace(microsecond=0)
PRICE = Money(amount=4800, currency="MOP")
MANY = 3_000
DUE: dict[Status, timedelta] = dict.fromkeys(
    ("placed", "confirmed", "delivered"), timedelta(minutes=15)
)


STATUSES: tuple[Status, ...] = ("placed", "confirmed", "expired", "delivered")
MONEY = ("started", "quarantined", "due", "asked")


def an_order(number: int) -> Order:
    """One of many orders: of a hundred buyers and thirty merchants, in every state."""
    status, money = STATUSES[number % 4], MONEY[number % 16 // 4] if number % 2 == 0 else ""
    at = NOW - timedelta(seconds=MANY + 60 - number)
    line = Line(sku="s", merchant_id=f"m{number % 30}", quantity=1, unit_price=PRICE)
    name = f"o-{number:05d}"
    placed = OrderPlaced(
        order_id=name,
        festival_id="fair",
        buyer_id=f"b{number % 100}",
        channel="online",
        lines=(line,),
        total=PRICE,
        placed_at=at,
        hold_until=at + timedelta(minutes=15),
    )
    known = "captured" if money in ("due", "asked") else money
    return Order(
        id=name,
        status=status,
        placed=placed,
        due=at + DUE[status] if status in DUE else None,
        payments=(Payment(f"p-{number}", PRICE, known),) if known else (),
        refunds=(Refund(f"r-{number}", f"p-{number}", PRICE, money),)
        if money in ("due", "asked")
        else (),
        refund_at=at if money == "due" else None,
        owed_since=at if money == "due" else None,
    )


@pytest.fixture
async def kept(mongo_url: str, database: str) -> AsyncIterator[Database[dict[str, Any]]]:
    """A database that writes down every plan it makes, with many orders."""
    mongo = Mongo(mongo_url, database, collections=COLLECTIONS)
    await mongo.start()
    with MongoClient[dict[str, Any]](mongo_url) as client:
        kept = client[database]
        orders = map(an_order, range(MANY))
        kept["orders"].insert_many([ORDERS.dump(order.id, 1, order) for order in orders])
        yield kept
    await mongo.stop()


@pytest.fixture
async def queries(mongo_url: str, database: str) -> AsyncIterator[Queries]:
    mongo = Mongo(mongo_url, database)
    yield Queries(mongo)
    await mongo.stop()


async def test_no_timer_and_no_list_looks_at_more_than_it_finds(
    kept: Database[dict[str, Any]], queries: Queries, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asked, "AT_ONCE", 20)
    both, middle = Eyes("b7", "m7"), (NOW - timedelta(seconds=60 + MANY // 2), "o-01500")
    long_ago = NOW - timedelta(days=7)
    kept.command({"profile": 2})
    found = [
        await queries.overdue(),
        await queries.kept(),
        await queries.stuck(NOW - timedelta(minutes=5), 20),
        await queries.owing(NOW - timedelta(minutes=5), 20),
        await queries.unheard(long_ago, NOW - timedelta(seconds=10), None),
        await queries.unheard(long_ago, NOW - timedelta(seconds=10), middle),
        await queries.owed(),
        await queries.orders(None, 20),
        await queries.orders(middle, 20),
        await queries.orders(None, 20, eyes=Eyes("b7")),
        await queries.orders(middle, 10, eyes=Eyes("b7")),
        await queries.orders(None, 20, eyes=both),
        await queries.orders(middle, 20, eyes=both),
    ]
    kept.command({"profile": 0})
    plans = list(kept["system.profile"].find({"op": "query", "ns": f"{kept.name}.orders"}))
    assert len(plans) == len(found)
    for orders, plan in zip(found, plans, strict=True):
        assert orders
        assert "COLLSCAN" not in plan["planSummary"], plan["command"]
        assert not plan.get("hasSortStage"), plan["command"]
        assert plan["docsExamined"] <= len(orders) + 2, plan["command"]


async def test_the_report_of_who_needs_somebody_looks_at_no_more_than_it_names(
    kept: Database[dict[str, Any]], queries: Queries
) -> None:
    kept.command({"profile": 2})
    unanswered = await queries.unanswered(20)
    waiting = await queries.waiting(NOW - timedelta(minutes=5))
    kept.command({"profile": 0})
    assert {an_answer(order) for order in unanswered} == {"asked", "quarantined"}
    assert len(unanswered) == 40
    late = [n for n in range(MANY) if n < MANY + 60 - 15 * 60 - 5 * 60]
    expected = Counter(STATUSES[n % 4] for n in late if STATUSES[n % 4] in DUE)
    long_owed = [n for n in range(0, MANY - 240, 2) if n % 16 // 4 == 2]
    assert waiting == expected | {"refund-due": len(long_owed)}
    asked_for, put_aside, coming_back, counted, owing = kept["system.profile"].find(
        {"ns": f"{kept.name}.orders"}
    )
    for plan in (asked_for, put_aside, coming_back, counted, owing):
        assert "COLLSCAN" not in plan["planSummary"], plan["command"]
        assert not plan.get("hasSortStage"), plan["command"]
    assert asked_for["docsExamined"] == put_aside["docsExamined"] == 20
    assert counted["docsExamined"] <= expected.total()
    assert owing["docsExamined"] <= len(long_owed)


def an_answer(order: Order) -> str:
    """What somebody has to decide about."""
    waiting = (*order.payments, *order.refunds)
    return next(it.status for it in waiting if it.status in ("asked", "quarantined"))


async def test_those_who_wait_longest_are_reported_first_and_in_time_nobody(
    kept: Database[dict[str, Any]], queries: Queries
) -> None:
    stuck = await queries.stuck(NOW, MANY)
    dues = [order.due for order in stuck if order.due]
    assert dues == sorted(dues)
    assert len(dues) == sum(1 for n in range(MANY) if n < MANY + 60 - 900 and n % 4 != 2)
    assert await queries.stuck(NOW - timedelta(days=1), MANY) == []


async def test_an_order_that_needs_two_answers_is_named_once(
    kept: Database[dict[str, Any]], queries: Queries
) -> None:
    order = an_order(4)  # of whose money somebody has to decide already
    both = replace(order, refunds=(Refund("r", "p", PRICE, "asked"),))
    kept["orders"].replace_one({"_id": order.id}, ORDERS.dump(order.id, 2, both))
    assert [it.id for it in await queries.unanswered(MANY)].count(order.id) == 1


async def test_lists_go_on_where_they_ended_even_within_one_instant(
    kept: Database[dict[str, Any]], queries: Queries
) -> None:
    kept["orders"].update_many({"_id": {"$lt": "o-00040"}}, {"$set": {"placed.placed_at": NOW}})
    seen: list[str] = []
    place = None
    while page := await queries.orders(place, 7, eyes=Eyes("b3", "m3")):
        seen += [order.id for order in page]
        place = page[-1].terms.placed_at, page[-1].id
    expected = [n for n in range(MANY) if n % 100 == 3 or n % 30 == 3]
    assert sorted(seen) == [f"o-{n:05d}" for n in expected]
    assert len(seen) == len(set(seen))


async def test_every_payment_that_is_not_heard_of_is_asked_about_in_turn(
    kept: Database[dict[str, Any]], queries: Queries, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("queries", "timers"):
        monkeypatch.setattr(f"services.orders.{module}.AT_ONCE", 50)
    silent = {n for n in range(0, MANY, 2) if n % 16 // 4 == 0}
    rounds, asked_about = Rounds(queries), list[str]()
    while page := await rounds.find():
        asked_about += [order.id for order in page]
    assert len(silent) > 150
    assert sorted(asked_about) == sorted({f"o-{n:05d}" for n in silent})
    assert await rounds.find() == [], "the next round begins a while later"


async def test_money_that_cannot_be_sent_back_now_lets_others_go_first(
    kept: Database[dict[str, Any]], queries: Queries, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asked, "AT_ONCE", 50)
    tried: list[str] = []
    while stuck := await queries.owed():
        tried += [order.id for order in stuck]
        assert len(tried) < MANY, "what was put off comes again at once"
        for order in stuck:
            [later] = refund.put_off(replace(order, refund_tries=9), datetime.now(UTC))
            after = course.evolve(order, later)
            kept["orders"].replace_one({"_id": order.id}, ORDERS.dump(order.id, 2, after))
    owed = [n for n in range(0, MANY, 2) if n % 16 // 4 == 2]
    assert sorted(tried) == [f"o-{n:05d}" for n in owed]
    again = [datetime.now(UTC) - timedelta(seconds=age) for age in (1, 9, 5)]
    for number, due in zip(owed[:3], again, strict=True):
        kept["orders"].update_one({"_id": f"o-{number:05d}"}, {"$set": {"refund_at": due}})
    assert [order.id for order in await queries.owed()] == [
        f"o-{owed[n]:05d}" for n in (1, 2, 0)
    ], "who has waited longest is first"

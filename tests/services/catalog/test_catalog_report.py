"""The report of a festival, fed over Kafka as orders and livestream feed it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from shared.events.ids import new_id
from shared.events.livestream import SessionEnded, SessionStarted
from shared.events.money import Money
from shared.events.orders import Line, OrderConfirmed, OrderEvent, RefundPaid
from shared.events.text import Text
from tests.services.catalog.conftest import NOON, Catalog, new_name, plan, text
from tests.support.bus import speaking
from tests.support.eventually import eventually


def mop(amount: int) -> Money:
    return Money(amount=amount, currency="MOP")


def order(festival: str, **other: Any) -> OrderConfirmed:
    line = Line(sku="TART.v1", merchant_id="m01", quantity=2, unit_price=mop(1000))
    said: dict[str, Any] = {
        "order_id": new_id(),
        "festival_id": festival,
        "buyer_id": "b1",
        "channel": "live",
        "lines": (line,),
        "total": mop(2500),
        "method": "provider",
        "payment_id": "p",
        "session_id": "s1",
    }
    return OrderConfirmed(**{**said, **other})


def refund(
    sold: OrderConfirmed, amount: int = 2500, id: str = "r1", payment: str = "p"
) -> RefundPaid:
    return RefundPaid(order_id=sold.order_id, payment_id=payment, refund_id=id, amount=mop(amount))


async def report(catalog: Catalog, festival: str) -> dict[str, Any]:
    answer = await catalog.client("operator").get(f"/festivals/{festival}/report")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def counted(
    catalog: Catalog, festival: str, orders: int, refunded: int = 0
) -> dict[str, Any]:
    """The report, once it has counted so much."""

    async def there() -> dict[str, Any]:
        found = await report(catalog, festival)
        assert (found["orders"], found["refunded"]) == (orders, refunded)
        return found

    return await eventually(there)


async def test_a_festival_that_sold_nothing_has_a_report_of_noughts(catalog: Catalog) -> None:
    festival = await catalog.has_festival()
    assert await report(catalog, festival) == {
        "festival_id": festival,
        "orders": 0,
        "units": 0,
        "sales": [],
        "refunded": 0,
        "refunds": [],
        "channels": [],
        "days": [],
        "sessions": [],
        "products": [],
    }


async def test_an_order_confirmed_twice_is_counted_once(catalog: Catalog) -> None:
    festival = await catalog.has_festival()
    sold, name = order(festival), new_id()
    for said_under in (name, name, new_id()):  # delivered again, and said again by mistake
        await catalog.hears(sold, id=said_under)
    await catalog.hears(order(festival, order_id=f"{sold.order_id}-next"))
    found = await counted(catalog, festival, orders=2)
    figures = {
        "orders": 2,
        "units": 4,
        "sales": [{"amount": 5000, "currency": "MOP"}],
        "refunded": 0,
        "refunds": [],
    }
    assert found["channels"] == [{"channel": "live", **figures}]
    assert found["days"] == [{"day": "2025-05-24", **figures}]
    assert found["products"] == [
        {
            "sku": "TART.v1",
            "orders": 2,
            "units": 4,
            "sales": [{"amount": 4000, "currency": "MOP"}],
        }
    ]


async def test_a_refund_counts_on_the_day_it_was_paid_in_the_channel_of_its_order(
    catalog: Catalog,
) -> None:
    festival = await catalog.has_festival()
    sold, name = order(festival), new_id()
    await catalog.hears(sold)
    for _ in range(2):
        # one second before and after midnight in Shanghai are two days
        await catalog.hears(refund(sold), at=NOON + timedelta(hours=12), id=name)
    await catalog.hears(refund(sold, 1, "r2"), at=NOON + timedelta(hours=12, seconds=-1))
    found = await counted(catalog, festival, orders=1, refunded=2)
    assert found["refunds"] == [{"amount": 2501, "currency": "MOP"}]
    assert {day["day"]: day["refunds"] for day in found["days"]} == {
        "2025-05-24": [{"amount": 1, "currency": "MOP"}],
        "2025-05-25": [{"amount": 2500, "currency": "MOP"}],
    }
    assert found["channels"][0]["refunded"] == found["sessions"][0]["refunded"] == 2


async def test_money_that_came_twice_and_went_back_is_no_refund_of_the_sale(
    catalog: Catalog,
) -> None:
    festival = await catalog.has_festival()
    early, late = order(festival), order(festival)
    await catalog.hears(refund(early, payment="twice"))
    for sold in (early, late):
        await catalog.hears(sold)
    await catalog.hears(refund(late, payment="twice"))
    await catalog.hears(refund(late, 1, "r2"))
    found = await counted(catalog, festival, orders=2, refunded=1)
    assert (found["sales"][0]["amount"], found["refunds"][0]["amount"]) == (5000, 1)


async def test_the_days_of_a_report_are_those_of_where_the_festival_is(catalog: Catalog) -> None:
    festival = new_name("festival")
    await catalog.has(f"/festivals/{festival}", plan(timezone="Europe/Lisbon"))
    sold = order(festival)
    # 30 minutes before and after midnight in Lisbon, in the morning of one day in Shanghai
    await catalog.hears(sold, at=datetime(2025, 5, 24, 22, 30, tzinfo=UTC))
    await catalog.hears(refund(sold), at=datetime(2025, 5, 24, 23, 30, tzinfo=UTC))
    found = await counted(catalog, festival, orders=1, refunded=1)
    assert [(row["day"], row["orders"], row["refunded"]) for row in found["days"]] == [
        ("2025-05-24", 1, 0),
        ("2025-05-25", 0, 1),
    ]


async def test_a_refund_heard_before_its_order_waits_for_it(catalog: Catalog) -> None:
    festival = await catalog.has_festival()
    late, never = order(festival), order(festival)
    await catalog.hears(refund(late))
    await catalog.hears(refund(never))
    await catalog.hears(order(festival, order_id=f"{late.order_id}-x"))
    await counted(catalog, festival, orders=1, refunded=0)
    await catalog.hears(late)
    await counted(catalog, festival, orders=2, refunded=1)


async def test_each_channel_session_and_day_has_its_own_line(catalog: Catalog) -> None:
    festival = await catalog.has_festival()
    await catalog.hears(order(festival, channel="booth", session_id=None))
    await catalog.hears(order(festival, session_id="s1"), at=NOON + timedelta(days=1))
    await catalog.hears(order(festival, session_id="s2"), at=NOON + timedelta(days=1))
    found = await counted(catalog, festival, orders=3)
    assert [(row["channel"], row["orders"]) for row in found["channels"]] == [
        ("booth", 1),
        ("live", 2),
    ]
    assert [(row["day"], row["orders"]) for row in found["days"]] == [
        ("2025-05-24", 1),
        ("2025-05-25", 2),
    ]
    assert [(row["session_id"], row["orders"]) for row in found["sessions"]] == [
        ("s1", 1),
        ("s2", 1),
    ]


async def test_a_session_that_sold_nothing_is_in_the_report_too(catalog: Catalog) -> None:
    festival = await catalog.has_festival()
    titles = Text.model_validate(text("Morning of cookies"))
    started = SessionStarted(session_id="s1", festival_id=festival, titles=titles, skus=())
    await catalog.hears(started)
    await catalog.hears(
        SessionEnded(session_id="s1", festival_id=festival), at=NOON + timedelta(hours=2)
    )

    async def ended() -> dict[str, Any]:
        sessions = (await report(catalog, festival))["sessions"]
        assert sessions
        assert sessions[0]["ended_at"]
        return sessions[0]

    session = await eventually(ended)
    assert (session["titles"]["en"], session["orders"]) == ("Morning of cookies", 0)
    assert (session["started_at"], session["ended_at"]) == (
        "2025-05-24T04:00:00Z",
        "2025-05-24T06:00:00Z",
    )


async def test_a_hundred_orders_at_once_are_a_hundred_in_the_report(catalog: Catalog) -> None:
    festival = await catalog.has_festival()
    sold = [order(festival) for _ in range(100)]
    for one in (*sold, *sold):
        await catalog.hears(one)
    found = await counted(catalog, festival, orders=100)
    assert (found["units"], found["sales"][0]["amount"]) == (200, 250_000)


async def test_nonsense_on_the_topic_keeps_nobody_waiting(catalog: Catalog) -> None:
    festival = await catalog.has_festival()
    sold = order(festival)
    async with speaking(catalog.kafka) as stranger:
        await stranger.send_and_wait(
            OrderEvent.topic,
            b"{not json",
            headers=[("ce_id", new_id().encode()), ("ce_type", sold.type.encode())],
        )
    await catalog.hears(sold)
    await counted(catalog, festival, orders=1)

"""Deals through real doors: asked for over HTTP, funded over Kafka, shown, over in time."""

import json

from shared.events.livestream import DealEvent
from shared.events.orders import DealRefused
from tests.services.livestream.studio import BISCUITS, TARTS, Studio, left, mop
from tests.support.bus import header, listening
from tests.support.eventually import eventually


async def test_what_a_room_asks_for_is_heard_on_the_bus(studio: Studio) -> None:
    session_id = await studio.live()
    async with listening(studio.kafka, [DealEvent.topic]) as ear:
        deal = await studio.deal(
            session_id, deal_id="deal-1", position=None, sku=TARTS, units=30, price=mop(6000)
        )
        [asked] = await ear.until(1)
    assert (deal["status"], deal["deal_id"]) == ("requested", "deal-1")
    assert header(asked, "ce_type") == "feira.livestream.deal.requested"
    assert (asked.key, json.loads(asked.value or b"")) == (
        b"deal-1",
        {
            "deal_id": "deal-1",
            "session_id": session_id,
            "sku": TARTS,
            "festival_id": "beijing-2025",
            "units": 30,
            "price": mop(6000),
            "per_buyer": 2,
            "seconds": 180,
        },
    )


async def test_a_deal_is_shown_only_once_orders_has_funded_it(studio: Studio) -> None:
    session_id = await studio.live()
    deal = await studio.deal(session_id)
    at = f"/sessions/{session_id}/deals/{deal['deal_id']}"
    early = await studio.host.post(f"{at}/showing")
    assert (early.status_code, early.json()["state"]) == (409, "requested")
    await studio.fund(deal)
    shown = await studio.host.post(f"{at}/showing")
    assert (shown.status_code, shown.json()["status"]) == (200, "shown")
    assert shown.json()["starts_at"] < shown.json()["ends_at"]
    closed = await studio.host.post(f"{at}/closing")
    assert (closed.json()["status"], closed.json()["reason"]) == ("closed", "host")


async def test_what_orders_refuses_says_why(studio: Studio) -> None:
    session_id = await studio.live()
    deal = await studio.deal(session_id)
    await studio.says(
        DealRefused(
            deal_id=deal["deal_id"],
            session_id=session_id,
            sku=BISCUITS,
            reason="stock.sold-out",
            free=7,
        )
    )

    async def refused() -> bool:
        return await studio.status(deal) == "refused"

    await eventually(refused)
    listed = (await studio.host.get(f"/sessions/{session_id}/deals")).json()["items"]
    assert [(one["deal_id"], one["reason"]) for one in listed] == [
        (deal["deal_id"], "stock.sold-out")
    ]


async def test_a_deal_is_closed_when_its_time_is_up(studio: Studio) -> None:
    session_id = await studio.live()
    deal = await studio.shown(session_id, seconds=1)
    async with listening(studio.kafka, [DealEvent.topic]) as ear:
        [over] = await ear.until(1)
    assert json.loads(over.value or b"")["reason"] == "time"
    assert await studio.status(deal) == "closed"


async def test_what_is_left_is_kept_as_orders_tells_it(studio: Studio) -> None:
    session_id = await studio.live()
    deal = await studio.shown(session_id)
    await studio.says(left(deal, 88), left(deal, 81))
    at = f"/sessions/{session_id}/deals/{deal['deal_id']}"

    async def told() -> bool:
        now = (await studio.organiser.get(at)).json()
        return (now["left"], now["taken"]) == (81, 19)

    await eventually(told)


async def test_more_than_was_approved_is_not_even_asked_for(studio: Studio) -> None:
    session_id = await studio.live()
    for wish in ({"units": 101}, {"price": mop(4801)}, {"per_buyer": 3}, {"position": 9}):
        no = await studio.host.post(f"/sessions/{session_id}/deals", {"position": 1} | wish)
        assert no.status_code == 422, no.text
    assert (await studio.host.get(f"/sessions/{session_id}/deals")).json()["items"] == []

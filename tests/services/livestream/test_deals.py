"""Deals through real doors: asked for over HTTP, funded over Kafka, shown, over in time."""

import json
from datetime import UTC, datetime, timedelta

import httpx

from services.livestream.directing.moves import GRACE
from shared.events.ids import new_id
from shared.events.livestream import DealEvent
from shared.events.orders import DealRefused
from tests.services.livestream.studio import BISCUITS, TARTS, Studio, described, left, mop, plan
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
    async with listening(studio.kafka, [DealEvent.topic]) as ear:
        deal = await studio.shown(session_id, seconds=1)
        *_, over = await ear.until(3)
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


async def test_what_no_live_room_may_sell_is_kept_out_of_deals_and_of_plans(
    studio: Studio,
) -> None:
    cure, slots = f"cure-{new_id()}", plan("host-mei")["slots"]
    session_id = await studio.scheduled(slots=[slots[1] | {"position": 1, "sku": cure}])
    await studio.organiser.post(f"/sessions/{session_id}/approval")
    await studio.says(described(cure, "fragile", "medicine_restricted"))

    async def kept_out() -> httpx.Response | None:
        answer = await studio.host.post(f"/sessions/{session_id}/deals", {"sku": cure, "units": 1})
        return None if answer.is_success else answer

    no = await eventually(kept_out)
    assert no
    assert (no.status_code, no.json()["type"]) == (409, "urn:feira:problem:deal.never-live")
    assert no.json()["flags"] == ["medicine_restricted"]
    again = plan("host-mei", slots=[slots[0], slots[1] | {"sku": cure}])
    no = await studio.host.put(f"/sessions/{new_id()}", again)
    assert (no.status_code, no.json()["skus"]) == (409, [cure])


async def test_a_deal_that_its_host_never_shows_is_let_go_when_the_session_is_long_over(
    studio: Studio,
) -> None:
    over = datetime.now(UTC) - GRACE + timedelta(seconds=4)
    session_id = await studio.scheduled(
        starts_at=(over - timedelta(hours=2)).isoformat(), ends_at=over.isoformat()
    )
    await studio.organiser.post(f"/sessions/{session_id}/approval")
    async with listening(studio.kafka, [DealEvent.topic]) as ear:
        deals = [await studio.deal(session_id, position=n) for n in (1, 2)]
        await studio.fund(deals[0])
        records = await ear.until(4, within=20)
    closed = [json.loads(record.value or b"") for record in records[2:]]
    assert {one["deal_id"] for one in closed} == {deal["deal_id"] for deal in deals}
    assert {one["reason"] for one in closed} == {"time"}
    assert await studio.status(deals[0]) == "closed"
    no = await studio.host.post(f"/sessions/{session_id}/deals", {"position": 1, "units": 1})
    assert (no.status_code, no.json()["type"]) == (409, "urn:feira:problem:deal.too-late")

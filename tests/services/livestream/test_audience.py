"""The audience at its doors: heartbeats, likes, figures of the room and of the session."""

from datetime import UTC, datetime
from typing import Any

import httpx

from shared.events.ids import new_id
from shared.events.livestream import AudienceState
from shared.events.money import Money
from shared.events.orders import OrderPlaced, RefundPaid
from tests.services.livestream.studio import BISCUITS, FESTIVAL, Studio, paid, watching
from tests.support.bus import listening
from tests.support.eventually import eventually
from tests.support.serving import Client


async def beat(
    who: Client, session_id: str, viewer: str | None = None, visit: str = ""
) -> httpx.Response:
    wish: dict[str, Any] = {"visit": visit} | ({"viewer": viewer} if viewer else {})
    return await who.post(f"/rooms/{session_id}/heartbeat", wish)


async def figures(studio: Studio, session_id: str) -> dict[str, Any]:
    shown = await studio.host.get(f"/sessions/{session_id}/figures")
    assert shown.is_success, shown.text
    return shown.json()


async def test_viewers_are_counted_by_their_heartbeats_each_once(studio: Studio) -> None:
    session_id = await studio.live()
    first = (await beat(studio.anybody, session_id, "phone-0001")).json()
    assert first["every"] == 30
    assert (await beat(studio.anybody, session_id, "phone-0001", first["visit"])).is_success
    assert (await beat(studio.anybody, session_id, "phone-0002")).is_success
    assert (await beat(studio.buyer, session_id)).is_success
    await studio.meter.write()
    counted = await figures(studio, session_id)
    assert (counted["uv"], counted["pv"], counted["provisional"]) == (3, 3, True)
    assert counted["final_at"] is None


async def test_a_heartbeat_needs_somebody_and_a_room_and_comes_now_and_then(
    studio: Studio,
) -> None:
    session_id = await studio.live()
    nobody = await beat(studio.anybody, session_id)
    assert (nobody.status_code, nobody.json()["type"]) == (422, "urn:feira:problem:viewer.missing")
    assert (await beat(studio.anybody, "no-such", "phone-0001")).status_code == 404
    told = [(await beat(studio.anybody, session_id, "phone-0003")).status_code for _ in range(5)]
    assert told == [200, 200, 200, 429, 429]


async def test_likes_are_added_up_and_told_to_all(studio: Studio) -> None:
    session_id = await studio.live()
    path = f"/rooms/{session_id}/likes"
    async with (
        listening(studio.kafka, [AudienceState.topic]) as ear,
        watching(studio.url, session_id) as viewer,
    ):
        await viewer.sees("snapshot")
        key = new_id()
        for _ in range(2):
            liked = await studio.buyer.post(path, {"count": 50}, key=key)
            assert liked.status_code == 202
        await studio.host.post(path, {})
        await beat(studio.buyer, session_id)
        await studio.meter.write()
        assert (await viewer.sees("likes")).data == {"total": 51}
        seen = await viewer.sees("audience", lambda data: "uniques" in data)
        assert seen.data == {"online": 1, "uniques": 1}
        [told] = await ear.until(1)
        state = AudienceState.read(told.value or b"")
        assert (state.session_id, state.likes, state.peak) == (session_id, 51, 1)
    async with watching(studio.url, session_id) as late:
        whole = (await late.sees("snapshot")).data
        assert (whole["likes"], whole["audience"]["uniques"]) == ({"total": 51}, 1)
    assert (await studio.anybody.post(path, {})).status_code == 401
    assert (await studio.buyer.post(path, {"count": 51})).status_code == 422


async def test_before_the_start_nothing_is_counted(studio: Studio) -> None:
    session_id = await studio.scheduled()
    await beat(studio.buyer, session_id)
    await studio.meter.write()
    counted = await figures(studio, session_id)
    assert (counted["uv"], counted["pv"], counted["acu"]) == (0, 0, None)
    assert (counted["uv_value"], counted["conversion_rate_uv"]) == (None, None)
    assert counted["panel"] is None


async def test_the_figures_of_a_session_are_what_was_recorded(studio: Studio) -> None:
    session_id = await studio.live()
    await beat(studio.buyer, session_id)
    await studio.buyer.post(f"/rooms/{session_id}/messages", {"text": "早安", "nick": "Li"})
    first, second = paid(session_id, BISCUITS, 2), paid(session_id, BISCUITS, 1)
    unpaid = OrderPlaced(
        order_id=new_id(),
        festival_id=FESTIVAL,
        buyer_id="buyer-wu",
        channel="live",
        lines=(),
        total=Money(amount=700, currency="CNY"),
        placed_at=datetime.now(UTC),
        hold_until=datetime.now(UTC),
        session_id=session_id,
    )
    back = RefundPaid(
        order_id=first.order_id,
        payment_id="p-1",
        refund_id="r-1",
        amount=Money(amount=3000, currency="MOP"),
        at=datetime.now(UTC),
    )
    await studio.says(unpaid, first, second, back)
    await studio.meter.write()

    async def all_known() -> dict[str, Any] | None:
        told = await figures(studio, session_id)
        return told if told["refund_rate_orders"] and told["orders"] == 2 else None

    told = await eventually(all_known)
    assert told
    mop = {"currency": "MOP"}
    assert told["gmv_placed"] == [{"amount": 700, "currency": "CNY"}]
    assert told["gmv_paid"] == [{"amount": 12_000, **mop}]
    assert told["gmv_net"] == [{"amount": 9_000, **mop}]
    assert told["uv_value"] == [{"amount": 12_000, **mop}]
    assert told["gpm_pv"] == [{"amount": 12_000_000, **mop}]
    assert (told["buyers"], told["items"], told["commenters"]) == (1, 3, 1)
    assert (told["conversion_rate_uv"], told["interaction_rate_uv"]) == ("1.0000", "1.0000")
    assert (told["items_per_order"], told["refund_rate_orders"]) == ("1.50", "0.5000")
    assert told["sell_through"] == "0.0188"
    assert told["panel"]["last"]["until"] > told["panel"]["before"]["until"]

    await studio.host.post(f"/sessions/{session_id}/end")
    over = await figures(studio, session_id)
    assert (over["provisional"], over["panel"]) == (True, None)
    assert over["final_at"]


async def test_figures_are_for_the_sessions_host_and_organisers(studio: Studio) -> None:
    session_id = await studio.live()
    path = f"/sessions/{session_id}/figures"
    assert (await studio.organiser.get(path)).status_code == 200
    for who in (studio.other_host, studio.buyer):
        assert (await who.get(path)).status_code == 403
    assert (await studio.host.get("/sessions/no-such/figures")).status_code == 404

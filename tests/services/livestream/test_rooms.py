"""Rooms as viewers see them: over real HTTP, fed by a real Kafka."""

from typing import Any

from services.livestream.routes.rooms import RoomView
from shared.events.catalog import Description, ProductState
from shared.events.livestream import AudienceSampled
from shared.events.text import Text
from shared.platform.clock import utc_now
from tests.services.livestream.studio import (
    BISCUITS,
    TARTS,
    TITLES,
    Studio,
    free,
    left,
    paid,
    plan,
    watching,
)
from tests.support.eventually import eventually

NAMES = {
    "pt": "Bolacha de amêndoa",
    "zh-Hant": "杏仁餅",
    "zh-Hans": "杏仁饼",
    "en": "Almond biscuit",
}


async def _room(studio: Studio, session_id: str) -> dict[str, Any]:
    return (await studio.anybody.get(f"/rooms/{session_id}")).json()


async def test_a_viewer_sees_the_room_first_and_then_what_happens_in_it(studio: Studio) -> None:
    session_id = await studio.live()
    async with watching(studio.url, session_id) as viewer:
        assert viewer.answer.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert viewer.answer.headers["cache-control"] == "no-store"
        assert viewer.answer.headers["x-accel-buffering"] == "no"
        first = await viewer.sees("snapshot")
        assert (first.data["status"], first.data["pin"], first.data["deals"]) == ("live", None, [])
        assert 1_000 <= viewer.retry <= 4_000

        await studio.pin(session_id, BISCUITS, 0)
        pin = (await viewer.sees("pin")).data
        assert (pin["sku"], pin["sequence"], pin["price"]["amount"]) == (BISCUITS, 1, 4800)

        await studio.says(free(BISCUITS, 500))
        assert (await viewer.sees("stock")).data == {"sku": BISCUITS, "free": 500}

        deal = await studio.shown(session_id)
        shown = (await viewer.sees("deal")).data
        assert (shown["deal_id"], shown["left"], shown["status"]) == (deal["deal_id"], 100, "shown")
        await studio.says(left(deal, 97))
        counted = await viewer.sees("stock", lambda data: "deal_id" in data)
        assert (counted.data["left"], counted.data["taken"]) == (97, 3)

        await studio.says(paid(session_id, BISCUITS, 2), paid(session_id, TARTS, 1))
        sold = await viewer.sees("sold", lambda data: data["orders"] == 2)
        assert sold.data == {"orders": 2, "units": 3, "by_sku": {BISCUITS: 2, TARTS: 1}}

        assert (await viewer.sees("audience")).data == {"online": 1}

        await studio.host.post(f"/sessions/{session_id}/end")
        closed = await viewer.sees("deal", lambda data: data["status"] == "closed")
        assert closed.data["reason"] == "session"
        assert (await viewer.sees("pin", lambda data: data["sku"] is None)).data["sequence"] == 2
        assert (await viewer.sees("session")).data["status"] == "ended"

        numbers = [int(message.id.partition("-")[2]) for message in viewer.messages]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


async def test_who_comes_late_sees_what_those_see_who_were_there(studio: Studio) -> None:
    session_id = await studio.live()
    async with watching(studio.url, session_id) as early:
        await studio.pin(session_id, BISCUITS, 0)
        deal = await studio.shown(session_id, position=2)
        await studio.says(free(BISCUITS, 321), left(deal, 55), paid(session_id, TARTS, 5))
        await early.sees("sold")
        await early.sees("stock", lambda data: data.get("free") == 321)
        await early.sees("stock", lambda data: data.get("left") == 55)
        async with watching(studio.url, session_id) as late:
            whole = (await late.sees("snapshot")).data
    assert whole["pin"]["free"] == 321
    assert [(one["deal_id"], one["left"]) for one in whole["deals"]] == [(deal["deal_id"], 55)]
    assert whole["sold"]["units"] == 5
    RoomView.model_validate(whole)
    room = await _room(studio, session_id)
    assert {**room, "now": None, "audience": None} == {**whole, "now": None, "audience": None}


async def test_a_room_that_opens_now_knows_what_was_told_while_nobody_watched(
    studio: Studio,
) -> None:
    session_id = await studio.live()
    product = Description(
        merchant_id="merchant-1",
        names=Text.model_validate(NAMES),
        category="bakery",
        hs_code="190531",
        origin="MO",
        net_content="200 g",
        weight_g=200,
    )
    await studio.says(ProductState(sku=BISCUITS, product=product), free(BISCUITS, 77))
    await studio.says(paid(session_id, BISCUITS, 4))
    deal = await studio.shown(session_id)
    await studio.says(left(deal, 12))
    at = f"/sessions/{session_id}/deals/{deal['deal_id']}"

    async def known() -> bool:
        return (await studio.host.get(at)).json()["left"] == 12

    await eventually(known)
    await studio.pin(session_id, BISCUITS, 0)
    room = RoomView.model_validate(await _room(studio, session_id))
    assert room.pin
    assert room.pin.names
    assert (room.pin.names.en, room.pin.merchant_id, room.pin.free) == (
        "Almond biscuit",
        "merchant-1",
        77,
    )
    assert [(card.left, card.taken) for card in room.deals] == [(12, 88)]
    assert room.sold.units == 4
    assert room.titles == Text.model_validate(TITLES)


async def test_who_comes_back_gets_exactly_what_they_missed(studio: Studio) -> None:
    session_id = await studio.live()
    async with watching(studio.url, session_id) as other:
        async with watching(studio.url, session_id) as viewer:
            await studio.pin(session_id, BISCUITS, 0)
            await viewer.sees("pin")
            seen = viewer.last_id
        await studio.pin(session_id, TARTS, 1)
        await studio.host.post(f"/sessions/{session_id}/pause")
        await other.sees("session")
        for query in (False, True):
            async with watching(studio.url, session_id, last_id=seen, query=query) as back:
                await back.sees("session")
            after = [message.id for message in other.messages].index(seen) + 1
            missed = other.messages[after:]
            assert back.messages[: len(missed)] == missed[: len(back.messages)]
            assert "snapshot" not in back.names
        async with watching(studio.url, session_id, last_id=other.last_id) as current:
            await eventually(lambda: current.retry)
            assert current.names in ([], ["audience"])


async def test_an_id_from_elsewhere_starts_the_viewer_afresh(studio: Studio) -> None:
    session_id = await studio.live()
    for strange in ("0badcafe-7", "nonsense", "1"):
        async with watching(studio.url, session_id, last_id=strange) as viewer:
            await viewer.sees("snapshot")
            assert viewer.names[:2] == ["reset", "snapshot"]


async def test_a_number_never_given_out_starts_the_viewer_afresh(studio: Studio) -> None:
    session_id = await studio.live()
    async with watching(studio.url, session_id) as viewer:
        epoch = (await viewer.sees("snapshot")).id.partition("-")[0]
        async with watching(studio.url, session_id, last_id=f"{epoch}-999999") as ahead:
            await ahead.sees("snapshot")
            assert ahead.names[0] == "reset"


async def test_a_number_that_moves_a_hundred_times_is_told_a_few_times_and_ends_right(
    studio: Studio,
) -> None:
    session_id = await studio.live()
    deal = await studio.shown(session_id)
    async with watching(studio.url, session_id) as viewer:
        await viewer.sees("snapshot")
        await studio.says(*(left(deal, units) for units in range(99, -1, -1)))
        await viewer.sees("stock", lambda data: data["left"] == 0)
        assert viewer.names.count("stock") < 10


async def test_replicas_add_up_and_one_that_falls_silent_no_longer_counts(studio: Studio) -> None:
    session_id = await studio.live()
    async with watching(studio.url, session_id) as viewer:
        await viewer.sees("audience", lambda data: data["online"] == 1)
        await studio.says(
            AudienceSampled(
                session_id=session_id, replica="another", online=41, joined=41, at=utc_now()
            )
        )
        await viewer.sees("audience", lambda data: data["online"] == 42)
        async with watching(studio.url, session_id):
            await viewer.sees("audience", lambda data: data["online"] == 43)
        await viewer.sees("audience", lambda data: data["online"] == 1 and _grew(viewer), within=15)


def _grew(viewer: Any) -> bool:
    return any(m.event == "audience" and m.data["online"] == 43 for m in viewer.messages)


async def test_a_changed_plan_is_shown_to_who_waits_in_front_of_the_closed_room(
    studio: Studio,
) -> None:
    session_id = await studio.scheduled()
    async with watching(studio.url, session_id) as viewer:
        assert (await viewer.sees("snapshot")).data["status"] == "scheduled"
        titles = {**TITLES, "en": "Evening of wine"}
        changed = plan("host-mei", titles=titles)
        await studio.host.put(f"/sessions/{session_id}", changed, If_Match="*")
        await viewer.sees("snapshot", lambda data: data["titles"]["en"] == "Evening of wine")
        await studio.organiser.post(f"/sessions/{session_id}/approval")
        await viewer.sees("session", lambda data: data["status"] == "approved")

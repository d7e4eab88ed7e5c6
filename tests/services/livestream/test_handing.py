"""Coupons at the doors of a room: handed out, counted, taken down, on the record."""

from datetime import timedelta
from typing import Any

from services.livestream.routes.rooms import RoomView
from shared.events.ids import new_id
from shared.events.livestream import SessionEvent
from shared.events.orders import CouponState, CouponTerms
from tests.rules.livestream.room import issued
from tests.services.livestream.studio import MORNING, Studio, watching
from tests.support.bus import header, listening
from tests.support.eventually import eventually

HOUR = timedelta(hours=1)
LATER = (MORNING + HOUR).isoformat()


def terms(**changes: Any) -> CouponTerms:
    """Ten off, from ninety-nine on, for today."""
    today = {"valid_from": MORNING - HOUR, "valid_until": MORNING + 24 * HOUR}
    found = issued(**today | changes).terms
    assert found
    return found


async def tells(
    studio: Studio, coupon_id: str, left: int, *, withdrawn: bool = False, **changes: Any
) -> None:
    """Be orders: tell how a coupon stands."""
    one = terms(**changes)
    await studio.says(CouponState(coupon_id=coupon_id, terms=one, left=left, withdrawn=withdrawn))


async def hands_out(studio: Studio, session_id: str, coupon_id: str) -> dict[str, Any]:
    """The host hands a coupon out, once livestream has heard of it."""

    async def handed() -> dict[str, Any] | None:
        wish = {"coupon_id": coupon_id}
        done = await studio.host.post(f"/sessions/{session_id}/coupons", wish)
        assert done.status_code in (201, 404), done.text
        return done.json() if done.is_success else None

    found = await eventually(handed)
    assert found
    return found


async def test_a_coupon_is_handed_out_to_all_who_watch_counted_and_taken_down(
    studio: Studio,
) -> None:
    session_id, coupon_id = await studio.live(), new_id()
    at = f"/sessions/{session_id}"
    async with (
        listening(studio.kafka, [SessionEvent.topic]) as ear,
        watching(studio.url, session_id) as viewer,
    ):
        assert (await viewer.sees("snapshot")).data["coupons"] == []
        await tells(studio, coupon_id, 50)
        card = await hands_out(studio, session_id, coupon_id)
        assert (card["left"], card["sequence"], card["terms"]["minus"]) == (50, 1, 1_000)
        assert (await viewer.sees("coupon")).data == card
        again = await studio.host.post(f"{at}/coupons", {"coupon_id": coupon_id})
        assert (again.status_code, again.json()) == (201, card)
        await tells(studio, coupon_id, 49)
        await viewer.sees("coupon", lambda data: data == card | {"left": 49})
        async with watching(studio.url, session_id) as late:
            assert (await late.sees("snapshot")).data["coupons"] == [card | {"left": 49}]
        room = RoomView.model_validate((await studio.anybody.get(f"/rooms/{session_id}")).json())
        assert [one.coupon_id for one in room.coupons] == [coupon_id]
        down = f"{at}/coupons/{coupon_id}/withdrawal"
        assert (await studio.host.post(down)).status_code == 204
        await viewer.sees("coupon", lambda data: data["withdrawn"])
        gone = await studio.host.post(down)
        assert (gone.status_code, gone.json()["type"]) == (
            404,
            "urn:feira:problem:coupon.not-shown",
        )
        assert (await studio.anybody.get(f"/rooms/{session_id}")).json()["coupons"] == []
        told = [
            header(record, "ce_type").rpartition(".")[2]
            for record in await ear.until(2)
            if record.key == session_id.encode()
        ]
    assert told == ["coupon-handed-out", "coupon-taken-down"]
    assert (await studio.host.post(f"{at}/end")).is_success
    [seen] = (await studio.buyer.get(f"{at}/timeline")).json()["coupons"]
    assert (seen["coupon_id"], seen["sequence"]) == (coupon_id, 1)
    assert seen["from_ms"] <= seen["until_ms"]
    [kept] = (await studio.host.get(f"{at}/evidence")).json()["coupons"]
    assert kept["terms"] == card["terms"]
    assert kept["replay"]["manifest"].endswith(f"{session_id}.m3u8")


async def test_what_orders_withdraws_leaves_the_room_also_for_who_comes_later(
    studio: Studio,
) -> None:
    session_id, coupon_id, other = await studio.live(), new_id(), new_id()
    for one in (coupon_id, other):
        await tells(studio, one, 50)
        await hands_out(studio, session_id, one)
    async with watching(studio.url, session_id) as viewer:
        await viewer.sees("snapshot")
        await tells(studio, coupon_id, 50, withdrawn=True)
        gone = (await viewer.sees("coupon", lambda data: data["withdrawn"])).data
        assert gone == {"coupon_id": coupon_id, "withdrawn": True}
    room = (await studio.anybody.get(f"/rooms/{session_id}")).json()
    assert [one["coupon_id"] for one in room["coupons"]] == [other]

    async def ended() -> dict[str, Any] | None:
        seen = (await studio.host.get(f"/sessions/{session_id}/timeline")).json()["coupons"]
        assert [one["coupon_id"] for one in seen] == [coupon_id, other]
        return seen[0] if seen[0]["until_ms"] is not None and not seen[1]["until_ms"] else None

    assert await eventually(ended)
    no = await studio.host.post(f"/sessions/{session_id}/coupons", {"coupon_id": coupon_id})
    assert (no.status_code, no.json()["type"]) == (409, "urn:feira:problem:coupon.withdrawn")


async def test_a_session_that_ends_hands_nothing_out_any_more(studio: Studio) -> None:
    session_id, coupon_id = await studio.live(), new_id()
    await tells(studio, coupon_id, 50)
    await hands_out(studio, session_id, coupon_id)
    async with watching(studio.url, session_id) as viewer:
        await viewer.sees("snapshot", lambda data: len(data["coupons"]) == 1)
        await studio.host.post(f"/sessions/{session_id}/end")
        await viewer.sees("coupon", lambda data: data["withdrawn"])
    [kept] = (await studio.host.get(f"/sessions/{session_id}/timeline")).json()["coupons"]
    assert kept["until_ms"] is not None
    no = await studio.host.post(f"/sessions/{session_id}/coupons", {"coupon_id": coupon_id})
    assert (no.status_code, no.json()["type"]) == (409, "urn:feira:problem:coupon.not-live")


async def test_only_who_may_pin_hands_out_and_only_what_may_be_used(studio: Studio) -> None:
    session_id, coupon_id, strange = await studio.live(), new_id(), new_id()
    path = f"/sessions/{session_id}/coupons"
    wish = {"coupon_id": coupon_id}
    assert (await studio.host.post(path, wish)).json()["type"].endswith("coupon.unknown")
    await tells(studio, strange, 5, festival_id="another")
    await tells(studio, coupon_id, 5)

    async def known() -> bool:
        no = await studio.host.post(path, {"coupon_id": strange})
        return bool(no.json()["type"].endswith("coupon.another-festival"))

    await eventually(known)
    for stranger, status in ((studio.buyer, 403), (studio.other_host, 403), (studio.anybody, 401)):
        assert (await stranger.post(path, wish)).status_code == status
    grant = {"subject": "host-rui", "may": ["pin"], "until": LATER}
    assert (await studio.host.post(f"/sessions/{session_id}/grants", grant)).status_code == 201

    async def by_the_co_host() -> bool:
        return (await studio.other_host.post(path, wish)).status_code == 201

    await eventually(by_the_co_host)
    assert (await studio.buyer.post(f"{path}/{coupon_id}/withdrawal")).status_code == 403

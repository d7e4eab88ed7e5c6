"""The funnel at its doors: rooms and products' cards seen, cards tapped, hosts followed."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from shared.events.ids import new_id
from shared.events.livestream import AudienceState, HostFollowed, HostUnfollowed
from tests.services.livestream.studio import BISCUITS, TARTS, Studio, paid
from tests.support.bus import listening
from tests.support.eventually import eventually
from tests.support.serving import Client


async def saw(who: Client, *rooms: str, viewer: str | None = None, key: str = "") -> httpx.Response:
    wish: dict[str, Any] = {"rooms": rooms} | ({"viewer": viewer} if viewer else {})
    return await who.post("/impressions", wish, key=key)


async def looked(who: Client, session_id: str, **wish: Any) -> httpx.Response:
    return await who.post(f"/rooms/{session_id}/cards", wish)


async def figures(studio: Studio, session_id: str, which: str = "figures") -> dict[str, Any]:
    await studio.meter.write()
    shown = await studio.host.get(f"/sessions/{session_id}/{which}")
    assert shown.is_success, shown.text
    return shown.json()


async def follow(who: Client, session_id: str, host_id: str = "host-mei") -> httpx.Response:
    return await who.put(f"/follows/{host_id}", {"session_id": session_id})


async def unfollow(who: Client) -> httpx.Response:
    return await who.ask("DELETE", "/follows/host-mei")


async def followed(who: Client) -> list[str]:
    return [one["host_id"] for one in (await who.get("/follows")).json()["items"]]


async def let_through(ask: Callable[[], Awaitable[httpx.Response]]) -> int:
    """Ask until it is too much; how often it was not."""
    for times in range(100):
        if (await ask()).status_code == 429:
            return times
    raise AssertionError("nobody was stopped")


# Rooms seen ---------------------------------------------------------------------------------------


async def test_rooms_seen_in_a_list_are_counted_at_once_and_visits_are_a_share_of_them(
    studio: Studio,
) -> None:
    first, second = await studio.live(), await studio.live()
    for viewer in ("phone-0001", "phone-0002"):
        told = await saw(studio.anybody, first, second, viewer=viewer)
        assert told.status_code == 202
        assert sorted(told.json()["counted"]) == sorted([first, second])
    await saw(studio.anybody, first, viewer="phone-0001")
    await saw(studio.buyer, first)
    entered = {"viewer": "phone-0001"}
    assert (await studio.anybody.post(f"/rooms/{first}/heartbeat", entered)).is_success
    counted = await figures(studio, first)
    assert (counted["impressions"], counted["impression_uv"]) == (4, 3)
    assert counted["entry_rate"] == "0.2500"
    other = await figures(studio, second)
    assert (other["impressions"], other["impression_uv"], other["entry_rate"]) == (2, 2, "0.0000")


async def test_a_page_that_tells_of_the_same_impressions_again_is_counted_once(
    studio: Studio,
) -> None:
    session_id, key = await studio.live(), new_id()
    for _ in range(3):
        await saw(studio.anybody, session_id, session_id, viewer="phone-0001", key=key)
    assert (await figures(studio, session_id))["impressions"] == 1


async def test_rooms_that_are_not_there_or_not_open_are_skipped_and_the_others_counted(
    studio: Studio,
) -> None:
    live, soon = await studio.live(), await studio.scheduled()
    rehearsed = await studio.approved()
    assert (await studio.host.post(f"/sessions/{rehearsed}/rehearsal")).is_success
    told = (await saw(studio.buyer, "no-such", soon, rehearsed, live)).json()
    assert told["counted"] == [live]
    assert {one["session_id"]: one["reason"] for one in told["skipped"]} == {
        "no-such": "unknown",
        soon: "closed",
        rehearsed: "closed",
    }
    for session_id in (soon, rehearsed):
        counted = await figures(studio, session_id)
        assert (counted["impressions"], counted["entry_rate"]) == (0, None)
    assert (await figures(studio, live))["impressions"] == 1


async def test_impressions_are_of_somebody_of_few_rooms_and_not_too_many_at_once(
    studio: Studio,
) -> None:
    session_id = await studio.live()
    assert (await saw(studio.anybody, session_id)).json()["type"].endswith("viewer.missing")
    assert (await saw(studio.buyer)).status_code == 422
    assert (await saw(studio.buyer, *(f"room-{n}" for n in range(51)))).status_code == 422
    let = await let_through(lambda: saw(studio.buyer, session_id))
    assert (await figures(studio, session_id))["impressions"] == let


# Cards seen and tapped ----------------------------------------------------------------------------


async def test_cards_are_counted_by_viewers_in_all_and_product_by_product(studio: Studio) -> None:
    session_id = await studio.live()
    async with listening(studio.kafka, [AudienceState.topic]) as ear:
        for viewer in ("phone-0001", "phone-0002", "phone-0003"):
            await looked(studio.anybody, session_id, viewer=viewer, exposed=[BISCUITS])
        await looked(studio.anybody, session_id, viewer="phone-0001", exposed=[BISCUITS, TARTS])
        told = await looked(studio.buyer, session_id, clicked=[BISCUITS])
        assert (told.status_code, told.json()) == (202, {"exposed": 1, "clicked": 1})
        await looked(studio.buyer, session_id, clicked=[BISCUITS])
        await studio.says(paid(session_id, BISCUITS, 2), paid(session_id, BISCUITS, 1))
        await studio.meter.write()
        [said] = await ear.until(1)
        state = AudienceState.read(said.value or b"")
        assert (state.card_exposure_uv, state.card_click_uv) == (4, 1)

    async def all_known() -> dict[str, Any] | None:
        told = await figures(studio, session_id)
        return told if told["orders"] == 2 else None

    counted = await eventually(all_known)
    assert counted
    assert (counted["card_exposure_uv"], counted["card_click_uv"]) == (4, 1)
    assert (counted["card_ctr_uv"], counted["click_pay_rate_uv"]) == ("0.2500", "1.0000")
    funnel = await figures(studio, session_id, "funnel")
    assert funnel["products"] == [
        {
            "sku": BISCUITS,
            "positions": [1],
            "card_exposure_uv": 4,
            "card_click_uv": 1,
            "card_ctr_uv": "0.2500",
            "buyers": 1,
            "click_pay_rate_uv": "1.0000",
            "units": 3,
        },
        {
            "sku": TARTS,
            "positions": [2],
            "card_exposure_uv": 1,
            "card_click_uv": 0,
            "card_ctr_uv": "0.0000",
            "buyers": 0,
            "click_pay_rate_uv": None,
            "units": 0,
        },
    ]
    for which in ("figures", "funnel"):
        path = f"/sessions/{session_id}/{which}"
        assert (await studio.other_host.get(path)).status_code == 403
        assert (await studio.buyer.get(path)).status_code == 403


async def test_a_card_of_another_show_of_no_room_or_of_nobody_is_refused(studio: Studio) -> None:
    session_id = await studio.live()
    foreign = await looked(studio.buyer, session_id, exposed=[BISCUITS, "FEI-XXX-999"])
    assert (foreign.status_code, foreign.json()["sku"]) == (422, "FEI-XXX-999")
    assert foreign.json()["type"] == "urn:feira:problem:card.not-in-show"
    assert (await looked(studio.buyer, "no-such", exposed=[BISCUITS])).status_code == 404
    assert (await looked(studio.anybody, session_id, exposed=[BISCUITS])).status_code == 422
    counted = await figures(studio, session_id)
    assert (counted["card_exposure_uv"], counted["card_ctr_uv"]) == (0, None)


async def test_a_rehearsal_counts_no_card_and_a_flood_is_stopped(studio: Studio) -> None:
    session_id = await studio.approved()
    assert (await studio.host.post(f"/sessions/{session_id}/rehearsal")).is_success
    told = await looked(studio.buyer, session_id, clicked=[BISCUITS])
    assert (told.status_code, told.json()) == (202, {"exposed": 0, "clicked": 0})
    counted = await figures(studio, session_id)
    assert (counted["card_exposure_uv"], counted["card_click_uv"]) == (0, 0)
    assert await let_through(lambda: looked(studio.buyer, session_id)) >= 9
    assert (await looked(studio.other_buyer, session_id)).status_code == 202


# Hosts followed -----------------------------------------------------------------------------------


async def test_who_follows_is_told_once_and_counted_once_however_often_they_change_their_mind(
    studio: Studio,
) -> None:
    session_id = await studio.live()
    async with listening(studio.kafka, [HostFollowed.topic]) as ear:
        for _ in range(2):
            assert (await follow(studio.buyer, session_id)).status_code == 204
        assert await followed(studio.buyer) == ["host-mei"]
        for _ in range(2):
            assert (await unfollow(studio.buyer)).status_code == 204
        assert await followed(studio.buyer) == []
        await follow(studio.buyer, session_id)
        await follow(studio.other_buyer, session_id)
        said = [one.value or b"" for one in await ear.until(4)]
    first, left, again, other = (
        HostFollowed.read(said[0]),
        HostUnfollowed.read(said[1]),
        HostFollowed.read(said[2]),
        HostFollowed.read(said[3]),
    )
    assert (first.host_id, first.buyer_id, first.session_id) == ("host-mei", "buyer-li", session_id)
    assert (first.is_new, left.buyer_id, again.is_new, other.is_new) == (
        True,
        "buyer-li",
        False,
        True,
    )
    await studio.buyer.post(f"/rooms/{session_id}/heartbeat", {})
    counted = await figures(studio, session_id)
    assert (counted["new_followers"], counted["follow_rate_uv"]) == (2, "2.0000")
    # Who followed in an earlier session is not new in the next.
    later = await studio.live()
    await unfollow(studio.buyer)
    await follow(studio.buyer, later)
    counted = await figures(studio, later)
    assert (counted["new_followers"], counted["follow_rate_uv"]) == (0, None)


async def test_who_cannot_make_up_their_mind_is_stopped(studio: Studio) -> None:
    session_id = await studio.live()
    assert await let_through(lambda: follow(studio.buyer, session_id)) >= 10
    assert (await follow(studio.other_buyer, session_id)).status_code == 204


async def test_whom_a_buyer_follows_is_for_them_alone(studio: Studio) -> None:
    session_id = await studio.live()
    await follow(studio.buyer, session_id)
    assert await followed(studio.buyer) == ["host-mei"]
    assert await followed(studio.other_buyer) == []
    for who, status in ((studio.anybody, 401), (studio.host, 403), (studio.organiser, 403)):
        assert (await who.get("/follows")).status_code == status
        assert (await follow(who, session_id)).status_code == status
    room = (await studio.anybody.get(f"/rooms/{session_id}")).json()
    assert room["host_id"] == "host-mei"
    assert "buyer-li" not in str(room)


@pytest.mark.parametrize(
    ("host_id", "session", "status", "code"),
    [
        ("host-rui", None, 422, "follow.other-host"),
        ("host-mei", "no-such", 404, "session.unknown"),
    ],
)
async def test_a_host_is_followed_in_a_session_of_theirs(
    host_id: str, session: str | None, status: int, code: str, studio: Studio
) -> None:
    told = await follow(studio.buyer, session or await studio.scheduled(), host_id)
    assert (told.status_code, told.json()["type"]) == (status, f"urn:feira:problem:{code}")


async def test_who_follows_before_the_start_is_not_won_by_the_session(studio: Studio) -> None:
    session_id = await studio.approved()
    assert (await follow(studio.buyer, session_id)).is_success
    assert await followed(studio.buyer) == ["host-mei"]
    assert (await studio.host.post(f"/sessions/{session_id}/start")).is_success
    assert (await figures(studio, session_id))["new_followers"] == 0

"""Games at their doors: a packet shared out, a draw run to its end, seen by all who watch."""

import asyncio
import json
from collections.abc import Callable
from hashlib import sha256
from typing import Any

from services.livestream.games.chance import order_of
from services.livestream.games.draw import drawn_from
from services.livestream.routes.rooms import RoomView
from shared.events.livestream import DrawDone, DrawEvent, Prize
from tests.services.livestream.studio import TITLES, Studio, watching
from tests.support.bus import header, listening
from tests.support.serving import Client

PRIZE = {"name": TITLES, "value": {"amount": 4_800, "currency": "CNY"}, "units": 1}
TERMS: dict[str, Any] = {
    "rules": TITLES,
    "prizes": [PRIZE],
    "open_seconds": 4,
    "call_seconds": 5,
    "claim_seconds": 4,
}


async def test_a_packet_is_shared_out_to_the_last_fen_among_those_who_come_first(
    studio: Studio, token: Callable[..., str]
) -> None:
    session_id = await studio.live()
    wish = {"total": {"amount": 100, "currency": "CNY"}, "parts": 3, "word": "feira"}
    buyers = [Client(studio.url, token("buyer", f"buyer-{n}")) for n in range(5)]
    async with watching(studio.url, session_id) as viewer:
        await viewer.sees("snapshot")
        opened = await studio.host.post(f"/rooms/{session_id}/packets", wish)
        assert opened.status_code == 201, opened.text
        shown = (await viewer.sees("packet")).data
        assert (shown["left"], shown["asks_word"], shown["total"]["amount"]) == (3, True, 100)
        path = f"/rooms/{session_id}/packets/{shown['packet_id']}/shares"
        no = await buyers[0].post(path, {})
        assert (no.status_code, no.json()["type"]) == (422, "urn:feira:problem:packet.word")
        taken = await asyncio.gather(*(one.post(path, {"word": "feira"}) for one in buyers))
        assert sorted(one.status_code for one in taken) == [201, 201, 201, 409, 409]
        shares = [one.json() for one in taken if one.is_success]
        assert sum(one["share"]["amount"] for one in shares) == 100
        assert sorted(one["number"] for one in shares) == [1, 2, 3]
        closed = await viewer.sees("packet", lambda data: data["status"] == "closed")
        assert closed.data["reason"] == "empty"
    room = (await studio.anybody.get(f"/rooms/{session_id}")).json()
    assert RoomView.model_validate(room).packets == []
    for one in buyers:
        await one.close()


async def test_a_packet_opens_in_its_time_and_is_given_by_who_runs_the_room(studio: Studio) -> None:
    session_id = await studio.live()
    wish = {"total": {"amount": 10, "currency": "CNY"}, "parts": 1, "lasts": 10, "opens_in": 900}
    opened = (await studio.host.post(f"/rooms/{session_id}/packets", wish)).json()
    path = f"/rooms/{session_id}/packets/{opened['packet_id']}/shares"
    no = await studio.buyer.post(path, {})
    assert (no.status_code, no.json()["type"]) == (409, "urn:feira:problem:packet.early")
    assert (await studio.buyer.post(f"/rooms/{session_id}/packets", wish)).status_code == 403
    assert (await studio.other_host.post(f"/rooms/{session_id}/packets", wish)).status_code == 403
    room = (await studio.anybody.get(f"/rooms/{session_id}")).json()
    assert [one.packet_id for one in RoomView.model_validate(room).packets] == [opened["packet_id"]]


async def test_a_draw_runs_to_its_end_by_itself_and_anybody_can_draw_again(
    studio: Studio, token: Callable[..., str]
) -> None:
    session_id = await studio.live()
    absent, late = (Client(studio.url, token("buyer", name)) for name in ("absent", "late"))
    async with (
        listening(studio.kafka, [DrawEvent.topic]) as ear,
        watching(studio.url, session_id) as viewer,
    ):
        await viewer.sees("snapshot")
        terms = TERMS | {"prizes": [PRIZE | {"units": 3}]}
        published = await studio.host.post(f"/rooms/{session_id}/draws", terms)
        assert published.status_code == 201, published.text
        draw = published.json()
        assert (draw["status"], draw["seed"], len(draw["commit"])) == ("open", None, 64)
        path = f"/rooms/{session_id}/draws/{draw['draw_id']}"
        for who in (absent, studio.buyer, late):
            assert (await who.post(f"{path}/entries")).status_code == 201
        assert (await studio.buyer.post(f"{path}/entries")).status_code == 409
        called = await viewer.sees("draw", lambda data: data["status"] == "drawing", within=30)
        assert called.data["entries"] == 3
        for who in (studio.buyer, late):
            assert (await who.post(f"{path}/presence")).json()["called"] is True
        drawn = await viewer.sees("draw", lambda data: data["status"] == "drawn", within=30)
        assert sorted(one["number"] for one in drawn.data["winners"]) == [2, 3]
        assert sha256(bytes.fromhex(drawn.data["seed"])).hexdigest() == draw["commit"]

        assert (await absent.post(f"{path}/claim")).status_code == 404
        assert (await studio.buyer.post(f"{path}/claim")).is_success
        told = await ear.until(5, within=30)
        assert [header(record, "ce_type").rpartition(".")[2] for record in told] == [
            "published",
            "closed",
            "done",
            "prize-claimed",
            "prize-lapsed",
        ]
        done = DrawDone.read(told[2].value or b"")
        again = drawn_from(
            bytes.fromhex(done.seed), done.present, [Prize.model_validate(terms["prizes"][0])]
        )
        assert list(again) == [one.number for one in done.winners]
        too_late = await late.post(f"{path}/claim")
        assert (too_late.status_code, too_late.json()["type"]) == (
            409,
            "urn:feira:problem:draw.lapsed",
        )
        fates = {won["number"]: won["fate"] for won in (await late.get(path)).json()["winners"]}
        assert fates == {2: "claimed", 3: "lapsed"}
    for who in (absent, late):
        await who.close()


async def test_what_nobody_claims_is_drawn_again_once_by_the_seed_that_was_committed(
    studio: Studio, token: Callable[..., str]
) -> None:
    session_id = await studio.live()
    buyers = [Client(studio.url, token("buyer", f"again-{n}")) for n in range(3)]
    async with (
        listening(studio.kafka, [DrawEvent.topic]) as ear,
        watching(studio.url, session_id) as viewer,
    ):
        await viewer.sees("snapshot")
        terms = TERMS | {"prizes": [PRIZE | {"units": 2}], "claim_seconds": 3}
        draw = (await studio.host.post(f"/rooms/{session_id}/draws", terms)).json()
        path = f"/rooms/{session_id}/draws/{draw['draw_id']}"
        for who in buyers:
            assert (await who.post(f"{path}/entries")).status_code == 201
        await viewer.sees("draw", lambda data: data["status"] == "drawing", within=30)
        for who in buyers:
            assert (await who.post(f"{path}/presence")).is_success
        first = await viewer.sees("draw", lambda data: data["status"] == "drawn", within=30)
        again = await viewer.sees("draw", lambda data: data.get("winners_again"), within=30)
        seed = bytes.fromhex(first.data["seed"])
        assert sha256(seed).hexdigest() == draw["commit"]
        order = list(order_of(seed, (1, 2, 3)))
        assert [one["number"] for one in again.data["winners"]] == order[:2]
        assert again.data["winners_again"] == [{"number": order[2], "prize": 0}]
        assert again.data["claim_until"] > first.data["claim_until"]
        claims = [await who.post(f"{path}/claim") for who in buyers]
        codes = {n: claim.status_code for n, claim in enumerate(claims, 1)}
        assert codes == {order[0]: 409, order[1]: 409, order[2]: 200}
        won = claims[order[2] - 1].json()["winners"][-1]
        assert won == {"number": order[2], "prize": 0, "fate": "claimed", "again": True}
        told = await ear.until(7, within=30)
        kinds = [header(record, "ce_type").rpartition(".")[2] for record in told]
        assert kinds[2:] == ["done", "prize-lapsed", "prize-lapsed", "repeated", "prize-claimed"]
        backs = [json.loads(record.value or b"")["goes_back"] for record in told[3:5]]
        assert backs == [False, True]
    room = (await studio.anybody.get(f"/rooms/{session_id}")).json()
    assert RoomView.model_validate(room).draws[0].winners_again[0].number == order[2]
    for who in buyers:
        await who.close()


async def test_what_is_left_after_the_second_draw_goes_back(studio: Studio) -> None:
    session_id = await studio.live()
    async with listening(studio.kafka, [DrawEvent.topic]) as ear:
        wish = TERMS | {"open_seconds": 2, "call_seconds": 2, "claim_seconds": 1}
        draw = (await studio.host.post(f"/rooms/{session_id}/draws", wish)).json()
        path = f"/rooms/{session_id}/draws/{draw['draw_id']}"
        other = studio.other_buyer
        for who in (studio.buyer, other):
            assert (await who.post(f"{path}/entries")).status_code == 201
        await ear.until(2, within=30)
        for who in (studio.buyer, other):
            assert (await who.post(f"{path}/presence")).is_success
        told = await ear.until(6, within=30)
    kinds = [header(record, "ce_type").rpartition(".")[2] for record in told]
    assert kinds[2:] == ["done", "prize-lapsed", "repeated", "prize-lapsed"]
    lapsed = [json.loads(told[n].value or b"") for n in (3, 5)]
    assert [one["goes_back"] for one in lapsed] == [False, True]
    assert len({one["number"] for one in lapsed}) == 2


async def test_the_seed_of_a_draw_is_nowhere_to_be_seen_before_it_is_drawn(
    studio: Studio,
) -> None:
    session_id = await studio.live()
    wish = TERMS | {"open_seconds": 900}
    draw = (await studio.host.post(f"/rooms/{session_id}/draws", wish)).json()
    path = f"/rooms/{session_id}/draws/{draw['draw_id']}"
    seen = [
        (await studio.host.get(path)).json(),
        (await studio.anybody.get(f"/rooms/{session_id}")).json()["draws"][0],
    ]
    assert all(one.get("seed") is None for one in seen)
    assert (await studio.anybody.get(path)).status_code == 401


async def test_terms_that_the_law_does_not_allow_are_refused(studio: Studio) -> None:
    session_id = await studio.live()
    path = f"/rooms/{session_id}/draws"
    dear = PRIZE | {"value": {"amount": 5_000_001, "currency": "CNY"}}
    no = await studio.host.post(path, TERMS | {"prizes": [dear]})
    assert (no.status_code, no.json()["type"]) == (422, "urn:feira:problem:draw.prize-value")
    preset = await studio.host.post(path, TERMS | {"winners": ["buyer-li"]})
    assert preset.status_code == 422

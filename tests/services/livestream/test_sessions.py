"""Sessions through their own doors, on a real MongoDB and a real Kafka."""

import json
from collections.abc import Iterable

from shared.events.livestream import DealEvent, SessionEvent, SessionState
from tests.services.livestream.studio import BISCUITS, FESTIVAL, TARTS, Studio, plan
from tests.support.bus import header, listening
from tests.support.serving import Client


async def test_a_session_is_planned_approved_by_another_run_and_ended(studio: Studio) -> None:
    async with listening(studio.kafka, [SessionEvent.topic, SessionState.topic]) as ear:
        session_id = await studio.scheduled()
        at = f"/sessions/{session_id}"
        assert (await studio.host.post(f"{at}/approval")).status_code == 403
        for who, what, status in (
            (studio.organiser, "approval", "approved"),
            (studio.host, "start", "live"),
            (studio.host, "pause", "paused"),
            (studio.organiser, "resumption", "live"),
            (studio.host, "end", "ended"),
        ):
            if what == "start":
                await studio.prepare(session_id)
            moved = await who.post(f"{at}/{what}")
            assert (moved.status_code, moved.json()["status"]) == (200, status), moved.text
        shown = (await studio.anybody.get(at)).json()
        assert shown["started_at"] <= shown["ended_at"]
        records = await ear.until(14)
    types = [header(record, "ce_type").rpartition(".")[2] for record in records]
    assert [kind for kind in types if kind != "stands"] == [
        "scheduled",
        "approved",
        "recording-registered",
        "started",
        "paused",
        "resumed",
        "ended",
    ]
    last = [r for r in records if r.topic == SessionState.topic][-1]
    assert json.loads(last.value or b"")["status"] == "ended"


async def test_an_illegal_move_names_both_states(studio: Studio) -> None:
    session_id = await studio.scheduled()
    no = await studio.host.post(f"/sessions/{session_id}/start")
    assert no.status_code == 409
    assert no.headers["content-type"] == "application/problem+json"
    assert (no.json()["state"], no.json()["wanted"]) == ("scheduled", "live")
    assert no.json()["detail"] == "A session that is scheduled cannot become live."


async def test_a_wish_sent_twice_is_granted_once(studio: Studio) -> None:
    session_id = await studio.approved()
    async with listening(studio.kafka, [SessionEvent.topic]) as ear:
        for _ in range(2):
            started = await studio.host.post(f"/sessions/{session_id}/start", key="one-click")
            assert (started.status_code, started.json()["status"]) == (200, "live")
        for _ in range(2):
            ended = await studio.host.post(f"/sessions/{session_id}/end", key="another")
            assert (ended.status_code, ended.json()["status"]) == (200, "ended")
        await ear.exactly(2)


async def test_a_session_that_does_not_exist_is_missing_everywhere(studio: Studio) -> None:
    for path in ("/sessions/nobody", "/rooms/nobody", "/rooms/nobody/stream"):
        assert (await studio.anybody.get(path)).status_code == 404, path
    assert (await studio.host.post("/sessions/nobody/start")).status_code == 404
    assert (await studio.host.get("/sessions/nobody/timeline")).status_code == 404
    assert (await studio.organiser.post("/sessions/nobody/approval")).status_code == 404


async def test_a_plan_is_replaced_only_by_who_has_seen_it(studio: Studio) -> None:
    session_id = await studio.scheduled()
    at = f"/sessions/{session_id}"
    seen = (await studio.host.get(at)).headers["etag"]
    assert "etag" not in (await studio.anybody.get(at)).headers
    later = plan("host-mei", slots=plan("host-mei")["slots"][:1])
    assert (await studio.host.put(at, plan("host-mei"))).status_code == 200
    assert (await studio.host.put(at, later)).status_code == 412
    replaced = await studio.host.put(at, later, If_Match=seen)
    assert replaced.status_code == 200, replaced.text
    assert [slot["sku"] for slot in replaced.json()["slots"]] == [BISCUITS]
    assert (await studio.host.put(at, plan("host-mei"), If_Match=seen)).status_code == 412
    stale = await studio.organiser.ask("POST", f"{at}/approval", If_Match=seen)
    assert stale.status_code == 412
    fresh = await studio.organiser.ask("POST", f"{at}/approval", If_Match=replaced.headers["etag"])
    assert fresh.json()["status"] == "approved"


async def test_another_host_finds_every_handle_locked(studio: Studio) -> None:
    session_id = await studio.live()
    at = f"/sessions/{session_id}"
    pin = {"sku": BISCUITS, "expected_sequence": 0}
    for method, path, body in (
        ("POST", f"{at}/pause", None),
        ("POST", f"{at}/end", None),
        ("PUT", f"{at}/pin", pin),
        ("POST", f"{at}/deals", {"position": 1}),
        ("PUT", at, plan("host-mei")),
    ):
        no = await studio.other_host.ask(method, path, body, If_Match="*")
        assert no.status_code == 403, (method, path, no.text)
        assert (await studio.buyer.ask(method, path, body)).status_code == 403
        assert (await studio.anybody.ask(method, path, body)).status_code == 401
    assert (await studio.other_host.get(f"{at}/deals")).status_code == 404


async def test_the_programme_is_read_page_by_page(studio: Studio) -> None:
    starts = [f"2025-05-24T0{hour}:00:00Z" for hour in (5, 3, 4)]
    ids = [
        await studio.scheduled(starts_at=start, ends_at="2025-05-24T12:00:00Z") for start in starts
    ]
    await studio.scheduled(festival_id="another")
    in_order = [ids[1], ids[2], ids[0]]
    first = (await studio.anybody.get(f"/sessions?festival_id={FESTIVAL}&limit=2")).json()
    assert [one["session_id"] for one in first["items"]] == in_order[:2]
    second = await studio.anybody.get(
        f"/sessions?festival_id={FESTIVAL}&limit=2&cursor={first['next']}"
    )
    assert [one["session_id"] for one in second.json()["items"]] == in_order[2:]
    await studio.organiser.post(f"/sessions/{ids[0]}/approval")
    approved = (await studio.anybody.get("/sessions?status=approved")).json()
    assert [one["session_id"] for one in approved["items"]] == [ids[0]]


async def test_the_timeline_tells_what_was_pinned_when(studio: Studio) -> None:
    session_id = await studio.live()
    assert (await studio.pin(session_id, BISCUITS, 0)).json()["sequence"] == 1
    stale = await studio.pin(session_id, TARTS, 0)
    assert (stale.status_code, stale.json()["sequence"]) == (412, 1)
    assert (await studio.pin(session_id, TARTS, 1)).status_code == 200
    down = await studio.host.ask("DELETE", f"/sessions/{session_id}/pin?expected_sequence=2")
    assert (down.json()["sku"], down.json()["sequence"]) == (None, 3)
    told = (await studio.buyer.get(f"/sessions/{session_id}/timeline")).json()
    first, second = told["pins"]
    assert (first["sku"], second["sku"]) == (BISCUITS, TARTS)
    assert first["until_ms"] == second["from_ms"] <= second["until_ms"]


async def test_a_run_of_show_is_for_those_who_run_it_until_the_room_is_live(
    studio: Studio,
) -> None:
    session_id = await studio.scheduled()
    at = f"/sessions/{session_id}"
    public, insiders = (
        (studio.anybody, studio.buyer, studio.other_host),
        (studio.host, studio.organiser),
    )

    async def see_slots(people: Iterable[Client]) -> list[bool]:
        return [bool((await one.get(at)).json()["slots"]) for one in people]

    for step in ("planned", "approval", "start", "pause", "end"):
        if step == "start":
            await studio.prepare(session_id)
        if step != "planned":
            assert (await studio.organiser.post(f"{at}/{step}")).is_success
        live = step not in ("planned", "approval")
        assert await see_slots(public) == [live] * 3, step
        assert await see_slots(insiders) == [True] * 2, step


async def test_the_run_of_show_of_a_session_that_was_called_off_is_never_told(
    studio: Studio,
) -> None:
    session_id = await studio.scheduled()
    assert (await studio.host.post(f"/sessions/{session_id}/cancellation")).json()["slots"]
    assert (await studio.anybody.get(f"/sessions/{session_id}")).json()["slots"] is None


async def test_the_end_of_a_session_closes_its_deals_in_the_same_commit(studio: Studio) -> None:
    session_id = await studio.live()
    asked = await studio.deal(session_id, position=1, units=10)
    shown = await studio.shown(session_id, position=2, units=20)
    topics = [SessionEvent.topic, DealEvent.topic]
    async with listening(studio.kafka, topics) as ear:
        assert (await studio.host.post(f"/sessions/{session_id}/end")).status_code == 200
        records = await ear.until(3)
    closed = {json.loads(r.value or b"")["deal_id"] for r in records if r.topic == DealEvent.topic}
    assert closed == {asked["deal_id"], shown["deal_id"]}
    turns = {header(record, "ce_sequence").partition(".")[0] for record in records}
    assert len(turns) == 1
    assert await studio.status(shown) == await studio.status(asked) == "closed"


async def test_the_doors_are_described_for_those_who_write_clients(studio: Studio) -> None:
    page = (await studio.anybody.get("/openapi.json")).json()
    stream = page["paths"]["/rooms/{session_id}/stream"]["get"]
    assert "text/event-stream" in stream["responses"]["200"]["content"]
    assert {"Last-Event-ID", "last_event_id"} < {one["name"] for one in stream["parameters"]}
    assert {"/sessions/{session_id}/pin", "/rooms/{session_id}"} < page["paths"].keys()

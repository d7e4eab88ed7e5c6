"""Going live at the doors: what is missing is said, rehearsals are unseen, who may do what."""

import asyncio
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from services.livestream.app import assemble
from services.livestream.settings import LivestreamSettings
from shared.events.catalog import VerificationExpired
from shared.events.ids import new_id
from shared.events.livestream import (
    DealEvent,
    SellerDisclosed,
    SessionEvent,
    SessionState,
    TallyState,
)
from tests.services.livestream.studio import (
    BISCUITS,
    MORNING,
    TARTS,
    VOUCHED,
    Studio,
    mop,
    plan,
    stocked,
    watching,
)
from tests.support.bus import header, listening
from tests.support.eventually import eventually
from tests.support.serving import Client, serving, settings_for

LATER = (MORNING + timedelta(hours=1)).isoformat()


async def test_a_session_that_is_not_ready_is_told_everything_it_lacks(studio: Studio) -> None:
    session_id = await studio.scheduled(host_type="ai")
    at = f"/sessions/{session_id}"
    await studio.organiser.post(f"{at}/approval")
    no = await studio.host.post(f"{at}/start")
    assert no.status_code == 409
    assert no.json()["type"] == "urn:feira:problem:session.not-ready"
    missing = {one["check"] for one in no.json()["missing"]}
    by_people = {"host", "age", "ai-label", "recording", "moderator"}
    assert by_people <= missing
    shown = (await studio.host.get(f"{at}/checklist")).json()
    assert not shown["ready"]
    still = {one["check"] for one in shown["items"] if not one["ok"]}
    assert by_people <= still <= missing  # what others said may have come in between
    assert (await studio.other_host.get(f"{at}/checklist")).status_code == 404
    assert (await studio.host.post(f"{at}/ai-label")).json()["within_seconds"] == 30
    await studio.prepare(session_id)
    assert (await studio.host.post(f"{at}/start")).json()["status"] == "live"
    assert (await studio.anybody.get(f"/rooms/{session_id}")).json()["ai_label"]


async def test_a_merchant_nobody_has_looked_at_lately_keeps_a_room_closed(studio: Studio) -> None:
    session_id = await studio.approved()
    at = f"/sessions/{session_id}"

    async def verified() -> bool:
        items = (await studio.host.get(f"{at}/checklist")).json()["items"]
        [check] = [one for one in items if one["check"] == "verification"]
        assert check["about"] == ([] if check["ok"] else [BISCUITS, TARTS])
        return check["ok"]

    async def lapsed() -> bool:
        return not await verified()

    assert await verified()
    due = MORNING + timedelta(days=180)
    await studio.says(VerificationExpired(merchant_id="merchant-1", next_verification_at=due))
    await eventually(lapsed)
    no = await studio.host.post(f"{at}/start")
    assert (no.status_code, no.json()["type"]) == (409, "urn:feira:problem:session.not-ready")
    assert [one["check"] for one in no.json()["missing"]] == ["verification"]
    await studio.says(*stocked())
    await eventually(verified)
    assert (await studio.host.post(f"{at}/start")).json()["status"] == "live"


async def test_what_is_vouched_for_of_a_host_is_for_organisers_and_told_to_nobody(
    studio: Studio,
) -> None:
    at = "/hosts/host-mei"
    assert (await studio.host.put(at, VOUCHED)).status_code == 403
    assert (await studio.organiser.get(at)).status_code == 404
    first = await studio.organiser.put(at, VOUCHED)
    assert first.json()["licences"] == VOUCHED["licences"]
    assert (await studio.organiser.put(at, VOUCHED)).status_code == 200
    changed = VOUCHED | {"verified_until": "2098-12-31"}
    assert (await studio.organiser.put(at, changed)).status_code == 412
    again = await studio.organiser.put(at, changed, If_Match=first.headers["etag"])
    assert again.json()["verified_until"] == "2098-12-31"
    assert (await studio.organiser.put(at, {"born_on": "1990-05-24"})).status_code == 422
    assert (await studio.host.get(at)).status_code == 403


async def test_a_rehearsal_leaves_no_public_trace(studio: Studio) -> None:
    session_id = await studio.approved()
    at = f"/sessions/{session_id}"
    topics = [event.topic for event in (SessionEvent, SessionState, DealEvent, TallyState)]
    before = (await studio.anybody.get(at)).json()
    moves = {"now": "", "audience": {}}
    room = (await studio.anybody.get(f"/rooms/{session_id}")).json() | moves
    async with listening(studio.kafka, topics) as ear, watching(studio.url, session_id) as viewer:
        await viewer.sees("snapshot")
        began = await studio.host.post(f"{at}/rehearsal")
        assert (began.status_code, began.json()["status"]) == (200, "rehearsal"), began.text
        assert (await studio.pin(session_id, BISCUITS, 0)).json()["sequence"] == 1
        assert (await studio.pin(session_id, TARTS, 0)).status_code == 412
        down = await studio.host.ask("DELETE", f"{at}/pin?expected_sequence=1")
        assert (down.json()["sku"], down.json()["sequence"]) == (None, 2)
        assert (await studio.pin(session_id, TARTS, 2)).json()["sku"] == TARTS
        for one in (studio.anybody, studio.buyer, studio.other_host):
            assert (await one.get(at)).json() == before
            assert (await one.get(f"/rooms/{session_id}")).json() | moves == room
        assert (await studio.buyer.get(f"{at}/timeline")).json()["pins"] == []
        approved = (await studio.anybody.get("/sessions?status=approved&limit=100")).json()
        assert session_id in {one["session_id"] for one in approved["items"]}
        assert (await studio.anybody.get("/sessions?status=rehearsal")).status_code == 422
        ended = await studio.host.ask("DELETE", f"{at}/rehearsal")
        assert ended.json()["status"] == "approved"
        await ear.silence()
        heard = [r for r in ear.heard if (r.key or b"").decode() == session_id]
        assert set(viewer.names) <= {"snapshot", "audience"}
    assert {header(record, "ce_type") for record in heard} <= {SessionState.type}
    assert {record.value for record in heard} == {heard[0].value}
    assert json.loads(heard[0].value or b"")["status"] == "approved"
    started = await studio.host.post(f"{at}/start")
    assert (started.json()["status"], started.json()["pin_sequence"]) == ("live", 0)


async def test_a_co_host_pins_with_a_grant_and_not_once_it_is_taken_back(studio: Studio) -> None:
    session_id = await studio.live()
    at, wish = f"/sessions/{session_id}", {"sku": BISCUITS, "expected_sequence": 0}
    grant = {"subject": "host-rui", "may": ["pin"], "until": LATER}
    assert (await studio.other_host.post(f"{at}/grants", grant)).status_code == 403
    assert (await studio.buyer.post(f"{at}/grants", grant)).status_code == 403
    assert (await studio.host.post(f"{at}/grants", grant)).status_code == 201
    assert (await studio.host.get(at)).json()["grants"][0]["subject"] == "host-rui"
    assert (await studio.anybody.get(at)).json()["grants"] is None
    pinned = await studio.other_host.put(f"{at}/pin", wish)
    assert pinned.status_code == 200, pinned.text
    assert (await studio.host.ask("DELETE", f"{at}/grants/host-rui")).status_code == 204
    no = await studio.other_host.put(f"{at}/pin", wish | {"expected_sequence": 1})
    assert no.status_code == 403
    past = grant | {"until": (MORNING - timedelta(hours=1)).isoformat()}
    assert (await studio.host.post(f"{at}/grants", past)).status_code == 422


async def test_a_price_is_changed_by_two_on_the_order_they_have_seen(studio: Studio) -> None:
    session_id = await studio.live()
    at = f"/sessions/{session_id}"
    laid = await studio.host.get(f"{at}/rundown")
    assert [run["stage"] for run in laid.json()["runs"]] == ["to-come", "to-come"]
    slots = plan("host-mei")["slots"]
    cheaper = [slots[0] | {"price": mop(4700)}, slots[1]]
    path = f"{at}/running-order"
    assert (await studio.host.put(path, {"slots": cheaper})).status_code == 428
    waiting = await studio.host.put(path, {"slots": cheaper}, If_Match=laid.headers["etag"])
    assert waiting.json()["proposal"]["by"] == "host-mei"
    assert (await studio.anybody.get(at)).json()["slots"][0]["price"]["amount"] == 4800
    approval, seen = f"{path}/approval", waiting.headers["etag"]
    assert (await studio.host.ask("POST", approval, If_Match=seen)).status_code == 403
    stale = await studio.organiser.ask("POST", approval, If_Match=laid.headers["etag"])
    assert stale.status_code == 412
    done = await studio.organiser.ask("POST", approval, If_Match=seen)
    assert (done.status_code, done.json()["proposal"]) == (200, None), done.text
    await studio.pin(session_id, BISCUITS, 0)
    room = (await studio.anybody.get(f"/rooms/{session_id}")).json()
    assert room["pin"]["price"]["amount"] == 4700
    dropped = await studio.host.put(path, {"slots": cheaper[:1]}, If_Match="*")
    assert [run["stage"] for run in dropped.json()["runs"]] == ["on"]
    for stranger in (studio.other_host, studio.buyer):
        assert (await stranger.get(f"{at}/rundown")).status_code in (403, 404)


async def test_who_waits_for_another_order_is_told_of_a_proposal_at_once_and_no_viewer_is(
    studio: Studio,
) -> None:
    session_id = await studio.live()
    at = f"/sessions/{session_id}"
    slots = plan("host-mei")["slots"]
    cheaper = [slots[0] | {"price": mop(4321)}, slots[1]]
    seen = (await studio.host.get(f"{at}/rundown")).headers["etag"]
    known = await studio.organiser.ask("GET", f"{at}/rundown", If_None_Match=seen)
    assert (known.status_code, known.headers["etag"], known.content) == (304, seen, b"")
    async with watching(studio.url, session_id) as viewer:
        wait = studio.organiser.ask("GET", f"{at}/rundown", If_None_Match=seen, Prefer="wait=25")
        waiting = asyncio.create_task(wait)
        assert (await studio.pin(session_id, BISCUITS, 0)).is_success
        await viewer.sees("pin", lambda pin: pin["sku"] == BISCUITS)
        assert not waiting.done(), "a pin is no other order"
        done = await studio.host.put(f"{at}/running-order", {"slots": cheaper}, If_Match=seen)
        told = await waiting
        assert told.headers["etag"] == done.headers["etag"] != seen
        assert told.json()["proposal"]["slots"][0]["price"] == mop(4321)
        # What the room says next shows that it said nothing of it.
        assert (await studio.pin(session_id, TARTS, 1)).is_success
        await viewer.sees("pin", lambda pin: pin["sku"] == TARTS)
        assert "4321" not in repr(viewer.messages)
        assert set(viewer.names) <= {"snapshot", "pin", "notice", "audience"}
    for stranger in (studio.other_host, studio.buyer, studio.anybody):
        no = await stranger.ask("GET", f"{at}/rundown", If_None_Match=seen, Prefer="wait=25")
        assert no.status_code in (401, 403, 404)


async def test_who_waits_is_answered_before_a_replica_stops(
    stack: dict[str, Any], token: Callable[..., str], database: str
) -> None:
    service = assemble(settings_for(LivestreamSettings, stack["env"], database=database))
    async with serving(service) as url:
        host = Client(url, token("host", "host-mei"))
        session_id = new_id()
        at = f"/sessions/{session_id}"
        assert (await host.put(at, plan("host-mei"))).is_success
        seen = (await host.get(f"{at}/rundown")).headers["etag"]
        wait = host.ask("GET", f"{at}/rundown", If_None_Match=seen, Prefer="wait=25")
        waiting = asyncio.create_task(wait)
        await host.get(f"{at}/rundown")  # by then the other request has been sent
    assert (await waiting).status_code == 304
    await host.close()


async def test_who_sells_is_shown_with_the_pin_and_told(studio: Studio) -> None:
    session_id = await studio.live()
    async with (
        listening(studio.kafka, [SellerDisclosed.topic]) as ear,
        watching(studio.url, session_id) as viewer,
    ):
        await viewer.sees("snapshot")
        await studio.pin(session_id, BISCUITS, 0)
        records = await ear.until(2)
        seller = (await viewer.sees("pin")).data["seller"]
        told = (await viewer.sees("notice")).data
        deal = await studio.shown(session_id, position=2)
        card = (await viewer.sees("deal")).data
    assert seller["merchant_id"] == "merchant-1"
    assert seller["legal_name"]["en"]
    assert (seller["address"], seller["contact"]) == (
        "1 Demonstration Street, Macao",
        "+853 0000 0000",
    )
    assert told == {"kind": "seller", "sku": BISCUITS, "seller": seller}
    assert [header(record, "ce_type").rpartition(".")[2] for record in records] == [
        "product-pinned",
        "seller-disclosed",
    ]
    assert (card["deal_id"], card["seller"]) == (deal["deal_id"], seller)


async def test_a_correction_reaches_viewers_and_stays_on_record(studio: Studio) -> None:
    session_id = await studio.live()
    at = f"/sessions/{session_id}"
    words = {"said": "It cures colds.", "corrected": "It is a biscuit."}
    assert (await studio.buyer.post(f"{at}/corrections", words)).status_code == 403
    async with watching(studio.url, session_id) as viewer:
        await viewer.sees("snapshot")
        await studio.pin(session_id, BISCUITS, 0)
        made = await studio.host.post(f"{at}/corrections", words)
        assert (made.status_code, made.json()["number"]) == (201, 1), made.text
        await viewer.sees("notice", lambda data: data == {"kind": "correction"} | words)
    await studio.host.post(f"{at}/end")
    found = (await studio.host.get(f"{at}/evidence")).json()
    assert [one["said"] for one in found["corrections"]] == ["It cures colds."]
    assert found["corrections"][0]["replay"]["manifest"].endswith(f"{session_id}.m3u8")
    assert [(one["sku"], one["legal_name"]["en"]) for one in found["disclosures"]] == [
        (BISCUITS, "Morning of cookies and sweets")
    ]
    assert found["pins"][0]["until_ms"] is not None
    assert found["retain_until"][:4] == str(MORNING.year + 3)
    for stranger in (studio.other_host, studio.buyer, studio.anybody):
        assert (await stranger.get(f"{at}/evidence")).status_code in (401, 403, 404)


async def test_evidence_is_held_for_a_case_by_organisers(studio: Studio) -> None:
    session_id = await studio.scheduled()
    at = f"/sessions/{session_id}/legal-hold"
    case = {"reference": "samr-2025-114"}
    assert (await studio.host.put(at, case)).status_code == 403
    assert (await studio.organiser.put(at, case)).status_code == 200
    held = (await studio.organiser.get(f"/sessions/{session_id}/evidence")).json()
    assert held["legal_hold"] == "samr-2025-114"
    assert (await studio.organiser.ask("DELETE", at)).status_code == 204
    assert (await studio.organiser.ask("DELETE", at)).status_code == 404


async def test_who_has_no_part_in_a_session_cannot_be_there(studio: Studio) -> None:
    session_id = await studio.scheduled()
    at = f"/sessions/{session_id}/presence"
    heard = {"session_id": session_id, "status": "scheduled", "within_seconds": 60}
    assert (await studio.host.post(at)).json() == heard | {"part": "host"}
    assert (await studio.organiser.post(at)).json() == heard | {"part": "moderator"}
    for stranger, status in ((studio.other_host, 403), (studio.buyer, 403), (studio.anybody, 401)):
        assert (await stranger.post(at)).status_code == status
    assert (await studio.host.post("/sessions/nobody/presence")).status_code == 404

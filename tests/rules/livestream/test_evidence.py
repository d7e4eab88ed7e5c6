"""Evidence: who was said to sell, what was put right, and where to see it again."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from services.livestream.chat.message import Message
from services.livestream.record.evidence import MOST_CORRECTIONS
from services.livestream.record.export import EvidenceView, Record, export, written
from services.livestream.record.retention import Sold
from services.livestream.record.timeline import Recording
from services.livestream.showing.deal import Wanted
from services.livestream.showing.seller import Seller
from services.livestream.showing.tally import Tally
from shared.events.livestream import CorrectionIssued, SellerDisclosed
from tests.rules.livestream.room import (
    MORNING,
    OTHER_HOST,
    RECORDING,
    SELLER,
    TITLES,
    live_room,
    refused,
)

BISCUITS, TARTS = "FEI-BAK-001", "FEI-BAK-005"


def test_a_pin_says_who_sells_and_the_record_keeps_it() -> None:
    room = live_room()
    room.now += timedelta(seconds=7)
    assert room.pin(BISCUITS, 0)[1] == SellerDisclosed(
        session_id="sess-1",
        sku=BISCUITS,
        merchant_id="m01",
        legal_name=TITLES,
        address="1 Demonstration Street, Macao",
        contact="+853 0000 0000",
        sequence=1,
        offset_ms=7_000,
    )
    [disclosed] = room.timeline.disclosures
    assert (disclosed.sku, disclosed.legal_name, disclosed.offset_ms) == (BISCUITS, TITLES, 7_000)
    assert (disclosed.address, disclosed.contact) == (SELLER.address, SELLER.contact)


def test_what_nobody_is_known_to_sell_is_not_pinned() -> None:
    room = live_room()
    room.seller = Seller("m01")
    with refused("pin.seller-unknown"):
        room.pin(BISCUITS, 0)


def test_corrections_are_numbered_and_placed_in_the_session() -> None:
    room = live_room()
    room.now += timedelta(seconds=90)
    [first] = room.correct("It cures colds.", "It is a biscuit.")
    assert first == CorrectionIssued(
        session_id="sess-1",
        number=1,
        said="It cures colds.",
        corrected="It is a biscuit.",
        offset_ms=90_000,
    )
    room.grant(OTHER_HOST.id, "moderate")
    room.correct("48 MOP", "48 CNY", OTHER_HOST)
    assert [one.number for one in room.timeline.corrections] == [1, 2]


def test_a_correction_that_is_seen_to_afterwards_stands_at_the_end() -> None:
    room = live_room()
    room.now += timedelta(seconds=60)
    room.end()
    room.now += timedelta(hours=3)
    [issued] = room.correct("a", "b")
    assert isinstance(issued, CorrectionIssued)
    assert issued.offset_ms == 60_000
    room.archive()
    with refused("correction.not-live"):
        room.correct("a", "b")


def test_strangers_correct_nothing_and_a_script_does_not_run_away() -> None:
    room = live_room()
    with refused("session.not-yours"):
        room.correct("a", "b", OTHER_HOST)
    for _ in range(MOST_CORRECTIONS):
        room.correct("a", "b")
    with refused("correction.limit"):
        room.correct("a", "b")


def test_a_moment_is_found_in_the_last_recording_that_had_begun() -> None:
    room = live_room()  # recorded since 30 s before the start
    restarted = Recording("https://media.example/2.m3u8", MORNING + timedelta(seconds=100))
    room.now += timedelta(seconds=120)
    room.record(restarted)
    places = [room.timeline.place(MORNING, ms) for ms in (0, 99_999, 100_000, 110_500)]
    assert [(place.manifest, place.position_ms) for place in places if place] == [
        (RECORDING.manifest, 30_000),
        (RECORDING.manifest, 129_999),
        (restarted.manifest, 0),
        (restarted.manifest, 10_500),
    ]


def test_what_nothing_recorded_is_nowhere_to_be_seen() -> None:
    room = live_room()
    late = replace(RECORDING, began_at=MORNING + timedelta(seconds=10))
    room.now += timedelta(seconds=20)
    room.record(late)  # the same file, and when it really began
    assert room.timeline.recordings == (late,)
    assert room.timeline.place(MORNING, 9_999) is None
    assert room.timeline.place(MORNING, 10_000)


def test_a_recording_is_closed_with_its_digest_and_told_once() -> None:
    room = live_room()
    room.end()
    closed = replace(RECORDING, sha256="a" * 64)
    assert room.record(closed)
    assert room.record(closed) == []
    with refused("session.not-yours"):
        room.record(closed, OTHER_HOST)
    with refused("recording.future"):
        room.record(replace(RECORDING, began_at=room.now + timedelta(seconds=1)))


async def exported(record: Record, *said: list[Message]) -> dict[str, Any]:
    """The export as it is read at the door, what was *said* in so many pieces."""

    async def batches() -> AsyncIterator[list[Message]]:
        for some in said:
            yield some

    pieces = written(export(record, MORNING), batches())
    return json.loads("".join([piece async for piece in pieces]))


async def test_an_export_has_everything_with_its_place_in_the_recording() -> None:
    room = live_room()
    room.now += timedelta(seconds=10)
    room.pin(BISCUITS, 0)
    room.now += timedelta(seconds=10)
    room.correct("a", "b")
    room.pin(TARTS, 1)
    room.now += timedelta(seconds=10)
    room.end()
    record = Record(
        room.session,
        room.timeline,
        list(room.deals.values()),
        Tally("sess-1", 3, 5),
        room.retention,
        Sold(),
    )
    hidden = Message("m-1", "sess-1", 1, "a-1", "Mei", text="?", sight="hidden", reason="Spam")
    told = await exported(record, [hidden], [Message("m-2", "sess-1", 2, "a-1", "Mei")])
    assert [
        (pin["sku"], pin["from_ms"], pin["until_ms"], pin["replay"]["position_ms"])
        for pin in told["pins"]
    ] == [(BISCUITS, 10_000, 20_000, 40_000), (TARTS, 20_000, 30_000, 50_000)]
    assert [one["replay"]["position_ms"] for one in told["disclosures"]] == [40_000, 50_000]
    assert told["corrections"][0]["replay"]["position_ms"] == 50_000
    said, last = told["chat"]
    assert last["sequence"] == 2
    assert (said["sequence"], said["text"], said["sight"], said["reason"]) == (
        1,
        "?",
        "hidden",
        "Spam",
    )
    assert (told["orders"], told["units"], told["retain_until"]) == (3, 5, "2028-05-24")
    assert list(told.items())[-2:] == [("messages", 2), ("complete", True)]
    assert EvidenceView.model_validate(told).chat[0].text == "?"
    nothing_said = await exported(record)
    assert (nothing_said["chat"], nothing_said["messages"]) == ([], 0)
    open_still = record._replace(sold=Sold(open=True))
    assert export(open_still, room.now).retain_until is None


def test_a_deal_is_on_record_under_the_day_it_was_shown() -> None:
    room = live_room()
    room.now = MORNING.replace(hour=16, minute=30)  # half past midnight in China
    room.session = replace(room.session, ends_at=room.now + timedelta(hours=1))
    room.ask("deal-1", Wanted(position=1, units=10))
    room.fund("deal-1")
    room.show("deal-1")
    room.settle("deal-1", 7)
    record = Record(
        room.session, room.timeline, list(room.deals.values()), Tally("s"), room.retention, Sold()
    )
    [deal] = export(record, room.now).deals
    assert (deal.day, deal.units, deal.taken) == (date(2025, 5, 25), 10, 7)

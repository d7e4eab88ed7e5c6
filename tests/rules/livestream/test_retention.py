"""Retention: three years by the calendar, longer for a case, never shorter. Golden figures."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.livestream.record import retention
from services.livestream.record.days import first_moment, years_after
from services.livestream.record.retention import A_DAY, Retention, Sold, retain_until
from services.livestream.record.timeline import Timeline
from shared.events.livestream import EvidenceDeleted, LegalHoldPlaced, SessionArchived
from tests.rules.livestream.room import Room, live_room, refused

STREAM_END = datetime(2025, 5, 24, 14, tzinfo=UTC)


@pytest.mark.parametrize(
    ("ended_at", "last_at", "until"),
    [
        (STREAM_END, datetime(2025, 6, 20, 8, tzinfo=UTC), date(2028, 6, 20)),
        (STREAM_END, None, date(2028, 5, 24)),  # a stream that sold nothing
        (STREAM_END, datetime(2025, 5, 22, 13, tzinfo=UTC), date(2028, 5, 24)),
        (datetime(2024, 2, 29, 2, tzinfo=UTC), None, date(2027, 3, 1)),
        (datetime(2025, 5, 24, 16, tzinfo=UTC), None, date(2028, 5, 25)),  # past midnight in China
    ],
)
def test_evidence_is_kept_three_years_from_the_end_or_the_last_completion(
    ended_at: datetime, last_at: datetime | None, until: date
) -> None:
    assert retain_until(ended_at, last_at) == until


def test_three_years_can_have_1096_days() -> None:
    assert (years_after(date(2025, 5, 24), 3) - date(2025, 5, 24)).days == 1_096
    assert (years_after(date(2024, 5, 24), 3) - date(2024, 5, 24)).days == 1_095


@given(st.dates(date(2020, 1, 1), date(2090, 1, 1)))
def test_three_years_are_never_less_than_1095_days(day: date) -> None:
    assert 1_095 <= (years_after(day, 3) - day).days <= 1_096


def ended_room() -> Room:
    room = live_room()
    room.pin("FEI-BAK-001", 0)
    room.now = STREAM_END
    room.end()
    return room


def delete(room: Room, sold: Sold) -> list[object]:
    return list(room.happen(retention.delete(room.retention, sold, room.now)))


def test_a_session_is_archived_once_its_orders_are_over() -> None:
    room = ended_room()
    with refused("retention.not-due"):
        room.happen(retention.archive(room.session, room.retention, Sold(), room.now))
    room.archive(Sold(open=True))
    assert room.session.status == "ended"
    room.archive(Sold(open=True))
    assert room.now == STREAM_END + 2 * A_DAY
    last = datetime(2025, 6, 20, 8, tzinfo=UTC)
    assert room.archive(Sold(last_at=last)) == [
        SessionArchived(session_id="sess-1", retain_until=date(2028, 6, 20))
    ]
    assert (room.session.status, room.session.retain_until) == ("archived", "2028-06-20")
    with refused("session.illegal-move"):
        room.archive()


def test_evidence_is_there_on_its_last_day_and_gone_on_the_next() -> None:
    room = ended_room()
    room.archive()
    room.now = first_moment(date(2028, 5, 25)) - timedelta(milliseconds=1)
    with refused("retention.not-due"):
        delete(room, Sold())
    room.now += timedelta(milliseconds=1)
    assert delete(room, Sold()) == [
        EvidenceDeleted(session_id="sess-1", retain_until=date(2028, 5, 24), at=room.now)
    ]
    assert room.timeline == Timeline("sess-1")
    with refused("retention.not-due"):
        delete(room, Sold())
    with refused("evidence.deleted"):
        room.happen(retention.hold(room.session, room.retention, "case-1"))


def test_a_refund_after_all_that_keeps_the_evidence_for_longer() -> None:
    room = ended_room()
    room.archive()
    room.now = first_moment(date(2028, 5, 25))
    late = Sold(last_at=datetime(2026, 1, 2, tzinfo=UTC))
    delete(room, late)
    assert room.retention.retain_until == "2029-01-02"
    assert room.timeline.pins
    room.now = first_moment(date(2029, 1, 3))
    [deleted] = delete(room, late)
    assert isinstance(deleted, EvidenceDeleted)


def test_an_order_that_is_open_after_three_years_keeps_the_evidence_day_by_day() -> None:
    room = ended_room()
    room.archive()
    room.now = first_moment(date(2028, 5, 25))
    delete(room, Sold(open=True))
    assert room.retention.retain_until == "2028-05-25"
    room.now += A_DAY
    assert isinstance(delete(room, Sold())[0], EvidenceDeleted)


def test_what_a_case_needs_is_kept_until_it_no_longer_does() -> None:
    room = ended_room()
    placed = room.happen(retention.hold(room.session, room.retention, "samr-2025-114"))
    assert placed == [LegalHoldPlaced(session_id="sess-1", reference="samr-2025-114")]
    assert retention.hold(room.session, room.retention, "samr-2025-114") == []
    room.archive()
    room.now = first_moment(date(2040, 1, 1))
    with refused("retention.not-due"):
        delete(room, Sold())
    room.happen(retention.lift(room.session, room.retention))
    with refused("legal-hold.none"):
        retention.lift(room.session, room.retention)
    assert isinstance(delete(room, Sold())[0], EvidenceDeleted)


def test_a_session_nobody_has_scheduled_is_held_by_nobody() -> None:
    with refused("session.unknown"):
        retention.hold(Room().session, Retention("sess-1"), "case-1")

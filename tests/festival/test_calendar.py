"""The festival's time fits into minutes, and every moment of it keeps its place."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.demo import data
from deploy.demo.calendar import compress
from deploy.demo.loading import deal_seconds

FESTIVAL = data.read()
BEGAN = datetime(2026, 3, 1, 12, tzinfo=UTC)
CALENDAR = compress(FESTIVAL, FESTIVAL.played(6), BEGAN, seconds=20)
FIRST, LAST = CALENDAR.knots[0][0], CALENDAR.knots[-1][0]

moments = st.datetimes(FIRST.replace(tzinfo=None), LAST.replace(tzinfo=None)).map(
    lambda moment: moment.replace(tzinfo=FIRST.tzinfo)
)


@given(moments, moments)
def test_what_comes_first_in_the_festival_comes_first_on_the_wall(
    one: datetime, other: datetime
) -> None:
    if one < other:
        assert CALENDAR.offset(one) < CALENDAR.offset(other)


@given(moments)
def test_a_moment_is_found_again(moment: datetime) -> None:
    assert abs(CALENDAR.moment(CALENDAR.wall(moment)) - moment) < timedelta(seconds=1)


def test_all_of_the_programme_takes_place_within_five_minutes() -> None:
    for activity in FESTIVAL.programme.activities:
        assert BEGAN < CALENDAR.wall(activity.starts_at) < CALENDAR.wall(activity.ends_at)
        assert CALENDAR.wall(activity.ends_at) < BEGAN + timedelta(minutes=5)


@pytest.mark.parametrize("count", [1, 2, 3, 6])
def test_each_session_played_takes_the_time_it_was_given(count: int) -> None:
    sessions = FESTIVAL.played(count)
    calendar = compress(FESTIVAL, sessions, BEGAN, seconds=7)
    assert [round(calendar.seconds(session), 3) for session in sessions] == [7] * count
    assert all(deal_seconds(calendar, s, slot) >= 1 for s in sessions for slot in s.lineup)


def test_two_sessions_are_one_of_each_day() -> None:
    assert [session.session_id for session in FESTIVAL.played(2)] == ["sess-1", "sess-4"]


def test_there_is_enough_of_everything_a_room_will_set_aside() -> None:
    intake = FESTIVAL.intake
    assert len(intake) == 60
    assert all(intake[slot.sku] > slot.units for slot in FESTIVAL.slots.values())

"""The festival's programme: 1+9+N, on its days."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.catalog import festival as rules
from services.catalog.festival import Festival
from shared.events.catalog import FestivalRevised
from tests.rules.catalog.fair import (
    HOUR,
    NOON,
    announced,
    item,
    plan,
    refusal,
    text,
    told,
    with_activities,
)


@given(st.integers(0, 3), st.integers(0, 12), st.integers(0, 12))
def test_a_programme_is_published_if_and_only_if_it_is_one_nine_and_any_number(
    openings: int, mains: int, promotions: int
) -> None:
    festival = with_activities(openings, mains, promotions)
    if (openings, mains) == (1, 9):
        [published] = rules.publish(festival)
        assert len(published.activities) == 10 + promotions
    else:
        with refusal("programme.incomplete") as no:
            rules.publish(festival)
        assert no.value.facts == {
            "openings": openings,
            "main_activities": mains,
            "promotions": promotions,
        }
        assert f"{openings} and {mains}" in no.value.detail


def test_a_programme_reads_in_order_of_time() -> None:
    festival = announced()
    for number, days in enumerate((3, 1, 2)):
        when = NOON + timedelta(days=days)
        drafted = rules.draft(festival, f"a-{number}", item("main", when))
        festival = told(festival, rules.evolve, drafted)
    assert [activity.activity_id for activity in festival.draft] == ["a-1", "a-2", "a-0"]


def test_what_is_drafted_after_publication_waits_for_the_next() -> None:
    festival = with_activities(1, 9, 0)
    festival = told(festival, rules.evolve, rules.publish(festival))
    festival = told(festival, rules.evolve, rules.draft(festival, "late", item()))
    assert len(festival.programme) == 10
    festival = told(festival, rules.evolve, rules.publish(festival))
    assert len(festival.programme) == 11


def test_publishing_what_is_published_says_nothing() -> None:
    festival = with_activities(1, 9, 2)
    festival = told(festival, rules.evolve, rules.publish(festival))
    assert rules.publish(festival) == []


def test_the_same_activity_again_says_nothing_and_another_takes_its_place() -> None:
    festival = told(announced(), rules.evolve, rules.draft(announced(), "a", item()))
    assert rules.draft(festival, "a", item()) == []
    festival = told(festival, rules.evolve, rules.draft(festival, "a", item("main")))
    assert [activity.kind for activity in festival.draft] == ["main"]


def test_a_struck_activity_is_gone() -> None:
    festival = with_activities(1, 9, 1)
    festival = told(festival, rules.evolve, rules.strike(festival, "a-10"))
    assert len(festival.draft) == 10
    assert rules.strike(festival, "a-10") == []


def test_a_programme_ends_somewhere() -> None:
    festival = with_activities(1, 9, 50)
    with refusal("programme.full"):
        rules.draft(festival, "one-more", item())
    assert rules.draft(festival, "a-59", item(hours=2))


def test_an_activity_ends_after_it_begins() -> None:
    with refusal("window.empty"):
        rules.draft(announced(), "a", item(hours=0))


@pytest.mark.parametrize(
    ("begins", "hours", "fits"),
    [
        (NOON - 12 * HOUR, 1, True),  # the first midnight in Beijing
        (NOON - 13 * HOUR, 1, False),
        (NOON - 13 * HOUR, 2, False),
        (NOON, 24 * 37 + 12, True),  # until the last midnight
        (NOON, 24 * 37 + 13, False),
    ],
)
def test_activities_are_on_days_of_the_festival_where_it_is_held(
    begins: object, hours: float, *, fits: bool
) -> None:
    festival = with_activities(1, 9, 0)
    assert isinstance(begins, type(NOON))
    drafted = rules.draft(festival, "x", item("promotion", begins, hours))
    festival = told(festival, rules.evolve, drafted)
    if fits:
        assert rules.publish(festival)
    else:
        with refusal("programme.outside") as no:
            rules.publish(festival)
        assert no.value.facts["activities"] == ["x"]


def test_a_festival_cannot_leave_its_published_programme_behind() -> None:
    festival = with_activities(1, 9, 0)
    festival = told(festival, rules.evolve, rules.publish(festival))
    with refusal("programme.outside"):
        rules.announce(festival, plan(starts_on=date(2025, 5, 25)))
    assert isinstance(rules.announce(festival, plan(titles=text("New")))[0], FestivalRevised)


def test_the_same_plan_again_says_nothing() -> None:
    assert rules.announce(announced(), plan()) == []


def test_a_festival_goes_from_announced_to_closed_step_by_step() -> None:
    festival = announced()
    with refusal("festival.unpublished"):
        rules.declare_open(festival)
    with refusal("festival.unopened"):
        rules.declare_closed(festival)
    festival = with_activities(1, 9, 0)
    for step in (rules.publish, rules.declare_open, rules.declare_closed):
        festival = told(festival, rules.evolve, step(festival))
    assert festival.status == "closed"
    assert rules.declare_closed(festival) == []


def test_opening_twice_opens_once() -> None:
    festival = with_activities(1, 9, 0)
    for step in (rules.publish, rules.declare_open):
        festival = told(festival, rules.evolve, step(festival))
    assert rules.declare_open(festival) == []


def test_a_festival_that_is_over_changes_no_more() -> None:
    festival = with_activities(1, 9, 0)
    for step in (rules.publish, rules.declare_open, rules.declare_closed):
        festival = told(festival, rules.evolve, step(festival))
    for asked in (
        lambda: rules.draft(festival, "a", item()),
        lambda: rules.strike(festival, "a-0"),
        lambda: rules.publish(festival),
        lambda: rules.declare_open(festival),
        lambda: rules.announce(festival, plan(titles=text("Again"))),
    ):
        with refusal("festival.closed"):
            asked()


@pytest.mark.parametrize("step", [rules.publish, rules.declare_open, rules.declare_closed])
def test_nothing_is_asked_of_a_festival_that_is_not_announced(
    step: Callable[[Festival], object],
) -> None:
    with refusal("festival.unknown") as no:
        step(Festival("f1"))
    assert no.value.kind == "missing"


def test_a_festival_does_not_end_before_it_starts() -> None:
    assert plan(ends_on=date(2025, 5, 24)).days.closes - plan().days.opens == 24 * HOUR
    with pytest.raises(ValidationError):
        plan(ends_on=date(2025, 5, 23))


@pytest.mark.parametrize("timezone", ["Beijing", "", "../etc/passwd", "Asia", "\0"])
def test_a_festival_is_somewhere(timezone: str) -> None:
    with pytest.raises(ValidationError):
        plan(timezone=timezone)


def test_another_festivals_facts_are_not_ours() -> None:
    assert told(announced("f2"), rules.evolve, rules.publish(with_activities(1, 9, 0))) == (
        announced("f2")
    )

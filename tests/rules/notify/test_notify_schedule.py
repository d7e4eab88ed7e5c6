"""When notify tries again, and when it gives an endpoint up."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notify.schedule import (
    DAY,
    FAILING,
    HOUR,
    WEBHOOK_PAUSES,
    is_given_up,
    mail_pause,
    webhook_pause,
)

NOW = datetime(2025, 5, 24, 2, tzinfo=UTC)


@given(seed=st.text(max_size=40))
def test_pauses_between_deliveries_only_ever_grow(seed: str) -> None:
    pauses = [webhook_pause(WEBHOOK_PAUSES, n, seed) for n in range(1, 10)]
    assert all(pause is not None for pause in pauses)
    assert all(one < other for one, other in pairwise(pauses))  # type: ignore[operator]


@given(seed=st.text(max_size=40), attempts=st.integers(1, 9))
def test_a_pause_is_the_published_one_and_at_most_a_tenth_more(seed: str, attempts: int) -> None:
    pause = webhook_pause(WEBHOOK_PAUSES, attempts, seed)
    assert pause is not None
    said = WEBHOOK_PAUSES[attempts - 1]
    assert said <= pause.total_seconds() <= said * 1.1


def test_ten_attempts_are_made_and_no_more() -> None:
    assert webhook_pause(WEBHOOK_PAUSES, 9, "a tart") is not None
    assert webhook_pause(WEBHOOK_PAUSES, 10, "a tart") is None


def test_those_who_failed_together_come_back_apart() -> None:
    assert len({webhook_pause(WEBHOOK_PAUSES, 3, f"delivery {n}") for n in range(100)}) > 90


@given(wish=st.floats(0, 10 * DAY), attempts=st.integers(1, 9))
def test_a_receiver_is_left_alone_as_long_as_it_asks_but_not_for_ever(
    wish: float, attempts: int
) -> None:
    pause = webhook_pause(WEBHOOK_PAUSES, attempts, "a tart", wish)
    assert pause is not None
    usual = webhook_pause(WEBHOOK_PAUSES, attempts, "a tart")
    assert usual is not None
    assert pause == max(usual, timedelta(seconds=min(wish, DAY)))


@given(seed=st.text(max_size=40), first=st.floats(0.01, 600))
def test_mail_is_tried_ever_more_rarely_and_at_least_every_66_minutes(
    seed: str, first: float
) -> None:
    pauses = [mail_pause(first, n, seed).total_seconds() for n in range(1, 200)]
    assert all(0 < pause <= HOUR * 1.1 for pause in pauses)
    assert all(other >= one or one >= HOUR for one, other in pairwise(pauses))


@pytest.mark.parametrize("failing_since", [None, NOW, NOW - FAILING + timedelta(milliseconds=1)])
def test_less_than_five_days_of_failures_are_borne(failing_since: datetime | None) -> None:
    assert not is_given_up(failing_since, NOW)


@pytest.mark.parametrize("failing_since", [NOW - FAILING, NOW - timedelta(days=30)])
def test_five_days_of_nothing_but_failures_are_enough(failing_since: datetime) -> None:
    assert is_given_up(failing_since, NOW)

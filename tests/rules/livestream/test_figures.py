"""The figures of a session: what a heartbeat proves, what is counted, what it comes to."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.livestream.figures import count, kpi, taking
from services.livestream.figures.count import LATE, Count, Measured, Minute, minute_id, new_minute
from services.livestream.figures.sketch import EMPTY, estimate, merged, sketch_of
from services.livestream.figures.taking import Back, Bought, Taking
from services.livestream.figures.visit import Beat, Visits
from shared.events.ids import new_id
from shared.events.orders import Line, OrderConfirmed, OrderPlaced, RefundPaid
from tests.rules.livestream.room import MORNING, Room, live_room, mop, refused

VISITS = Visits(b"key")
NAME = VISITS.name("sess-1", "viewer:phone-1")


# Heartbeats ---------------------------------------------------------------------------------------


def test_the_first_heartbeat_is_a_visit_and_the_next_ones_prove_what_was_watched() -> None:
    assert VISITS.beat(NAME, "", 1_000) == Beat(entered=True, watched_ms=0)
    stamp = VISITS.stamp(NAME, 1_000)
    assert VISITS.beat(NAME, stamp, 31_000) == Beat(entered=False, watched_ms=30_000)


def test_another_replica_with_the_same_key_understands_the_stamp() -> None:
    stamp = VISITS.stamp(NAME, 1_000)
    assert not Visits(b"key").beat(NAME, stamp, 31_000).entered
    assert Visits(b"other").beat(NAME, stamp, 31_000).entered


def test_after_three_heartbeats_missed_it_is_another_visit() -> None:
    stamp = VISITS.stamp(NAME, 0)
    assert VISITS.beat(NAME, stamp, 90_000) == Beat(entered=False, watched_ms=45_000)
    assert VISITS.beat(NAME, stamp, 90_001) == Beat(entered=True, watched_ms=0)


@pytest.mark.parametrize(
    "stamp",
    [
        "1000",
        ".",
        "1000.",
        f"1000.{'0' * 24}",
        "９.0",
        "x" * 64,
        VISITS.stamp(VISITS.name("sess-2", "viewer:phone-1"), 1_000),
        VISITS.stamp(VISITS.name("sess-1", "viewer:phone-2"), 1_000),
        VISITS.stamp(NAME, 60_000),
    ],
)
def test_a_stamp_that_is_forged_anothers_or_of_the_future_proves_nothing(stamp: str) -> None:
    assert VISITS.beat(NAME, stamp, 31_000) == Beat(entered=True, watched_ms=0)


@given(st.text(max_size=64), st.integers(0, 10**14))
def test_no_made_up_stamp_proves_anything(stamp: str, now_ms: int) -> None:
    assert VISITS.beat(NAME, stamp, now_ms).watched_ms == 0


def test_a_viewer_has_another_name_in_every_session() -> None:
    assert VISITS.name("sess-2", "viewer:phone-1") != NAME
    assert Visits(b"key").name("sess-1", "viewer:phone-1") == NAME


# Uniques ------------------------------------------------------------------------------------------


def test_few_viewers_are_counted_exactly_and_many_within_five_percent() -> None:
    assert estimate(EMPTY) == 0
    for number in (1, 7, 100):
        assert estimate(sketch_of(str(n).encode() for n in range(number))) == number
    assert estimate(sketch_of(str(n).encode() for n in range(20_000))) == pytest.approx(
        20_000, rel=0.05
    )


@given(st.lists(st.sets(st.binary(min_size=1, max_size=4), max_size=20), max_size=5))
def test_sketches_of_replicas_add_up_to_one_of_all_in_any_order(parts: list[set[bytes]]) -> None:
    sketches = [sketch_of(part) for part in parts]
    there = estimate(merged(sketches))
    assert there == len(set[bytes]().union(*parts))
    assert estimate(merged([*reversed(sketches), *sketches, EMPTY])) == there


# Counting -----------------------------------------------------------------------------------------

MEASURED = Measured("sess-1", 2, 60_000, 90_000, 7, 3, sketch_of([b"a", b"b"]))


def test_what_replicas_measured_adds_up_and_of_the_peak_the_highest_counts() -> None:
    counted = Count("sess-1")
    other = Measured("sess-1", 1, 10_500, 0, 5, 0, sketch_of([b"b", b"c"]))
    for measured in (MEASURED, other, Measured("sess-2", entries=99)):
        counted = count.evolve(counted, measured)
    told = count.state_of(counted)
    assert (told.entries, told.watch_seconds, told.viewer_seconds) == (3, 70, 90)
    assert (told.peak, told.likes, told.uniques) == (7, 3, 3)


def test_a_session_that_is_not_open_to_all_counts_nothing() -> None:
    planned = Room()
    for step in (lambda: None, planned.schedule, planned.approve):
        step()
        with refused("figures.closed"):
            count.measure(planned.session, MEASURED, [], planned.now)
    planned.start()
    assert count.measure(planned.session, MEASURED, [], planned.now) == [MEASURED]
    planned.pause()
    assert count.measure(planned.session, MEASURED, [], planned.now) == [MEASURED]


def test_what_was_counted_before_the_end_is_taken_for_a_minute_after_it() -> None:
    room = live_room()
    room.end()
    assert count.measure(room.session, MEASURED, [], room.now) == [MEASURED]
    with refused("figures.closed"):
        count.measure(room.session, MEASURED, [], room.now + LATE)


def test_a_minute_knows_from_its_id_which_it_is() -> None:
    at = datetime(2025, 5, 24, 14, 3, 59, 999_000, tzinfo=UTC)
    minute = new_minute(minute_id("a:b", at))
    assert (minute.session_id, minute.at) == ("a:b", at.replace(second=0, microsecond=0))
    assert count.evolve_minute(minute, MEASURED) is minute
    mine = Minute("x", "sess-1", at)
    assert count.evolve_minute(mine, MEASURED).entries == 2


# Sales --------------------------------------------------------------------------------------------


def placed(**changes: object) -> OrderPlaced:
    known = {
        "order_id": "o-1",
        "festival_id": "beijing-2025",
        "buyer_id": "buyer-li",
        "channel": "live",
        "lines": (),
        "total": mop(5000),
        "placed_at": MORNING,
        "hold_until": MORNING,
        "session_id": "sess-1",
    }
    return OrderPlaced.model_validate(known | changes)


def confirmed(**changes: object) -> OrderConfirmed:
    line = Line(sku="FEI-BAK-001", merchant_id="m01", quantity=2, unit_price=mop(2500))
    known = {
        "order_id": "o-1",
        "festival_id": "beijing-2025",
        "buyer_id": "buyer-li",
        "channel": "live",
        "lines": (line,),
        "total": mop(5000),
        "method": "provider",
        "session_id": "sess-1",
        "at": MORNING,
    }
    return OrderConfirmed.model_validate(known | changes)


def refund(refund_id: str, amount: int) -> RefundPaid:
    return RefundPaid(
        order_id="o-1", payment_id="p-1", refund_id=refund_id, amount=mop(amount), at=MORNING
    )


def hear(one: Taking, *facts: taking.Heard) -> Taking:
    for fact in facts:
        for noted in taking.note(one, fact, MORNING):
            one = taking.evolve(one, noted)
    return one


def test_a_sale_is_what_was_placed_paid_and_paid_back_each_refund_once() -> None:
    sold = hear(
        Taking("o-1"),
        placed(),
        confirmed(),
        refund("r1", 1000),
        refund("r1", 1000),
        refund("r2", 5),
    )
    assert (sold.placed, sold.paid, sold.items, sold.currency) == (5000, 5000, 2, "MOP")
    assert sold.bought == (Bought("FEI-BAK-001", 2),)
    assert sold.backs == (Back("r1", 1000, MORNING), Back("r2", 5, MORNING))


def test_orders_of_no_session_and_their_refunds_are_none_of_ours() -> None:
    sold = hear(Taking("o-1"), placed(session_id=None), confirmed(session_id=None), refund("r", 1))
    assert sold == Taking("o-1")


def test_a_payment_that_does_not_say_when_has_just_happened() -> None:
    assert hear(Taking("o-1"), confirmed(at=None)).paid_at == MORNING


def test_figures_are_final_a_day_after_the_end() -> None:
    room = live_room()
    assert taking.final_at(room.session) is None
    assert taking.is_provisional(room.session, room.now + timedelta(days=9))
    room.end()
    final = taking.final_at(room.session)
    assert final == room.now + timedelta(days=1)
    assert taking.is_provisional(room.session, final - timedelta(milliseconds=1))
    assert not taking.is_provisional(room.session, final)


# Key figures --------------------------------------------------------------------------------------


def test_an_hour_with_a_hundred_viewers_and_then_forty_has_seventy_on_average() -> None:
    watched = kpi.viewer_seconds([(100, 1800), (40, 1800)])
    assert kpi.acu(watched, 3600) == Decimal(70)


def test_the_value_of_a_viewer_and_of_a_thousand_views() -> None:
    paid = {"CNY": 1_200_000}
    assert kpi.uv_value(paid, 500) == {"CNY": 2400}
    assert kpi.gpm(paid, 800) == {"CNY": 1_500_000}


def test_where_there_is_nothing_to_divide_by_there_is_no_figure() -> None:
    assert kpi.acu(5, 0) is None
    assert kpi.ratio(0, 0) is None
    assert kpi.uv_value({"CNY": 5}, 0) is None
    assert kpi.gpm({}, 0) is None
    assert kpi.gpm({}, 5) == {}


def test_figures_are_rounded_half_up_and_currencies_are_not_added_up() -> None:
    assert kpi.ratio(1, 3) == Decimal("0.3333")
    assert kpi.ratio(5, 100_000) == Decimal("0.0001")
    assert kpi.each({"MOP": 5, "CNY": 3}, 2) == {"CNY": 2, "MOP": 3}
    assert kpi.net({"MOP": 5, "CNY": 3}, {"MOP": 2}) == {"MOP": 3, "CNY": 3}


@given(st.integers(0, 10**12), st.integers(1, 10**6), st.sampled_from((1, 1000)))
def test_an_amount_each_is_off_by_half_a_unit_at_most(amount: int, among: int, times: int) -> None:
    found = kpi.each({"CNY": amount}, among, times)
    assert found
    assert -among < 2 * (found["CNY"] * among - amount * times) <= among


def test_ids_of_minutes_are_as_many_as_there_are_minutes() -> None:
    session_id = new_id()
    hour = {minute_id(session_id, MORNING + timedelta(seconds=n)) for n in range(0, 3600, 15)}
    assert len(hour) == 60

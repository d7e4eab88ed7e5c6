"""From a card that is seen to an order that is paid: what is counted, and what it comes to."""

from collections.abc import Sequence
from decimal import Decimal
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.livestream.figures import card, count, kpi
from services.livestream.figures.card import Card, CardMeasured, card_id
from services.livestream.figures.count import Count, Measured
from services.livestream.figures.sketch import EMPTY, estimate, grown, sketch_of
from tests.rules.livestream.room import Room, live_room, refused

COOKIES, TARTS = "FEI-BAK-001", "FEI-BAK-005"


def seen(sku: str, exposed: Sequence[bytes], clicked: Sequence[bytes] = ()) -> CardMeasured:
    name = card_id("sess-1", sku)
    return CardMeasured(name, "sess-1", sku, sketch_of(exposed), sketch_of(clicked))


def told(one: Card) -> tuple[int, int]:
    return estimate(one.exposed), estimate(one.clicked)


def test_impressions_of_replicas_add_up_and_who_saw_several_is_reached_once() -> None:
    counted = Count("sess-1")
    for measured in (
        Measured("sess-1", impressions=3, reached=sketch_of([b"a", b"b"])),
        Measured("sess-1", impressions=2, reached=sketch_of([b"b", b"c"])),
        Measured("sess-2", impressions=99, reached=sketch_of([b"d"])),
    ):
        counted = count.evolve(counted, measured)
    assert (counted.impressions, estimate(counted.reached)) == (5, 3)
    assert count.state_of(counted).impressions == 5


def test_viewers_of_any_card_are_told_of_the_session_each_once() -> None:
    counted = Count("sess-1")
    for measured in (
        Measured("sess-1", exposed=sketch_of([b"a", b"b", b"c"]), clicked=sketch_of([b"a"])),
        Measured("sess-1", exposed=sketch_of([b"a", b"d"]), clicked=sketch_of([b"a"])),
    ):
        counted = count.evolve(counted, measured)
    state = count.state_of(counted)
    assert (state.card_exposure_uv, state.card_click_uv) == (4, 1)


def test_each_product_has_viewers_of_its_own() -> None:
    cookies = Card(card_id("sess-1", COOKIES))
    for fact in (seen(COOKIES, [b"a", b"b"], [b"b"]), seen(TARTS, [b"c"], [b"c"])):
        cookies = card.evolve(cookies, fact)
    assert (cookies.session_id, cookies.sku, told(cookies)) == ("sess-1", COOKIES, (2, 1))


def test_a_card_has_another_id_in_every_session_however_ids_are_put_together() -> None:
    assert card_id("sess-1", COOKIES) != card_id("sess-2", COOKIES)
    assert card_id("a:b", "c") != card_id("a", "b:c")


VIEWERS = st.lists(st.sets(st.binary(min_size=1, max_size=3), max_size=12), max_size=6)


@given(st.permutations(range(6)), VIEWERS)
def test_in_whatever_order_and_how_often_readings_come_the_viewers_are_the_same(
    order: list[int], parts: list[set[bytes]]
) -> None:
    readings = [seen(COOKIES, sorted(part), sorted(part)[:1]) for part in parts]
    shuffled = [readings[place] for place in order if place < len(readings)]
    there = Card(card_id("sess-1", COOKIES))
    again = Card(card_id("sess-1", COOKIES))
    for fact in readings:
        there = card.evolve(there, fact)
    for fact in chain(shuffled, readings):
        again = card.evolve(again, fact)
    assert told(again) == told(there)
    clicked = {min(part) for part in parts if part}
    assert told(there) == (len(set[bytes]().union(*parts)), len(clicked))


def test_nobody_takes_no_room() -> None:
    assert sketch_of([]) == EMPTY
    assert grown(sketch_of([b"a"]), EMPTY) == sketch_of([b"a"])


def test_before_the_start_and_in_rehearsal_no_card_is_counted() -> None:
    room = Room()
    cards, measured = [seen(COOKIES, [b"a"])], Measured("sess-1", impressions=1)
    for step in (room.schedule, room.approve, room.rehearse):
        step()
        with refused("figures.closed"):
            count.measure(room.session, measured, cards, room.now)
    room.end_rehearsal()
    room.start()
    assert count.measure(room.session, measured, cards, room.now) == [measured, *cards]
    room.end()
    assert count.measure(room.session, measured, cards, room.now) == [measured, *cards]


@pytest.mark.parametrize(
    ("part", "whole", "rate"),
    [
        (360, 4000, "0.0900"),  # entry rate: visits an impression
        (84, 300, "0.2800"),  # card CTR: click UV an exposure UV
        (21, 84, "0.2500"),  # click-pay: pay UV a click UV
        (37, 500, "0.0740"),  # follow rate: new followers a UV
        (3, 2, "1.5000"),  # who comes by a link saw no card
    ],
)
def test_each_step_of_the_funnel_is_a_share_of_the_one_before(
    part: int, whole: int, rate: str
) -> None:
    assert kpi.ratio(part, whole) == Decimal(rate)
    assert kpi.ratio(part, 0) is None


def test_a_live_room_counts() -> None:
    room = live_room()
    room.pause()
    measured = Measured("sess-1", clicked=sketch_of([b"a"]))
    assert count.measure(room.session, measured, [], room.now) == [measured]

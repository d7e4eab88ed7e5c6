"""The selection of products for a zone: never twice, never too many, closed when full."""

from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.catalog import zone as rules
from services.catalog.product import Product
from services.catalog.zone import Layout, Zone
from shared.events.catalog import ZonePlanned, ZoneRevised
from shared.refusal import Refused
from tests.rules.catalog.fair import HOUR, NOON, announced, refusal, tart, text, told


def layout(**other: Any) -> Layout:
    wish: dict[str, Any] = {"titles": text("Zone"), "opens_at": NOON, "closes_at": NOON + HOUR}
    return Layout(**{**wish, **other})


def zone(capacity: int = 60, skus: int = 0) -> Zone:
    blank = Zone("z1")
    planned = told(blank, rules.evolve, rules.plan(blank, announced(), layout(capacity=capacity)))
    for number in range(skus):
        planned = told(planned, rules.evolve, rules.select(planned, tart(f"s-{number}")))
    return planned


asked = st.lists(st.tuples(st.sampled_from(["select", "drop"]), st.integers(0, 8)), max_size=40)


@given(st.integers(1, 6), asked)
def test_whatever_is_asked_a_zone_is_never_overfull_and_shows_nothing_twice(
    capacity: int, wishes: list[tuple[str, int]]
) -> None:
    standing = zone(capacity)
    for verb, number in wishes:
        rule = rules.select if verb == "select" else rules.drop
        try:
            standing = told(standing, rules.evolve, rule(standing, tart(f"s-{number}")))
        except Refused as no:
            assert no.code in {"selection.full", "selection.twice"}  # noqa: PT017 - or all was well
        assert len(standing.skus) <= capacity
        assert len(set(standing.skus)) == len(standing.skus)
    if len(standing.skus) == capacity:
        [closed] = rules.close(standing)
        assert closed.skus == standing.skus
    else:
        with refusal("selection.incomplete") as no:
            rules.close(standing)
        assert no.value.facts["missing"] == capacity - len(standing.skus)


def test_the_zone_has_room_for_sixty_unless_said_otherwise() -> None:
    assert layout().capacity == 60
    with refusal("selection.incomplete") as no:
        rules.close(zone(60, skus=57))
    assert no.value.detail == "3 of 60 products are missing."


def test_the_sixty_first_product_finds_no_room() -> None:
    with refusal("selection.full"):
        rules.select(zone(60, skus=60), tart("one-more"))


def test_only_products_that_there_are_can_be_selected() -> None:
    with refusal("product.unknown"):
        rules.select(zone(), Product("ghost"))


def test_a_dropped_product_makes_room() -> None:
    full = zone(2, skus=2)
    lighter = told(full, rules.evolve, rules.drop(full, tart("s-0")))
    assert lighter.skus == ("s-1",)
    assert rules.drop(lighter, tart("s-0")) == []
    assert rules.select(lighter, tart("s-2"))


def test_a_closed_selection_stands() -> None:
    filled = told(zone(1, skus=1), rules.evolve, rules.close(zone(1, skus=1)))
    assert rules.close(filled) == []
    for change in (rules.select, rules.drop):
        with refusal("selection.closed"):
            change(filled, tart("s-0"))
    with refusal("selection.closed"):
        rules.plan(filled, announced(), layout(capacity=2))


def test_a_zone_does_not_shrink_below_what_is_selected() -> None:
    with refusal("zone.too-small"):
        rules.plan(zone(3, skus=2), announced(), layout(capacity=1))
    assert rules.plan(zone(3, skus=2), announced(), layout(capacity=2))


def test_a_zone_is_open_on_days_of_its_festival() -> None:
    with refusal("zone.outside"):
        rules.plan(Zone("z1"), announced(), layout(closes_at=NOON + timedelta(days=60)))
    with refusal("window.empty"):
        rules.plan(Zone("z1"), announced(), layout(closes_at=NOON))


def test_a_zone_belongs_to_one_festival() -> None:
    with refusal("zone.elsewhere"):
        rules.plan(zone(), announced("f2"), layout())


def test_the_same_layout_again_says_nothing() -> None:
    assert rules.plan(zone(), announced(), layout()) == []


def test_nothing_is_selected_for_a_zone_that_is_not_there() -> None:
    for asked in (lambda: rules.select(Zone("z1"), tart()), lambda: rules.close(Zone("z1"))):
        with refusal("zone.unknown"):
            asked()


def test_a_zone_is_planned_once_and_revised_after() -> None:
    [planned] = rules.plan(Zone("z1"), announced(), layout())
    [revised] = rules.plan(zone(), announced(), layout(titles=text("Another")))
    assert (type(planned), type(revised)) == (ZonePlanned, ZoneRevised)

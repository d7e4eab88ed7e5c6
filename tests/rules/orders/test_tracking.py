"""Where a shipment stands, however its nodes come."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.orders.border.carrier import STATUS_OF
from services.orders.border.tracking import RouteNode, ShipmentStatus, delivered_at, follow, status

NOW = datetime(2025, 5, 26, 2, tzinfo=UTC)
WAY = ("50", "30", "36", "9001", "9002", "31", "130", "44", "9003", "44", "80")


def node(place: int, code: str) -> RouteNode:
    at = NOW + timedelta(minutes=place // 2)  # two of a minute
    return RouteNode(f"{place:03d}", "SF1", at, STATUS_OF.get(code), code, "北京")


NODES = tuple(node(place, code) for place, code in enumerate(WAY))


@given(st.permutations([*NODES, *NODES]), st.integers(0, 2 * len(NODES)))
def test_nodes_in_any_order_and_told_again_make_one_way(told: list[RouteNode], cut: int) -> None:
    way = follow(follow((), told[:cut]), told[cut:])
    assert way == NODES
    assert status(way) is ShipmentStatus.DELIVERED
    assert delivered_at(way) == NODES[-1].at


def test_a_parcel_stands_where_its_last_node_says() -> None:
    stands = [str(status(NODES[:many])) for many in range(len(NODES) + 1)]
    assert stands == [
        "created",
        "picked-up",
        "in-transit",
        "in-transit",
        "customs-held",
        "customs-released",
        "in-transit",
        "in-transit",
        "out-for-delivery",
        "exception",
        "out-for-delivery",
        "delivered",
    ]


def test_a_node_that_says_something_else_the_second_time_is_not_believed() -> None:
    again = node(10, "631")
    assert follow(NODES, [again]) == NODES


def test_what_is_signed_for_may_still_come_back_and_its_days_run_from_the_first_signature() -> None:
    way = follow(NODES, [node(20, "9005"), node(21, "648"), node(22, "80")])
    assert status(way[:-1]) is ShipmentStatus.RETURNED
    assert delivered_at(way) == NODES[-1].at
    assert delivered_at(NODES[:-1]) is None


@pytest.mark.parametrize("code", ["607", "123", "99", ""])
def test_an_operation_nobody_knows_moves_nothing(code: str) -> None:
    assert status([NODES[0], node(1, code)]) is ShipmentStatus.PICKED_UP

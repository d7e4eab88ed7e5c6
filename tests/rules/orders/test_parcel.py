"""Parcels: parts of an order that leave and arrive, each unit once."""

from collections.abc import Iterable

import pytest

from services.orders.ordering import parcel
from services.orders.ordering.life import Status
from services.orders.ordering.order import Order
from shared.events.orders import (
    OrderDelivered,
    OrderPartShipped,
    OrderShipped,
    Parcel,
    ParcelDelivered,
    Units,
)
from shared.refusal import Refused
from tests.rules.orders.standing import (
    AFTER_GRACE,
    AT,
    NOTHING,
    POLICY,
    TO_ENTER,
    delivered,
    paid,
    shipped,
    told,
    units,
)

CONFIRMED = AT["confirmed"]


def ship(order: Order, what: Iterable[Units], merchant: str | None = None) -> list[Parcel]:
    return parcel.ship(
        order,
        "parcel-2",
        what,
        carrier="SF",
        waybill="sf-2",
        merchant_id=merchant,
        now=AFTER_GRACE,
        policy=POLICY,
    )


def test_goods_leave_in_parts_and_the_order_is_shipped_with_the_last() -> None:
    [first] = ship(CONFIRMED, units(egg_tart=2))
    assert isinstance(first, OrderPartShipped)
    assert first.deliver_by == AFTER_GRACE + POLICY.deliver_within
    part = told(CONFIRMED, shipped(*units(egg_tart=2)))
    assert parcel.unsent(part) == {"egg-tart": 1, "wine": 2}
    assert parcel.unsent(part, "m01") == {"egg-tart": 1}
    [second] = ship(part, units(wine=2))
    assert isinstance(second, OrderPartShipped)
    [last] = ship(part, units(egg_tart=1, wine=2))
    assert isinstance(last, OrderShipped)
    assert parcel.unsent(told(part, lambda _: [last])) == {}


def test_two_merchants_send_their_own_and_the_last_of_them_ships_the_order() -> None:
    part = told(CONFIRMED, lambda it: ship(it, units(egg_tart=3), "m01"))
    assert part.status == "part-shipped"
    assert isinstance(ship(part, units(wine=2), "m02")[0], OrderShipped)


@pytest.mark.parametrize(
    ("merchant", "what", "over"),
    [
        (None, units(egg_tart=4, wine=3, magnet=2), {"egg-tart": 1, "wine": 1, "magnet": 2}),
        (None, (*units(wine=2), *units(wine=1), *units(wine=1)), {"wine": 2}),
        ("m01", units(egg_tart=1, wine=1), {"wine": 1}),
        ("m03", units(egg_tart=1, wine=1), {"egg-tart": 1, "wine": 1}),
        (None, (), {}),
    ],
)
def test_units_that_are_not_there_to_be_sent_are_all_named_each_once(
    merchant: str | None, what: tuple[Units, ...], over: dict[str, int]
) -> None:
    with pytest.raises(Refused) as no:
        ship(CONFIRMED, what, merchant)
    assert (no.value.code, no.value.kind) == ("parcel.units", "invalid")
    assert no.value.facts["over"] == [{"sku": sku, "short": n} for sku, n in over.items()]


def test_a_unit_leaves_once() -> None:
    part = told(CONFIRMED, shipped(*units(wine=2)))
    with pytest.raises(Refused) as no:
        ship(part, units(wine=1))
    assert no.value.facts["over"] == [{"sku": "wine", "short": 1}]


def test_goods_that_enter_the_mainland_leave_only_once_customs_has_let_them_in() -> None:
    bought = told(TO_ENTER, paid)
    with pytest.raises(Refused, match=r"parcel\.not-released"):
        ship(bought, units(wine=1))
    for status in ("declared", "customs-held"):
        with pytest.raises(Refused, match=r"order\.illegal-move"):
            ship(AT[status], units(wine=1))
    assert isinstance(ship(AT["released"], units(wine=1))[0], OrderPartShipped)


@pytest.mark.parametrize("status", ["placed", "expired", "cancelled", "rejected", "delivered"])
def test_nothing_leaves_of_an_order_that_is_not_paid_for_or_has_left(status: Status) -> None:
    with pytest.raises(Refused, match=r"order\.illegal-move"):
        ship(AT[status], units(wine=1))


def test_an_order_is_delivered_with_its_last_parcel_and_then_the_time_to_return_begins() -> None:
    both = told(CONFIRMED, shipped(*units(wine=2), id="a"), shipped(id="b"))
    [first] = parcel.deliver(both, "b", AFTER_GRACE, POLICY)
    assert isinstance(first, ParcelDelivered)
    [last] = parcel.deliver(told(both, delivered("b")), "a", AFTER_GRACE, POLICY)
    assert isinstance(last, OrderDelivered)
    assert last.return_until == AFTER_GRACE + POLICY.return_within
    order = told(both, delivered("b"), delivered("a"))
    assert (order.status, order.return_until) == ("delivered", last.return_until)


def test_a_part_that_arrives_before_the_rest_has_left_does_not_deliver_the_order() -> None:
    part = told(CONFIRMED, shipped(*units(wine=2), id="a"), delivered("a"))
    assert part.status == "part-shipped"
    order = told(part, shipped(id="b"), delivered("b"))
    assert order.status == "delivered"


def test_a_parcel_is_delivered_once_and_an_unknown_one_is_missing() -> None:
    for order in (AT["delivered"], AT["completed"]):
        assert parcel.deliver(order, "parcel-1", AFTER_GRACE, POLICY) == []
    for order in (AT["delivered"], CONFIRMED, NOTHING):
        with pytest.raises(Refused) as no:
            parcel.deliver(order, "lost", AFTER_GRACE, POLICY)
        assert (no.value.code, no.value.kind) == ("parcel.unknown", "missing")


def test_once_a_part_has_left_the_buyer_may_withdraw_no_more() -> None:
    assert CONFIRMED.grace_until is not None
    assert AT["part-shipped"].grace_until is None

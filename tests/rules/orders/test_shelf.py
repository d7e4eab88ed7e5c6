"""The price on the shelf: the listing that counts now, and how much of it one buyer may have."""

from dataclasses import replace
from datetime import timedelta

import pytest

from services.orders.ordering import claims
from services.orders.ordering.claims import Claims
from services.orders.pool import shelf as shelves
from services.orders.pool.shelf import Shelf
from shared.events.catalog import ListingState, Offer
from shared.events.money import Money
from shared.refusal import Refused
from tests.rules.orders.standing import NOW

PRICE = Money(amount=4800, currency="MOP")
ANA = Claims(claims.name("fair", "ana"))


def listed(listing: str, price: int, hours: tuple[int, int], *, withdrawn: bool = False) -> Shelf:
    offer = Offer(
        festival_id="fair",
        sku="egg-tart",
        merchant_id="m01",
        channel="online",
        price=Money(amount=price, currency="MOP"),
        valid_from=NOW + timedelta(hours=hours[0]),
        valid_until=NOW + timedelta(hours=hours[1]),
        max_per_buyer=3,
    )
    told = ListingState(listing_id=listing, offer=offer, withdrawn=withdrawn)
    return shelves.evolve(SHELF, told)


SHELF = Shelf(shelves.name("fair", "egg-tart", "online"))


def test_the_price_is_the_one_whose_window_the_clock_is_in() -> None:
    shelf = listed("l1", 4800, (0, 1))
    assert shelves.take(shelf, ANA, 1, NOW) == ("l1", PRICE)
    for moment in (NOW - timedelta(milliseconds=1), NOW + timedelta(hours=1)):
        with pytest.raises(Refused, match="listing\\.not-on-sale"):
            shelves.take(shelf, ANA, 1, moment)


def test_a_listing_that_is_withdrawn_sells_nothing() -> None:
    with pytest.raises(Refused):
        shelves.take(listed("l1", 4800, (0, 1), withdrawn=True), ANA, 1, NOW)


def test_nobody_has_more_than_the_listing_allows_in_however_many_orders() -> None:
    shelf = listed("l1", 4800, (0, 1))
    shelves.take(shelf, ANA, 3, NOW)
    with pytest.raises(Refused, match="listing\\.limit"):
        shelves.take(shelf, ANA, 4, NOW)
    with pytest.raises(Refused) as no:
        shelves.take(shelf, replace(ANA, listings={"l1": 2}), 2, NOW)
    assert (no.value.code, no.value.facts["yours"]) == ("listing.limit", 2)
    assert shelves.take(shelf, replace(ANA, listings={"l0": 9}), 3, NOW) == ("l1", PRICE)


def test_two_shelves_never_share_a_name() -> None:
    ids = ("fair:tart", "fair", "tart:box", "box", "a.b-c")
    names = {shelves.name(fair, sku, "live") for fair in ids for sku in ids}
    assert len(names) == len(ids) ** 2
    no_shelf = Shelf(shelves.name("fair:1", "tart:1", "live"))
    with pytest.raises(Refused) as no:
        shelves.take(no_shelf, ANA, 1, NOW)
    assert (no.value.facts["sku"], no.value.facts["channel"]) == ("tart:1", "live")

"""Listings: one price at a time on each shelf."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.catalog import listing as rules
from services.catalog.festival import Festival
from services.catalog.listing import Listing, Shelf, Terms
from services.catalog.product import Product
from shared.events.catalog import ListingChanged, ListingOpened, ListingWithdrawn, ProductSubmitted
from shared.events.money import Money
from shared.refusal import Refused
from tests.rules.catalog.fair import HOUR, NOON, announced, particulars, refusal, tart, told

SHELF = Shelf("booth:TART")


def terms(begins: int = 0, ends: int = 1, **other: Any) -> Terms:
    wish: dict[str, Any] = {
        "festival_id": "f1",
        "sku": "TART",
        "channel": "booth",
        "price": Money(amount=4800, currency="MOP"),
        "valid_from": NOON + begins * HOUR,
        "valid_until": NOON + ends * HOUR,
    }
    return Terms(**{**wish, **other})


def offer(
    wanted: Terms, listing: Listing | None = None, shelf: Shelf = SHELF, acting: str | None = "m01"
) -> list[ListingOpened | ListingChanged]:
    return rules.offer(listing or Listing("l1"), shelf, tart(), announced(), wanted, acting=acting)


def opened(wanted: Terms | None = None, id: str = "l1") -> Listing:
    blank = Listing(id)
    return told(blank, rules.evolve, offer(wanted or terms(), blank))


windows = st.tuples(st.integers(0, 12), st.integers(1, 6)).map(lambda w: (w[0], w[0] + w[1]))
wishes = st.lists(
    st.tuples(st.integers(0, 4), st.one_of(st.none(), windows)), min_size=1, max_size=30
)


@given(wishes)
def test_whatever_is_asked_no_shelf_has_two_prices_at_once(
    asked: list[tuple[int, tuple[int, int] | None]],
) -> None:
    shelf, listings = SHELF, {f"l{n}": Listing(f"l{n}") for n in range(5)}
    for number, span in asked:
        listing = listings[f"l{number}"]
        try:
            said = (
                offer(terms(*span), listing, shelf)
                if span
                else rules.withdraw(listing, acting=None)
            )
        except Refused as no:
            assert no.code in {"listing.overlap", "listing.withdrawn", "listing.unknown"}  # noqa: PT017 - or all was well
            continue
        listings[listing.id] = told(listing, rules.evolve, said)
        shelf = told(shelf, rules.evolve_shelf, said)
    held = [one.offer for one in listings.values() if one.offer and one.status == "open"]
    for hour in range(20):
        at = NOON + hour * HOUR
        assert sum(one.valid_from <= at < one.valid_until for one in held) <= 1
    assert {(slot.valid_from, slot.valid_until) for slot in shelf.slots} == {
        (one.valid_from, one.valid_until) for one in held
    }


def test_the_refusal_of_an_overlap_names_the_other_listing() -> None:
    shelf = told(SHELF, rules.evolve_shelf, offer(terms(0, 3)))
    with refusal("listing.overlap") as no:
        offer(terms(2, 4), Listing("l2"), shelf)
    assert no.value.facts["listing_id"] == "l1"


def test_a_price_may_begin_when_another_ends_and_end_when_another_begins() -> None:
    shelf = told(SHELF, rules.evolve_shelf, offer(terms(1, 3)))
    assert offer(terms(3, 4), Listing("l2"), shelf)
    assert offer(terms(0, 1), Listing("l2"), shelf)


def test_a_listing_does_not_stand_in_its_own_way() -> None:
    shelf = told(SHELF, rules.evolve_shelf, offer(terms(0, 3)))
    [changed] = offer(terms(1, 4), opened(terms(0, 3)), shelf)
    assert isinstance(changed, ListingChanged)


def test_another_shelf_is_another_matter() -> None:
    said = offer(terms(0, 3, channel="live"))
    assert told(SHELF, rules.evolve_shelf, said) == SHELF


def test_a_shelf_is_filled_by_listings_alone() -> None:
    submitted = ProductSubmitted(sku="TART", product=particulars().description)
    assert told(SHELF, rules.evolve_shelf, [submitted]) == SHELF


def test_what_was_never_offered_stands_on_no_shelf() -> None:
    assert rules.its_shelf(opened()) == SHELF.id
    with refusal("listing.unknown"):
        rules.its_shelf(Listing("l1"))
    with refusal("listing.unknown"):
        rules.withdraw(Listing("l1"), acting=None)
    with pytest.raises(ValueError, match="never been offered"):
        rules.tell(Listing("l1"))


def test_the_same_terms_again_say_nothing() -> None:
    assert offer(terms(), opened()) == []


def test_nothing_is_sold_for_nothing() -> None:
    with refusal("listing.price"):
        offer(terms(price=Money(amount=0, currency="MOP")))


def test_a_window_closes_after_it_opens() -> None:
    with refusal("window.empty"):
        offer(terms(1, 1))


def test_a_merchant_cannot_price_anothers_product() -> None:
    with refusal("merchant.another"):
        offer(terms(), acting="m02")
    with refusal("merchant.another"):
        rules.withdraw(opened(), acting="m02")


def test_a_merchant_cannot_take_over_anothers_listing_for_a_product_of_its_own() -> None:
    own = tart("OTHER", "m02")
    with refusal("merchant.another"):
        rules.offer(
            opened(), Shelf("booth:OTHER"), own, announced(), terms(sku="OTHER"), acting="m02"
        )


def test_a_listing_keeps_its_product_channel_and_festival() -> None:
    for other in (terms(channel="live"), terms(festival_id="f2")):
        with refusal("listing.another"):
            offer(other, opened())


def test_a_withdrawn_listing_frees_the_shelf_and_does_not_come_back() -> None:
    listing = opened()
    shelf = told(SHELF, rules.evolve_shelf, offer(terms()))
    said = rules.withdraw(listing, acting="m01")
    assert isinstance(said[0], ListingWithdrawn)
    listing, shelf = (
        told(listing, rules.evolve, said),
        told(shelf, rules.evolve_shelf, said),
    )
    assert shelf == SHELF
    assert rules.tell(listing).withdrawn
    assert rules.withdraw(listing, acting="m01") == []
    with refusal("listing.withdrawn"):
        offer(terms(), listing, shelf)


@pytest.mark.parametrize(
    ("product", "festival", "code"),
    [
        (Product("TART"), announced(), "product.unknown"),
        (tart(), Festival("f1"), "festival.unknown"),
        (tart(), Festival("f1", "closed"), "festival.closed"),
    ],
)
def test_what_is_listed_is_a_product_at_a_festival(
    product: Product, festival: Festival, code: str
) -> None:
    with refusal(code):
        rules.offer(Listing("l1"), SHELF, product, festival, terms(), acting=None)


@pytest.mark.parametrize("flag", ["exhibit_only", "medicine_restricted"])
def test_what_may_only_be_shown_and_what_heals_is_never_sold_live(flag: str) -> None:
    kept_out = tart(flags=("fragile", flag))
    for channel in ("booth", "online"):
        shelf, wish = Shelf(f"{channel}:TART"), terms(channel=channel)
        assert rules.offer(Listing("l1"), shelf, kept_out, announced(), wish, acting=None)
    with refusal("listing.never-live") as no:
        wish = terms(channel="live")
        rules.offer(Listing("l1"), Shelf("live:TART"), kept_out, announced(), wish, acting=None)
    assert no.value.facts["flags"] == [flag]

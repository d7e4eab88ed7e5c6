"""Copies of others' facts: who sells, at which price, and what became of an order."""

from datetime import UTC, datetime, timedelta

from services.livestream.record import sale
from services.livestream.record.sale import Sale
from services.livestream.showing import goods, seller
from services.livestream.showing.goods import Goods
from services.livestream.showing.seller import Seller
from shared.events.catalog import (
    ListingState,
    MerchantRegistered,
    MerchantRevised,
    MerchantVerified,
    Offer,
    VerificationExpired,
)
from shared.events.ids import Channel
from shared.events.orders import Line, OrderConfirmed
from tests.rules.livestream.room import MORNING, TITLES, mop

NOON = datetime(2025, 5, 24, 4, tzinfo=UTC)


def listed(amount: int, channel: Channel = "live", *, withdrawn: bool = False) -> ListingState:
    offer = Offer(
        festival_id="f",
        sku="x",
        merchant_id="m01",
        channel=channel,
        price=mop(amount),
        valid_from=MORNING,
        valid_until=MORNING + timedelta(hours=2),
    )
    return ListingState(listing_id=f"{channel}-x", offer=offer, withdrawn=withdrawn)


def test_a_product_costs_what_its_live_listing_asks_and_no_other() -> None:
    one = goods.evolve(goods.evolve(Goods("x"), listed(100)), listed(90, "booth"))
    assert one.costs(mop(100), "f", MORNING)
    assert not one.costs(mop(90), "f", MORNING)
    assert not one.costs(mop(100), "f", MORNING + timedelta(hours=2))
    changed = goods.evolve(one, listed(80))
    assert [price.price for price in changed.prices] == [mop(80)]
    assert goods.evolve(changed, listed(80)) is changed
    assert goods.evolve(changed, listed(80, withdrawn=True)).prices == ()


def test_a_merchant_goes_by_the_name_catalog_told_last() -> None:
    joined = MerchantRegistered(merchant_id="m01", names=TITLES, category="bakery", country="MO")
    one = seller.evolve(Seller("m01"), joined)
    assert (one.legal_name, one.country) == (TITLES, "MO")
    assert seller.evolve(one, joined) is one
    revised = MerchantRevised(merchant_id="m01", names=TITLES, category="bakery", country="CN")
    assert seller.evolve(one, revised).country == "CN"
    assert seller.evolve(Seller("m02"), revised) == Seller("m02")
    moved = revised.model_copy(update={"address": "2 Other Street", "contact": "+853 1"})
    assert seller.evolve(one, moved).address == "2 Other Street"


def test_a_merchant_is_verified_until_catalog_says_it_is_to_be_looked_at_again() -> None:
    due = MORNING + timedelta(days=1)
    looked_at = MerchantVerified(
        merchant_id="m01", verified_at=MORNING, next_verification_at=due, by="ana"
    )
    one = seller.evolve(Seller("m01"), looked_at)
    assert [one.is_verified(at) for at in (MORNING, due)] == [True, False]
    assert seller.evolve(one, looked_at) is one
    assert not seller.evolve(
        one, VerificationExpired(merchant_id="m01", next_verification_at=due)
    ).is_verified(MORNING)
    assert not Seller("m01").is_verified(MORNING)


def confirmed(session_id: str | None) -> OrderConfirmed:
    return OrderConfirmed(
        order_id="o",
        festival_id="f",
        buyer_id="b",
        channel="live",
        lines=(Line(sku="x", merchant_id="m01", quantity=1, unit_price=mop(1)),),
        total=mop(1),
        method="provider",
        session_id=session_id,
        at=NOON,
    )


def test_an_order_of_a_session_is_followed_until_it_is_over_and_beyond() -> None:
    one = sale.evolve(Sale("o"), confirmed("s"))
    assert (one.session_id, one.open, one.last_at) == ("s", True, NOON)
    for days, over in ((3, False), (10, True), (12, False), (1, False)):
        for fact in sale.follow(one, NOON + timedelta(days=days), over=over):
            one = sale.evolve(one, fact)
    assert (one.open, one.last_at) == (False, NOON + timedelta(days=12))


def test_an_order_of_no_session_is_not_followed() -> None:
    one = sale.evolve(Sale("o"), confirmed(None))
    assert one == Sale("o")
    assert sale.follow(one, NOON, over=True) == []

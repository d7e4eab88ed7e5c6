"""Deals: units allocated to a room; who may have them, until when, and what moves them."""

from datetime import timedelta

import pytest

from services.orders.ordering.claims import Claims
from services.orders.pool import deal as deals
from services.orders.pool.deal import Asked, Deal
from services.orders.pool.stock import Stock
from shared.events.livestream import DealShown
from shared.refusal import Refused
from tests.rules.orders.standing import NOW, mop

TARTS, ROOM = "egg-tart", "room-1"
PRICE = mop(4800)
ANA = Claims("fair/ana")


def funded(units: int = 5, per_buyer: int = 2) -> Deal:
    return Deal(
        "d",
        "funded",
        session_id=ROOM,
        sku=TARTS,
        units=units,
        left=units,
        per_buyer=per_buyer,
        price=PRICE,
    )


@pytest.mark.parametrize(
    ("deal", "code"),
    [
        (Deal("d"), "deal.unknown"),
        (funded(units=1), "deal.sold-out"),
        (funded(per_buyer=1), "deal.limit"),
    ],
)
def test_a_deal_says_why_it_is_not_to_be_had(deal: Deal, code: str) -> None:
    with pytest.raises(Refused) as no:
        deals.take(deal, ANA, Asked(ROOM, TARTS, 2), NOW)
    assert no.value.code == code


def test_a_deal_is_over_at_the_very_instant_it_ends() -> None:
    shown = DealShown(
        deal_id="d",
        session_id=ROOM,
        sku=TARTS,
        starts_at=NOW,
        ends_at=NOW + timedelta(seconds=60),
        price=PRICE,
        units=5,
    )
    deal, asked = deals.evolve(funded(), shown), Asked(ROOM, TARTS, 1)
    assert deals.take(deal, ANA, asked, NOW + timedelta(seconds=59.999)) == PRICE
    with pytest.raises(Refused, match="deal\\.over"):
        deals.take(deal, ANA, asked, NOW + timedelta(seconds=60))


def test_a_deal_of_another_room_is_unknown_in_this_one() -> None:
    with pytest.raises(Refused, match="deal\\.unknown"):
        deals.take(funded(), ANA, Asked("room-2", TARTS, 1), NOW)


def test_a_pool_that_does_not_add_up_cannot_be_written_down() -> None:
    with pytest.raises(AssertionError):
        Stock(TARTS, received=5, free=3, held=1)

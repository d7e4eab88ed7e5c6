"""Deals: funded before they are shown, within what was approved, over when time says so."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.livestream.directing.moves import GRACE
from services.livestream.showing import deal
from services.livestream.showing.deal import Wanted
from services.livestream.showing.goods import Goods
from shared.events.livestream import DealRequested, DealShown, SessionEnded
from shared.events.money import Money
from shared.events.orders import DealState
from shared.refusal import Refused
from tests.rules.livestream.room import (
    HOST,
    ORGANISER,
    OTHER_HOST,
    PLAN,
    Room,
    live_room,
    mop,
    refused,
)

BISCUITS = Wanted(position=1, units=50, price=mop(4000), per_buyer=1, seconds=60)


def test_a_deal_is_asked_for_as_the_slot_has_it_unless_told_otherwise() -> None:
    room = live_room()
    [asked] = room.ask("deal-1", Wanted(sku="FEI-BAK-005"))
    assert asked == DealRequested(
        deal_id="deal-1",
        session_id="sess-1",
        sku="FEI-BAK-005",
        festival_id="beijing-2025",
        units=60,
        price=mop(7000),
        per_buyer=2,
        seconds=180,
    )


@pytest.mark.parametrize(
    "wanted",
    [
        Wanted(position=1, units=101),
        Wanted(position=1, price=mop(4801)),
        Wanted(position=1, price=Money(amount=100, currency="CNY")),
        Wanted(position=1, per_buyer=3),
    ],
)
def test_a_deal_stays_within_the_approved_slot(wanted: Wanted) -> None:
    with refused("deal.beyond-slot"):
        live_room().ask("deal-1", wanted)


@pytest.mark.parametrize(
    "wanted", [Wanted(), Wanted(position=9), Wanted(sku="FEI-WIN-001"), Wanted(1, "FEI-BAK-005")]
)
def test_a_deal_is_asked_for_on_a_slot_of_the_show(wanted: Wanted) -> None:
    with refused("deal.slot"):
        live_room().ask("deal-1", wanted)


def test_deals_of_one_product_share_what_the_show_allows_of_it() -> None:
    room = live_room()
    room.ask("deal-1", Wanted(position=1, units=70))
    with pytest.raises(Refused) as no:
        room.ask("deal-2", Wanted(position=1, units=40))
    assert no.value.facts == {"free": 30}
    room.fund("deal-1")
    room.close("deal-1")
    room.settle("deal-1", taken=10)
    room.ask("deal-2", Wanted(position=1, units=90))
    with refused("deal.units"):
        room.ask("deal-3", Wanted(position=1, units=1))


def test_what_orders_refuses_is_free_to_be_asked_for_again() -> None:
    room = live_room()
    room.ask("deal-1", Wanted(position=1))
    room.refuse("deal-1", free=20)
    assert (room.deals["deal-1"].status, room.deals["deal-1"].reason) == (
        "refused",
        "stock.sold-out",
    )
    room.ask("deal-2", Wanted(position=1, units=20))
    with refused("deal.not-funded"):
        room.show("deal-1")


def test_only_a_funded_deal_is_shown_and_only_in_a_live_room() -> None:
    room = live_room()
    room.ask("deal-1", BISCUITS)
    with refused("deal.not-funded"):
        room.show("deal-1")
    room.fund("deal-1")
    room.pause()
    with refused("deal.not-live"):
        room.show("deal-1")
    room.resume()
    [shown] = room.show("deal-1")
    assert isinstance(shown, DealShown)
    assert (shown.starts_at, shown.ends_at) == (room.now, room.now + timedelta(seconds=60))
    with refused("deal.not-funded"):
        room.show("deal-1")


def test_a_room_shows_one_price_for_one_product() -> None:
    room = live_room()
    for deal_id in ("deal-1", "deal-2"):
        room.ask(deal_id, BISCUITS)
        room.fund(deal_id)
    room.show("deal-1")
    with refused("deal.sku-shown"):
        room.show("deal-2")
    room.close("deal-1")
    room.show("deal-2")


def test_a_deal_ends_when_its_time_is_up_and_not_before() -> None:
    room = live_room()
    room.ask("deal-1", BISCUITS)
    room.fund("deal-1")
    room.show("deal-1")
    room.now += timedelta(seconds=59.999)
    with refused("deal.not-due"):
        room.time_is_up("deal-1")
    room.now += timedelta(milliseconds=1)
    room.time_is_up("deal-1")
    assert room.closed() == {"deal-1": "time"}
    with refused("deal.not-due"):
        room.time_is_up("deal-1")


def test_a_deal_whose_last_unit_is_taken_is_over() -> None:
    room = live_room()
    room.ask("deal-1", Wanted(position=1, units=10))
    room.fund("deal-1")
    room.show("deal-1")
    room.count("deal-1", 1)
    assert room.closed() == {}
    room.count("deal-1", 0)
    assert room.closed() == {"deal-1": "units"}
    assert room.session.open_lots == ()
    with refused("deal.over"):
        room.close("deal-1")
    room.count("deal-1", 3)  # orders that nobody paid for do not open it again
    assert room.deals["deal-1"].status == "closed"


def test_the_end_of_the_session_closes_every_deal_that_is_not_over() -> None:
    room = live_room()
    for n, units in enumerate((10, 20, 30)):
        room.ask(f"deal-{n}", Wanted(position=1, units=units))
    room.fund("deal-1")
    room.fund("deal-2")
    room.show("deal-2")
    facts = room.end()
    assert room.closed() == dict.fromkeys(("deal-0", "deal-1", "deal-2"), "session")
    assert isinstance(facts[-1], SessionEnded)


def test_units_funded_for_a_deal_that_is_over_do_not_bring_it_back() -> None:
    room = live_room()
    room.ask("deal-1", BISCUITS)
    room.close("deal-1")
    assert room.fund("deal-1") == []
    assert room.deals["deal-1"].status == "closed"
    assert room.session.open_lots == ()


def test_a_plan_with_open_deals_on_it_is_not_replaced() -> None:
    room = Room()
    room.schedule()
    room.approve()
    room.ask("deal-1", BISCUITS)
    with refused("session.deals-open"):
        room.schedule(plan=replace(PLAN, slots=()))
    room.close("deal-1")
    room.schedule(plan=replace(PLAN, slots=()))


def test_another_host_asks_for_nothing_and_shows_nothing() -> None:
    room = live_room()
    with refused("session.not-yours"):
        room.ask("deal-1", BISCUITS, OTHER_HOST)
    room.ask("deal-1", BISCUITS)
    room.fund("deal-1")
    for act in (room.show, room.close):
        with refused("session.not-yours"):
            act("deal-1", OTHER_HOST)


def test_a_deal_of_another_room_is_not_known_here() -> None:
    room, other = live_room(), live_room()
    room.ask("deal-1", BISCUITS)
    room.fund("deal-1")
    other.session = other.session.__class__("sess-2", host_id=other.session.host_id, status="live")
    with pytest.raises(Refused) as no:
        deal.show(other.session, room.deals["deal-1"], ORGANISER, room.now)
    assert no.value.kind == "missing"


def test_what_is_left_is_known_as_orders_tells_it() -> None:
    room = live_room()
    room.ask("deal-1", BISCUITS)
    room.fund("deal-1")
    told = DealState(
        deal_id="deal-1",
        session_id="sess-1",
        sku="FEI-BAK-001",
        units=50,
        left=47,
        taken=3,
        status="shown",
    )
    room.happen(deal.count(room.deals["deal-1"], told))
    assert (room.deals["deal-1"].left, room.deals["deal-1"].taken) == (47, 3)
    assert deal.count(room.deals["deal-1"], told) == []


@pytest.mark.parametrize("flag", ["exhibit_only", "medicine_restricted"])
def test_what_no_live_room_may_sell_is_neither_planned_nor_dealt_in(flag: str) -> None:
    room = live_room()
    room.flag("FEI-BAK-005", "fragile", flag)
    with refused("deal.never-live") as no:
        room.ask("deal-1", Wanted(sku="FEI-BAK-005"))
    assert no.value.facts == {"flags": [flag]}
    room.ask("deal-2", BISCUITS)
    another = Room(goods=room.goods)
    with refused("session.never-live") as no:
        another.schedule()
    assert no.value.facts == {"skus": ["FEI-BAK-005"]}


def test_other_flags_keep_nothing_out() -> None:
    room = Room()
    room.flag("FEI-BAK-001", "fragile", "health_claim_guard")
    room.schedule()
    room.approve()
    assert room.ask("deal-1", BISCUITS)


def test_a_deal_is_asked_for_on_the_product_that_was_looked_at() -> None:
    room = live_room()
    with refused("deal.slot-moved") as no:
        deal.request(
            room.session, deal.Deal("d"), Goods("FEI-BAK-005"), BISCUITS, HOST, at=room.now
        )
    assert no.value.kind == "stale"


def test_a_session_whose_host_is_gone_lets_everything_go_an_hour_after_its_end() -> None:
    room = live_room()
    for n, units in enumerate((10, 20, 30)):
        room.ask(f"deal-{n}", Wanted(position=1, units=units, seconds=86_400))
    room.fund("deal-1")
    room.fund("deal-2")
    room.show("deal-2")
    room.now = PLAN.ends_at + GRACE - timedelta(milliseconds=1)
    with refused("session.not-over"):
        room.let_go()
    room.ask("deal-3", Wanted(position=1, units=1))
    room.now += timedelta(milliseconds=1)
    room.let_go()
    assert room.closed() == {f"deal-{n}": "time" for n in range(4)}
    assert (room.session.status, room.session.ended_at) == ("ended", room.now)
    with refused("session.not-over"):
        room.let_go()
    with refused("deal.no-session"):
        room.ask("deal-4", Wanted(position=1, units=1))


def test_a_session_that_never_began_lets_everything_go_too() -> None:
    room = Room()
    room.schedule()
    room.approve()
    room.ask("deal-1", BISCUITS)
    room.fund("deal-1")
    room.now = PLAN.ends_at + GRACE
    room.let_go()
    assert room.session.open_lots == ()
    with refused("deal.too-late"):
        room.ask("deal-2", BISCUITS)


STEPS = st.tuples(
    st.sampled_from(("ask", "fund", "refuse", "show", "close", "time", "settle")),
    st.integers(0, 3),
    st.integers(1, 100),
)


@given(st.lists(STEPS, max_size=60))
def test_open_deals_and_sales_never_exceed_what_was_approved(
    steps: list[tuple[str, int, int]],
) -> None:
    room = live_room()
    for step, n, units in steps:
        deal_id = f"deal-{n}"
        try:
            match step:
                case "ask":
                    room.ask(deal_id, Wanted(position=1, units=units, seconds=30))
                case "settle" if room.deals[deal_id].status == "closed":
                    room.settle(deal_id, taken=min(units, room.deals[deal_id].units))
                case "fund" if room.deals[deal_id].status == "requested":
                    room.fund(deal_id)
                case "refuse" if room.deals[deal_id].status == "requested":
                    room.refuse(deal_id, free=0)
                case "show":
                    room.show(deal_id)
                case "close":
                    room.close(deal_id)
                case "time":
                    room.now += timedelta(seconds=units)
                    room.time_is_up(deal_id)
                case _:
                    pass
        except (Refused, KeyError):
            continue
        assert sum(lot.units for lot in room.session.lots) <= 100
        assert sum(lot.stage == "shown" for lot in room.session.lots) <= 1
        open_deals = {d.id for d in room.deals.values() if d.status in OPEN}
        assert open_deals == {lot.deal_id for lot in room.session.open_lots}


OPEN = ("requested", "funded", "shown")

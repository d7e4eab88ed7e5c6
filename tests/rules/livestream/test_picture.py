"""The picture: the same for who saw everything and who came late; old news changes nothing."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.livestream.directing import session
from services.livestream.directing.session import Session
from services.livestream.room.picture import Picture, Said
from services.livestream.showing.deal import Deal
from services.livestream.showing.goods import Goods
from services.livestream.showing.tally import Tally
from shared.events.base import Event
from shared.events.livestream import (
    AiLabelMissed,
    AiLabelRestored,
    DealClosed,
    DealShown,
    RunningOrderChanged,
    SessionState,
    TallyState,
)
from shared.events.orders import DealState, StockState
from tests.rules.livestream.room import MORNING, PLAN, SELLER, TITLES, Room, live_room, mop

GOODS = {"FEI-BAK-001": Goods("FEI-BAK-001", TITLES, "m01", 500)}
CARD = {
    "merchant_id": "m01",
    "legal_name": TITLES.model_dump(by_alias=True),
    "address": "1 Demonstration Street, Macao",
    "contact": "+853 0000 0000",
}


def picture(of: Session, deals: Iterable[Deal] = ()) -> Picture:
    return Picture(of, deals, Tally("sess-1"), GOODS, {"m01": SELLER})


def state(room: Room) -> SessionState:
    return session.state_of(room.session)


def hear(seen: Picture, *facts: Event) -> list[Said]:
    return [said for fact in facts for said in seen.apply(fact)]


SHOWN = DealShown(
    deal_id="deal-1",
    session_id="sess-1",
    sku="FEI-BAK-001",
    starts_at=MORNING,
    ends_at=MORNING + timedelta(seconds=60),
    price=mop(4000),
    units=50,
    per_buyer=1,
)
CLOSED = DealClosed(deal_id="deal-1", session_id="sess-1", sku="FEI-BAK-001", reason="host")


def left(units: int) -> DealState:
    return DealState(
        deal_id="deal-1",
        session_id="sess-1",
        sku="FEI-BAK-001",
        units=50,
        left=units,
        taken=50 - units,
        status="shown",
    )


def test_a_pin_is_a_card_with_all_a_buyer_asks_about() -> None:
    room = live_room()
    seen = picture(room.session)
    room.pin("FEI-BAK-001", 0)
    [pin] = hear(seen, state(room))
    assert pin.event == "pin"
    assert pin.data == {
        "sku": "FEI-BAK-001",
        "names": TITLES.model_dump(by_alias=True),
        "merchant_id": "m01",
        "seller": CARD,
        "price": {"amount": 4800, "currency": "MOP"},
        "free": 500,
        "sequence": 1,
        "offset_ms": 0,
    }


@given(st.lists(st.sampled_from(("pause", "resume", "pin", "unpin")), max_size=20), st.data())
def test_what_was_known_already_is_not_told_again(steps: list[str], data: st.DataObject) -> None:
    room = live_room()
    states = [state(room)]
    for step in steps:
        match step:
            case "pin" if room.session.status == "live":
                room.pin("FEI-BAK-001", room.session.sequence)
            case "unpin" if room.session.pin and room.session.status == "live":
                room.unpin()
            case "pause" if room.session.status == "live":
                room.pause()
            case "resume" if room.session.status == "paused":
                room.resume()
            case _:
                continue
        states.append(state(room))
    late = picture(room.session)
    first = late.whole()
    assert hear(late, *data.draw(st.lists(st.sampled_from(states)))) == []
    assert late.whole() == first
    early = picture(live_room().session)
    hear(early, *states)
    assert early.whole() == first


def test_a_deal_is_counted_while_it_is_shown_and_gone_when_it_is_closed() -> None:
    seen = picture(live_room().session)
    shown, counted, closed = hear(seen, SHOWN, left(47), left(47), CLOSED, CLOSED, left(46))
    assert (shown.event, shown.data["status"], shown.figure) == ("deal", "shown", "")
    assert counted == Said(
        "stock",
        {"deal_id": "deal-1", "sku": "FEI-BAK-001", "left": 47, "taken": 3},
        "deal:deal-1",
    )
    assert closed.data == {
        "deal_id": "deal-1",
        "sku": "FEI-BAK-001",
        "status": "closed",
        "reason": "host",
    }
    assert seen.whole()["deals"] == []


def test_a_deal_that_is_over_does_not_come_back_by_late_news() -> None:
    over = Deal("deal-1", "closed", "sess-1", sku="FEI-BAK-001", units=50, price=mop(4000))
    seen = picture(live_room().session, [over])
    assert hear(seen, SHOWN, left(49), CLOSED) == []
    assert seen.whole()["deals"] == []


def test_the_units_free_are_told_of_what_is_pinned_only() -> None:
    def free(sku: str, units: int) -> StockState:
        return StockState(sku=sku, received=units, free=units, allocated=0, held=0, sold=0)

    room = live_room()
    room.pin("FEI-BAK-001", 0)
    seen = picture(room.session)
    told = hear(seen, free("FEI-BAK-005", 9), free("FEI-BAK-001", 499), free("FEI-BAK-001", 499))
    assert told == [Said("stock", {"sku": "FEI-BAK-001", "free": 499}, "sku:FEI-BAK-001")]
    room.pin("FEI-BAK-005", 1)
    [pin] = hear(seen, state(room))
    assert pin.data["free"] == 9


def test_what_was_sold_only_grows() -> None:
    def sold(orders: int) -> TallyState:
        return TallyState(session_id="sess-1", orders=orders, units=orders, by_sku={"x": orders})

    seen = picture(live_room().session)
    assert [said.data["orders"] for said in hear(seen, sold(2), sold(1), sold(2), sold(3))] == [
        2,
        3,
    ]


def test_a_room_whose_plan_is_unknown_in_part_shows_what_it_knows() -> None:
    room = live_room()
    room.session = replace(room.session, slots=())
    room.facts.clear()
    seen = picture(room.session)
    [shown] = hear(seen, SHOWN)
    assert shown.data["names"] == TITLES.model_dump(by_alias=True)


def test_what_the_law_owes_viewers_is_told_once() -> None:
    room = live_room()
    seen = picture(room.session)
    assert not seen.whole()["ai_label"]
    room.pin("FEI-BAK-001", 0)
    room.correct("It cures colds.", "It is a biscuit.")
    told = [*room.said, *room.said]
    missed = AiLabelMissed(session_id="sess-1", since=MORNING, offset_ms=5)
    restored = AiLabelRestored(session_id="sess-1", offset_ms=9)
    notices = [said.data for said in hear(seen, *told, missed, missed, restored)]
    assert notices == [
        {"kind": "seller", "sku": "FEI-BAK-001", "seller": CARD},
        {"kind": "correction", "said": "It cures colds.", "corrected": "It is a biscuit."},
        {"kind": "ai-host", "labelled": False},
        {"kind": "ai-host", "labelled": True},
    ]


def test_the_room_of_an_ai_host_is_labelled_from_the_beginning() -> None:
    for kind in ("ai", "mixed"):
        room = Room()
        room.schedule(plan=replace(PLAN, host_type=kind))
        assert picture(room.session).whole()["ai_label"]


def test_a_price_that_two_have_changed_is_on_the_pin() -> None:
    room = live_room()
    seen = picture(room.session)
    room.reorder(PLAN.slots[0].model_copy(update={"price": mop(4700)}))
    assert hear(seen, *room.said) == []
    [changed] = [fact for fact in room.approve_order() if isinstance(fact, RunningOrderChanged)]
    assert hear(seen, changed) == []
    assert seen.skus == {"FEI-BAK-001"}
    room.pin("FEI-BAK-001", 0)
    [pin] = hear(seen, state(room))
    assert pin.data["price"] == {"amount": 4700, "currency": "MOP"}
    room.reorder(PLAN.slots[0])
    [again] = [fact for fact in room.approve_order() if isinstance(fact, RunningOrderChanged)]
    [repriced] = hear(seen, again)
    assert repriced.data == pin.data | {"price": {"amount": 4800, "currency": "MOP"}}
    assert seen.whole()["pin"] == repriced.data
    hear(seen, changed.model_copy(update={"version": 1, "slots": ()}))  # old news
    assert seen.skus == {"FEI-BAK-001"}

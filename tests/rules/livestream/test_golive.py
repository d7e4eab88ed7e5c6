"""The go-live checklist: all of it true, or refused with every reason."""

from dataclasses import replace
from datetime import timedelta

import pytest

from services.livestream.directing.host import Host, Licence
from services.livestream.directing.moves import GRACE, Plan
from services.livestream.directing.presence import LABEL_GAP, PRESENT_FOR
from services.livestream.showing.deal import Wanted
from services.livestream.showing.seller import Seller
from tests.rules.livestream.room import (
    ADULT,
    HOST,
    ORGANISER,
    PLAN,
    SELLER,
    Room,
    mop,
    refused,
    slot,
)

BISCUITS, TARTS = "FEI-BAK-001", "FEI-BAK-005"


def ready_room(plan: Plan = PLAN) -> Room:
    room = Room()
    room.schedule(plan=plan)
    room.approve()
    room.prepare()
    return room


def test_nothing_is_missing_once_everything_is_seen_to() -> None:
    room = ready_room()
    assert room.missing() == {}
    room.go_live()
    assert (room.session.status, room.session.started_at) == ("live", room.now)


def test_a_start_is_refused_with_every_reason_at_once() -> None:
    room = Room(host=Host(HOST.id), seller=Seller("m01"))
    room.schedule(plan=replace(PLAN, host_type="ai"))
    room.approve()
    room.flag(BISCUITS)  # catalog has told of it, with nothing else known
    with refused("session.not-ready") as no:
        room.go_live()
    missing = no.value.facts["missing"]
    assert isinstance(missing, list)
    assert [one["check"] for one in missing] == [
        "sellers",
        "verification",
        "prices",
        "stock",
        "host",
        "age",
        "ai-label",
        "recording",
        "moderator",
    ]
    assert all(one["reason"].endswith(".") for one in missing)
    about = {one["check"]: one["about"] for one in missing}
    assert (about["sellers"], about["prices"], about["host"]) == (
        [BISCUITS, TARTS],
        [BISCUITS, TARTS],
        [],
    )
    assert "moderator" in no.value.detail
    assert room.session.status == "approved"


def test_a_line_up_nobody_has_approved_is_on_the_list_and_refused_as_a_move() -> None:
    room = Room()
    room.schedule()
    assert "line-up" in room.missing()
    with refused("session.illegal-move"):
        room.go_live()


def test_a_session_that_should_be_long_over_does_not_begin() -> None:
    room = ready_room()
    room.now = PLAN.ends_at + GRACE
    with refused("session.too-late"):
        room.start()


def test_a_product_whose_seller_has_no_name_keeps_the_room_closed() -> None:
    room = ready_room()
    room.goods[TARTS] = replace(room.goods_of(TARTS), merchant_id="m02")
    assert room.missing() == {
        "sellers": f"Nobody knows who sells {TARTS}.",
        "verification": f"Nobody has looked lately at who sells {TARTS}.",
    }


def test_goods_of_a_merchant_whose_verification_has_run_out_keep_the_room_closed() -> None:
    room = ready_room()
    room.seller = replace(SELLER, verified_until=room.now)
    assert room.missing() == {
        "verification": f"Nobody has looked lately at who sells {BISCUITS}, {TARTS}."
    }
    with refused("session.not-ready"):
        room.go_live()
    room.seller = replace(SELLER, verified_until=room.now + timedelta(seconds=1))
    assert room.missing() == {}


@pytest.mark.parametrize(
    "change",
    [
        {"price": mop(4801)},
        {"festival_id": "another"},
        {"valid_until": PLAN.starts_at},
        {"valid_from": PLAN.starts_at + timedelta(seconds=1)},
    ],
    ids=str,
)
def test_the_price_shown_is_the_price_the_live_listing_asks(change: dict[str, object]) -> None:
    room = ready_room()
    [price] = room.goods_of(BISCUITS).prices
    room.goods[BISCUITS] = replace(
        room.goods_of(BISCUITS),
        prices=(replace(price, **change),),  # type: ignore[arg-type]
    )
    assert room.missing().keys() == {"prices"}


def test_a_listing_that_opens_when_the_session_does_is_early_enough_for_an_early_start() -> None:
    room = ready_room()
    room.now = PLAN.starts_at - timedelta(seconds=20)
    assert room.missing() == {}


def test_what_is_neither_free_nor_set_aside_is_not_sold() -> None:
    room = ready_room()
    room.goods[BISCUITS] = replace(room.goods_of(BISCUITS), free=0)
    assert room.missing() == {"stock": f"Nothing is free or set aside of {BISCUITS}."}


def test_units_that_are_asked_for_have_to_be_set_aside_first() -> None:
    room = ready_room()
    room.ask("deal-1", Wanted(position=1))
    assert room.missing().keys() == {"stock"}
    room.fund("deal-1")
    room.goods[BISCUITS] = replace(room.goods_of(BISCUITS), free=0)
    assert room.missing() == {}


def test_a_host_is_verified_on_the_day_itself() -> None:
    room = ready_room()
    day = "2025-05-24"  # 02:30 UTC is the same day in China
    room.host = replace(ADULT, verified_until=day)
    assert room.missing() == {}
    room.host = replace(ADULT, verified_until="2025-05-23")
    assert room.missing() == {"host": "The host was verified until 2025-05-23."}


def test_a_day_is_counted_where_the_buyers_are() -> None:
    room = ready_room()
    room.host = replace(ADULT, verified_until="2025-05-24")
    room.now = PLAN.starts_at.replace(hour=15, minute=59)
    room.attend(ORGANISER)
    assert "host" not in room.missing()
    room.now += timedelta(minutes=1)  # midnight in China
    assert "host" in room.missing()


@pytest.mark.parametrize(
    ("born_on", "consent", "allowed"),
    [
        ("2009-05-24", True, True),  # 16 today
        ("2009-05-24", False, False),
        ("2009-05-25", True, False),  # 16 tomorrow
        ("2007-05-24", False, True),  # 18 today
        ("2007-05-25", False, False),
    ],
)
def test_under_16_nobody_hosts_and_under_18_nobody_without_a_guardians_consent(
    *, born_on: str, consent: bool, allowed: bool
) -> None:
    room = ready_room()
    room.host = replace(ADULT, born_on=born_on, guardian_consent=consent)
    assert ("age" not in room.missing()) == allowed


def test_an_ai_host_is_labelled_before_the_room_opens() -> None:
    for kind in ("ai", "mixed"):
        room = ready_room(replace(PLAN, host_type=kind))
        assert room.missing().keys() == {"ai-label"}
        room.label()
        assert room.missing() == {}
        room.now += LABEL_GAP
        assert room.missing().keys() == {"ai-label"}


def test_a_moderator_is_there_and_the_host_is_not_their_own() -> None:
    room = ready_room()
    room.now += PRESENT_FOR
    assert room.missing().keys() == {"moderator"}
    room.attend(HOST)
    assert room.missing().keys() == {"moderator"}
    room.attend(ORGANISER)
    assert room.missing() == {}


@pytest.mark.parametrize(
    ("hs_code", "needed"),
    [
        ("190531", "food"),  # biscuits
        ("160414", "food"),  # canned tuna
        ("220421", "food and alcohol"),  # wine
        ("220210", "food"),  # lemonade
        ("330499", ""),  # cream
        ("490199", ""),  # a book
    ],
)
def test_food_and_wine_rooms_have_a_licence(hs_code: str, needed: str) -> None:
    room = ready_room()
    room.goods[BISCUITS] = replace(room.goods_of(BISCUITS), hs_code=hs_code)
    assert room.missing() == {}
    room.host = replace(ADULT, licences=())
    wanted = {"licences": f"The host has no licence for {needed}."} if needed else {}
    assert room.missing() == wanted


def test_a_licence_that_has_run_out_is_none() -> None:
    room = ready_room()
    room.goods[BISCUITS] = replace(room.goods_of(BISCUITS), hs_code="190531")
    room.host = replace(ADULT, licences=(Licence("food", "2025-05-23"),))
    assert room.missing().keys() == {"licences"}


def test_a_product_that_is_in_the_plan_twice_is_looked_at_once() -> None:
    twice = replace(PLAN, slots=(slot(1, BISCUITS), slot(2, BISCUITS)))
    room = ready_room(twice)
    assert room.missing() == {}
    room.goods[BISCUITS] = replace(room.goods_of(BISCUITS), free=None)
    assert room.missing() == {"stock": f"Nothing is free or set aside of {BISCUITS}."}

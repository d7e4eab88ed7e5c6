"""Coupons in a room: handed out by who controls it, as long as orders lets them be used."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.livestream.directing.session import Asker
from services.livestream.record import timeline
from services.livestream.record.timeline import Timeline
from services.livestream.showing import coupon
from services.livestream.showing.coupon import MOST_HANDED_OUT, MOST_SHOWN, Coupon
from services.livestream.showing.handed import Handed
from shared.events.livestream import CouponHandedOut, CouponTakenDown, EvidenceDeleted
from shared.events.orders import CouponState
from tests.rules.livestream.room import HOST, MORNING, OTHER_HOST, Room, issued, live_room, refused

SECOND = timedelta(seconds=1)


def state(one: Coupon, left: int, *, withdrawn: bool = False) -> CouponState:
    assert one.terms
    return CouponState(coupon_id=one.id, terms=one.terms, left=left, withdrawn=withdrawn)


def test_a_coupon_is_handed_out_with_its_terms_and_the_record_keeps_it() -> None:
    room, one = live_room(), issued()
    room.now += 7 * SECOND
    assert room.hand_out(one) == [
        CouponHandedOut(
            session_id="sess-1",
            coupon_id="c1",
            terms=one.terms,  # type: ignore[arg-type]
            left=50,
            sequence=1,
            offset_ms=7_000,
            by=HOST.id,
        )
    ]
    assert room.hand_out(one) == []  # it is shown already
    room.now += 5 * SECOND
    room.take_down("c1")
    [kept] = room.timeline.coupons
    assert (kept.coupon_id, kept.terms, kept.from_ms, kept.until_ms) == (
        "c1",
        one.terms,
        7_000,
        12_000,
    )
    with refused("coupon.not-shown"):
        room.take_down("c1")
    room.hand_out(one)
    assert [one.sequence for one in room.timeline.shown] == [2]


@pytest.mark.parametrize(
    ("one", "code"),
    [
        (Coupon("c1"), "coupon.unknown"),
        (issued(festival_id="another"), "coupon.another-festival"),
        (replace(issued(), withdrawn=True), "coupon.withdrawn"),
        (issued(valid_from=MORNING + SECOND), "coupon.not-now"),
        (issued(valid_from=MORNING - SECOND, valid_until=MORNING), "coupon.not-now"),
        (issued(left=0), "coupon.used-up"),
    ],
    ids=str,
)
def test_only_what_buyers_of_the_room_may_use_now_is_handed_out(one: Coupon, code: str) -> None:
    room = live_room()
    with refused(code):
        room.hand_out(one)


def test_who_may_pin_hands_out_and_nobody_else() -> None:
    room, co_host = live_room(), Asker("host-rui", hosts=True)
    with refused("session.not-yours"):
        room.hand_out(issued(), OTHER_HOST)
    room.grant("host-rui", "chat")
    with refused("session.not-yours"):
        room.hand_out(issued(), co_host)
    room.grant("host-rui", "pin")
    room.hand_out(issued(), co_host)
    room.revoke("host-rui")
    with refused("session.not-yours"):
        room.take_down("c1", co_host)


def test_nothing_is_handed_out_but_in_a_session_that_is_live() -> None:
    room = Room()
    for move in (room.schedule, room.approve):
        move()
        with refused("coupon.not-live"):
            room.hand_out(issued())
    room.prepare()
    room.rehearse()
    with refused("coupon.not-live"):
        room.hand_out(issued())
    room.go_live()
    room.hand_out(issued())
    room.pause()
    with refused("coupon.not-live"):
        room.hand_out(issued("c2"))
    room.take_down("c1")  # also while it is paused


def test_with_the_session_its_coupons_are_over() -> None:
    room = live_room()
    for name in ("c1", "c2"):
        room.hand_out(issued(name))
    room.take_down("c1")
    room.now += 60 * SECOND
    down = [fact for fact in room.end() if isinstance(fact, CouponTakenDown)]
    assert [(one.coupon_id, one.sequence, one.offset_ms, one.by) for one in down] == [
        ("c2", 2, 60_000, None)
    ]
    assert room.timeline.shown == ()
    with refused("coupon.not-live"):
        room.take_down("c2")


def test_a_room_shows_so_many_at_once_and_hands_out_so_many_in_all() -> None:
    room = live_room()
    for n in range(MOST_SHOWN):
        room.hand_out(issued(f"c{n}"))
    with refused("coupon.limit"):
        room.hand_out(issued("one-more"))
    [first, *_] = room.timeline.shown
    over = replace(first, until_ms=1)
    room.timeline = Timeline("sess-1", coupons=(over,) * MOST_HANDED_OUT)
    with refused("coupon.limit"):
        room.hand_out(issued())
    room.timeline = Timeline("sess-1", coupons=(over,) * (MOST_HANDED_OUT - 1))
    room.hand_out(issued())


def test_the_copy_of_a_coupon_is_as_orders_told_last() -> None:
    one = issued()
    known = coupon.evolve(Coupon("c1"), state(one, 7))
    assert (known.terms, known.left, known.withdrawn) == (one.terms, 7, False)
    assert coupon.evolve(known, state(one, 7)) is known
    assert coupon.evolve(known, state(one, 7, withdrawn=True)).withdrawn
    assert coupon.evolve(Coupon("c2"), state(one, 7)) == Coupon("c2")


# As viewers see it --------------------------------------------------------------------------------


def told(handed: Handed, *facts: Any) -> list[dict[str, Any]]:
    return [dict(card) for fact in facts for card in handed.apply(fact)]


def test_viewers_see_terms_what_is_left_and_when_it_is_over() -> None:
    room, handed, one = live_room(), Handed(), issued()
    [shown] = told(handed, *room.hand_out(one))
    assert one.terms
    assert shown == {
        "coupon_id": "c1",
        "withdrawn": False,
        "terms": one.terms.model_dump(),
        "left": 50,
        "sequence": 1,
        "offset_ms": 0,
    }
    assert handed.whole() == [shown]
    assert told(handed, state(one, 49)) == [shown | {"left": 49}]
    assert told(handed, state(one, 49), state(issued("c9"), 1)) == []
    assert told(handed, *room.take_down("c1")) == [{"coupon_id": "c1", "withdrawn": True}]
    assert handed.whole() == []


def test_a_coupon_that_orders_withdraws_is_shown_no_longer() -> None:
    room, one = live_room(), issued()
    handed = Handed()
    told(handed, *room.hand_out(one))
    over = state(one, 50, withdrawn=True)
    assert told(handed, over) == [{"coupon_id": "c1", "withdrawn": True}]
    assert told(handed, over) == []
    [kept] = room.timeline.shown
    withdrawn = coupon.evolve(one, over)
    [down] = coupon.withdraw(room.session, room.timeline, "c1", room.now)
    assert (down.sequence, down.by) == (1, None)
    assert coupon.withdraw(room.session, room.timeline, "c2", room.now) == []
    assert Handed(1, [(kept, withdrawn)]).whole() == []  # nor to who comes in later


def test_what_is_heard_twice_or_late_shows_nothing_twice() -> None:
    room, one = live_room(), issued()
    first, [down], second = room.hand_out(one), room.take_down("c1"), room.hand_out(one)
    handed = Handed(2, [(room.timeline.shown[0], one)])  # read after all of it
    before = handed.whole()
    assert told(handed, *first, down, *second) == []
    assert handed.whole() == before
    assert told(Handed(1), *first) == []  # taken down before it was read
    early = Handed()
    assert len(told(early, *first, *first)) == 1
    assert len(told(early, down, down)) == 1


def test_evidence_that_is_deleted_names_no_coupon() -> None:
    room = live_room()
    room.hand_out(issued())
    gone = EvidenceDeleted(session_id="sess-1", retain_until=MORNING.date(), at=MORNING)
    assert timeline.evolve(room.timeline, gone).coupons == ()

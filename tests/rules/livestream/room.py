"""A session and its deals, run by hand: wishes decided and their facts applied, no service."""

from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.livestream.directing import (
    attending,
    golive,
    grants,
    moves,
    presence,
    running,
    session,
)
from services.livestream.directing.golive import Readiness
from services.livestream.directing.host import Host, Licence
from services.livestream.directing.life import MOVES
from services.livestream.directing.moves import Plan
from services.livestream.directing.presence import Presence
from services.livestream.directing.session import Asker, Grant, Session
from services.livestream.record import evidence, retention, timeline
from services.livestream.record.retention import Retention, Sold
from services.livestream.record.timeline import Recording, Timeline
from services.livestream.showing import coupon, deal, goods, pin, seller
from services.livestream.showing.coupon import Coupon
from services.livestream.showing.deal import Deal, Wanted
from services.livestream.showing.goods import Goods, Price
from services.livestream.showing.seller import Seller
from shared.events.base import Event
from shared.events.catalog import Description, ProductState
from shared.events.livestream import Capability, DealClosed, Slot
from shared.events.money import Money
from shared.events.orders import CouponTerms, DealFunded, DealRefused, DealSettled, DealState
from shared.events.text import Text
from shared.platform.change.aggregate import Note
from shared.refusal import Refused

MORNING = datetime(2025, 5, 24, 2, 30, tzinfo=UTC)

HOST = Asker("host-mei", hosts=True)
OTHER_HOST = Asker("host-rui", hosts=True)
ORGANISER = Asker("organiser-ana", organises=True)


def mop(amount: int) -> Money:
    return Money(amount=amount, currency="MOP")


def slot(position: int, sku: str, *, units: int = 100, price: int = 4800) -> Slot:
    return Slot(
        position=position,
        sku=sku,
        role="traffic",
        price=mop(price),
        units=units,
        per_buyer=2,
        seconds=180,
    )


TITLES = Text.model_validate(
    {
        "pt": "Manhã de bolachas e doces",
        "zh-Hant": "餅食甜點早場",
        "zh-Hans": "饼食甜点早场",
        "en": "Morning of cookies and sweets",
    }
)

PLAN = Plan(
    festival_id="beijing-2025",
    titles=TITLES,
    host_id=HOST.id,
    starts_at=MORNING,
    ends_at=MORNING + timedelta(hours=2),
    slots=(slot(1, "FEI-BAK-001"), slot(2, "FEI-BAK-005", units=60, price=7000)),
)


SELLER = Seller(
    "m01",
    TITLES,
    "MO",
    address="1 Demonstration Street, Macao",
    contact="+853 0000 0000",
    verified_until=MORNING + timedelta(days=30),
)
RECORDING = Recording("https://media.example/sess-1.m3u8", MORNING - timedelta(seconds=30))
ADULT = Host(
    HOST.id,
    verified_until="2025-12-31",
    born_on="1990-05-24",
    licences=(Licence("food", "2026-12-31"), Licence("alcohol", "2026-12-31")),
)


NOTHING_OPEN = Sold()


@dataclass
class Room:
    """One session with what belongs to it, and every fact so far; `said` are those others hear."""

    session: Session = field(default_factory=lambda: Session("sess-1"))
    timeline: Timeline = field(default_factory=lambda: Timeline("sess-1"))
    presence: Presence = field(default_factory=lambda: Presence("sess-1"))
    retention: Retention = field(default_factory=lambda: Retention("sess-1"))
    deals: dict[str, Deal] = field(default_factory=dict)
    goods: dict[str, Goods] = field(default_factory=dict)
    host: Host = ADULT
    seller: Seller = SELLER
    facts: list[Event | Note] = field(default_factory=list)
    now: datetime = MORNING

    def happen(self, facts: Iterable[Event | Note]) -> list[Event | Note]:
        happened = list(facts)
        for fact in happened:
            self.session = session.evolve(self.session, fact)
            self.timeline = timeline.evolve(self.timeline, fact)
            self.presence = presence.evolve(self.presence, fact)
            self.retention = retention.evolve(self.retention, fact)
            self.seller = seller.evolve(self.seller, fact)
            self.deals = {name: deal.evolve(one, fact) for name, one in self.deals.items()}
        self.facts += happened
        return happened

    @property
    def said(self) -> list[Event]:
        return [fact for fact in self.facts if isinstance(fact, Event)]

    def schedule(self, asker: Asker = HOST, plan: Plan = PLAN) -> list[Event | Note]:
        goods = [self.goods_of(slot.sku) for slot in plan.slots]
        return self.happen(moves.schedule(self.session, plan, goods, asker))

    def goods_of(self, sku: str) -> Goods:
        return self.goods.get(sku) or Goods(sku)

    def flag(self, sku: str, *flags: str) -> None:
        """Catalog tells what is to be minded about a product."""
        said = Description(
            merchant_id="m01",
            names=TITLES,
            category="food",
            hs_code="300490",
            origin="MO",
            net_content="1",
            weight_g=1,
            flags=flags,
        )
        told = ProductState(sku=sku, product=said)
        self.goods[sku] = goods.evolve(self.goods_of(sku), told)

    def approve(self, asker: Asker = ORGANISER) -> list[Event | Note]:
        return self.happen(moves.approve(self.session, asker))

    def rehearse(self, asker: Asker = HOST) -> list[Event | Note]:
        return self.happen(moves.rehearse(self.session, asker))

    def end_rehearsal(self, asker: Asker = HOST) -> list[Event | Note]:
        return self.happen(moves.end_rehearsal(self.session, asker))

    def prepare(self) -> None:
        """Do all that the checklist asks for, besides the approval."""
        for slot in self.session.slots:
            price = Price(
                f"live-{slot.sku}",
                self.session.festival_id,
                slot.price,
                MORNING,
                MORNING + timedelta(days=1),
            )
            known = self.goods_of(slot.sku)
            self.goods[slot.sku] = replace(known, merchant_id="m01", free=500, prices=(price,))
        if not self.timeline.recordings and self.session.status == "approved":
            self.record()
        self.attend(ORGANISER)

    def ready(self) -> Readiness:
        return Readiness(
            self.session,
            self.host,
            self.presence,
            self.timeline,
            [self.goods_of(sku) for sku in self.session.skus],
            {self.seller.id: self.seller},
        )

    def missing(self) -> dict[str, str]:
        """What the checklist lacks, and why."""
        checks = golive.checklist(self.ready(), self.now)
        return {check.name: check.reason for check in checks if check.reason}

    def start(self, asker: Asker = HOST) -> list[Event | Note]:
        """Go live with everything done that has to be."""
        if self.session.status in MOVES["start"].sources:
            self.prepare()
        return self.go_live(asker)

    def go_live(self, asker: Asker = HOST) -> list[Event | Note]:
        return self.happen(golive.start(self.ready(), asker, self.now))

    def archive(self, sold: Sold = NOTHING_OPEN) -> list[Event | Note]:
        """Archive a day after the end, or when it is too early."""
        if self.retention.look_at:
            self.now = max(self.now, self.retention.look_at)
        return self.happen(retention.archive(self.session, self.retention, sold, self.now))

    def attend(self, asker: Asker = HOST) -> list[Event | Note]:
        return self.happen(attending.attend(self.session, asker, self.now))

    def label(self, asker: Asker = HOST) -> list[Event | Note]:
        return self.happen(attending.label(self.session, self.presence, asker, self.now))

    def drop(self) -> list[Event | Note]:
        return self.happen(attending.drop(self.session, self.presence, self.now))

    def miss_label(self) -> list[Event | Note]:
        return self.happen(attending.miss_label(self.session, self.presence, self.now))

    def grant(
        self,
        subject: str,
        *may: Capability,
        seconds: float = 600,
        asker: Asker = HOST,
    ) -> list[Event | Note]:
        grant = Grant(subject, may, self.now + timedelta(seconds=seconds))
        return self.happen(grants.give(self.session, grant, asker, self.now))

    def revoke(self, subject: str, asker: Asker = HOST) -> list[Event | Note]:
        return self.happen(grants.revoke(self.session, subject, asker))

    def reorder(
        self, *slots: Slot, asker: Asker = HOST, seen: int | None = None
    ) -> list[Event | Note]:
        goods = [self.goods_of(slot.sku) for slot in slots]
        return self.happen(
            running.change(self.session, slots, goods, asker, seen=seen, at=self.now)
        )

    def approve_order(
        self, asker: Asker = ORGANISER, seen: int | None = None
    ) -> list[Event | Note]:
        return self.happen(running.approve(self.session, asker, seen=seen, at=self.now))

    def record(self, recording: Recording = RECORDING, asker: Asker = HOST) -> list[Event | Note]:
        return self.happen(evidence.record(self.session, self.timeline, recording, asker, self.now))

    def correct(self, said: str, corrected: str, asker: Asker = HOST) -> list[Event | Note]:
        return self.happen(
            evidence.correct(self.session, self.timeline, said, corrected, asker, at=self.now)
        )

    def pause(self, asker: Asker = HOST) -> list[Event | Note]:
        return self.happen(moves.pause(self.session, asker))

    def resume(self, asker: Asker = HOST) -> list[Event | Note]:
        return self.happen(moves.resume(self.session, asker, self.now))

    def end(self, asker: Asker = HOST) -> list[Event | Note]:
        down = coupon.all_taken_down(self.session, self.timeline, self.now)
        return self.happen([*down, *moves.end(self.session, asker, self.now)])

    def hand_out(self, one: Coupon, asker: Asker = HOST) -> list[Event | Note]:
        return self.happen(coupon.hand_out(self.session, self.timeline, one, asker, self.now))

    def take_down(self, coupon_id: str, asker: Asker = HOST) -> list[Event | Note]:
        return self.happen(
            coupon.take_down(self.session, self.timeline, coupon_id, asker, self.now)
        )

    def cancel(self, asker: Asker = HOST) -> list[Event | Note]:
        return self.happen(moves.cancel(self.session, asker))

    def pin(self, sku: str, expected: int, asker: Asker = HOST) -> list[Event | Note]:
        return self.happen(pin.pin(self.session, sku, expected, self.seller, asker, at=self.now))

    def unpin(self, expected: int | None = None, asker: Asker = HOST) -> list[Event | Note]:
        return self.happen(pin.unpin(self.session, expected, asker, self.now))

    def ask(self, id: str, wanted: Wanted, asker: Asker = HOST) -> list[Event | Note]:
        one = self.deals.setdefault(id, Deal(id))
        goods = self.goods_of(deal.slot_of(self.session, wanted, asker).sku)
        return self.happen(deal.request(self.session, one, goods, wanted, asker, at=self.now))

    def fund(self, id: str) -> list[Event | Note]:
        one = self.deals[id]
        assert one.price
        heard = DealFunded(
            deal_id=id,
            session_id=one.session_id,
            sku=one.sku,
            festival_id=one.festival_id,
            units=one.units,
            price=one.price,
            per_buyer=one.per_buyer,
        )
        return self.happen(deal.fund(one, heard))

    def refuse(self, id: str, free: int) -> list[Event | Note]:
        one = self.deals[id]
        heard = DealRefused(
            deal_id=id,
            session_id=one.session_id,
            sku=one.sku,
            reason="stock.sold-out",
            free=free,
        )
        return self.happen(deal.refuse(one, heard))

    def settle(self, id: str, taken: int) -> list[Event | Note]:
        one = self.deals[id]
        heard = DealSettled(
            deal_id=id,
            session_id=one.session_id,
            sku=one.sku,
            taken=taken,
            returned=one.units - taken,
        )
        return self.happen(deal.settle(one, heard))

    def show(self, id: str, asker: Asker = HOST) -> list[Event | Note]:
        return self.happen(deal.show(self.session, self.deals[id], asker, self.now))

    def close(self, id: str, asker: Asker = HOST) -> list[Event | Note]:
        return self.happen(deal.close(self.session, self.deals[id], asker))

    def count(self, id: str, units: int) -> list[Event | Note]:
        """Orders tells that so many units are left."""
        one = self.deals[id]
        heard = DealState(
            deal_id=id,
            session_id=one.session_id,
            sku=one.sku,
            units=one.units,
            left=units,
            taken=one.units - units,
            status="shown",
        )
        return self.happen(deal.count(one, heard))

    def time_is_up(self, id: str) -> list[Event | Note]:
        return self.happen(deal.expire(self.deals[id], self.now))

    def let_go(self) -> list[Event | Note]:
        return self.happen(moves.let_go(self.session, self.now))

    def closed(self) -> dict[str, str]:
        """Why each closed deal was closed."""
        return {fact.deal_id: fact.reason for fact in self.facts if isinstance(fact, DealClosed)}


def issued(coupon_id: str = "c1", left: int = 50, **changes: Any) -> Coupon:
    """A coupon that orders has told of: ten off, from ninety-nine on."""
    terms = CouponTerms.model_validate(
        {
            "festival_id": PLAN.festival_id,
            "scope": "shop",
            "funded_by": "platform",
            "currency": "MOP",
            "minus": 1_000,
            "from_amount": 9_900,
            "total": 50,
            "per_buyer": 1,
            "valid_from": MORNING,
            "valid_until": MORNING + timedelta(hours=1),
        }
        | changes
    )
    return Coupon(coupon_id, terms, left)


def live_room() -> Room:
    room = Room()
    room.schedule()
    room.approve()
    room.start()
    return room


@contextmanager
def refused(code: str) -> Generator[pytest.ExceptionInfo[Refused]]:
    """What is done inside must be refused, with this code."""
    with pytest.raises(Refused) as no:
        yield no
    assert no.value.code == code

"""A session and its deals, run by hand: wishes decided and their facts applied, no service."""

from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from services.livestream import deal, goods, moves, pin, session, timeline
from services.livestream.deal import Deal, Wanted
from services.livestream.goods import Goods
from services.livestream.moves import Plan
from services.livestream.session import Asker, Session
from services.livestream.timeline import Timeline
from shared.events.base import Event
from shared.events.catalog import Description, ProductState
from shared.events.livestream import DealClosed, Slot
from shared.events.money import Money
from shared.events.orders import DealFunded, DealRefused, DealSettled
from shared.events.text import Text
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


@dataclass
class Room:
    """One session with what belongs to it, and every fact so far."""

    session: Session = field(default_factory=lambda: Session("sess-1"))
    timeline: Timeline = field(default_factory=lambda: Timeline("sess-1"))
    deals: dict[str, Deal] = field(default_factory=dict)
    goods: dict[str, Goods] = field(default_factory=dict)
    facts: list[Event] = field(default_factory=list)
    now: datetime = MORNING

    def happen(self, facts: Iterable[Event]) -> list[Event]:
        happened = list(facts)
        for fact in happened:
            self.session = session.evolve(self.session, fact)
            self.timeline = timeline.evolve(self.timeline, fact)
            self.deals = {name: deal.evolve(one, fact) for name, one in self.deals.items()}
        self.facts += happened
        return happened

    def schedule(self, asker: Asker = HOST, plan: Plan = PLAN) -> list[Event]:
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

    def approve(self, asker: Asker = ORGANISER) -> list[Event]:
        return self.happen(moves.approve(self.session, asker))

    def start(self, asker: Asker = HOST) -> list[Event]:
        return self.happen(moves.start(self.session, asker, self.now))

    def pause(self, asker: Asker = HOST) -> list[Event]:
        return self.happen(moves.pause(self.session, asker))

    def resume(self, asker: Asker = HOST) -> list[Event]:
        return self.happen(moves.resume(self.session, asker))

    def end(self, asker: Asker = HOST) -> list[Event]:
        return self.happen(moves.end(self.session, asker, self.now))

    def cancel(self, asker: Asker = HOST) -> list[Event]:
        return self.happen(moves.cancel(self.session, asker))

    def pin(self, sku: str, expected: int, asker: Asker = HOST) -> list[Event]:
        return self.happen(pin.pin(self.session, sku, expected, asker, self.now))

    def unpin(self, expected: int | None = None, asker: Asker = HOST) -> list[Event]:
        return self.happen(pin.unpin(self.session, expected, asker, self.now))

    def ask(self, id: str, wanted: Wanted, asker: Asker = HOST) -> list[Event]:
        one = self.deals.setdefault(id, Deal(id))
        goods = self.goods_of(deal.slot_of(self.session, wanted, asker).sku)
        return self.happen(deal.request(self.session, one, goods, wanted, asker, at=self.now))

    def fund(self, id: str) -> list[Event]:
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

    def refuse(self, id: str, free: int) -> list[Event]:
        one = self.deals[id]
        heard = DealRefused(
            deal_id=id,
            session_id=one.session_id,
            sku=one.sku,
            reason="stock.sold-out",
            free=free,
        )
        return self.happen(deal.refuse(one, heard))

    def settle(self, id: str, taken: int) -> list[Event]:
        one = self.deals[id]
        heard = DealSettled(
            deal_id=id,
            session_id=one.session_id,
            sku=one.sku,
            taken=taken,
            returned=one.units - taken,
        )
        return self.happen(deal.settle(one, heard))

    def show(self, id: str, asker: Asker = HOST) -> list[Event]:
        return self.happen(deal.show(self.session, self.deals[id], asker, self.now))

    def close(self, id: str, asker: Asker = HOST) -> list[Event]:
        return self.happen(deal.close(self.session, self.deals[id], asker))

    def time_is_up(self, id: str) -> list[Event]:
        return self.happen(deal.expire(self.deals[id], self.now))

    def let_go(self) -> list[Event]:
        return self.happen(moves.let_go(self.session, self.now))

    def closed(self) -> dict[str, str]:
        """Why each closed deal was closed."""
        return {fact.deal_id: fact.reason for fact in self.facts if isinstance(fact, DealClosed)}


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

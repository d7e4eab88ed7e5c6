"""The picture: what a viewer of one room sees, and what they are told when it changes. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias

from services.livestream.chat.history import History
from services.livestream.directing.session import Session, as_public
from services.livestream.figures.count import Count
from services.livestream.figures.sketch import estimate
from services.livestream.games.shown import Games
from services.livestream.showing import goods
from services.livestream.showing.deal import Deal
from services.livestream.showing.goods import Goods
from services.livestream.showing.handed import Handed
from services.livestream.showing.seller import Seller, card_of
from services.livestream.showing.tally import Tally
from shared.events.base import Event
from shared.events.catalog import ProductState
from shared.events.livestream import (
    AiLabelMissed,
    AiLabelRestored,
    AudienceState,
    ChatEvent,
    CorrectionIssued,
    CouponHandedOut,
    CouponTakenDown,
    DealClosed,
    DealShown,
    DrawEvent,
    PacketEvent,
    RunningOrderChanged,
    SellerDisclosed,
    SessionState,
    Slot,
    TallyState,
)
from shared.events.money import Money
from shared.events.orders import CouponState, DealState, StockState

Card: TypeAlias = dict[str, Any]


class Said(NamedTuple):
    """One message to all viewers.

    Attributes:
        event: Its name on the stream.
        data: What it says, ready for JSON.
        figure: If it is a number that moves often, which one: only the last of it matters.
    """

    event: str
    data: Card
    figure: str = ""


class Picture:
    """How one room looks now."""

    def __init__(
        self,
        session: Session,
        deals: Iterable[Deal],
        tally: Tally,
        goods: Mapping[str, Goods],
        sellers: Mapping[str, Seller] = MappingProxyType({}),
        *,
        chat: History | None = None,
        count: Count | None = None,
        games: Games | None = None,
        handed: Handed | None = None,
    ) -> None:
        session = as_public(session)
        self.session_id = session.id
        self._take(session.slots)
        self._order = session.order
        self._goods, self._sellers = dict(goods), dict(sellers)
        self._told: set[tuple[type[Event], int]] = set()
        self.chat = chat or History()
        self.games = games or Games()
        self.handed = handed or Handed()
        self._likes = count.likes if count else 0
        self.uniques = estimate(count.names) if count else None
        self._head: Card = {
            "session_id": session.id,
            "festival_id": session.festival_id,
            "host_id": session.host_id,
            "titles": session.titles.model_dump(by_alias=True) if session.titles else None,
            "status": session.status,
            "host_type": session.host_type,
            "ai_label": session.host_type != "human",
            "starts_at": session.starts_at,
            "started_at": session.started_at,
        }
        self._revision, self._sequence = session.revision, session.sequence
        self._pin: Card | None = None
        if session.pin:
            self._pin = self._pin_card(session.pin.sku, session.pin.sequence, session.pin.offset_ms)
        self._deals: dict[str, Card] = {}
        self._over: set[str] = set()
        for deal in deals:
            if deal.status == "shown":
                self._deals[deal.id] = self._deal_card(deal, deal.left, deal.taken)
            elif deal.status in ("closed", "settled"):
                self._over.add(deal.id)
        self._sold: Card = {"orders": tally.orders, "units": tally.units, "by_sku": tally.by_sku}

    @property
    def is_open(self) -> bool:
        """Whether the session is open to all: only then is its audience counted."""
        return self._head["status"] in ("live", "paused")

    @property
    def deal_ids(self) -> Iterable[str]:
        """The deals that are shown."""
        return self._deals.keys()

    def whole(self) -> Card:
        """Everything, for somebody who has seen nothing yet."""
        return {
            **self._head,
            "pin": self._pin,
            "deals": list(self._deals.values()),
            "coupons": self.handed.whole(),
            "sold": self._sold,
            "chat": self.chat.whole(),
            "likes": {"total": self._likes},
            **self.games.whole(),
        }

    # Changes ----------------------------------------------------------------------------------

    def apply(self, fact: Event) -> Iterator[Said]:
        """Change the picture by *fact*; yields what viewers are told. Each fact may come twice."""
        match fact:
            case SessionState():
                yield from self._look_again(fact)
            case RunningOrderChanged():
                yield from self._reorder(fact)
            case SellerDisclosed() | CorrectionIssued() | AiLabelMissed() | AiLabelRestored():
                yield from self._notice(fact)
            case DealShown():
                yield from self._open(fact)
            case DealClosed(deal_id=deal_id):
                self._over.add(deal_id)
                if self._deals.pop(deal_id, None):
                    closed = {"deal_id": deal_id, "sku": fact.sku, "status": "closed"}
                    yield Said("deal", closed | {"reason": fact.reason})
            case DealState():
                yield from self._count(fact)
            case StockState():
                yield from self._restock(fact)
            case AudienceState(likes=likes):
                if likes > self._likes:
                    self._likes = likes
                    yield Said("likes", {"total": likes}, "likes")
            case CouponHandedOut() | CouponTakenDown() | CouponState():
                for card in self.handed.apply(fact):  # one figure: whatever was said last is right
                    yield Said("coupon", card, f"coupon:{card['coupon_id']}")
            case PacketEvent() | DrawEvent():
                for told in self.games.apply(fact):
                    yield Said(*told)
            case ChatEvent():
                for event, told in self.chat.apply(fact):
                    yield Said(event, told)
            case ProductState(sku=sku):
                self._goods[sku] = goods.evolve(self._of(sku), fact)
            case TallyState():
                if fact.orders > self._sold["orders"]:
                    self._sold = {
                        "orders": fact.orders,
                        "units": fact.units,
                        "by_sku": fact.by_sku,
                    }
                    yield Said("sold", self._sold, "sold")
            case _:
                pass

    def _look_again(self, now: SessionState) -> Iterator[Said]:
        if now.revision <= self._revision:  # known from the database, or heard before
            return
        self._revision = now.revision
        told = {"status": now.status, "started_at": now.started_at}
        if any(self._head[name] != value for name, value in told.items()):
            self._head |= told
            yield Said("session", told)
        if now.pin_sequence != self._sequence:
            self._sequence = now.pin_sequence
            self._pin = None
            if now.pinned:
                self._pin = self._pin_card(now.pinned, now.pin_sequence, now.pin_offset_ms or 0)
            yield Said("pin", self._pin or {"sku": None, "sequence": now.pin_sequence})

    def _take(self, slots: Iterable[Slot]) -> None:
        """Know the products of the run-of-show and their prices; the first slot of one counts."""
        self._prices = {slot.sku: slot.price for slot in reversed(tuple(slots))}
        self.skus = frozenset(self._prices)

    def _reorder(self, fact: RunningOrderChanged) -> Iterator[Said]:
        if fact.version <= self._order:
            return
        self._order = fact.version
        self._take(fact.slots)
        if self._pin and self._pin["price"] != (
            price := _money(self._prices.get(self._pin["sku"]))
        ):
            self._pin = self._pin | {"price": price}
            yield Said("pin", self._pin)

    def _notice(
        self, fact: SellerDisclosed | CorrectionIssued | AiLabelMissed | AiLabelRestored
    ) -> Iterator[Said]:
        """Tell what viewers are owed by law, once."""
        match fact:
            case SellerDisclosed(sequence=mark):
                self._sellers[fact.merchant_id] = Seller(
                    fact.merchant_id,
                    fact.legal_name,
                    address=fact.address,
                    contact=fact.contact,
                )
                seller = self._seller(fact.merchant_id)
                said = {"kind": "seller", "sku": fact.sku, "seller": seller}
            case CorrectionIssued(number=mark):
                said = {"kind": "correction", "said": fact.said, "corrected": fact.corrected}
            case AiLabelMissed(offset_ms=mark) | AiLabelRestored(offset_ms=mark):
                said = {"kind": "ai-host", "labelled": isinstance(fact, AiLabelRestored)}
        if (type(fact), mark) not in self._told:
            self._told.add((type(fact), mark))
            yield Said("notice", said)

    def _open(self, fact: DealShown) -> Iterator[Said]:
        if fact.deal_id not in self._deals and fact.deal_id not in self._over:
            shown = Deal(
                fact.deal_id,
                "shown",
                sku=fact.sku,
                units=fact.units,
                price=fact.price,
                per_buyer=fact.per_buyer or 0,
                starts_at=fact.starts_at,
                ends_at=fact.ends_at,
                compared_price=fact.compared_price,
            )
            card = self._deals[fact.deal_id] = self._deal_card(shown, fact.units, 0)
            yield Said("deal", card)

    def _count(self, fact: DealState) -> Iterator[Said]:
        card = self._deals.get(fact.deal_id)
        if card and (card["left"], card["taken"]) != (fact.left, fact.taken):
            card |= {"left": fact.left, "taken": fact.taken}
            counted = {name: card[name] for name in ("deal_id", "sku", "left", "taken")}
            yield Said("stock", counted, f"deal:{fact.deal_id}")

    def _restock(self, fact: StockState) -> Iterator[Said]:
        self._goods[fact.sku] = goods.evolve(self._of(fact.sku), fact)
        if self._pin and self._pin["sku"] == fact.sku and self._pin["free"] != fact.free:
            self._pin["free"] = fact.free
            yield Said("stock", {"sku": fact.sku, "free": fact.free}, f"sku:{fact.sku}")

    # Cards ------------------------------------------------------------------------------------

    def _of(self, sku: str) -> Goods:
        return self._goods.get(sku) or Goods(sku)

    def _product(self, sku: str) -> Card:
        of = self._of(sku)
        return {
            "sku": sku,
            "names": of.names.model_dump(by_alias=True) if of.names else None,
            "merchant_id": of.merchant_id,
            "seller": self._seller(of.merchant_id),
        }

    def _seller(self, merchant_id: str | None) -> Card | None:
        known = self._sellers.get(merchant_id or "")
        return known and card_of(known)

    def _pin_card(self, sku: str, sequence: int, offset_ms: int) -> Card:
        return {
            **self._product(sku),
            "price": _money(self._prices.get(sku)),
            "free": self._of(sku).free,
            "sequence": sequence,
            "offset_ms": offset_ms,
        }

    def _deal_card(self, deal: Deal, left: int, taken: int) -> Card:
        return {
            "deal_id": deal.id,
            "status": "shown",
            **self._product(deal.sku),
            "price": _money(deal.price),
            "compared_price": _money(deal.compared_price),
            "units": deal.units,
            "left": left,
            "taken": taken,
            "per_buyer": deal.per_buyer or None,
            "starts_at": deal.starts_at,
            "ends_at": deal.ends_at,
        }


def _money(price: Money | None) -> Card | None:
    return price.model_dump() if price else None

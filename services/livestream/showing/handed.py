"""The coupons of a room as its viewers see them. Pure."""

from collections.abc import Collection, Iterable, Iterator
from typing import Any, TypeAlias

from services.livestream.record.timeline import HandedOut
from services.livestream.showing.coupon import Coupon
from shared.events.base import Event
from shared.events.livestream import CouponHandedOut, CouponTakenDown
from shared.events.orders import CouponState, CouponTerms

Card: TypeAlias = dict[str, Any]


class Handed:
    """What a room has handed out and not taken down, of what orders has not withdrawn."""

    def __init__(self, last: int = 0, shown: Iterable[tuple[HandedOut, Coupon]] = ()) -> None:
        """Begin with what is *shown*, in the order handed out; *last* was handed out so far."""
        self._last = last
        self._cards = {
            one.coupon_id: card_of(one.coupon_id, one.terms, coupon.left, one.sequence, one.from_ms)
            for one, coupon in shown
            if not coupon.withdrawn
        }

    @property
    def ids(self) -> Collection[str]:
        """The coupons that are shown."""
        return self._cards.keys()

    def whole(self) -> list[Card]:
        """For who has seen nothing yet."""
        return list(self._cards.values())

    def apply(self, fact: Event) -> Iterator[Card]:
        """Take *fact* in; yields what viewers are told of a coupon. Each may come twice."""
        match fact:
            case CouponHandedOut(coupon_id=id) if fact.sequence > self._last:
                self._last = fact.sequence
                card = card_of(id, fact.terms, fact.left, fact.sequence, fact.offset_ms)
                yield self._cards.setdefault(id, card)
            case CouponTakenDown(coupon_id=id):
                known = self._cards.get(id)
                if known and known["sequence"] == fact.sequence:
                    yield self._drop(id)
            case CouponState(coupon_id=id, left=left) if id in self._cards:
                if fact.withdrawn:
                    yield self._drop(id)
                elif self._cards[id]["left"] != left:
                    self._cards[id] |= {"left": left}
                    yield self._cards[id]
            case _:
                pass

    def _drop(self, id: str) -> Card:
        del self._cards[id]
        return {"coupon_id": id, "withdrawn": True}


def card_of(id: str, terms: CouponTerms, left: int, sequence: int, offset_ms: int) -> Card:
    """A coupon as viewers see it: its terms as orders tells them, and how many are left."""
    return {
        "coupon_id": id,
        "withdrawn": False,
        "terms": terms.model_dump(),
        "left": left,
        "sequence": sequence,
        "offset_ms": offset_ms,
    }

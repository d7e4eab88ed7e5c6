"""How an order's goods enter the mainland: declared, held, released or turned away."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, NamedTuple

from services.orders.border.crossborder.split import CBEC
from services.orders.border.crossing import CustomsHeard, passes_customs
from services.orders.ordering import life, refund
from services.orders.ordering.course import reason
from services.orders.ordering.order import Order
from services.orders.ordering.policy import Policy
from shared.events.base import Event
from shared.events.orders import (
    CustomsHeld,
    OrderDeclared,
    OrderEvent,
    OrderRejected,
    OrderReleased,
)
from shared.platform.change.aggregate import Note
from shared.refusal import Refused

Decided = Literal["accepted", "released", "held", "rejected"]
"""What customs makes of an order; accepted until it is decided."""


class Word(NamedTuple):
    """What customs says of an order.

    Attributes:
        code: Why it is held or rejected.
        differing: The fields on which documents differ, or the documents that are missing.
        revision: Of two words the higher is the later, however they come.
    """

    decided: Decided
    code: str
    differing: tuple[str, ...]
    revision: int


def may_declare(order: Order, now: datetime) -> None:
    """Refuse what passes no customs, what is not to be filed as it stands, and within the grace."""
    life.check(order.status, OrderDeclared)
    if not passes_customs(order.terms):
        raise Refused("entry.none", "These goods pass no customs.", kind="invalid")
    if order.grace_until is not None and now < order.grace_until:
        raise Refused("entry.grace", "The buyer may still withdraw.", until=order.grace_until)


def declare(
    order: Order, declaration: str, waybill: str, now: datetime, policy: Policy
) -> list[OrderDeclared]:
    """The three documents are filed: after the grace, in which the buyer may still withdraw."""
    may_declare(order, now)
    return [
        OrderDeclared(
            order_id=order.id,
            declaration=declaration,
            waybill=waybill,
            at=now,
            answer_by=now + policy.answer_within,
        )
    ]


def cleared_elsewhere(
    order: Order, declaration: str, released_at: datetime, now: datetime, policy: Policy
) -> list[OrderDeclared | OrderReleased]:
    """An importer of record has declared the goods, and customs has released them.

    So it is where other papers are asked for than the three documents: by general trade (0110).
    Refuses goods that are declared here, and a release before the order or in the future.
    """
    may_declare(order, now)
    placed = order.terms
    if placed.entry is not None and placed.entry.duty.channel in CBEC:
        raise Refused("entry.declared-here", "These goods are declared by the festival.")
    if not placed.placed_at <= released_at <= now:
        raise Refused(
            "entry.released-at",
            "Goods are released after they were ordered, and not in the future.",
            kind="invalid",
        )
    declared = OrderDeclared(
        order_id=order.id, declaration=declaration, elsewhere=True, at=now, answer_by=now
    )
    released = OrderReleased(
        order_id=order.id, at=now, ship_by=now + policy.ship_within, released_at=released_at
    )
    return [declared, released]


def attempt(order: Order, why: str = "") -> int:
    """How often it was held, for reasons that begin so; what is asked after that is asked anew."""
    held = (step for step in order.history if step.what == "customs-held")
    return sum(step.why.startswith(why) for step in held)


def hear(
    order: Order, word: Word, now: datetime, policy: Policy, *, fresh: bool = False
) -> Sequence[Event | Note]:
    """Customs says where an order stands. What is older than what it has said is passed over.

    *fresh* if it was asked, and says so of the order as it stands: then the same counts, too.
    """
    known = order.crossing.revision if order.crossing else 0
    old = word.revision < known or (word.revision == known and not fresh)
    if old or order.status not in ("declared", "customs-held"):
        return []
    facts: Sequence[Event | Note] = []
    match word.decided:
        case "held":
            facts = hold(order, f"customs.{word.code}", word.differing, now, policy)
        case "released":
            facts = release(order, now, policy)
        case "rejected":
            facts = reject(order, f"customs.{word.code}", now)
        case "accepted":
            pass
    heard = [CustomsHeard(order.id, word.revision)] if word.revision > known else []
    return [*facts, *heard]


def hold(
    order: Order, why: str, differing: tuple[str, ...], now: datetime, policy: Policy
) -> list[CustomsHeld]:
    """The goods stay, because customs, the carrier or the order itself says so.

    Said again, it changes nothing; for another reason, they are held for that one.
    """
    life.check(order.status, CustomsHeld)
    if not passes_customs(order.terms):
        raise Refused("entry.none", "These goods pass no customs.", kind="invalid")
    held = CustomsHeld(
        order_id=order.id,
        reason=why,
        differing=differing,
        at=now,
        decide_by=now + policy.decide_within,
    )
    before = [step.why for step in order.history if step.what == "customs-held"]
    again = order.status == "customs-held" and before[-1:] == [reason(held)]
    return [] if again else [held]


def release(order: Order, now: datetime, policy: Policy) -> list[OrderReleased]:
    """Customs lets the goods in. Said again, it changes nothing."""
    if order.released_at is not None:
        return []
    life.check(order.status, OrderReleased)
    return [OrderReleased(order_id=order.id, at=now, ship_by=now + policy.ship_within)]


def reject(order: Order, why: str, now: datetime) -> list[OrderEvent]:
    """Customs turns the goods away: they are free again, and all the money goes back."""
    if order.status == "rejected":
        return []
    life.check(order.status, OrderRejected)
    placed = order.terms
    turned_away = OrderRejected(
        order_id=order.id,
        festival_id=placed.festival_id,
        buyer_id=placed.buyer_id,
        lines=placed.lines,
        were="sold",
        reason=why,
        at=now,
    )
    return [turned_away, *refund.rest(order, "rejected", now)]

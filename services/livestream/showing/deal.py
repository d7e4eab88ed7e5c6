"""A deal of a room: asked for, funded by orders, shown for a while, closed. Rules, pure."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

from services.livestream.directing.moves import is_over, must_run
from services.livestream.directing.session import Asker, Session
from services.livestream.showing.goods import Goods
from shared.events.livestream import DealClosed, DealRequested, DealShown, Slot
from shared.events.money import Money
from shared.events.orders import DealFunded, DealRefused, DealSettled, DealState
from shared.refusal import Refused

Status: TypeAlias = Literal["new", "requested", "refused", "funded", "shown", "closed", "settled"]

MOST_DEALS = 200
"""How many deals one session may ask for."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for: a slot of the run-of-show, by place or by product, and how much of it.

    What is not said is as the slot has it.
    """

    position: int | None = None
    sku: str | None = None
    units: int | None = None
    price: Money | None = None
    per_buyer: int | None = None
    seconds: int | None = None
    compared_price: Money | None = None


@dataclass(frozen=True, slots=True)
class Deal:
    """How a deal stands; `left` and `taken` are as orders last told."""

    id: str
    status: Status = "new"
    session_id: str = ""
    festival_id: str = ""
    sku: str = ""
    units: int = 0
    price: Money | None = None
    per_buyer: int = 0
    seconds: int = 0
    left: int = 0
    taken: int = 0
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    reason: str | None = None
    compared_price: Money | None = None


def request(
    session: Session, deal: Deal, goods: Goods, wanted: Wanted, asker: Asker, *, at: datetime
) -> list[DealRequested]:
    """Ask orders to set units of *goods* aside, within what the run-of-show allows."""
    slot = slot_of(session, wanted, asker)
    if slot.sku != goods.id:
        raise Refused("deal.slot-moved", "The run-of-show has just been changed.", kind="stale")
    if deal.status != "new":
        raise Refused("deal.exists", "There is a deal of this name already.")
    if session.status not in ("approved", "live", "paused"):
        raise Refused(
            "deal.no-session",
            f"A session that is {session.status} asks for no deals.",
            state=session.status,
        )
    if is_over(session, at):
        raise Refused("deal.too-late", "The session should have ended by now.")
    if goods.kept_out:
        raise Refused("deal.never-live", "No live room may sell this.", flags=goods.kept_out)
    if len(session.lots) >= MOST_DEALS:
        raise Refused("deal.limit", f"A session may have {MOST_DEALS} deals.", kind="limit")
    units = wanted.units or slot.units
    price = wanted.price or slot.price
    per_buyer = wanted.per_buyer or slot.per_buyer
    _within(slot, units, price, per_buyer)
    free = _allowed(session, slot.sku) - _used(session, slot.sku)
    if units > free:
        raise Refused(
            "deal.units", "Other deals have taken what the run-of-show allows.", free=max(0, free)
        )
    return [
        DealRequested(
            deal_id=deal.id,
            session_id=session.id,
            sku=slot.sku,
            festival_id=session.festival_id,
            units=units,
            price=price,
            per_buyer=per_buyer,
            seconds=wanted.seconds or slot.seconds,
            compared_price=wanted.compared_price,
        )
    ]


def slot_of(session: Session, wanted: Wanted, asker: Asker) -> Slot:
    """Find the slot that *asker*, who must run the session, wants a deal of."""
    must_run(session, asker)
    if wanted.position is None and wanted.sku is None:
        raise Refused("deal.slot", "Say which slot: its position or its SKU.", kind="invalid")
    for slot in session.slots:
        if wanted.position in (None, slot.position) and wanted.sku in (None, slot.sku):
            return slot
    raise Refused("deal.slot", "The run-of-show has no such slot.", kind="invalid")


def _within(slot: Slot, units: int, price: Money, per_buyer: int) -> None:
    """Refuse what exceeds the approved slot."""
    allowed = {"units": slot.units, "price": slot.price.model_dump(), "per_buyer": slot.per_buyer}
    if (
        price.currency != slot.price.currency
        or price.amount > slot.price.amount
        or units > slot.units
        or per_buyer > slot.per_buyer
    ):
        raise Refused(
            "deal.beyond-slot", "The approved run-of-show allows less.", kind="invalid", **allowed
        )


def _allowed(session: Session, sku: str) -> int:
    return sum(slot.units for slot in session.slots if slot.sku == sku)


def _used(session: Session, sku: str) -> int:
    return sum(lot.units for lot in session.lots if lot.sku == sku)


def show(session: Session, deal: Deal, asker: Asker, at: datetime) -> list[DealShown]:
    """Offer a funded deal from *at* on."""
    _must_direct(session, deal, asker)
    if session.status != "live":
        raise Refused(
            "deal.not-live",
            f"A session that is {session.status} shows no deal.",
            state=session.status,
        )
    if deal.status != "funded" or deal.price is None:
        raise Refused(
            "deal.not-funded", f"A deal that is {deal.status} cannot be shown.", state=deal.status
        )
    if any(lot.stage == "shown" and lot.sku == deal.sku for lot in session.lots):
        raise Refused("deal.sku-shown", "Another deal of this product is being shown.")
    return [
        DealShown(
            deal_id=deal.id,
            session_id=deal.session_id,
            sku=deal.sku,
            starts_at=at,
            ends_at=at + timedelta(seconds=deal.seconds),
            price=deal.price,
            units=deal.units,
            per_buyer=deal.per_buyer,
            compared_price=deal.compared_price,
        )
    ]


def close(session: Session, deal: Deal, asker: Asker) -> list[DealClosed]:
    """Take a deal back before its time."""
    _must_direct(session, deal, asker)
    if deal.status not in ("requested", "funded", "shown"):
        raise Refused(
            "deal.over", f"A deal that is {deal.status} cannot be closed.", state=deal.status
        )
    return [_closed(deal, "host")]


def expire(deal: Deal, at: datetime) -> list[DealClosed]:
    """Close a deal whose time is up."""
    if deal.status != "shown" or deal.ends_at is None or at < deal.ends_at:
        raise Refused("deal.not-due", "Its time is not up.")
    return [_closed(deal, "time")]


def _must_direct(session: Session, deal: Deal, asker: Asker) -> None:
    must_run(session, asker)
    if deal.status == "new" or deal.session_id != session.id:
        raise Refused("deal.unknown", "There is no such deal.", kind="missing")


def _closed(deal: Deal, reason: Literal["host", "time", "units"]) -> DealClosed:
    return DealClosed(deal_id=deal.id, session_id=deal.session_id, sku=deal.sku, reason=reason)


# What orders says ---------------------------------------------------------------------------------


def fund(deal: Deal, heard: DealFunded) -> list[DealFunded]:
    """Know that units are set aside; if the deal is over by then, orders takes them back."""
    return [heard] if deal.status == "requested" else []


def refuse(deal: Deal, heard: DealRefused) -> list[DealRefused]:
    """Know that units could not be set aside, also of a deal closed in the meantime."""
    return [heard] if deal.status in ("requested", "closed") else []


def settle(deal: Deal, heard: DealSettled) -> list[DealSettled]:
    """Know what orders took of a deal in the end."""
    return [heard] if deal.status not in ("new", "settled") else []


def count(deal: Deal, heard: DealState) -> list[DealState | DealClosed]:
    """Know how many units are left; once orders have taken all, the deal is over."""
    known = deal.status in ("funded", "shown", "closed")
    if not known or (heard.left, heard.taken) == (deal.left, deal.taken):
        return []
    if deal.status == "shown" and not heard.left:
        return [heard, _closed(deal, "units")]
    return [heard]


def evolve(deal: Deal, fact: object) -> Deal:
    """Change a deal by what has happened to it."""
    if getattr(fact, "deal_id", None) != deal.id:
        return deal
    match fact:
        case DealRequested():
            return Deal(
                deal.id,
                "requested",
                fact.session_id,
                fact.festival_id,
                fact.sku,
                fact.units,
                fact.price,
                fact.per_buyer,
                fact.seconds,
                compared_price=fact.compared_price,
            )
        case DealFunded(units=units, price=price, per_buyer=per_buyer):
            return replace(
                deal, status="funded", units=units, price=price, per_buyer=per_buyer, left=units
            )
        case DealRefused(reason=reason):
            return replace(deal, status="refused", reason=reason)
        case DealShown(starts_at=starts_at, ends_at=ends_at):
            return replace(deal, status="shown", starts_at=starts_at, ends_at=ends_at)
        case DealClosed(reason=reason):
            return replace(deal, status="closed", reason=reason)
        case DealState(left=left, taken=taken):
            return replace(deal, left=left, taken=taken)
        case DealSettled(taken=taken):
            return replace(deal, status="settled", left=0, taken=taken)
        case _:
            return deal

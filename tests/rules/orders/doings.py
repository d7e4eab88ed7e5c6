"""All that anybody may decide about an order, drawn by hypothesis."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from hypothesis import strategies as st

from services.orders.border import entry
from services.orders.ordering import parcel, payment, placing, refund, returns, shortfall
from services.orders.ordering.life import Status
from services.orders.ordering.order import Offer, Order
from shared.events.base import Event
from shared.events.orders import Units
from tests.rules.orders.standing import POLICY, Decision, mop

Draw = Callable[[st.SearchStrategy[Any]], Any]

KEYED = {"ship", "ask to return", "ask to give back", "put off"}
"""Wishes that may be made again and again; that one of them counts once is the work of its key."""

USUAL: Mapping[Status, tuple[str, ...]] = {
    "placed": ("pay", "pay", "pay", "begin to pay", "fail", "cancel"),
    "confirmed": ("declare", "ship", "ship", "cancel", "ask to give back"),
    "declared": ("hold", "release", "release", "reject"),
    "customs-held": ("declare", "release", "reject"),
    "released": ("ship",),
    "part-shipped": ("ship", "deliver", "ask to return"),
    "shipped": ("deliver", "deliver", "ask to return"),
    "delivered": ("ask to return", "complete", "ask to give back"),
    "completed": ("ask to return", "ask to give back"),
}
ANSWERS = {
    "requested": ("approve return", "refuse return"),
    "approved": ("receive",),
    "asked": ("approve refund", "deny refund"),
    "due": ("send back", "put off"),
    "quarantined": ("resolve",),
}
ALL = sorted(
    {"expire", *(name for names in (*USUAL.values(), *ANSWERS.values()) for name in names)}
    - {"pay"}
)


def usual(order: Order) -> list[str]:
    """What comes next of an order that goes the way of most; to `pay` is not of its rules."""
    open_ends = (*order.payments, *order.returns, *order.refunds)
    answers = [name for it in open_ends for name in ANSWERS.get(it.status, ())]
    return [*answers, *answers, *USUAL.get(order.status, ())]


def decision(draw: Draw, order: Order, name: str, now: datetime) -> Decision | None:
    """Decide *name* about an order, as far as that can be said of it at all."""
    n = len(order.history)
    match name:
        case "begin to pay":
            return lambda it: payment.start(
                it, Offer("k", f"{it.id}-p1", "https://pay"), it.terms.total, now
            )
        case "fail":
            return lambda it: payment.fail(it, f"{it.id}-p2", now)
        case "resolve" if order.payments:
            of = draw(st.sampled_from(order.payments)).id
            how = draw(st.sampled_from(["refund", "accept", "accept"]))
            return lambda it: payment.resolve(it, of, how, now, POLICY)
        case "expire":
            return lambda it: placing.expire(it, now)
        case "cancel":
            return lambda it: placing.cancel(it, "changed my mind", now)
        case "complete":
            return lambda it: placing.complete(it, now)
        case "declare":
            return lambda it: entry.declare(it, f"decl-{n}", "sf", now, POLICY)
        case "hold":
            return lambda it: entry.hold(it, "differs", ("weight",), now, POLICY)
        case "release":
            return lambda it: entry.release(it, now, POLICY)
        case "reject":
            return lambda it: entry.reject(it, "forbidden", now)
        case "put off":
            return lambda it: refund.put_off(it, now)
        case _:
            return _goods(draw, order, name, now) or _money(draw, order, name, now)


def _goods(draw: Draw, order: Order, name: str, now: datetime) -> Decision | None:
    """Parcels and returns."""
    n = len(order.history)
    match name:
        case "ship":
            what = some(draw, parcel.unsent(order))
            merchant = draw(st.sampled_from([None, None, "m01", "m02"]))
            return lambda it: parcel.ship(
                it,
                f"parcel-{n}",
                what,
                carrier="SF",
                waybill="sf",
                merchant_id=merchant,
                now=now,
                policy=POLICY,
            )
        case "deliver" if order.parcels:
            sent = draw(st.sampled_from(order.parcels)).id
            return lambda it: parcel.deliver(it, sent, now, POLICY)
        case "ask to return":
            what = some(draw, returns.returnable(order))
            return lambda it: returns.ask(it, f"r-{n}", what, "dry", now)
        case "approve return" if order.returns:
            back = draw(st.sampled_from(order.returns)).id
            return lambda it: returns.approve(it, back, now)
        case "refuse return" if order.returns:
            back = draw(st.sampled_from(order.returns)).id
            return lambda it: returns.refuse(it, back, "opened", now)
        case "receive" if order.returns:
            back = draw(st.sampled_from(order.returns))
            broken = some(draw, {each.sku: each.quantity for each in back.units}, least=0)
            return lambda it: returns.receive(it, back.id, broken, now, by="eva", policy=POLICY)
        case _:
            return None


def _money(draw: Draw, order: Order, name: str, now: datetime) -> Decision | None:
    """Refunds that people decide about."""
    by = draw(st.sampled_from(["eva", "leo"]))
    if name == "ask to give back":
        bought = {each.sku: each.quantity for each in order.lines}
        what = some(draw, bought) if draw(st.booleans()) else ()
        amount, n = mop(draw(st.integers(1, 20_000))), len(order.history)
        harmed = draw(st.booleans())
        broken = some(draw, {each.sku: each.quantity for each in what}, least=0) if harmed else ()

        def ask(it: Order) -> Iterable[Event]:
            money = refund.ask(
                it,
                f"f-{n}",
                refund.price_of(it, what) if what else amount,
                now,
                reason="stale",
                by=by,
                limit={"MOP": 9_999},
                units=what,
                damaged=broken,
            )
            return shortfall.given_back(it, money, now, POLICY)

        return ask
    if not order.refunds:
        return None
    asked = draw(st.sampled_from(order.refunds)).id
    match name:
        case "send back":
            return lambda it: refund.paid(it, asked, now)
        case "approve refund":
            return lambda it: shortfall.given_back(
                it, refund.approve(it, asked, by, now), now, POLICY
            )
        case "deny refund":
            return lambda it: refund.deny(it, asked, by, "not stale", now)
        case _:
            return None


def some(draw: Draw, there: Mapping[str, int], *, least: int = 1) -> tuple[Units, ...]:
    """Some of the units there are; now and then one more than there are."""
    what: list[Units] = []
    for sku, quantity in there.items():
        most = quantity + draw(st.sampled_from([0, 0, 0, 0, 1]))
        if most > 0 and (number := draw(st.integers(min(least, most), most))):
            what.append(Units(sku=sku, quantity=number))
    return tuple(what)

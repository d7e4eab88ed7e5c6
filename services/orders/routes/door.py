"""What the doors of orders have in common: who may come in, and how an order is shown to whom."""

import unicodedata
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import datetime
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, Field

from services.orders.ordering.life import Status
from services.orders.ordering.order import Order, Payment, Refund, Return, Sent
from services.orders.queries import Eyes
from shared.events.ids import Id
from shared.events.money import Money, RateSnapshot
from shared.events.orders import Attribution, Import, Line, Reason, Units
from shared.platform.change.cause import Cause
from shared.platform.web.auth import Caller, allow, public
from shared.platform.web.idempotency import because
from shared.platform.web.problem import Problem

P = TypeVar("P", Sent, Return)

ANY_ORDER = {"organiser", "operator"}

MOST_UNITS = 50_000
"""No order has more units: 50 lines of 1000."""


def _of_an_order(units: Units) -> Units:
    if units.quantity > MOST_UNITS:
        raise ValueError("no order has so many units")
    return units


Some = Annotated[Units, AfterValidator(_of_an_order)]
"""Units of an order, as somebody says them."""

Goods = Annotated[tuple[Some, ...], Field(min_length=1, max_length=50)]
"""Some of the units of an order."""

_BREAKING = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Unicode categories of controls (NUL and line feeds among them), lone halves, and line ends."""


def _on_one_line(text: str) -> str:
    if any(unicodedata.category(character) in _BREAKING for character in text):
        raise ValueError("should be one line without control characters")
    return text


one_line = AfterValidator(_on_one_line)
"""Refuses texts that would break what they are shown in: a log, a label, a table."""

Why = Annotated[Reason, one_line]
"""Why somebody does something, as they say it at a door; what was written before is read on."""

Asked = Annotated[Cause, because]
Buyer = Annotated[Caller, allow("buyer")]
Cashier = Annotated[Caller, allow("cashier")]
Eraser = Annotated[Caller, allow("buyer", "operator")]
Anybody = Annotated[Caller, public]
Canceller = Annotated[Caller, allow("buyer", "organiser", "operator")]
House = Annotated[Caller, allow("organiser", "operator")]
Sender = Annotated[Caller, allow("merchant", "organiser", "operator")]
Reader = Annotated[Caller, allow("buyer", "merchant", "organiser", "operator", "cashier")]
Keeper = Annotated[Caller, allow("merchant", "organiser", "operator", "cashier")]


class OrderView(BaseModel):
    """An order as its reader may see it: a merchant sees its own lines and no buyer."""

    order_id: Id
    status: Status
    festival_id: str
    channel: str
    lines: list[Line]
    total: Money | None
    buyer_id: str | None
    session_id: str | None
    booth_id: str | None
    placed_at: datetime
    hold_until: datetime
    due: datetime | None
    grace_until: datetime | None
    return_until: datetime | None
    payments: list[Payment]
    refunds: list[Refund]
    parcels: list[Sent]
    returns: list[Return]
    cancelled: list[Units] = []
    entry: Import | None = None
    rate: RateSnapshot | None = None
    attribution: Attribution | None = None


def eyes(caller: Caller) -> Eyes | None:
    """Which orders *caller* may see; None for all."""
    if caller.roles & ANY_ORDER:
        return None
    return Eyes(caller.subject, caller.merchant_id if "merchant" in caller.roles else None)


def only_merchant(caller: Caller) -> str | None:
    """The one merchant whose goods *caller* may see or send; None for all."""
    if caller.roles & (ANY_ORDER | {"cashier"}):
        return None
    return caller.merchant_id or ""


def acting(caller: Caller) -> str | None:
    """For which merchant *caller* acts; None for the house, which acts for all."""
    if caller.roles & ANY_ORDER:
        return None
    if caller.merchant_id is None:
        raise Problem(403, "merchant-missing", "The access token does not say for which merchant.")
    return caller.merchant_id


def seen(order: Order, caller: Caller) -> Order:
    """The order as *caller* may see it: whole for who bought it and the house.

    A merchant sees its own lines, what is sent and comes back of them, and nothing of the buyer:
    neither their device, nor their money, nor why they gave something back.
    """
    placed = order.terms
    if placed.buyer_id == caller.subject or caller.roles & ANY_ORDER:
        return order
    lines = tuple(line for line in placed.lines if line.merchant_id == caller.merchant_id)
    skus = {line.sku for line in lines}
    came = placed.attribution
    return replace(
        order,
        placed=placed.model_copy(
            update={
                "lines": lines,
                "entry": None,
                "attribution": came and came.model_copy(update={"device": None}),
            }
        ),
        payments=(),
        refunds=(),
        parcels=_theirs(order.parcels, skus),
        returns=_theirs(order.returns, skus),
        cancelled=tuple(units for units in order.cancelled if units.sku in skus),
        history=tuple(
            replace(step, why="") if step.what.startswith("return") else step
            for step in order.history
            if not step.what.startswith(("payment", "refund"))
        ),
    )


def _theirs(sent: Iterable[P], skus: AbstractSet[str]) -> tuple[P, ...]:
    """What has units of those *skus*, and of others none."""
    cut = (
        replace(each, units=tuple(units for units in each.units if units.sku in skus))
        for each in sent
    )
    return tuple(each for each in cut if each.units)


def view(order: Order, caller: Caller) -> OrderView:
    """The whole order for who bought it and the organisers, a merchant's lines for the merchant."""
    whole = order.terms.buyer_id == caller.subject or bool(caller.roles & ANY_ORDER)
    order = seen(order, caller)
    placed = order.terms
    return OrderView.model_validate(
        {
            "order_id": order.id,
            "status": order.status,
            "festival_id": placed.festival_id,
            "channel": placed.channel,
            "lines": placed.lines,
            "total": placed.total if whole else None,
            "buyer_id": placed.buyer_id if whole else None,
            "session_id": placed.session_id,
            "booth_id": placed.booth_id,
            "placed_at": placed.placed_at,
            "hold_until": placed.hold_until,
            "due": order.due,
            "grace_until": order.grace_until,
            "return_until": order.return_until,
            "payments": order.payments,
            "refunds": order.refunds,
            "parcels": order.parcels,
            "returns": order.returns,
            "cancelled": order.cancelled,
            "entry": placed.entry,
            "rate": placed.rate,
            "attribution": placed.attribution,
        },
        from_attributes=True,
    )

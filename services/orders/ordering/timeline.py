"""The timeline of an order: what happened, why, and what it waits for. Pure."""

from datetime import datetime

from pydantic import AwareDatetime, BaseModel, ConfigDict

from services.orders.border.tracking import ShipmentStatus
from services.orders.ordering.life import WAITS, Status
from services.orders.ordering.order import Order
from services.orders.ordering.refund import SEND_WITHIN


class Row(BaseModel):
    """Something that happened, and where it left the order."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    at: AwareDatetime
    what: str
    status: Status
    why: str = ""


class Wait(BaseModel):
    """What has to happen next, and by when; `late` if that is over.

    Attributes:
        on: In words.
        until: By when; None if nothing but people can hurry it.
        why: What it is for, where that does not go without saying.
    """

    model_config = ConfigDict(frozen=True)

    on: str
    until: AwareDatetime | None = None
    late: bool = False
    why: str = ""


class Leg(BaseModel):
    """Something the carrier has told of goods that cross the border; `status` None if nothing new.

    Attributes:
        code: What the carrier calls it.
    """

    model_config = ConfigDict(frozen=True)

    at: AwareDatetime
    status: ShipmentStatus | None
    code: str
    place: str


class Timeline(BaseModel):
    """An order's story so far; `waits` is empty once nothing more is to come of it."""

    model_config = ConfigDict(frozen=True)

    order_id: str
    status: Status
    rows: list[Row]
    waits: list[Wait]
    route: list[Leg] = []


def tell(order: Order, now: datetime) -> Timeline:
    """Tell the story of *order* as of *now*. Refuses an order nobody placed."""
    placed = order.terms
    first = Row(at=placed.placed_at, what="placed", status="placed", why=_where_from(order))
    return Timeline(
        order_id=order.id,
        status=order.status,
        rows=[first, *(Row.model_validate(step) for step in order.history)],
        waits=waits(order, now),
        route=[
            Leg(at=node.at, status=node.status, code=node.op_code, place=node.place)
            for node in (order.crossing.route if order.crossing else ())
        ],
    )


def waits(order: Order, now: datetime) -> list[Wait]:
    """All that is still to come of *order*, the order itself first."""
    found: list[Wait] = []
    if order.status in WAITS:
        late = order.due is not None and order.due <= now
        on = WAITS[order.status]
        if order.crossing and order.status == "confirmed":
            on = "the goods to be declared to customs"
        found.append(Wait(on=on, until=order.due, late=late))
    for payment in order.payments:
        if payment.status == "quarantined":
            found.append(Wait(on=f"somebody to decide about payment {payment.id}"))
        elif payment.status == "started" and order.status != "placed":
            found.append(Wait(on=f"the provider's word on payment {payment.id}"))
    for refund in order.refunds:
        if refund.status == "asked":
            found.append(Wait(on=f"a second person to agree to refund {refund.id}"))
        elif refund.status == "due":
            until = refund.due_at and refund.due_at + SEND_WITHIN
            on = f"the provider to send back refund {refund.id}"
            late = until is not None and until <= now
            found.append(Wait(on=on, until=until, late=late, why=refund.reason))
    for back in order.returns:
        if back.status == "requested":
            found.append(Wait(on=f"an answer to return {back.id}"))
        elif back.status == "approved":
            late = back.arrive_by is not None and back.arrive_by <= now
            wait = Wait(on=f"the goods of return {back.id}", until=back.arrive_by, late=late)
            found.append(wait)
    return found


def _where_from(order: Order) -> str:
    """Where the order came from, in a few words."""
    came = order.terms.attribution
    if came is None:
        return order.terms.channel
    if came.booth_id:
        return f"booth {came.booth_id}"
    if came.session_id is None:
        return "shelf"
    pin = f", pin {came.pin_sequence}" if came.pin_sequence else ""
    return f"session {came.session_id}{pin} ({came.rule})"

"""What orders says of an order: how it was placed, paid for, brought to its buyer, or undone.

Which fact may follow which is one table, `services/orders/ordering/life.py`; its picture is in
docs/orders.md.
"""

from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, NonNegativeInt, PositiveInt

from shared.events.base import Event
from shared.events.duty import Duty
from shared.events.ids import (
    ActivityId,
    BuyerId,
    Channel,
    ConsigneeToken,
    CouponId,
    FestivalId,
    Id,
    OrderId,
    PaymentId,
    PersonToken,
    SessionId,
)
from shared.events.money import Money, RateSnapshot
from shared.events.orders.parts import Line, Reason, Units


class Attribution(BaseModel):
    """Where an order comes from, frozen when it is placed.

    Of a live order: the pin it belongs to by *rule*, and how far into the session it was placed.
    """

    model_config = ConfigDict(frozen=True)

    rule: Literal["pin-active", "pin-recent", "shelf", "booth"]
    session_id: SessionId | None = None
    host_id: BuyerId | None = None
    pin_sequence: PositiveInt | None = None
    offset_ms: NonNegativeInt | None = None
    booth_id: Id | None = None
    till_id: Id | None = None
    device: Id | None = None
    activity_id: ActivityId | None = None


class Import(BaseModel):
    """How the goods of an order enter the mainland, for whom, and what is due.

    Attributes:
        person: A token of the person whose yearly quota counts; who that is stays in the vault.
        consignee: A token of who receives the goods, and where.
        year: The calendar year (Asia/Shanghai) in which it counts.
        duty: What the order comes to: the price, freight and tax of each line.
    """

    model_config = ConfigDict(frozen=True)

    person: PersonToken
    consignee: ConsigneeToken
    year: PositiveInt
    duty: Duty


class OrderEvent(Event, topic="feira.orders.order.v1", key="order_id"):
    """Something that happened to an order."""

    order_id: OrderId


class OrderPlaced(OrderEvent, type="feira.orders.order.placed"):
    """A buyer's units are held until *hold_until*.

    The total is what the lines cost less their discounts; where goods enter the mainland (*entry*)
    it is what their duty comes to, with freight and tax.
    """

    festival_id: FestivalId
    buyer_id: BuyerId
    channel: Channel
    lines: tuple[Line, ...]
    total: Money
    placed_at: AwareDatetime
    hold_until: AwareDatetime
    session_id: SessionId | None = None
    booth_id: Id | None = None
    attribution: Attribution | None = None
    entry: Import | None = None
    rate: RateSnapshot | None = None
    wish_id: Id | None = None
    """What one wish was split into shares this."""


class PaymentStarted(OrderEvent, type="feira.orders.order.payment-started"):
    """The provider expects the buyer's payment."""

    payment_id: PaymentId
    amount: Money
    at: AwareDatetime | None = None


class PaymentFailed(OrderEvent, type="feira.orders.order.payment-failed"):
    """A payment came to nothing; the buyer may try again while the units are held."""

    payment_id: PaymentId
    at: AwareDatetime | None = None


class PaymentQuarantined(OrderEvent, type="feira.orders.order.payment-quarantined"):
    """Money came that is not what was asked for; somebody has to look at it."""

    payment_id: PaymentId
    amount: Money
    expected: Money
    at: AwareDatetime | None = None


class OrderConfirmed(OrderEvent, type="feira.orders.order.confirmed"):
    """The order is paid; its units are sold.

    Until *grace_until* the buyer may still withdraw; by *ship_by* the goods are to leave.
    """

    festival_id: FestivalId
    buyer_id: BuyerId
    channel: Channel
    lines: tuple[Line, ...]
    total: Money
    method: Literal["cash", "provider"]
    payment_id: PaymentId | None = None
    session_id: SessionId | None = None
    booth_id: Id | None = None
    at: AwareDatetime | None = None
    grace_until: AwareDatetime | None = None
    ship_by: AwareDatetime | None = None


class OrderHandedOver(OrderEvent, type="feira.orders.order.handed-over"):
    """The goods went over the counter; the order is complete.

    Until *return_until* they may be brought back for no reason.
    """

    lines: tuple[Line, ...]
    at: AwareDatetime
    return_until: AwareDatetime | None = None


class OrderUndone(OrderEvent):
    """The units are free again, and what the order took of limits; *were* says where units were.

    Those that are *damaged* are not free, but unfit to be sold.
    """

    buyer_id: BuyerId
    lines: tuple[Line, ...]
    festival_id: FestivalId | None = None
    were: Literal["held", "sold"] = "held"
    damaged: tuple[Units, ...] = ()
    at: AwareDatetime | None = None


class OrderExpired(OrderUndone, type="feira.orders.order.expired"):
    """Nobody paid in time; the units are free again."""


class OrderCancelled(OrderUndone, type="feira.orders.order.cancelled"):
    """The buyer withdrew; the units are free again, and money that was paid goes back."""

    reason: Reason | None = None


class OrderDeclared(OrderEvent, type="feira.orders.order.declared"):
    """The order's three documents are filed with customs, which answers by *answer_by*.

    Or they were filed *elsewhere*, by an importer of record, and there is no waybill of ours.
    """

    declaration: Id
    waybill: Id | None = None
    elsewhere: bool = False
    at: AwareDatetime
    answer_by: AwareDatetime


class CustomsHeld(OrderEvent, type="feira.orders.order.customs-held"):
    """The goods stay: customs keeps them, or they cannot be declared as they are.

    The reason says by whom and why; *differing* names the fields on which documents differ.
    """

    reason: str
    differing: tuple[str, ...] = ()
    at: AwareDatetime
    decide_by: AwareDatetime


class OrderReleased(OrderEvent, type="feira.orders.order.released"):
    """Customs lets the goods in; they are to leave by *ship_by*.

    *released_at* is when it did, where that was told of later.
    """

    at: AwareDatetime
    ship_by: AwareDatetime
    released_at: AwareDatetime | None = None


class OrderRejected(OrderUndone, type="feira.orders.order.rejected"):
    """Customs turns the goods away; they are free again, and the money goes back."""

    reason: str


class Parcel(OrderEvent):
    """Units on their way to their buyer."""

    parcel_id: Id
    lines: tuple[Units, ...]
    carrier: str
    waybill: str
    at: AwareDatetime
    deliver_by: AwareDatetime


class OrderPartShipped(Parcel, type="feira.orders.order.part-shipped"):
    """A part of the goods has left; there is more to come."""


class OrderShipped(Parcel, type="feira.orders.order.shipped"):
    """The last, or all, of the goods have left."""


class ParcelDelivered(OrderEvent, type="feira.orders.order.parcel-delivered"):
    """The buyer has one parcel of several."""

    parcel_id: Id
    at: AwareDatetime


class OrderDelivered(OrderEvent, type="feira.orders.order.delivered"):
    """The buyer has all of the goods, and until *return_until* may return them for no reason."""

    parcel_id: Id
    at: AwareDatetime
    return_until: AwareDatetime


class UnitsCancelled(OrderEvent):
    """Units that were paid for will not leave: their price goes back, as *refund_id*.

    They are free again, but for those *damaged*. `lines` are as they were ordered, without what was
    off of them; `coupons` are those that the order uses no more.
    """

    festival_id: FestivalId
    buyer_id: BuyerId
    refund_id: Id
    lines: tuple[Line, ...]
    damaged: tuple[Units, ...] = ()
    coupons: tuple[CouponId, ...] = ()
    reason: str
    at: AwareDatetime


class OrderPartCancelled(UnitsCancelled, type="feira.orders.order.part-cancelled"):
    """A part of the goods will not leave; there is more to come."""


class OrderRestCancelled(UnitsCancelled, type="feira.orders.order.rest-cancelled"):
    """The rest of the goods will not leave: what has left is all that comes."""


class OrderCompleted(OrderEvent, type="feira.orders.order.completed"):
    """The time to return for no reason is over; what was sold stays sold."""

    at: AwareDatetime


class RefundRequested(OrderEvent, type="feira.orders.order.refund-requested"):
    """Somebody wants to give back so much that a second person has to agree."""

    refund_id: Id
    payment_id: PaymentId
    amount: Money
    reason: Reason
    by: BuyerId
    units: tuple[Units, ...] = ()
    damaged: tuple[Units, ...] = ()
    at: AwareDatetime


class RefundApproved(OrderEvent, type="feira.orders.order.refund-approved"):
    """A second person agrees to a refund."""

    refund_id: Id
    by: BuyerId
    at: AwareDatetime


class RefundDenied(OrderEvent, type="feira.orders.order.refund-denied"):
    """A second person does not agree; no money goes back for this."""

    refund_id: Id
    by: BuyerId
    reason: Reason
    at: AwareDatetime


class RefundDue(OrderEvent, type="feira.orders.order.refund-due"):
    """Money goes back: it no longer buys anything, or somebody decided so."""

    payment_id: PaymentId
    refund_id: Id
    amount: Money
    reason: str
    at: AwareDatetime
    units: tuple[Units, ...] = ()
    damaged: tuple[Units, ...] = ()


class RefundPaid(OrderEvent, type="feira.orders.order.refund-paid"):
    """The money is back with the buyer.

    What was paid for in cash is given back in coins (*cash*), out of the drawer of a till: *cash*
    is the amount, rounded with all that was given back of the order before.
    """

    payment_id: PaymentId
    refund_id: Id
    amount: Money
    at: AwareDatetime | None = None
    cash: Money | None = None
    till_id: Id | None = None


class ReturnRequested(OrderEvent, type="feira.orders.order.return-requested"):
    """The buyer wants to give goods back."""

    return_id: Id
    units: tuple[Units, ...]
    reason: Reason
    at: AwareDatetime


class ReturnApproved(OrderEvent, type="feira.orders.order.return-approved"):
    """The goods may come back; by *arrive_by* if import tax that was paid is to be refunded."""

    return_id: Id
    at: AwareDatetime
    arrive_by: AwareDatetime | None = None


class ReturnRefused(OrderEvent, type="feira.orders.order.return-refused"):
    """The goods may not come back."""

    return_id: Id
    reason: Reason
    at: AwareDatetime


class ReturnReceived(OrderEvent, type="feira.orders.order.return-received"):
    """The goods are back: free again, or damaged. The money is to be back by *refund_by*.

    `quota` is what the person's yearly quota gets back.
    """

    return_id: Id
    restock: tuple[Units, ...]
    damaged: tuple[Units, ...]
    tax_refundable: bool
    quota: Money | None = None
    at: AwareDatetime
    refund_by: AwareDatetime

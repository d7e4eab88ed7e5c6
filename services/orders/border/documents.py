"""The three documents of a cross-border order: what customs hears of one sale, and must agree."""

from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from shared.refusal import Refused

CNY = "142"
"""Yuan in the customs' own list of currencies; it is not the number of ISO 4217."""

LONGEST_ORDER_NO = 30

Kind = Literal["order", "payment", "logistics"]
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_UUIDS = range(1 << 128)


@dataclass(frozen=True, slots=True)
class Person:
    """Who orders or pays, as on the resident identity card. Neither is ever printed."""

    name: str = field(repr=False)
    id_number: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Consignee:
    """Who receives the parcel. None of it is ever printed."""

    name: str = field(repr=False)
    phone: str = field(repr=False)
    address: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Item:
    """So many units of one product; *unit_price* in fen, after cuts of the price."""

    sku: str
    name: str
    hs: str
    quantity: int
    unit_price: int

    @property
    def total(self) -> int:
        """What the units cost together, in fen."""
        return self.quantity * self.unit_price


@dataclass(frozen=True, slots=True)
class Sale:
    """What the platform knows of an order; amounts in fen.

    Attributes:
        goods_value: What the goods cost, whatever part of it is not paid in cash.
        discount: What vouchers, points and the like pay for; a cut of the price is none.
        actual_paid: What the buyer pays in money.
        note: Why a price is far from that of the market, where it is.
    """

    order_no: str
    merchant_id: str
    items: tuple[Item, ...]
    goods_value: int
    freight: int
    tax_total: int
    discount: int
    actual_paid: int
    buyer: Person
    consignee: Consignee
    currency: str = CNY
    note: str = ""


@dataclass(frozen=True, slots=True)
class Paid:
    """What the payment firm knows of the money: its serial number, who paid how many fen."""

    payment_no: str
    payer: Person
    amount: int
    currency: str = CNY


@dataclass(frozen=True, slots=True)
class Shipped:
    """What the carrier knows of the parcels; *freight* is what it charges, in fen."""

    waybill_no: str
    consignee: Consignee
    parcels: int
    weight_grams: int
    freight: int
    currency: str = CNY


@dataclass(frozen=True, slots=True)
class OrderDocument:
    """The platform's document (CEB311), with the payment and the waybill that belong to it.

    The number of the waybill stands on the declaration list (CEB621), sent with the order.
    """

    sale: Sale
    payment_no: str
    waybill_no: str


@dataclass(frozen=True, slots=True)
class PaymentDocument:
    """The payment firm's document (CEB411)."""

    order_no: str
    paid: Paid


@dataclass(frozen=True, slots=True)
class LogisticsDocument:
    """The carrier's document (CEB511)."""

    order_no: str
    shipped: Shipped


@dataclass(frozen=True, slots=True)
class Documents:
    """The three documents of one order."""

    order: OrderDocument
    payment: PaymentDocument
    logistics: LogisticsDocument


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A field on which two documents differ; what they say may be personal, so it is not here.

    Attributes:
        field: Its name in the order document.
        documents: Which two.
    """

    field: str
    documents: tuple[Kind, Kind]


def order_no(order_id: str) -> str:
    """Number an order for customs: its id (a UUID) in 25 digits of base 36.

    An id of 36 characters is longer than customs takes; no two ids have one number.
    """
    return _in_base_36(UUID(order_id).int)


def _in_base_36(rest: int) -> str:
    digits = ""
    for _ in range(25):
        rest, digit = divmod(rest, len(_DIGITS))
        digits = _DIGITS[digit] + digits
    return digits


def order_id(order_no: str) -> str:
    """Tell the order (a UUID) by its number. Refuses what is no number of ours."""
    number = sum(
        _DIGITS.find(digit) * len(_DIGITS) ** place
        for place, digit in enumerate(reversed(order_no[:LONGEST_ORDER_NO]))
    )
    if number in _UUIDS and order_no == _in_base_36(number):
        return str(UUID(int=number))
    raise Refused("order.unknown", "There is no such order.", kind="missing")


def build(sale: Sale, paid: Paid, shipped: Shipped) -> Documents:
    """Write the three documents. Refuses a sale that does not add up, or no customs would take.

    The rules are those of the order message: goodsValue is the sum of the lines, and
    acturalPaid = goodsValue + freight + taxTotal - discount. Whether the three *agree* is
    another question, see `mismatches`.
    """
    if not 1 <= len(sale.order_no) <= LONGEST_ORDER_NO:
        raise Refused(
            "customs.order-no",
            f"Customs takes order numbers of 1 to {LONGEST_ORDER_NO} characters.",
            kind="invalid",
        )
    if not sale.items or any(item.quantity < 1 for item in sale.items):
        raise Refused("customs.empty", "A sale has a line, and a line has a unit.", kind="invalid")
    prices = (item.unit_price for item in sale.items)
    amounts = (sale.freight, sale.tax_total, sale.discount, sale.actual_paid, paid.amount)
    if min(*prices, *amounts, shipped.freight) < 0:
        raise Refused("customs.negative", "No amount is below nothing.", kind="invalid")
    goods_value = sum(item.total for item in sale.items)
    if sale.goods_value != goods_value:
        raise Refused(
            "customs.goods-value",
            "The value of the goods is not the sum of the lines.",
            kind="invalid",
            said=sale.goods_value,
            sum=goods_value,
        )
    actual_paid = goods_value + sale.freight + sale.tax_total - sale.discount
    if sale.actual_paid != actual_paid:
        raise Refused(
            "customs.actual-paid",
            "What is paid is not goods, freight and tax less the discount.",
            kind="invalid",
            said=sale.actual_paid,
            sum=actual_paid,
        )
    return Documents(
        OrderDocument(sale, paid.payment_no, shipped.waybill_no),
        PaymentDocument(sale.order_no, paid),
        LogisticsDocument(sale.order_no, shipped),
    )


def mismatches(
    order: OrderDocument, payment: PaymentDocument, logistics: LogisticsDocument
) -> tuple[Mismatch, ...]:
    """Name every field on which customs would find two documents to differ.

    Buyer and payer must be one person: a platform that has not verified an orderer's identity
    may not let another pay (GACC 2016-26, 2018-194), and ours leaves that to the payment firm.
    """
    sale, paid, shipped = order.sale, payment.paid, logistics.shipped
    with_payment = (
        ("orderNo", sale.order_no, payment.order_no),
        ("payTransactionId", order.payment_no, paid.payment_no),
        ("acturalPaid", sale.actual_paid, paid.amount),
        ("currency", sale.currency, paid.currency),
        ("buyerName", sale.buyer.name, paid.payer.name),
        ("buyerIdNumber", sale.buyer.id_number, paid.payer.id_number),
    )
    with_logistics = (
        ("orderNo", sale.order_no, logistics.order_no),
        ("logisticsNo", order.waybill_no, shipped.waybill_no),
        ("currency", sale.currency, shipped.currency),
        ("consignee", sale.consignee.name, shipped.consignee.name),
        ("consigneeTelephone", sale.consignee.phone, shipped.consignee.phone),
        ("consigneeAddress", sale.consignee.address, shipped.consignee.address),
    )
    return (
        *(Mismatch(name, ("order", "payment")) for name, a, b in with_payment if a != b),
        *(Mismatch(name, ("order", "logistics")) for name, a, b in with_logistics if a != b),
    )


def decimal(fen: int) -> str:
    """Yuan with two decimals, as the messages write amounts; *fen* is not negative."""
    return f"{fen // 100}.{fen % 100:02d}"

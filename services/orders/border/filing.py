"""Filing: the three documents of an order, written from what was agreed, paid and packed."""

from collections.abc import Iterable, Mapping

from services.orders.border import documents
from services.orders.border.crossborder.split import CBEC
from services.orders.border.documents import Consignee, Documents, Item, Paid, Person, Sale, Shipped
from services.orders.ordering.order import Order
from shared.events.catalog import Description
from shared.events.duty import LineDuty
from shared.events.ids import Sku
from shared.events.money import Currency
from shared.events.orders import Import
from shared.refusal import Refused

CURRENCIES: Mapping[Currency, str] = {"CNY": documents.CNY, "HKD": "110", "MOP": "121"}
"""As customs numbers them."""

Goods = Mapping[Sku, Description]


def check_way(order: Order) -> Import:
    """How the goods enter. Refuses a way on which other papers are asked for: general trade."""
    entry = order.terms.entry
    if entry is None or entry.duty.channel not in CBEC:
        raise Refused("entry.general-trade", "Such goods are declared by an importer of record.")
    return entry


def freight(entry: Import) -> int:
    """What sending costs, in fen; insurance has no field of its own in the message."""
    return entry.duty.freight + entry.duty.insurance


def weigh(order: Order, goods: Goods) -> int:
    """What the parcel weighs, in grams."""
    return sum(_known(goods, line.sku).weight_g * line.quantity for line in order.lines)


def build(order: Order, who: Person, to: Consignee, goods: Goods, waybill: str) -> Documents:
    """Write the three documents; who orders also pays.

    A sale names one enterprise: the merchant, or the festival that sells for several. Refuses what
    the message has no room for (see `documents.build`), and goods nothing is known of.
    """
    entry = check_way(order)
    duty, cost = entry.duty, freight(entry)
    merchants = {line.merchant_id for line in order.lines}
    sale = Sale(
        order_no=documents.order_no(order.id),
        merchant_id=merchants.pop() if len(merchants) == 1 else order.terms.festival_id,
        items=tuple(item for line in duty.lines for item in _items(line, goods)),
        goods_value=duty.price,
        freight=cost,
        tax_total=duty.tax,
        discount=duty.tender,
        actual_paid=duty.payable,
        buyer=who,
        consignee=to,
    )
    shipped = Shipped(waybill, to, 1, weigh(order, goods), cost)
    return documents.build(sale, _paid(order, who), shipped)


def _paid(order: Order, who: Person) -> Paid:
    """What the payment firm has of the order's money now."""
    payment = next((each for each in order.payments if each.status == "captured"), None)
    if payment is None:
        raise Refused("entry.unpaid", "There is no payment to be declared.")
    back = sum(
        refund.amount.amount
        for refund in order.refunds
        if refund.payment_id == payment.id and refund.status in ("due", "paid")
    )
    currency = CURRENCIES[payment.amount.currency]
    return Paid(payment.id, who, payment.amount.amount - back, currency)


def _items(line: LineDuty, goods: Goods) -> Iterable[Item]:
    """The units of a line at prices whose sum is its price, to the fen: one more for the rest."""
    product = _known(goods, line.sku)
    price, dearer = divmod(line.price, line.quantity)
    for units, each in ((line.quantity - dearer, price), (dearer, price + 1)):
        if units:
            yield Item(line.sku, product.names.zh_hans, product.hs_code, units, each)


def _known(goods: Goods, sku: Sku) -> Description:
    if sku not in goods:
        raise Refused("entry.unknown-goods", "Nothing is known of it yet.", sku=sku)
    return goods[sku]

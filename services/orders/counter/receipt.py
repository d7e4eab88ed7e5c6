"""Receipts: what was sold, by whom, for how much, in the reader's language."""

import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from babel.numbers import format_currency
from pydantic import BaseModel, ConfigDict

from services.orders.counter.seller import Seller
from services.orders.ordering.life import PAID
from services.orders.ordering.order import CASH, Order
from services.orders.pricing.cash import round_cash
from shared.events.ids import Locale, MerchantId, OrderId, Sku
from shared.events.money import Currency, Money
from shared.events.orders import Line
from shared.events.text import Text
from shared.refusal import Refused

WORDS = Path(__file__).with_name("receipt.toml")
WIDTH = 48
"""Columns of paper 80 mm wide; a Chinese character takes two (Unicode UAX #11)."""

_REGIONS: Mapping[Locale, str] = {
    "pt": "pt_MO",
    "zh-Hant": "zh_Hant_MO",
    "zh-Hans": "zh_Hans_CN",
    "en": "en",
}
"""Whose habits a language follows when it writes numbers."""

_ZONE = ZoneInfo("Asia/Macau")
_RULE = "-" * WIDTH


class ReceiptLine(BaseModel):
    """So many units of one thing at one price; *total* is less its discount."""

    model_config = ConfigDict(frozen=True)

    sku: Sku
    name: str
    merchant_id: MerchantId
    quantity: int
    unit_price: Money
    discount: Money | None
    total: Money


class SoldBy(BaseModel):
    """Who sold: by legal name, or by id where none is known; and where to find it."""

    model_config = ConfigDict(frozen=True)

    merchant_id: MerchantId
    name: str
    address: str | None
    contact: str | None


class Receipt(BaseModel):
    """What a buyer is handed.

    Attributes:
        freight: What it takes to bring the goods, insured.
        sellers: Who sold, as the law wants it shown.
        rounding: How much more than the total is paid in coins, in minor units; less if negative.
        paid: What was paid: *total*, or in cash that rounded to the smallest coin.
        qr: What its QR code says: which receipt this is, and what it comes to.
        text: The receipt as it is printed, `WIDTH` columns wide.
    """

    model_config = ConfigDict(frozen=True)

    number: str
    order_id: OrderId
    locale: Locale
    sellers: tuple[SoldBy, ...]
    booth_id: str | None
    till_id: str | None
    sold_at: datetime
    lines: tuple[ReceiptLine, ...]
    freight: Money | None
    tax: Money | None
    total: Money
    rounding: int
    paid: Money
    tendered: Money | None
    change: Money | None
    qr: str
    text: str = ""


def receipt(
    order: Order,
    locale: Locale,
    products: Mapping[Sku, Text],
    sellers: Mapping[MerchantId, Seller],
) -> Receipt:
    """Write the receipt of an order that is paid for. Refuses any other, and one that was undone.

    What has no name known is called by its id.
    """
    placed, sale = order.terms, order.sale
    duty = placed.entry.duty if placed.entry else None
    money = next((payment for payment in order.payments if payment.status == "captured"), None)
    if money is None or order.status not in PAID:
        raise Refused("receipt.unpaid", "There is no receipt for what is not paid.")
    paid = round_cash(placed.total).due if money.id == CASH else placed.total
    number = sale.receipt if sale else order.id
    sold_at = placed.placed_at.astimezone(_ZONE)
    written = Receipt(
        number=number,
        order_id=order.id,
        locale=locale,
        sellers=tuple(
            _sold_by(sellers.get(merchant) or Seller(merchant), locale)
            for merchant in dict.fromkeys(line.merchant_id for line in placed.lines)
        ),
        booth_id=placed.booth_id,
        till_id=placed.attribution.till_id if placed.attribution else None,
        sold_at=sold_at,
        lines=_lines(order, locale, products),
        freight=_on_top(duty.freight + duty.insurance, duty.currency) if duty else None,
        tax=_on_top(duty.tax, duty.currency) if duty else None,
        total=placed.total,
        rounding=paid.amount - placed.total.amount,
        paid=paid,
        tendered=sale.tendered if sale else None,
        change=sale.change if sale else None,
        qr=f"feira:receipt:{number}:{order.id}:{paid.amount}{paid.currency}:{sold_at.isoformat()}",
    )
    rows = (piece for row in _rows(written, cash=money.id == CASH) for piece in _wrapped(row))
    text = "\n".join(rows) + "\n"
    return written.model_copy(update={"text": text})


def _sold_by(seller: Seller, locale: Locale) -> SoldBy:
    return SoldBy(
        merchant_id=seller.id,
        name=seller.names.in_locale(locale) if seller.names else seller.id,
        address=seller.address,
        contact=seller.contact,
    )


def _lines(order: Order, locale: Locale, products: Mapping[Sku, Text]) -> tuple[ReceiptLine, ...]:
    """What was bought; units that came from different places at one price are one line."""
    merged: dict[tuple[Sku, Money], ReceiptLine] = {}
    for line in order.lines:
        name = products[line.sku].in_locale(locale) if line.sku in products else line.sku
        new = ReceiptLine(
            sku=line.sku,
            name=name,
            merchant_id=line.merchant_id,
            quantity=line.quantity,
            unit_price=line.unit_price,
            discount=_off(line),
            total=line.payable,
        )
        place = (line.sku, line.unit_price)
        merged[place] = _added(merged[place], new) if place in merged else new
    return tuple(merged.values())


def _on_top(amount: int, currency: Currency) -> Money | None:
    """What is paid beside the goods, if anything is."""
    return Money(amount=amount, currency=currency) if amount else None


def _off(line: Line) -> Money | None:
    """What coupons take off a line."""
    if not line.discounts:
        return None
    amount = sum(each.amount.amount for each in line.discounts)
    return Money(amount=amount, currency=line.unit_price.currency)


def _added(one: ReceiptLine, other: ReceiptLine) -> ReceiptLine:
    off = [each.discount for each in (one, other) if each.discount]
    discount = Money(amount=sum(each.amount for each in off), currency=one.total.currency)
    return one.model_copy(
        update={
            "quantity": one.quantity + other.quantity,
            "discount": discount if off else None,
            "total": one.total + other.total,
        }
    )


# The paper --------------------------------------------------------------------------------------


@cache
def words(locale: Locale) -> Mapping[str, str]:
    """What receipts say in a language."""
    return tomllib.loads(WORDS.read_text(encoding="utf-8"))[locale]


def money(amount: int, currency: str, locale: Locale) -> str:
    """An amount in minor units as the reader's region writes it; every currency has two decimals.

    Spaces that must not break are plain ones on paper.
    """
    written = format_currency(Decimal(amount).scaleb(-2), currency, locale=_REGIONS[locale])
    return written.replace("\u00a0", " ").replace("\u202f", " ")


def _rows(receipt: Receipt, *, cash: bool) -> Iterable[str]:
    say, locale, currency = words(receipt.locale), receipt.locale, receipt.total.currency

    def row(label: str, amount: int) -> str:
        return _between(label, money(amount, currency, locale))

    yield _centred(say["title"])
    yield say["number"].format(number=receipt.number)
    for seller in receipt.sellers:
        yield say["sold_by"].format(seller=seller.name)
        yield from filter(None, (seller.address, seller.contact))
    if receipt.booth_id:
        place = say["place"] if receipt.till_id else say["booth"]
        yield place.format(booth=receipt.booth_id, till=receipt.till_id)
    yield format_datetime(receipt.sold_at, "yyyy-MM-dd HH:mm:ss", locale=_REGIONS[locale])
    yield _RULE
    for line in receipt.lines:
        whole = line.unit_price * line.quantity
        yield line.name
        price = money(line.unit_price.amount, currency, locale)
        yield row(f"  {line.quantity} × {price}", whole.amount)
        if line.discount:
            yield row(f"  {say['discount']}", -line.discount.amount)
    yield _RULE
    for label, extra in (("freight", receipt.freight), ("tax", receipt.tax)):
        if extra:
            yield row(say[label], extra.amount)
    yield row(say["total"], receipt.total.amount)
    if cash:
        if receipt.rounding:
            yield row(say["rounding"], receipt.rounding)
        yield row(say["due"], receipt.paid.amount)
        if receipt.tendered and receipt.change:
            yield row(say["tendered"], receipt.tendered.amount)
            yield row(say["change"], receipt.change.amount)
    else:
        yield row(say["paid_online"], receipt.paid.amount)
    yield _RULE
    yield from (say["keep"], say["thanks"])


def columns(text: str) -> int:
    """How wide a text is on paper."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)


def _between(left: str, right: str) -> str:
    """One at each edge of the paper; what does not fit beside it goes below, to the right."""
    room = WIDTH - columns(left) - columns(right)
    if room <= 0:  # the second one wraps to the right edge
        room = -columns(left) % WIDTH + WIDTH - columns(right)
    return left + " " * room + right


def _wrapped(row: str) -> Iterable[str]:
    """A row in pieces that fit the paper."""
    begun = taken = 0
    for place, sign in enumerate(row):
        width = columns(sign)
        if taken + width > WIDTH:
            yield row[begun:place]
            begun, taken = place, 0
        taken += width
    yield row[begun:]


def _centred(text: str) -> str:
    return (" " * ((WIDTH - columns(text)) // 2)) + text

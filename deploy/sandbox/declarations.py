"""What customs checks: three documents of one order, one person's year. Pure rules.

Written from the rules of customs alone and knowing nothing of whoever files, so that it finds
what they overlooked.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Annotated, ClassVar, Literal

from pydantic import AnyHttpUrl, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel
from typing_extensions import override

Kind = Literal["order", "payment", "logistics"]
Status = Literal["accepted", "released", "held", "rejected"]

KINDS: tuple[Kind, ...] = ("order", "payment", "logistics")
YUAN = "142"
MOST_AT_ONCE = 5_000_00  # fen, of the goods and their freight
MOST_A_YEAR = 26_000_00
SHANGHAI = timezone(timedelta(hours=8))

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)  # GB 11643
CHECKS = "10X98765432"


def _hundredths(text: object) -> int:
    """Read a number with two decimals, and no other way of writing one."""
    yuan, _, cents = text.partition(".") if isinstance(text, str) else ("", "", "")
    if not (yuan.isascii() and yuan.isdigit() and cents.isascii() and cents.isdigit()):
        raise ValueError("must be a decimal such as 348.38, as text")
    if len(cents) != 2 or len(yuan) > 12:  # noqa: PLR2004 - what is said in the next line
        raise ValueError("must have two decimals, and no more than twelve digits before them")
    return int(yuan) * 100 + int(cents)


Hundredths = Annotated[int, BeforeValidator(_hundredths)]  # of a yuan, of a kilogram
Code = Annotated[str, StringConstraints(min_length=1, max_length=64)]
OrderNo = Annotated[str, StringConstraints(min_length=1, max_length=30, pattern=r"^[\w-]+$")]
Text = Annotated[str, StringConstraints(min_length=1, max_length=300)]


class Filed(BaseModel):
    """A document as it comes, named as customs names its fields."""

    model_config = ConfigDict(strict=True, extra="forbid", alias_generator=to_camel)

    kind: ClassVar[Kind]

    order_no: OrderNo
    currency: Annotated[str, StringConstraints(pattern=r"^[0-9]{3}$")]

    @override
    def __repr_args__(self) -> list[tuple[str | None, object]]:
        return [("order_no", self.order_no)]  # the rest names people


class Item(BaseModel):
    """One line of an order."""

    model_config = ConfigDict(strict=True, extra="forbid", alias_generator=to_camel)

    gnum: Annotated[int, Field(ge=1)]
    item_no: Code
    item_name: Text
    gcode: Annotated[str, StringConstraints(pattern=r"^[0-9]{6,13}$")]
    qty: Annotated[int, Field(ge=1, le=10**6)]
    price: Hundredths
    total_price: Hundredths


class OrderFiled(Filed):
    """From the platform (CEB311, with the number of the waybill from CEB621)."""

    kind = "order"

    ebc_code: Code
    goods_value: Hundredths
    freight: Hundredths
    discount: Hundredths
    tax_total: Hundredths
    actural_paid: Hundredths  # sic, in every version of the message
    buyer_id_type: Literal["1"]
    buyer_id_number: Code
    buyer_name: Text
    pay_transaction_id: Code
    logistics_no: Code
    consignee: Text
    consignee_telephone: Text
    consignee_address: Text
    note: Annotated[str, StringConstraints(max_length=1_000)] = ""
    items: Annotated[list[Item], Field(min_length=1, max_length=200)]
    callback_url: AnyHttpUrl | None = None


class PaymentFiled(Filed):
    """From the payment firm (CEB411)."""

    kind = "payment"

    pay_transaction_id: Code
    payer_id_type: Literal["1"]
    payer_id_number: Code
    payer_name: Text
    amount_paid: Hundredths


class LogisticsFiled(Filed):
    """From the carrier (CEB511)."""

    kind = "logistics"

    logistics_no: Code
    consignee: Text
    consignee_telephone: Text
    consignee_address: Text
    freight: Hundredths
    pack_no: Annotated[int, Field(ge=1)]
    weight: Hundredths


@dataclass(frozen=True, slots=True)
class Verdict:
    """What customs decides, and why if that is not to let the goods in."""

    status: Status
    code: str | None = None
    fields: tuple[tuple[str, tuple[Kind, Kind]], ...] = ()


ACCEPTED = Verdict("accepted")
RELEASED = Verdict("released")


def judge(
    order: OrderFiled, payment: PaymentFiled, logistics: LogisticsFiled, used: int
) -> Verdict:
    """Decide on one order, *used* being the fen of this year its buyer has had released."""
    wrong = _wrong_sums(order)
    value = order.goods_value + order.freight
    single = len(order.items) == 1 and order.items[0].qty == 1
    if not _is_identity(order.buyer_id_number):
        return Verdict("rejected", "IDENTITY_INVALID")
    if wrong:
        return Verdict(
            "rejected", "SUMS_WRONG", tuple((name, ("order", "order")) for name in wrong)
        )
    if order.currency != YUAN:
        return Verdict("rejected", "CURRENCY", (("currency", ("order", "order")),))
    if differing := (*_against_payment(order, payment), *_against_logistics(order, logistics)):
        return Verdict("held", "DOCUMENTS_DIFFER", differing)
    if value > MOST_AT_ONCE and not single:
        return Verdict("rejected", "CBEC_SINGLE_LIMIT")
    if used + value > MOST_A_YEAR:
        return Verdict("rejected", "CBEC_ANNUAL_LIMIT")
    return RELEASED


def counted(order: OrderFiled) -> int:
    """What of a released order counts against its buyer's year, in fen."""
    return order.goods_value + order.freight


def person_year(order: OrderFiled, now: datetime) -> tuple[str, int]:
    """Whose quota of which calendar year an order uses, whoever sells."""
    return order.buyer_id_number, now.astimezone(SHANGHAI).year


def _wrong_sums(order: OrderFiled) -> list[str]:
    wrong: list[str] = []
    if any(item.price * item.qty != item.total_price for item in order.items):
        wrong.append("totalPrice")
    if order.goods_value != sum(item.total_price for item in order.items):
        wrong.append("goodsValue")
    if order.actural_paid + order.discount != order.goods_value + order.freight + order.tax_total:
        wrong.append("acturalPaid")
    return wrong


def _against_payment(
    order: OrderFiled, payment: PaymentFiled
) -> list[tuple[str, tuple[Kind, Kind]]]:
    agree = {
        "acturalPaid": order.actural_paid == payment.amount_paid,
        "buyerIdNumber": order.buyer_id_number == payment.payer_id_number,
        "buyerName": order.buyer_name == payment.payer_name,
        "currency": order.currency == payment.currency,
        "payTransactionId": order.pay_transaction_id == payment.pay_transaction_id,
    }
    return [(name, ("order", "payment")) for name, same in agree.items() if not same]


def _against_logistics(
    order: OrderFiled, logistics: LogisticsFiled
) -> list[tuple[str, tuple[Kind, Kind]]]:
    agree = {
        "consignee": order.consignee == logistics.consignee,
        "consigneeAddress": order.consignee_address == logistics.consignee_address,
        "consigneeTelephone": order.consignee_telephone == logistics.consignee_telephone,
        "currency": order.currency == logistics.currency,
        "logisticsNo": order.logistics_no == logistics.logistics_no,
    }
    return [(name, ("order", "logistics")) for name, same in agree.items() if not same]


def _is_identity(number: str) -> bool:
    """Whether *number* is one of a resident's card: seventeen digits and the one they call for."""
    body, check = number[:-1], number[-1:]
    if not (len(body) == len(WEIGHTS) and body.isascii() and body.isdigit()):
        return False
    total = sum(int(digit) * weight for digit, weight in zip(body, WEIGHTS, strict=True))
    return check == CHECKS[total % 11]

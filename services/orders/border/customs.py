"""Customs: what orders needs of it, and the adapter that files with the sandbox's."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, Protocol

from pydantic import AwareDatetime, BaseModel, ConfigDict, NonNegativeInt, ValidationError
from pydantic.alias_generators import to_camel

from services.orders.border.documents import Documents, Mismatch, OrderDocument, decimal
from services.orders.outside import Declined, Forged, KeyedParty
from services.orders.psp.keys import Secrets, check_sandbox
from shared.events.ids import Id

_RESIDENT = "1"
"""The kind of paper a buyer is known by: the identity card of a mainland resident."""


class Receipt(BaseModel):
    """Customs has the platform's document; what it makes of it is told later."""

    model_config = ConfigDict(alias_generator=to_camel, extra="ignore", frozen=True)

    order_no: str
    receipt_no: Id


class Standing(BaseModel):
    """Where an order stands with customs.

    Attributes:
        status: Accepted until it is decided. A hold may yet become any of the others.
        code: Why it is held or rejected.
        fields: On which two documents differ, if that is why it is held.
        missing: Documents that have not come.
        revision: Of two standings the higher is the later, however they come.
    """

    model_config = ConfigDict(alias_generator=to_camel, extra="ignore", frozen=True)

    order_no: str
    status: Literal["accepted", "released", "held", "rejected"]
    code: str | None = None
    fields: tuple[Mismatch, ...] = ()
    missing: tuple[Literal["order", "payment", "logistics"], ...] = ()
    revision: NonNegativeInt
    occurred_at: AwareDatetime


class Customs(Protocol):
    """Takes the documents of orders. Every call may be repeated with the same key."""

    async def submit(self, documents: Documents, key: str) -> Receipt:
        """See that the platform's and the payment firm's documents are filed.

        The carrier files its own when the waybill is booked. Raises Declined or Unreachable.
        """
        ...

    async def query(self, order_no: str) -> Standing | None:
        """Ask where an order stands; None if customs knows of none. Raises Unreachable."""
        ...

    def read_callback(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Standing:
        """Read what customs says of its own accord. Raises Forged."""
        ...


class _Filed(BaseModel):
    """The payment firm has filed its document."""


class SandboxCustoms(KeyedParty):
    """Customs in `deploy/sandbox`, and the payment firm there that files when it is asked to."""

    def __init__(self, url: str, key: str, secret: str, callback_url: str) -> None:
        super().__init__("customs", url, key)
        self._secrets, self._callback_url = Secrets([secret]), callback_url

    async def submit(self, documents: Documents, key: str) -> Receipt:
        message = order_message(documents.order) | {"callbackUrl": self._callback_url}
        receipt = await self.ask(Receipt, "POST", "/customs/orders", message, f"{key}:order")
        paid = documents.payment.paid
        declaration = {
            "orderNo": documents.payment.order_no,
            "payerName": paid.payer.name,
            "payerIdNumber": paid.payer.id_number,
        }
        path = f"/payments/{paid.payment_no}/customs"
        await self.ask(_Filed, "POST", path, declaration, f"{key}:payment")
        return receipt

    async def query(self, order_no: str) -> Standing | None:
        try:
            return await self.ask(Standing, "GET", f"/customs/orders/{order_no}")
        except Declined as declined:
            if declined.code == "no_such_order":
                return None
            raise

    def read_callback(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Standing:
        check_sandbox(self._secrets, headers, body, now)
        try:
            return Standing.model_validate_json(body)
        except ValidationError as error:
            raise Forged("it is signed, but not a callback") from error


def order_message(document: OrderDocument) -> dict[str, object]:
    """Write the order document as CEB311 names its fields, amounts as decimals.

    That includes `acturalPaid`, which is how customs spells it.
    """
    sale = document.sale
    return {
        "orderNo": sale.order_no,
        "ebcCode": sale.merchant_id,
        "goodsValue": decimal(sale.goods_value),
        "freight": decimal(sale.freight),
        "discount": decimal(sale.discount),
        "taxTotal": decimal(sale.tax_total),
        "acturalPaid": decimal(sale.actual_paid),
        "currency": sale.currency,
        "buyerIdType": _RESIDENT,
        "buyerIdNumber": sale.buyer.id_number,
        "buyerName": sale.buyer.name,
        "payTransactionId": document.payment_no,
        "logisticsNo": document.waybill_no,
        "consignee": sale.consignee.name,
        "consigneeTelephone": sale.consignee.phone,
        "consigneeAddress": sale.consignee.address,
        "note": sale.note,
        "items": [
            {
                "gnum": place,
                "itemNo": item.sku,
                "itemName": item.name,
                "gcode": item.hs,
                "qty": item.quantity,
                "price": decimal(item.unit_price),
                "totalPrice": decimal(item.total),
            }
            for place, item in enumerate(sale.items, start=1)
        ],
    }

"""MPay of Macau through Antom: JSON signed with RSA over method, path, client, time and body.

After docs.antom.com: digital signatures (ac/ams/digital_signature), pay, inquiryPayment, cancel,
refund, inquiryRefund, notifyPayment.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Literal
from urllib.parse import quote, unquote, urlsplit

import orjson
from pydantic import AwareDatetime, BaseModel, ConfigDict

from services.orders.outside import Declined, Forged, Unreachable, understood
from services.orders.psp.adapter import Adapter, check_about
from services.orders.psp.keys import PrivateKey, PublicKeys, check_fresh
from services.orders.psp.provider import Expected, Notice, Refund, Reply, Told
from services.orders.psp.trade import order_of, refund_number, trade_number
from shared.events.base import instant
from shared.events.money import Money
from shared.platform.clock import utc_now
from shared.refusal import Refused

REFUNDABLE = timedelta(days=365)

_SIGNATURE = re.compile(r"algorithm=RSA256,\s*keyVersion=([\w.-]+),\s*signature=([^,\s]+)")
_STATUS: Mapping[str, str] = {
    "SUCCESS": "succeeded",
    "FAIL": "failed",
    "CANCELLED": "voided",
    "PROCESSING": "pending",
    "PENDING": "pending",
}
_REFUND_STATUS: Mapping[str, Literal["pending", "succeeded", "failed"]] = {
    "SUCCESS": "succeeded",
    "FAIL": "failed",
    "PROCESSING": "pending",
}


class _Lenient(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _Result(_Lenient):
    resultStatus: Literal["S", "F", "U"]  # noqa: N815 - Antom's name
    resultCode: str  # noqa: N815 - Antom's name


class _Amount(_Lenient):
    value: str
    currency: str

    def plain(self) -> dict[str, object]:
        """The amount in our words: Antom counts minor units too, but writes them as text."""
        if not (self.value.isascii() and self.value.isdecimal()):
            raise ValueError("an amount is decimal digits")
        return {"amount": int(self.value), "currency": self.currency}


class _Said(_Lenient):
    """Everything an answer or a notice may say of a payment or a refund."""

    result: _Result
    notifyType: str = ""  # noqa: N815 - Antom's name
    normalUrl: str = ""  # noqa: N815 - Antom's name
    paymentId: str = ""  # noqa: N815 - Antom's name
    paymentRequestId: str = ""  # noqa: N815 - Antom's name
    paymentStatus: str = ""  # noqa: N815 - Antom's name
    paymentAmount: _Amount | None = None  # noqa: N815 - Antom's name
    paymentTime: AwareDatetime | None = None  # noqa: N815 - Antom's name
    refundRequestId: str = ""  # noqa: N815 - Antom's name
    refundStatus: str = ""  # noqa: N815 - Antom's name
    refundAmount: _Amount | None = None  # noqa: N815 - Antom's name


class MPay(Adapter):
    """Collects MOP at a page of the wallet's; money is taken as it is paid."""

    name = "mpay"

    def __init__(
        self,
        url: str,
        *,
        client_id: str,
        key: PrivateKey,
        public_keys: PublicKeys,
        callback_url: str,
        return_url: str,
    ) -> None:
        """Call Antom at *url* as *client_id*; buyers come back to *return_url*."""
        super().__init__(url)
        self._client_id, self._key, self._keys = client_id, key, public_keys
        self._callback_url, self._return_url = callback_url, return_url
        self._base, self._own_path = urlsplit(self._url).path, urlsplit(callback_url).path

    async def authorise(self, order_id: str, amount: Money, until: datetime, key: str) -> Expected:
        if amount.currency != "MOP" or not amount.amount:
            raise Refused("payment.currency", "MPay collects MOP, from 0.01.", kind="invalid")
        trade, price = trade_number(order_id, key), _price(amount)
        wish = {
            "productCode": "CASHIER_PAYMENT",
            "paymentRequestId": trade,
            "paymentAmount": price,
            "order": {
                "referenceOrderId": order_id,
                "orderDescription": f"Feira {order_id}",
                "orderAmount": price,
            },
            "paymentMethod": {"paymentMethodType": "MPAY"},
            "paymentExpiryTime": instant(until.replace(microsecond=0)),
            "paymentNotifyUrl": self._callback_url,
            "paymentRedirectUrl": self._return_url,
            "env": {"terminalType": "WEB"},
        }
        said = await self._ask("pay", wish)
        # A payment that has only begun is U; without a page to pay at nobody knows whether it has.
        if not said.normalUrl:
            raise Unreachable(f"pay: {said.result.resultStatus} {said.result.resultCode}")
        return Expected(payment_id=trade, pay_url=said.normalUrl)

    async def capture(self, payment_id: str, amount: Money, key: str) -> Told:
        del amount, key  # money is taken as it is paid
        return await self.query(payment_id)

    async def void(self, payment_id: str) -> Told:
        # Antom cancels paid payments too, and that money would be missing here as it was never
        # there: so what was paid is told, and goes back as any other.
        told, _ = await self._query(payment_id)
        if told.status == "pending":
            await self._sure("cancel", {"paymentRequestId": payment_id})
            told, _ = await self._query(payment_id)
        return told

    async def refund(
        self, payment_id: str, paid: Money, amount: Money, reason: str, key: str
    ) -> Refund:
        del paid  # it knows
        _, payment = await self._query(payment_id)
        if payment.paymentTime and utc_now() - payment.paymentTime > REFUNDABLE:
            raise Declined(f"refund: MPay refunds within {REFUNDABLE.days} days")
        refund_id = refund_number(payment_id, key)
        wish = {
            "refundRequestId": refund_id,
            "paymentId": payment.paymentId,
            "refundAmount": _price(amount),
            "refundReason": reason,  # and no place to tell of it: such notices name no payment
        }
        said = await self._ask("refund", wish)
        if said.result.resultStatus != "S":
            return await self.query_refund(payment_id, refund_id)
        return self._refund(payment_id, refund_id, "SUCCESS", said.refundAmount or _amount(amount))

    async def query(self, payment_id: str) -> Told:
        told, _ = await self._query(payment_id)
        return told

    async def query_refund(self, payment_id: str, refund_id: str) -> Refund:
        said = await self._sure("inquiryRefund", {"refundRequestId": refund_id})
        return self._refund(payment_id, refund_id, said.refundStatus, said.refundAmount)

    def read_callback(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Notice:
        client, stamp = headers.get("client-id", ""), headers.get("request-time", "")
        signed = f"POST {self._own_path}\n{client}.{stamp}.".encode() + body
        signature = self._verify(headers.get("signature", ""), signed)
        if client != self._client_id:
            raise Forged("it was meant for somebody else")
        check_fresh(_at(stamp), now)
        try:
            said = _Said.model_validate_json(body)
            told = self._heard(said)
        except (KeyError, ValueError) as error:
            raise Forged("it is signed, but not a notice of a payment") from error
        # It has no nonce: the client's time and the body, which is all that is signed, are one.
        return Notice(told, signature, self._reply("S"), self._reply("U"))

    def _heard(self, said: _Said) -> Told:
        """Read a notice. Raises KeyError or ValueError for any but of a payment's end."""
        if said.result.resultStatus == "U" or said.notifyType not in {
            "PAYMENT_RESULT",
            "PAYMENT_PENDING",
        }:
            raise ValueError("this is nothing about a payment's end")
        state = "SUCCESS" if said.result.resultStatus == "S" else "FAIL"
        if said.notifyType == "PAYMENT_PENDING" and state == "SUCCESS":
            state = "PENDING"
        return self._told(said, state)

    def _reply(self, status: Literal["S", "U"]) -> Reply:
        code, http = ("SUCCESS", 200) if status == "S" else ("UNKNOWN_EXCEPTION", 503)
        result = {"resultCode": code, "resultStatus": status, "resultMessage": code.lower()}
        return Reply(http, "application/json", orjson.dumps({"result": result}))

    async def _query(self, payment_id: str) -> tuple[Told, _Said]:
        said = await self._sure("inquiryPayment", {"paymentRequestId": payment_id})
        try:
            check_about(payment_id, said.paymentRequestId)
            return self._told(said, said.paymentStatus), said
        except (KeyError, ValueError) as error:
            raise Unreachable(f"inquiryPayment: {error!r}") from error

    def _told(self, said: _Said, state: str) -> Told:
        """What a payment has come to. Raises KeyError or ValueError for what cannot be."""
        if said.paymentAmount is None:
            raise ValueError("it names no amount")
        return Told.model_validate(
            {
                "payment_id": said.paymentRequestId,
                "merchant_order": order_of(said.paymentRequestId),
                "status": _STATUS[state],
                "provider": self.name,
                **said.paymentAmount.plain(),
            }
        )

    def _refund(
        self, payment_id: str, refund_id: str, state: str, amount: _Amount | None
    ) -> Refund:
        try:
            return Refund.model_validate(
                {
                    "refund_id": refund_id,
                    "payment_id": payment_id,
                    "status": _REFUND_STATUS[state],
                    **(amount.plain() if amount else {}),
                }
            )
        except (KeyError, ValueError) as error:
            raise Unreachable(f"refund: {error!r}") from error

    async def _sure(self, what: str, wish: object) -> _Said:
        """Call what either works or does not. Raises Unreachable where Antom does not know."""
        said = await self._ask(what, wish)
        if said.result.resultStatus != "S":
            raise Unreachable(f"{what}: {said.result.resultStatus} {said.result.resultCode}")
        return said

    async def _ask(self, what: str, wish: object) -> _Said:
        """Call, see that it is Antom that answers, and that it does not say no."""
        path, content = f"/ams/api/v1/payments/{what}", orjson.dumps(wish)
        stamp, place = instant(utc_now()), f"POST {self._base}{path}\n{self._client_id}."
        signature = quote(self._key.sign(f"{place}{stamp}.".encode() + content), safe="")
        headers = {
            "Content-Type": "application/json; charset=UTF-8",
            "Client-Id": self._client_id,
            "Request-Time": stamp,
            "Signature": f"algorithm=RSA256,keyVersion={self._key.id},signature={signature}",
        }
        answer = await self._send("POST", path, headers, content)
        if answer.status >= HTTPStatus.BAD_REQUEST:
            raise Unreachable(f"{what}: status {answer.status}")
        answered = answer.headers.get("response-time", "")
        try:
            self._verify(
                answer.headers.get("signature", ""), f"{place}{answered}.".encode() + answer.body
            )
            check_fresh(_at(answered), utc_now())
        except Forged as error:
            raise Unreachable(f"{what}: {error!r}") from error
        said = understood(_Said, answer.body, what)
        if said.result.resultStatus == "F":
            raise Declined(f"{what}: {said.result.resultCode}")
        return said

    def _verify(self, given: str, content: bytes) -> str:
        """See that Antom signed *content*, by a header that names the key, and bring the signature.

        Raises Forged.
        """
        found = _SIGNATURE.fullmatch(given)
        if not found or quote(signature := unquote(found[2]), safe="") != found[2]:
            raise Forged("it has no signature")
        self._keys.verify(found[1], signature, content)
        return signature


def _price(amount: Money) -> dict[str, str]:
    return {"value": str(amount.amount), "currency": amount.currency}


def _amount(amount: Money) -> _Amount:
    return _Amount.model_validate(_price(amount))


def _at(stamp: str) -> datetime:
    """Read a time, in milliseconds since 1970 or as ISO 8601 has it. Raises Forged."""
    try:
        if stamp.isascii() and stamp.isdecimal():
            return datetime.fromtimestamp(int(stamp) // 1000, UTC)
        told = datetime.fromisoformat(stamp)
    except (ValueError, OverflowError, OSError):
        raise Forged("it has no time") from None
    if told.tzinfo is None:
        raise Forged("it has no time zone")
    return told

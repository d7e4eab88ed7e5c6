"""Alipay (the open platform of the mainland): forms signed with RSA2 over their sorted parameters.

After the documents of the open platform, opendocs.alipay.com: signatures (common/02mse7), notices
(open/270/105902), alipay.trade.precreate, .query, .close, .refund and .fastpay.refund.query.
"""

import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import parse_qsl, urlencode

import orjson
from pydantic import BaseModel, ConfigDict

from services.orders.outside import Declined, Forged, M, Unreachable, understood
from services.orders.psp.adapter import Adapter, check_about
from services.orders.psp.keys import PrivateKey, PublicKeys, check_fresh
from services.orders.psp.provider import Expected, Notice, Refund, Reply, Told
from services.orders.psp.trade import order_of, refund_number, trade_number
from shared.events.money import Money
from shared.platform.clock import utc_now
from shared.refusal import Refused

TAKEN = Reply(200, "text/plain", b"success")
UNTAKEN = Reply(503, "text/plain", b"fail")

_BEIJING = timezone(timedelta(hours=8))
_TIME = "%Y-%m-%d %H:%M:%S"
_YUAN = re.compile(r"(\d{1,11})\.(\d{2})", re.ASCII)
_NAME = re.compile(r"[a-z0-9_]+")
_FOLDED = re.compile(r"&[a-z0-9_]+=")
_UNSIGNED = ("sign", "sign_type")
_DONE, _FAILED = "10000", "40004"
_UNSURE = "ACQ.SYSTEM_ERROR"
_UNKNOWN = "ACQ.TRADE_NOT_EXIST"


class _Answer(BaseModel):
    model_config = ConfigDict(extra="ignore")

    code: str
    sub_code: str = ""


class _Precreated(_Answer):
    qr_code: str


class _Queried(_Answer):
    out_trade_no: str
    trade_status: str
    total_amount: str
    send_pay_date: str = ""


class _RefundAnswer(_Answer):
    fund_change: str = ""


class _RefundQueried(_Answer):
    refund_status: str = ""
    refund_amount: str = ""


class Alipay(Adapter):
    """Collects CNY by a code that the buyer scans; money is taken as it is paid."""

    name = "alipay"

    def __init__(
        self,
        url: str,
        *,
        app_id: str,
        seller_id: str,
        key: PrivateKey,
        public_keys: PublicKeys,
        callback_url: str,
    ) -> None:
        """Call the gateway at *url* as the app *app_id* of the seller *seller_id* (2088…)."""
        super().__init__(url)
        self._app_id, self._seller_id, self._key = app_id, seller_id, key
        self._keys, self._callback_url = public_keys, callback_url

    async def authorise(self, order_id: str, amount: Money, until: datetime, key: str) -> Expected:
        if amount.currency != "CNY" or not amount.amount:
            raise Refused("payment.currency", "Alipay collects CNY, from 0.01.", kind="invalid")
        trade = trade_number(order_id, key)
        wish = {
            "out_trade_no": trade,
            "total_amount": yuan(amount.amount),
            "subject": f"Feira {order_id}",
            "time_expire": until.astimezone(_BEIJING).strftime(_TIME),
        }
        made = await self._ask(_Precreated, "alipay.trade.precreate", wish)
        return Expected(payment_id=trade, pay_url=made.qr_code)

    async def capture(self, payment_id: str, amount: Money, key: str) -> Told:
        del amount, key  # money is taken as it is paid
        return await self.query(payment_id)

    async def void(self, payment_id: str) -> Told:
        try:
            await self._call("alipay.trade.close", {"out_trade_no": payment_id})
        except Declined:
            return await self.query(payment_id)
        return self._told(payment_id, "voided")

    async def refund(
        self, payment_id: str, paid: Money, amount: Money, reason: str, key: str
    ) -> Refund:
        del paid  # it knows
        refund_id = refund_number(payment_id, key)
        wish = {
            "out_trade_no": payment_id,
            "out_request_no": refund_id,
            "refund_amount": yuan(amount.amount),
            "refund_reason": reason,
        }
        answer = await self._ask(_RefundAnswer, "alipay.trade.refund", wish)
        if answer.fund_change != "Y":  # nothing moved by this call: perhaps by the one before it
            return await self.query_refund(payment_id, refund_id)
        return _refund(payment_id, refund_id, amount.amount, succeeded=True)

    async def query(self, payment_id: str) -> Told:
        try:
            found = await self._ask(
                _Queried, "alipay.trade.query", {"out_trade_no": payment_id}, missing=True
            )
        except _Missing:  # a trade begins as its code is scanned
            return self._told(payment_id, "pending")
        try:
            check_about(payment_id, found.out_trade_no)
            return self._stands(found.model_dump(), was_paid=bool(found.send_pay_date))
        except (Forged, ValueError) as error:
            raise Unreachable(f"alipay.trade.query: {error!r}") from error

    async def query_refund(self, payment_id: str, refund_id: str) -> Refund:
        method = "alipay.trade.fastpay.refund.query"
        wish = {"out_trade_no": payment_id, "out_request_no": refund_id}
        found = await self._ask(_RefundQueried, method, wish)
        succeeded = found.refund_status == "REFUND_SUCCESS"
        try:
            amount = fen(found.refund_amount) if succeeded else 0
        except ValueError as error:
            raise Unreachable(f"{method}: {error!r}") from error
        return _refund(payment_id, refund_id, amount, succeeded=succeeded)

    def read_callback(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Notice:
        del headers  # everything is in the form
        said = _form(body)
        if said.get("sign_type") != "RSA2":
            raise Forged("it is not signed with RSA2")
        self._keys.verify(None, said.get("sign", ""), content_of(said).encode())
        if (said.get("app_id"), said.get("seller_id")) != (self._app_id, self._seller_id):
            raise Forged("it was meant for somebody else")
        try:
            sent = datetime.strptime(said["notify_time"], _TIME).replace(tzinfo=_BEIJING)
            nonce = said["notify_id"]
            check_fresh(sent, now)
            told = self._stands(said, was_paid="gmt_payment" in said)
        except (KeyError, ValueError) as error:
            raise Forged("it is signed, but not a notice of a trade") from error
        if not nonce:
            raise Forged("it has no number")
        return Notice(told, nonce, TAKEN, UNTAKEN)

    def _stands(self, said: Mapping[str, Any], *, was_paid: bool) -> Told:
        """What a trade has come to. One that was paid is closed, too, once all has gone back."""
        match said["trade_status"]:
            case "TRADE_SUCCESS" | "TRADE_FINISHED":
                status = "succeeded"
            case "TRADE_CLOSED":
                status = "succeeded" if was_paid else "expired"
            case "WAIT_BUYER_PAY":
                status = "pending"
            case other:
                raise Forged(f"nobody knows the status {other[:32]}")
        return self._told(said["out_trade_no"], status, fen(said["total_amount"]))

    def _told(self, trade: str, status: str, amount: int = 0) -> Told:
        return Told.model_validate(
            {
                "payment_id": trade,
                "merchant_order": order_of(trade),
                "status": status,
                "amount": amount,
                "currency": "CNY",
                "provider": self.name,
            }
        )

    async def _ask(
        self, kind: type[M], method: str, wish: Mapping[str, object], *, missing: bool = False
    ) -> M:
        return understood(kind, await self._call(method, wish, missing=missing), method)

    async def _call(
        self, method: str, wish: Mapping[str, object], *, missing: bool = False
    ) -> bytes:
        """Call a method of the gateway, see that it is Alipay that answers, and that it says yes.

        Raises _Missing rather than Declined for a trade it does not know, if that is *missing*.
        """
        asked = {
            "app_id": self._app_id,
            "method": method,
            "format": "JSON",
            "charset": "utf-8",
            "sign_type": "RSA2",
            "timestamp": utc_now().astimezone(_BEIJING).strftime(_TIME),
            "version": "1.0",
            "notify_url": self._callback_url,
            "biz_content": orjson.dumps(wish).decode(),
        }
        # Here, other than in notices, what says how it is signed is signed.
        content = "&".join(f"{name}={asked[name]}" for name in sorted(asked))
        form = urlencode(asked | {"sign": self._key.sign(content.encode())}).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded;charset=utf-8"}
        answered = await self._send("POST", "", headers, form)
        body = self._signed(answered.body, method)
        answer = understood(_Answer, body, method)
        if answer.code == _FAILED and answer.sub_code != _UNSURE:
            if missing and answer.sub_code == _UNKNOWN:
                raise _Missing
            raise Declined(f"{method}: {answer.sub_code}")
        if answer.code != _DONE:
            raise Unreachable(f"{method}: {answer.code} {answer.sub_code}")
        return body

    def _signed(self, body: bytes, method: str) -> bytes:
        """The part of an answer that is signed, letter for letter. Raises Unreachable."""
        mark = f'"{method.replace(".", "_")}_response":'
        try:
            text = body.decode()
            begin = text.index(mark) + len(mark)
            begin += len(text[begin:]) - len(text[begin:].lstrip())
            _, end = json.JSONDecoder().raw_decode(text, begin)
            self._keys.verify(None, json.loads(text)["sign"], text[begin:end].encode())
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError, Forged) as error:
            raise Unreachable(f"{method}: {error!r}") from error
        return text[begin:end].encode()


class _Missing(Exception):
    """Alipay knows no such trade."""


def content_of(said: Mapping[str, str]) -> str:
    """What the signature of a notice is over: its parameters, sorted, without the signature."""
    return "&".join(f"{name}={said[name]}" for name in sorted(said) if name not in _UNSIGNED)


def yuan(amount: int) -> str:
    """Write an amount in fen as yuan: 8888 is 88.88."""
    return f"{amount // 100}.{amount % 100:02}"


def fen(text: str) -> int:
    """Read an amount in yuan as fen. Raises ValueError for anything but two decimals."""
    found = _YUAN.fullmatch(text)
    if not found:
        raise ValueError("this is no amount")
    return int(found[1]) * 100 + int(found[2])


def _form(body: bytes) -> dict[str, str]:
    """Read a form that says everything once, and that has one reading only. Raises Forged."""
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=100,
        )
    except ValueError:
        raise Forged("it is no form") from None
    said = dict(pairs)
    # What is signed runs names and values together: a value that looks like more parameters could
    # be those as well, under the same signature.
    if len(said) != len(pairs) or any(
        not _NAME.fullmatch(name) or _FOLDED.search(value) for name, value in pairs
    ):
        raise Forged("it could be read in more than one way")
    return said


def _refund(payment_id: str, refund_id: str, amount: int, *, succeeded: bool) -> Refund:
    return Refund(
        refund_id=refund_id,
        payment_id=payment_id,
        status="succeeded" if succeeded else "pending",
        amount=amount,
        currency="CNY",
    )

"""WeChat Pay, API v3: JSON signed with RSA by key id, and callbacks encrypted besides.

After pay.weixin.qq.com/doc/v3: signing requests (4012365342), verifying answers and callbacks
(4013053249), decrypting (4012071382), Native payments and refunds.
"""

import secrets
from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any, Literal
from urllib.parse import urlsplit

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import BaseModel, ConfigDict

from services.orders.outside import Declined, Forged, M, Unreachable, understood
from services.orders.psp.adapter import Adapter, check_about
from services.orders.psp.keys import PrivateKey, PublicKeys, at, check_fresh, unbase64
from services.orders.psp.provider import Expected, Notice, Refund, Reply, Told
from services.orders.psp.trade import order_of, refund_number, trade_number
from shared.events.base import instant
from shared.events.money import Money
from shared.platform.clock import utc_now
from shared.refusal import Refused

TAKEN = Reply(200, "application/json", b'{"code":"SUCCESS"}')
UNTAKEN = Reply(503, "application/json", '{"code":"FAIL","message":"失败"}'.encode())

SCHEME = "WECHATPAY2-SHA256-RSA2048"
SECRET_BYTES = 32

_JSON = "application/json"
_STATUS: Mapping[str, str] = {
    "SUCCESS": "succeeded",
    "REFUND": "succeeded",
    "NOTPAY": "pending",
    "USERPAYING": "pending",
    "ACCEPT": "pending",
    "CLOSED": "voided",
    "REVOKED": "voided",
    "PAYERROR": "failed",
}
_REFUND_STATUS: Mapping[str, Literal["pending", "succeeded", "failed"]] = {
    "SUCCESS": "succeeded",
    "PROCESSING": "pending",
    "CLOSED": "failed",
    "ABNORMAL": "failed",
}


class _Lenient(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _Made(_Lenient):
    code_url: str


class _Amount(_Lenient):
    total: int = 0
    refund: int = 0
    currency: str = "CNY"


class _Trade(_Lenient):
    mchid: str
    out_trade_no: str
    trade_state: str
    appid: str = ""
    amount: _Amount = _Amount()


class _RefundState(_Lenient):
    out_trade_no: str
    out_refund_no: str
    amount: _Amount
    status: str = ""
    refund_status: str = ""
    mchid: str = ""

    def refund(self) -> Refund:
        """Raises KeyError for a status nobody knows."""
        return Refund.model_validate(
            {
                "refund_id": self.out_refund_no,
                "payment_id": self.out_trade_no,
                "status": _REFUND_STATUS[self.refund_status or self.status],
                "amount": self.amount.refund,
                "currency": self.amount.currency,
            }
        )


class _Resource(_Lenient):
    algorithm: Literal["AEAD_AES_256_GCM"]
    original_type: Literal["transaction", "refund"]
    ciphertext: str
    nonce: str
    associated_data: str = ""


class _Event(_Lenient):
    id: str
    event_type: str
    resource: _Resource


class WeChat(Adapter):
    """Collects CNY by a code that the buyer scans; money is taken as it is paid."""

    name = "wechat"

    def __init__(
        self,
        url: str,
        *,
        app_id: str,
        merchant_id: str,
        key: PrivateKey,
        secret: str,
        public_keys: PublicKeys,
        callback_url: str,
    ) -> None:
        """Call WeChat Pay at *url*.

        Args:
            url: Where it is.
            app_id: Which app the money is collected for.
            merchant_id: Who we are (mchid).
            key: What we sign with; its id is the serial number of our certificate.
            secret: The APIv3 key of 32 bytes, by which callbacks are encrypted.
            public_keys: What it signs with, by serial number or PUB_KEY_ID.
            callback_url: Where it reaches us.
        """
        super().__init__(url)
        self._app_id, self._merchant_id, self._key = app_id, merchant_id, key
        self._secret, self._keys, self._callback_url = secret.encode(), public_keys, callback_url
        self._base = urlsplit(self._url).path

    async def authorise(self, order_id: str, amount: Money, until: datetime, key: str) -> Expected:
        if amount.currency != "CNY" or not amount.amount:
            raise Refused("payment.currency", "WeChat Pay collects CNY, from 0.01.", kind="invalid")
        trade = trade_number(order_id, key)
        wish = {
            "appid": self._app_id,
            "mchid": self._merchant_id,
            "description": f"Feira {order_id}",
            "out_trade_no": trade,
            "time_expire": instant(until.replace(microsecond=0)),
            "notify_url": self._callback_url,
            "amount": {"total": amount.amount, "currency": "CNY"},
        }
        made = await self._ask(_Made, "POST", "/v3/pay/transactions/native", wish)
        return Expected(payment_id=trade, pay_url=made.code_url)

    async def capture(self, payment_id: str, amount: Money, key: str) -> Told:
        del amount, key  # money is taken as it is paid
        return await self.query(payment_id)

    async def void(self, payment_id: str) -> Told:
        path = f"/v3/pay/transactions/out-trade-no/{payment_id}/close"
        try:
            await self._call("POST", path, {"mchid": self._merchant_id})
        except Declined:
            return await self.query(payment_id)
        return self._told(payment_id, "CLOSED", _Amount())

    async def refund(
        self, payment_id: str, paid: Money, amount: Money, reason: str, key: str
    ) -> Refund:
        refund_id = refund_number(payment_id, key)
        wish = {
            "out_trade_no": payment_id,
            "out_refund_no": refund_id,
            "reason": reason,
            "notify_url": self._callback_url,
            "amount": {"refund": amount.amount, "total": paid.amount, "currency": paid.currency},
        }
        return await self._refund(refund_id, "POST", "/v3/refund/domestic/refunds", wish)

    async def query(self, payment_id: str) -> Told:
        path = f"/v3/pay/transactions/out-trade-no/{payment_id}?mchid={self._merchant_id}"
        found = await self._ask(_Trade, "GET", path)
        try:
            check_about(payment_id, found.out_trade_no)
            return self._told(found.out_trade_no, found.trade_state, found.amount)
        except (KeyError, ValueError) as error:
            raise Unreachable(f"{path}: {error!r}") from error

    async def query_refund(self, payment_id: str, refund_id: str) -> Refund:
        del payment_id  # the refund's number is enough
        return await self._refund(refund_id, "GET", f"/v3/refund/domestic/refunds/{refund_id}")

    def read_callback(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Notice:
        self._verify(headers, body, now)
        try:
            event = _Event.model_validate_json(body)
            told = self._resource(event.resource)
        except (KeyError, ValueError) as error:
            raise Forged("it is signed, but not a notice") from error
        return Notice(told, headers["wechatpay-nonce"], TAKEN, UNTAKEN)

    def _resource(self, sealed: _Resource) -> Told:
        """Open what a notice is about. Raises Forged, KeyError or ValueError."""
        try:
            opened = AESGCM(self._secret).decrypt(
                sealed.nonce.encode(), unbase64(sealed.ciphertext), sealed.associated_data.encode()
            )
        except InvalidTag:
            raise Forged("it cannot be decrypted") from None
        if sealed.original_type == "transaction":
            trade = _Trade.model_validate_json(opened)
            if (trade.appid, trade.mchid) != (self._app_id, self._merchant_id):
                raise Forged("it was meant for somebody else")
            return self._told(trade.out_trade_no, trade.trade_state, trade.amount)
        state = _RefundState.model_validate_json(opened)
        if state.mchid != self._merchant_id:
            raise Forged("it was meant for somebody else")
        # Only money that came is refunded.
        told = self._told(state.out_trade_no, "SUCCESS", state.amount)
        return told.model_copy(update={"refund": state.refund()})

    def _verify(self, headers: Mapping[str, str], body: bytes, now: datetime) -> None:
        """See that WeChat Pay has just said this, in a callback or an answer. Raises Forged."""
        stamp, nonce = headers.get("wechatpay-timestamp", ""), headers.get("wechatpay-nonce", "")
        if not nonce:
            raise Forged("it has no nonce")
        signature = headers.get("wechatpay-signature", "")
        content = f"{stamp}\n{nonce}\n".encode() + body + b"\n"
        self._keys.verify(headers.get("wechatpay-serial", ""), signature, content)
        check_fresh(at(stamp), now)

    def _told(self, trade: str, state: str, amount: _Amount) -> Told:
        """What a trade has come to. Raises KeyError or ValueError for what cannot be."""
        return Told.model_validate(
            {
                "payment_id": trade,
                "merchant_order": order_of(trade),
                "status": _STATUS[state],
                "amount": amount.total,
                "currency": amount.currency,
                "provider": self.name,
            }
        )

    async def _refund(self, refund_id: str, method: str, path: str, wish: object = None) -> Refund:
        state = await self._ask(_RefundState, method, path, wish)
        try:
            check_about(refund_id, state.out_refund_no)
            return state.refund()
        except (KeyError, ValueError) as error:
            raise Unreachable(f"{method} {path}: {error!r}") from error

    async def _ask(self, kind: type[M], method: str, path: str, wish: object = None) -> M:
        return understood(kind, await self._call(method, path, wish), f"{method} {path}")

    async def _call(self, method: str, path: str, wish: object = None) -> bytes:
        """Call, see that it is WeChat Pay that answers, and that it says yes."""
        content = b"" if wish is None else orjson.dumps(wish)
        headers = {"Accept": _JSON, "Authorization": self._authorization(method, path, content)}
        if content:
            headers["Content-Type"] = _JSON
        answer = await self._send(method, path, headers, content)
        try:
            self._verify(answer.headers, answer.body, utc_now())
        except Forged as error:
            raise Unreachable(f"{method} {path}: {error!r}") from error
        if answer.status >= HTTPStatus.BAD_REQUEST:
            raise Declined(f"{method} {path}: {answer.status} {answer.body[:200]!r}")
        return answer.body

    def _authorization(self, method: str, path: str, content: bytes) -> str:
        stamp, nonce = str(int(utc_now().timestamp())), secrets.token_hex(16)
        signed = f"{method}\n{self._base}{path}\n{stamp}\n{nonce}\n".encode() + content + b"\n"
        said: dict[str, Any] = {
            "mchid": self._merchant_id,
            "nonce_str": nonce,
            "signature": self._key.sign(signed),
            "timestamp": stamp,
            "serial_no": self._key.id,
        }
        return f"{SCHEME} " + ",".join(f'{name}="{value}"' for name, value in said.items())

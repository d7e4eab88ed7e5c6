"""The payment provider: what orders needs of one, and the one that speaks the sandbox's tongue."""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Literal, Protocol, TypeVar

import orjson
from pydantic import BaseModel, ConfigDict, ValidationError

from shared.events.base import instant
from shared.events.ids import Id, OrderId, PaymentId
from shared.events.money import Amount, Currency, Money
from shared.platform.outside.outbound import Outbound, Unanswered

TOLERANCE_SECONDS = 300
DEADLINE = 8.0
LONGEST = 1024 * 1024
"""Bytes of an answer that are read: as many as thousands of payments of one order would take."""

_WELL = range(200, 300)

A = TypeVar("A", bound=BaseModel)


class Expected(BaseModel):
    """A payment the provider waits for; the buyer pays at *pay_url*."""

    payment_id: PaymentId
    pay_url: str


class Told(BaseModel):
    """What the provider says came of a payment."""

    model_config = ConfigDict(extra="ignore")

    payment_id: PaymentId
    merchant_order: OrderId
    status: Literal["pending", "succeeded", "failed", "voided", "expired"]
    amount: Amount
    currency: Currency

    @property
    def money(self) -> Money:
        return Money(amount=self.amount, currency=self.currency)


class Forged(Exception):
    """A callback that the provider did not send, or sent too long ago."""


class Unreachable(Exception):
    """The provider did not answer, or not as it should; what was asked may have happened."""


class Provider(Protocol):
    """Collects money and sends it back. Every call may be repeated with the same key."""

    async def expect(self, order_id: str, amount: Money, until: datetime, key: str) -> Expected:
        """Ask for a payment."""
        ...

    async def look_up(self, order_id: str) -> list[Told]:
        """Ask what came of the payments of an order."""
        ...

    async def void(self, payment_id: str) -> Told:
        """Expect a payment no longer, and tell what has come of it: it may have come through."""
        ...

    async def refund(self, payment_id: str, amount: Money, reason: str, key: str) -> str:
        """Send money back, once for each *key*; returns the provider's id of the refund."""
        ...

    def read_callback(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Told:
        """Read what the provider says of its own accord. Raises Forged."""
        ...


class _Listed(BaseModel):
    payments: list[Told]


class _Refunded(BaseModel):
    refund_id: Id


class Sandbox:
    """The provider in `deploy/sandbox`: bearer key, HMAC over time, nonce and raw body."""

    def __init__(self, url: str, key: str, secret: str, callback_url: str) -> None:
        """Call it at *url*, wherever that is: the operator has named it, not a stranger."""
        self._url, self._key = url.rstrip("/"), key
        self._secret, self._callback_url = secret.encode(), callback_url
        self._outside = Outbound("payments", deadline=DEADLINE, most=LONGEST)

    async def start(self) -> None:
        await self._outside.start()

    async def stop(self) -> None:
        await self._outside.stop()

    def trouble(self) -> str | None:
        """A provider that is away is no reason to sell nothing."""
        return None

    async def expect(self, order_id: str, amount: Money, until: datetime, key: str) -> Expected:
        wish = {
            "merchant_order": order_id,
            "amount": amount.amount,
            "currency": amount.currency,
            "callback_url": self._callback_url,
            "expires_at": instant(until),
        }
        return await self._ask(Expected, "POST", "/payments", wish, key)

    async def look_up(self, order_id: str) -> list[Told]:
        listed = await self._ask(_Listed, "GET", f"/payments?merchant_order={order_id}")
        return listed.payments

    async def void(self, payment_id: str) -> Told:
        return await self._ask(Told, "POST", f"/payments/{payment_id}/void")

    async def refund(self, payment_id: str, amount: Money, reason: str, key: str) -> str:
        wish = {"amount": amount.amount, "reason": reason}
        path = f"/payments/{payment_id}/refunds"
        refunded = await self._ask(_Refunded, "POST", path, wish, f"refund:{key}")
        return refunded.refund_id

    def read_callback(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Told:
        stamp, nonce = headers.get("x-sandbox-timestamp", ""), headers.get("x-sandbox-nonce", "")
        signed = f"{stamp}.{nonce}.".encode() + body
        expected = hmac.new(self._secret, signed, hashlib.sha256).hexdigest()
        given = headers.get("x-sandbox-signature", "")
        if not hmac.compare_digest(expected.encode(), given.encode()):
            raise Forged("the signature does not fit")
        if not stamp.isdecimal() or abs(now.timestamp() - int(stamp)) > TOLERANCE_SECONDS:
            raise Forged("it is too old, or from the future")
        try:
            return Told.model_validate_json(body)
        except ValidationError as error:
            raise Forged("it is signed, but not a callback") from error

    async def _ask(
        self, kind: type[A], method: str, path: str, wish: object = None, key: str = ""
    ) -> A:
        """One call. Raises Unreachable when the provider does not answer as it should."""
        headers = {"Authorization": f"Bearer {self._key}"}
        if key:
            headers["Idempotency-Key"] = key
        if wish is not None:
            headers["Content-Type"] = "application/json"
        content = b"" if wish is None else orjson.dumps(wish)
        try:
            answer = await self._outside.ask(
                method, f"{self._url}{path}", headers=headers, content=content
            )
            if answer.status not in _WELL:
                raise Unreachable(f"{method} {path}: status {answer.status}")
            return kind.model_validate_json(answer.body)
        except (Unanswered, ValidationError) as error:
            raise Unreachable(f"{method} {path}: {error!r}") from error

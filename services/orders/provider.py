"""The payment provider: what orders needs of one, and the one that speaks the sandbox's tongue."""

import asyncio
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Literal, Protocol

import httpx
from pydantic import BaseModel, ConfigDict, ValidationError

from shared.events.base import instant
from shared.events.money import Money

TOLERANCE_SECONDS = 300


class Expected(BaseModel):
    """A payment the provider waits for; the buyer pays at *pay_url*."""

    payment_id: str
    pay_url: str


class Told(BaseModel):
    """What the provider says came of a payment."""

    model_config = ConfigDict(extra="ignore")

    payment_id: str
    merchant_order: str
    status: Literal["pending", "succeeded", "failed", "voided", "expired"]
    amount: int
    currency: Literal["MOP", "HKD", "CNY"]

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

    async def void(self, payment_id: str) -> None:
        """Expect a payment no longer; one that came through stays."""
        ...

    async def refund(self, payment_id: str, amount: Money, reason: str) -> str:
        """Send money back; returns the refund's id."""
        ...

    def read_callback(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Told:
        """Read what the provider says of its own accord. Raises Forged."""
        ...


class _Listed(BaseModel):
    payments: list[Told]


class _Refunded(BaseModel):
    refund_id: str


class Sandbox:
    """The provider in `deploy/sandbox`: bearer key, HMAC over time, nonce and raw body."""

    def __init__(self, url: str, key: str, secret: str, callback_url: str) -> None:
        self._secret, self._callback_url = secret.encode(), callback_url
        self._client = httpx.AsyncClient(
            base_url=url,
            headers={"Authorization": f"Bearer {key}"},
            timeout=5.0,
            limits=httpx.Limits(max_connections=32, max_keepalive_connections=32),
        )

    async def start(self) -> None:
        """Nothing to do: connections are opened when needed."""

    async def stop(self) -> None:
        await self._client.aclose()

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
        answer = await self._ask("POST", "/payments", json=wish, key=key)
        return Expected.model_validate_json(answer)

    async def look_up(self, order_id: str) -> list[Told]:
        answer = await self._ask("GET", f"/payments?merchant_order={order_id}")
        return _Listed.model_validate_json(answer).payments

    async def void(self, payment_id: str) -> None:
        await self._ask("POST", f"/payments/{payment_id}/void")

    async def refund(self, payment_id: str, amount: Money, reason: str) -> str:
        wish = {"amount": amount.amount, "reason": reason}
        path = f"/payments/{payment_id}/refunds"
        answer = await self._ask("POST", path, json=wish, key=f"refund:{payment_id}")
        return _Refunded.model_validate_json(answer).refund_id

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

    async def _ask(self, method: str, path: str, *, json: object = None, key: str = "") -> bytes:
        """One call. Raises Unreachable when the provider does not answer as it should."""
        try:
            async with asyncio.timeout(8):
                answer = await self._client.request(
                    method, path, json=json, headers={"Idempotency-Key": key} if key else {}
                )
            answer.raise_for_status()
        except (httpx.HTTPError, TimeoutError) as error:
            raise Unreachable(f"{method} {path}: {error!r}") from error
        return answer.content

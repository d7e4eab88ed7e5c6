"""The provider in `deploy/sandbox`: a bearer key, signatures over time, nonce and raw body."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from pydantic import ValidationError

from services.orders.outside import Declined, Forged, KeyedParty
from services.orders.psp.keys import PublicKeys, Secrets, check_sandbox
from services.orders.psp.provider import Expected, Notice, Refund, Reply, Told
from shared.events.base import instant
from shared.events.money import Money

TAKEN = Reply(204)
UNTAKEN = Reply(503)


class Sandbox(KeyedParty):
    """Speaks to the sandbox; its callbacks are signed with RSA if its public keys are known."""

    name = "sandbox"

    def __init__(
        self,
        url: str,
        key: str,
        secret: str,
        callback_url: str,
        *,
        public_keys: PublicKeys | None = None,
        capture: Literal["immediate", "manual"] = "immediate",
    ) -> None:
        """Take callbacks at *callback_url*.

        Args:
            url: Where the sandbox is.
            key: What it knows us by.
            secret: What callbacks are signed with; several with blanks between, while it changes.
            callback_url: Where it reaches us.
            public_keys: Its RSA keys; when given, no HMAC is good enough any more.
            capture: Whether money that is paid waits until it is captured.
        """
        super().__init__("payments", url, key)
        self._callback_url, self._capture = callback_url, capture
        self._keys = public_keys or Secrets(secret.split())
        self._signature = "rsa-sha256" if public_keys else "hmac-sha256"

    async def authorise(self, order_id: str, amount: Money, until: datetime, key: str) -> Expected:
        wish = {
            "merchant_order": order_id,
            "amount": amount.amount,
            "currency": amount.currency,
            "callback_url": self._callback_url,
            "expires_at": instant(until),
            "capture": self._capture,
            "signature": self._signature,
        }
        return await self.ask(Expected, "POST", "/payments", wish, key)

    async def capture(self, payment_id: str, amount: Money, key: str) -> Told:
        wish = {"amount": amount.amount}
        return await self._told("POST", f"/payments/{payment_id}/capture", wish, key)

    async def void(self, payment_id: str) -> Told:
        try:
            return await self._told("POST", f"/payments/{payment_id}/void")
        except Declined:
            return await self.query(payment_id)

    async def refund(
        self, payment_id: str, paid: Money, amount: Money, reason: str, key: str
    ) -> Refund:
        del paid  # it knows
        wish = {"amount": amount.amount, "reason": reason}
        return await self.ask(Refund, "POST", f"/payments/{payment_id}/refunds", wish, key)

    async def query(self, payment_id: str) -> Told:
        return await self._told("GET", f"/payments/{payment_id}")

    async def query_refund(self, payment_id: str, refund_id: str) -> Refund:
        return await self.ask(Refund, "GET", f"/payments/{payment_id}/refunds/{refund_id}")

    def read_callback(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Notice:
        nonce = check_sandbox(self._keys, headers, body, now)
        try:
            told = Told.model_validate_json(body)
        except ValidationError as error:
            raise Forged("it is signed, but not a callback") from error
        if not nonce:
            raise Forged("it has no nonce")
        return Notice(self._ours(told), nonce, TAKEN, UNTAKEN)

    def _ours(self, told: Told) -> Told:
        return told.model_copy(update={"provider": self.name})

    async def _told(self, method: str, path: str, wish: object = None, key: str = "") -> Told:
        return self._ours(await self.ask(Told, method, path, wish, key))

"""What orders needs of a payment provider, whichever it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Literal, Protocol

from pydantic import BaseModel, ConfigDict

from shared.events.ids import Id, OrderId, PaymentId
from shared.events.money import Amount, Currency, Money
from shared.platform.part import Part


class Expected(BaseModel):
    """A payment the provider waits for; the buyer pays at *pay_url*."""

    payment_id: PaymentId
    pay_url: str


class Refund(BaseModel):
    """What has become of money that was to go back.

    Attributes:
        refund_id: What the refund is asked about by, from now on.
        status: `pending` and `succeeded` as they say; `failed` when this refund will never pay out.
        amount: How much; 0 while the provider does not say.
    """

    model_config = ConfigDict(extra="ignore")

    refund_id: Id
    payment_id: PaymentId
    status: Literal["pending", "succeeded", "failed"]
    amount: Amount
    currency: Currency


class Told(BaseModel):
    """What the provider says came of a payment.

    Attributes:
        status: `authorised` money is set aside and waits to be captured; `succeeded` money came,
            whatever was refunded since.
        amount: What was asked for; 0 while the provider knows no more than that nobody has paid.
        refund: The refund this is about, where it is about one.
        provider: Who says so.
    """

    model_config = ConfigDict(extra="ignore")

    payment_id: PaymentId
    merchant_order: OrderId
    status: Literal["pending", "authorised", "succeeded", "failed", "voided", "expired"]
    amount: Amount
    currency: Currency
    refund: Refund | None = None
    provider: str = ""

    @property
    def money(self) -> Money:
        return Money(amount=self.amount, currency=self.currency)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer to a callback, to the letter: some providers compare it whole."""

    status: int
    media_type: str = ""
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Notice:
    """A callback that is true.

    Attributes:
        told: What it says.
        nonce: What marks this notice; one with the same mark is not acted on again.
        taken: How to answer once it has been acted on, or was before.
        untaken: How to answer when it could not be acted on, so that it comes again.
    """

    told: Told
    nonce: str
    taken: Reply
    untaken: Reply

    @property
    def mark(self) -> str:
        """The nonce as one short text, whatever a provider puts into it."""
        return sha256(self.nonce.encode()).hexdigest()[:22]


class Provider(Part, Protocol):
    """Collects money and sends it back. Every call may be repeated with the same key.

    All calls raise Unreachable where nobody can know what came of them; ask again with the same
    key, or `query`. They raise Declined where the provider says no.

    Attributes:
        name: What it is called in settings, in the path of its callbacks, and in `Told`.
    """

    name: str

    async def authorise(self, order_id: str, amount: Money, until: datetime, key: str) -> Expected:
        """Have the buyer asked for *amount*, to be paid before *until*.

        Raises Refused for money the provider does not deal in.
        """
        ...

    async def capture(self, payment_id: str, amount: Money, key: str) -> Told:
        """Take money that is `authorised`.

        Where a provider takes money as soon as it is paid, tells what came of the payment.
        """
        ...

    async def void(self, payment_id: str) -> Told:
        """Expect a payment no longer, and tell what has come of it: it may have come through."""
        ...

    async def refund(
        self, payment_id: str, paid: Money, amount: Money, reason: str, key: str
    ) -> Refund:
        """Send back *amount* of what was *paid*, all or a part; each refund has its own *key*."""
        ...

    async def query(self, payment_id: str) -> Told:
        """Ask what came of a payment."""
        ...

    async def query_refund(self, payment_id: str, refund_id: str) -> Refund:
        """Ask what came of a refund."""
        ...

    def read_callback(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Notice:
        """Read what the provider says of its own accord, over the raw *body*. Raises Forged."""
        ...

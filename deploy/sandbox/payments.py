"""What a payment may do: pure rules, a wish in and a fact out, or a refusal."""

from dataclasses import dataclass, replace
from typing import Literal

# Moments are UTC text of one width ("2026-03-01T12:00:00.000Z"), so they compare as they read.
Outcome = Literal["authorised", "succeeded", "failed"]
Signature = Literal["hmac-sha256", "rsa-sha256"]
Status = Literal["pending", "authorised", "succeeded", "failed", "voided", "expired"]


class Refused(Exception):
    """A wish the rules do not grant."""

    def __init__(
        self, kind: Literal["missing", "conflict", "mismatch"], code: str, detail: str
    ) -> None:
        super().__init__(detail)
        self.kind = kind
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Request:
    """The idempotency key a wish came under, and the fingerprint of its body."""

    key: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Created:
    """A merchant asked for money."""

    payment_id: str
    at: str
    merchant_order: str
    amount: int
    currency: str
    callback_url: str
    expires_at: str | None
    key: str
    fingerprint: str
    capture: Literal["immediate", "manual"] = "immediate"
    signature: Signature = "hmac-sha256"


@dataclass(frozen=True, slots=True)
class Settled:
    """The buyer's attempt ended: all the money was captured, or set aside, or none."""

    payment_id: str
    at: str
    outcome: Outcome
    notify_id: str
    lost: bool


@dataclass(frozen=True, slots=True)
class Captured:
    """The merchant took the money that was set aside."""

    payment_id: str
    at: str
    notify_id: str
    lost: bool = False
    outcome: Literal["succeeded"] = "succeeded"


@dataclass(frozen=True, slots=True)
class Answered:
    """The merchant took the callback with a 2xx."""

    payment_id: str
    at: str


@dataclass(frozen=True, slots=True)
class Voided:
    """The merchant no longer wants the money."""

    payment_id: str
    at: str


@dataclass(frozen=True, slots=True)
class Refunded:
    """Money went back to the buyer."""

    payment_id: str
    at: str
    refund_id: str
    amount: int
    reason: str
    key: str
    fingerprint: str


Fact = Created | Settled | Captured | Answered | Voided | Refunded


@dataclass(frozen=True, slots=True)
class Payment:
    """One payment as it stands."""

    asked: Created
    status: Status = "pending"
    settled: Settled | Captured | None = None
    answered: bool = False
    refunds: tuple[Refunded, ...] = ()

    @property
    def captured(self) -> int:
        return self.asked.amount if self.status == "succeeded" else 0

    @property
    def refunded(self) -> int:
        return sum(refund.amount for refund in self.refunds)

    def status_at(self, now: str) -> Status:
        """Tell the status by the clock: nobody has to wake up for a payment to expire."""
        expires_at = self.asked.expires_at
        if self.status == "pending" and expires_at is not None and expires_at <= now:
            return "expired"
        return self.status


def settle(payment: Payment, outcome: Outcome, *, notify_id: str, lost: bool, now: str) -> Settled:
    status = payment.status_at(now)
    if status != "pending":
        raise Refused("conflict", "not_pending", f"the payment is {status}; it cannot be paid")
    if outcome == "succeeded" and payment.asked.capture == "manual":
        outcome = "authorised"
    return Settled(payment.asked.payment_id, now, outcome, notify_id, lost)


def capture(payment: Payment, *, notify_id: str, now: str) -> Captured | None:
    """Take what was set aside; nothing to do where it was taken before."""
    if payment.status == "succeeded":
        return None
    if payment.status != "authorised":
        status = payment.status_at(now)
        raise Refused("conflict", "not_authorised", f"the payment is {status}; nothing to capture")
    return Captured(payment.asked.payment_id, now, notify_id)


def void(payment: Payment, *, now: str) -> Voided | None:
    """Make sure the payment never captures; nothing to do where it already never can."""
    status = payment.status_at(now)
    if status == "succeeded":
        raise Refused("conflict", "already_captured", "the money is captured; refund it instead")
    open_yet = status in {"pending", "authorised"}
    return Voided(payment.asked.payment_id, now) if open_yet else None


def refund(
    payment: Payment, amount: int, reason: str, *, refund_id: str, under: Request, now: str
) -> Refunded:
    left = payment.captured - payment.refunded
    if amount > left:
        raise Refused(
            "conflict",
            "refund_above_captured",
            f"{left} of {payment.captured} {payment.asked.currency} captured is left to refund",
        )
    payment_id = payment.asked.payment_id
    return Refunded(payment_id, now, refund_id, amount, reason, under.key, under.fingerprint)


def evolve(payment: Payment | None, fact: Fact) -> Payment:
    if isinstance(fact, Created):
        return Payment(fact)
    if payment is None:
        raise Refused("missing", "no_such_payment", "a fact about a payment never created")
    match fact:
        case Settled() | Captured():
            return replace(payment, status=fact.outcome, settled=fact, answered=False)
        case Answered():
            return replace(payment, answered=True)
        case Voided():
            return replace(payment, status="voided")
        case Refunded():
            return replace(payment, refunds=(*payment.refunds, fact))

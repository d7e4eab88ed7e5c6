"""Deliveries: one fact on its way to one endpoint, tried again until it is taken or given up."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID, uuid5

from services.notify import endpoint as endpoints
from services.notify.endpoint import Endpoint
from services.notify.schedule import webhook_pause
from shared.events.base import Event
from shared.platform.change.aggregate import Note
from shared.refusal import Refused

Facts = list[Event | Note]

KEPT = timedelta(days=30)
"""How long the log of deliveries goes back."""

LOGGED_ATTEMPTS = 12

_NAMES = UUID("f3c9a0b4-52f1-5b7e-8a44-7c1d7a5e9b10")
_OPEN = frozenset({"queued", "sending"})
_OK, _MULTIPLE_CHOICES, _GONE = 200, 300, 410


@dataclass(frozen=True, slots=True)
class Attempt:
    """How one attempt ended: a status, or why there was none.

    Attributes:
        id: The claim it was made under.
        retry_after: For how many seconds the receiver asked us to stay away.
    """

    id: str
    at: datetime
    milliseconds: int
    status: int | None = None
    error: str = ""
    retry_after: float | None = None

    @property
    def taken(self) -> bool:
        return self.status is not None and _OK <= self.status < _MULTIPLE_CHOICES


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is delivered: the body, written once, and the event it tells of.

    Attributes:
        event_id: What the receiver knows it by (`webhook-id`), the same in every attempt.
    """

    event_id: str
    type: str
    body: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One fact for one endpoint.

    Attributes:
        due: When there is something to do about it: an attempt, or a claim that lapses.
        claim: The attempt that is under way or was the last.
        tries: Attempts since it was queued, or queued again.
        expires_at: When the log forgets it.
    """

    id: str
    status: Literal["new", "queued", "sending", "delivered", "failed"] = "new"
    endpoint_id: str = ""
    parcel: Parcel = Parcel("", "", "")
    queued_at: datetime | None = None
    due: datetime | None = None
    claim: str = ""
    tries: int = 0
    attempts: tuple[Attempt, ...] = ()
    reason: str = ""
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class DeliveryQueued(Note):
    """A fact is to be told to an endpoint."""

    delivery_id: str
    endpoint_id: str
    parcel: Parcel
    at: datetime


@dataclass(frozen=True, slots=True)
class DeliveryClaimed(Note):
    """An attempt has begun; if it is not heard of again by *until*, another may begin."""

    delivery_id: str
    claim: str
    until: datetime


@dataclass(frozen=True, slots=True)
class DeliveryAttempted(Note):
    """An attempt has ended: it was taken, is due again, or is given up for a *reason*."""

    delivery_id: str
    attempt: Attempt
    due: datetime | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class DeliveryReleased(Note):
    """An attempt was begun and not made."""

    delivery_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class DeliveryDropped(Note):
    """It is given up without an attempt."""

    delivery_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class DeliveryReplayed(Note):
    """Its owner wants it sent once more, from the beginning."""

    delivery_id: str
    at: datetime


def delivery_id(endpoint_id: str, event_id: str) -> str:
    """The id of the one delivery of an event to an endpoint."""
    return str(uuid5(_NAMES, f"{endpoint_id}|{event_id}"))


def queue(delivery: Delivery, endpoint_id: str, parcel: Parcel, now: datetime) -> Facts:
    if delivery.status != "new":
        return []
    return [DeliveryQueued(delivery.id, endpoint_id, parcel, now)]


def claim(
    delivery: Delivery, endpoint: Endpoint, claim: str, lasts: timedelta, now: datetime
) -> Facts:
    """Begin an attempt, one at a time; the endpoint must be listening."""
    _see_due(delivery, now)
    if endpoint.status != "active":
        raise Refused("endpoint.silent", "The endpoint does not listen.")
    return [DeliveryClaimed(delivery.id, claim, now + lasts)]


def drop(delivery: Delivery, endpoint: Endpoint, now: datetime) -> Facts:
    """Give up what is meant for an endpoint that no longer listens."""
    _see_due(delivery, now)
    if endpoint.status == "active":
        raise Refused("endpoint.listens", "The endpoint listens.")
    return [DeliveryDropped(delivery.id, f"endpoint-{endpoint.status}")]


def attempted(
    delivery: Delivery,
    endpoint: Endpoint,
    attempt: Attempt,
    pauses: Sequence[float],
    now: datetime,
) -> Facts:
    """What the end of an attempt means for the delivery, and for the endpoint."""
    if delivery.status not in _OPEN:
        return []
    if attempt.taken:
        return [DeliveryAttempted(delivery.id, attempt), *endpoints.succeeded(endpoint)]
    if delivery.status != "sending" or delivery.claim != attempt.id:
        return []
    if attempt.status == _GONE:
        gave_up = DeliveryAttempted(delivery.id, attempt, reason="endpoint-gone")
        return [gave_up, *endpoints.gone(endpoint)]
    pause = webhook_pause(pauses, delivery.tries, delivery.id, attempt.retry_after)
    ended = (
        DeliveryAttempted(delivery.id, attempt, due=now + pause)
        if pause
        else DeliveryAttempted(delivery.id, attempt, reason="tries-used-up")
    )
    return [ended, *endpoints.failed(endpoint, now)]


def release(delivery: Delivery, claim: str, now: datetime) -> Facts:
    """Give the claim back unused: others were before it for too long."""
    if delivery.status != "sending" or delivery.claim != claim:
        return []
    return [DeliveryReleased(delivery.id, now)]


def replay(delivery: Delivery, endpoint: Endpoint, owner_id: str, now: datetime) -> Facts:
    """Send it once more, as if for the first time; one under way is let be."""
    endpoints.owned(endpoint, owner_id)
    if delivery.endpoint_id != endpoint.id:
        raise Refused("delivery.unknown", "There is no such delivery.", kind="missing")
    see_listening(endpoint)
    return [] if delivery.status in _OPEN else [DeliveryReplayed(delivery.id, now)]


def see_listening(endpoint: Endpoint) -> None:
    """Refuse to send to an endpoint that was disabled; its owner can register it again."""
    if endpoint.status != "active":
        raise Refused("endpoint.disabled", "It is disabled; register it again first.")


def evolve(delivery: Delivery, fact: object) -> Delivery:
    match fact:
        case DeliveryQueued(delivery.id, endpoint_id, parcel, at):
            return replace(
                delivery,
                status="queued",
                endpoint_id=endpoint_id,
                parcel=parcel,
                queued_at=at,
                due=at,
                expires_at=at + KEPT,
            )
        case DeliveryClaimed(delivery.id, claim, until):
            return replace(
                delivery, status="sending", claim=claim, due=until, tries=delivery.tries + 1
            )
        case DeliveryAttempted(delivery.id, attempt, due, reason):
            return replace(
                delivery,
                status="delivered" if attempt.taken else "queued" if due else "failed",
                attempts=(*delivery.attempts, attempt)[-LOGGED_ATTEMPTS:],
                due=due,
                reason=reason,
            )
        case DeliveryReleased(delivery.id, at):
            return replace(delivery, status="queued", due=at, tries=delivery.tries - 1)
        case DeliveryDropped(delivery.id, reason):
            return replace(delivery, status="failed", due=None, reason=reason)
        case DeliveryReplayed(delivery.id, at):
            return replace(
                delivery, status="queued", due=at, tries=0, reason="", expires_at=at + KEPT
            )
        case _:
            return delivery


def _see_due(delivery: Delivery, now: datetime) -> None:
    if delivery.status not in _OPEN or delivery.due is None or delivery.due > now:
        raise Refused("delivery.not-due", "There is nothing to do about it now.")

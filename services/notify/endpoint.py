"""Endpoints: where another system wants to be told, of what, and whether it still listens."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

from services.notify.schedule import is_given_up
from shared.events.base import Event
from shared.events.notify import EndpointDisabled, EndpointRegistered
from shared.platform.change.aggregate import Note
from shared.refusal import Refused

Facts = list[Event | Note]

OVERLAP = timedelta(hours=24)
"""How long the secret before goes on signing beside the new one."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One URL of one integrator.

    Attributes:
        secret_for: The wish that made the secret, which alone is told it.
        listening_since: Facts from before are not sent.
        failing_since: When the failures began that no success has ended.
    """

    id: str
    status: Literal["new", "active", "disabled", "deleted"] = "new"
    owner_id: str = ""
    url: str = field(default="", repr=False)
    types: tuple[str, ...] = ()
    secret: str = field(default="", repr=False)
    secret_for: str = ""
    old_secret: str = field(default="", repr=False)
    old_secret_until: datetime | None = None
    listening_since: datetime | None = None
    failing_since: datetime | None = None
    reason: str = ""

    @property
    def stands(self) -> bool:
        """Whether its owner is shown it."""
        return self.status not in {"new", "deleted"}

    def differs(self, wish: "Wish") -> bool:
        """Whether *wish* would overwrite what its owner is shown; disabled, it comes back as is."""
        return self.stands and (self.url, self.types) != (wish.url, wish.types)

    def secrets(self, now: datetime) -> list[str]:
        """The secrets that sign *now*, the newest first."""
        overlaps = self.old_secret_until is not None and now < self.old_secret_until
        return [self.secret, self.old_secret] if overlaps else [self.secret]

    def wants(self, type: str, at: datetime) -> bool:
        """Whether it is to be told of a fact of *type* that happened *at* that time."""
        listens = self.listening_since is not None and self.listening_since <= at
        return self.status == "active" and type in self.types and listens


@dataclass(frozen=True, slots=True)
class EndpointPointed(Note):
    """Where the endpoint is and what it wants; from now on if it did not listen before."""

    endpoint_id: str
    url: str = field(repr=False)
    types: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class SecretMade(Note):
    """The endpoint has a new secret; the one before signs until *overlap*."""

    endpoint_id: str
    secret: str = field(repr=False)
    wish: str
    overlap: datetime | None = None


@dataclass(frozen=True, slots=True)
class EndpointFails(Note):
    """The endpoint did not take what it was sent."""

    endpoint_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class EndpointRecovered(Note):
    """The endpoint takes what it is sent again."""

    endpoint_id: str


@dataclass(frozen=True, slots=True)
class Wish:
    """What an integrator asks for; `id` names the asking itself."""

    id: str
    owner_id: str
    url: str = field(repr=False)
    types: tuple[str, ...]


def register(endpoint: Endpoint, wish: Wish, secret: str, now: datetime) -> Facts:
    """Register, change or bring back an endpoint; *secret* is used if it has none."""
    if endpoint.status != "new" and endpoint.owner_id != wish.owner_id:
        raise _unknown()
    if endpoint.status == "active" and not endpoint.differs(wish):
        return []
    facts: Facts = [EndpointPointed(endpoint.id, wish.url, wish.types, now)]
    if endpoint.status != "active" or endpoint.types != wish.types:
        facts.insert(
            0,
            EndpointRegistered(endpoint_id=endpoint.id, owner_id=wish.owner_id, types=wish.types),
        )
    if not endpoint.secret:
        facts.append(SecretMade(endpoint.id, secret, wish.id))
    return facts


def rotate(endpoint: Endpoint, owner_id: str, secret: str, wish_id: str, now: datetime) -> Facts:
    """Give it a new secret; the old one stays good for a day."""
    owned(endpoint, owner_id)
    return [SecretMade(endpoint.id, secret, wish_id, now + OVERLAP)]


def remove(endpoint: Endpoint, owner_id: str) -> Facts:
    owned(endpoint, owner_id)
    return [disabled(endpoint, "owner")]


def owned(endpoint: Endpoint, owner_id: str) -> None:
    """Refuse whoever does not own it, as if it was not there."""
    if endpoint.owner_id != owner_id or not endpoint.stands:
        raise _unknown()


def failed(endpoint: Endpoint, now: datetime) -> Facts:
    """What a failure means for the endpoint: it fails since, or has for too long."""
    if endpoint.status != "active":
        return []
    if is_given_up(endpoint.failing_since, now):
        return [disabled(endpoint, "failing")]
    return [] if endpoint.failing_since else [EndpointFails(endpoint.id, now)]


def gone(endpoint: Endpoint) -> Facts:
    """It has said that it is gone for good."""
    return [disabled(endpoint, "gone")] if endpoint.status == "active" else []


def succeeded(endpoint: Endpoint) -> Facts:
    return [EndpointRecovered(endpoint.id)] if endpoint.failing_since else []


def disabled(endpoint: Endpoint, reason: Literal["owner", "gone", "failing"]) -> EndpointDisabled:
    return EndpointDisabled(endpoint_id=endpoint.id, owner_id=endpoint.owner_id, reason=reason)


def evolve(endpoint: Endpoint, fact: object) -> Endpoint:
    match fact:
        case EndpointRegistered(endpoint_id=endpoint.id, owner_id=owner):
            return replace(endpoint, owner_id=owner)
        case EndpointPointed(endpoint.id, url, types, at):
            since = endpoint.listening_since if endpoint.status == "active" else at
            return replace(
                endpoint,
                status="active",
                url=url,
                types=types,
                listening_since=since,
                failing_since=None,
                reason="",
            )
        case SecretMade(endpoint.id, secret, wish, overlap):
            return replace(
                endpoint,
                secret=secret,
                secret_for=wish,
                old_secret=endpoint.secret,
                old_secret_until=overlap,
            )
        case EndpointFails(endpoint.id, at):
            return replace(endpoint, failing_since=at)
        case EndpointRecovered(endpoint.id):
            return replace(endpoint, failing_since=None)
        case EndpointDisabled(endpoint_id=endpoint.id, reason="owner"):
            return Endpoint(endpoint.id, status="deleted", owner_id=endpoint.owner_id)
        case EndpointDisabled(endpoint_id=endpoint.id, reason=reason):
            return replace(endpoint, status="disabled", reason=reason)
        case _:
            return endpoint


def _unknown() -> Refused:
    return Refused("endpoint.unknown", "There is no such endpoint.", kind="missing")

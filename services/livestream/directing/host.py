"""A host: verified, old enough, licensed for what their rooms sell; organisers vouch for it."""

from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeAlias

from services.livestream.record.days import years_between
from shared.platform.change.aggregate import Note

OLD_ENOUGH, OF_AGE = 16, 18
"""Nobody under 16 may host; from 16 to 17 with a guardian's consent (Minors Protection Law 76)."""

LicenceKind: TypeAlias = Literal["food", "alcohol"]


@dataclass(frozen=True, slots=True)
class Licence:
    """What a host's rooms may sell, through the day *until* (ISO 8601)."""

    kind: LicenceKind
    until: str


@dataclass(frozen=True, slots=True)
class HostVouched(Note):
    """An organiser vouches for a host; when somebody was born is told to nobody."""

    host_id: str
    verified_until: date
    born_on: date
    guardian_consent: bool
    licences: tuple[Licence, ...]


@dataclass(frozen=True, slots=True)
class Host:
    """What is vouched for; days as ISO 8601 text, since MongoDB knows instants only."""

    id: str
    verified_until: str = ""
    born_on: str = ""
    guardian_consent: bool = False
    licences: tuple[Licence, ...] = ()


def vouch(host: Host, said: HostVouched) -> list[HostVouched]:
    """Know what an organiser has looked at; nothing new is no news."""
    return [] if evolve(host, said) == host else [said]


def unverified(host: Host, day: date) -> str | None:
    """Why the host is not verified on *day*; None if they are."""
    if not host.verified_until:
        return "Nobody has verified the host."
    if host.verified_until < day.isoformat():
        return f"The host was verified until {host.verified_until}."
    return None


def under_age(host: Host, day: date) -> str | None:
    """Why the host may not host on *day* because of their age; None if they may."""
    if not host.born_on:
        return "Nobody has vouched for the host's age."
    age = years_between(date.fromisoformat(host.born_on), day)
    if age < OLD_ENOUGH:
        return f"Hosts are {OLD_ENOUGH} or older."
    if age < OF_AGE and not host.guardian_consent:
        return f"Under {OF_AGE} a host needs a guardian's consent."
    return None


def is_licensed(host: Host, kind: LicenceKind, day: date) -> bool:
    """Whether the host has a licence of a *kind* that is good on *day*."""
    return any(one.kind == kind and one.until >= day.isoformat() for one in host.licences)


def evolve(host: Host, fact: object) -> Host:
    match fact:
        case HostVouched(host_id=host.id):
            return Host(
                host.id,
                fact.verified_until.isoformat(),
                fact.born_on.isoformat(),
                fact.guardian_consent,
                fact.licences,
            )
        case _:
            return host

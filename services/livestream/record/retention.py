"""Retention: for how long a session's evidence is kept, and what must be true to delete it. Pure.

Three years from the end of the stream (SAMR and CAC Order 117 art. 16; SAMR Order 37/2021) or, if
later, from the completion of the last transaction with its returns (E-Commerce Law 31), by the
calendar: three years can be 1,096 days.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from services.livestream.directing.moves import known, must_be
from services.livestream.directing.session import Session
from services.livestream.record.days import day_of, first_moment, years_after
from shared.events.livestream import (
    EvidenceDeleted,
    LegalHoldLifted,
    LegalHoldPlaced,
    SessionArchived,
    SessionEnded,
)
from shared.platform.change.aggregate import Note
from shared.refusal import Refused

YEARS = 3

A_DAY = timedelta(days=1)
"""A session is archived a day after its end at the earliest: figures are final by then."""


@dataclass(frozen=True, slots=True)
class Sold:
    """What became of a session's orders: whether one is not over yet, and the last thing done."""

    open: bool = False
    last_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ArchivingPutOff(Note):
    """Orders of the session are not over yet; to be looked at again."""

    session_id: str
    until: datetime


@dataclass(frozen=True, slots=True)
class RetentionProlonged(Note):
    """Something was done about an order of the session after it had been archived."""

    session_id: str
    retain_until: date


@dataclass(frozen=True, slots=True)
class Retention:
    """How long the evidence of a session is kept.

    Attributes:
        look_at: When to see next whether all orders are over.
        waiting: Whether the session has ended and is not archived yet.
        retain_until: The last day on which it is kept (ISO 8601 text).
        delete_at: The moment from which it may be deleted.
        hold: The case it is needed in.
        keeping: Whether only time keeps it from being deleted.
    """

    id: str
    ended_at: datetime | None = None
    look_at: datetime | None = None
    waiting: bool = False
    retain_until: str | None = None
    delete_at: datetime | None = None
    hold: str | None = None
    keeping: bool = False
    deleted: bool = False


def retain_until(ended_at: datetime, last_at: datetime | None) -> date:
    """The last day on which the evidence is kept; 29 February rolls to 1 March."""
    return years_after(day_of(max(ended_at, last_at or ended_at)), YEARS)


def archive(
    session: Session, retention: Retention, sold: Sold, at: datetime
) -> list[SessionArchived | ArchivingPutOff]:
    """Close the books of a session whose orders are all over, or look again in a day."""
    must_be(session, "archive")
    if retention.ended_at is None or retention.look_at is None or at < retention.look_at:
        raise Refused("retention.not-due", "It is not time to archive it.")
    if sold.open:
        return [ArchivingPutOff(session.id, at + A_DAY)]
    until = retain_until(retention.ended_at, sold.last_at)
    return [SessionArchived(session_id=session.id, retain_until=until)]


def delete(
    retention: Retention, sold: Sold, at: datetime
) -> list[EvidenceDeleted | RetentionProlonged]:
    """Delete what has been kept for long enough, unless more was done about an order since."""
    if not retention.keeping or retention.delete_at is None or at < retention.delete_at:
        raise Refused("retention.not-due", "It has to be kept.")
    assert retention.ended_at, "archived after its end"  # noqa: S101 - for the types
    until = retain_until(retention.ended_at, sold.last_at)
    if sold.open:
        until = max(until, day_of(at))
    if until >= day_of(at):
        return [RetentionProlonged(retention.id, until)]
    return [EvidenceDeleted(session_id=retention.id, retain_until=until, at=at)]


def hold(session: Session, retention: Retention, reference: str) -> list[LegalHoldPlaced]:
    """Keep the evidence for a case, whatever the date."""
    known(session)
    if retention.deleted:
        raise Refused("evidence.deleted", "The evidence is gone.")
    if retention.hold == reference:
        return []
    return [LegalHoldPlaced(session_id=session.id, reference=reference)]


def lift(session: Session, retention: Retention) -> list[LegalHoldLifted]:
    """Keep the evidence no longer than its date says."""
    known(session)
    if retention.hold is None:
        raise Refused("legal-hold.none", "It is not held.", kind="missing")
    return [LegalHoldLifted(session_id=session.id)]


def evolve(retention: Retention, fact: object) -> Retention:
    if getattr(fact, "session_id", None) != retention.id:
        return retention
    match fact:
        case SessionEnded(ended_at=ended_at):
            look_at = ended_at and ended_at + A_DAY
            return replace(retention, ended_at=ended_at, look_at=look_at, waiting=True)
        case ArchivingPutOff(until=until):
            return replace(retention, look_at=until)
        case SessionArchived() | RetentionProlonged():
            until = fact.retain_until
            return _kept(
                replace(
                    retention,
                    waiting=False,
                    retain_until=until.isoformat(),
                    delete_at=first_moment(until + A_DAY),
                )
            )
        case LegalHoldPlaced(reference=reference):
            return _kept(replace(retention, hold=reference))
        case LegalHoldLifted():
            return _kept(replace(retention, hold=None))
        case EvidenceDeleted():
            return _kept(replace(retention, deleted=True))
        case _:
            return retention


def _kept(retention: Retention) -> Retention:
    counted = retention.retain_until is not None and retention.hold is None
    return replace(retention, keeping=counted and not retention.deleted)

"""The timeline of a session: what it showed and said, when, counted from its start."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.events.livestream import (
    AiLabelMissed,
    AiLabelRestored,
    CorrectionIssued,
    CouponHandedOut,
    CouponTakenDown,
    EvidenceDeleted,
    ProductPinned,
    ProductUnpinned,
    RecordingRegistered,
    SellerDisclosed,
)
from shared.events.orders import CouponTerms
from shared.events.text import Text

_MS = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Pinned:
    """One product, pinned for a while; `until_ms` is open while it still is."""

    sku: str
    sequence: int
    from_ms: int
    until_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Disclosed:
    """Who the room said sells what it pinned."""

    sku: str
    merchant_id: str
    legal_name: Text
    sequence: int
    offset_ms: int
    address: str | None = None
    contact: str | None = None


@dataclass(frozen=True, slots=True)
class HandedOut:
    """A coupon that everybody in the room was shown; `until_ms` is open while they still are."""

    coupon_id: str
    terms: CouponTerms
    sequence: int
    from_ms: int
    until_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Correction:
    """What was said wrongly, and put right."""

    number: int
    said: str
    corrected: str
    offset_ms: int


@dataclass(frozen=True, slots=True)
class Recording:
    """Where the picture and sound of a session are, and since when."""

    manifest: str
    began_at: datetime
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Unlabelled:
    """For how long the room did not say that its host is an AI."""

    from_ms: int
    until_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """A moment of a session in one of its recordings."""

    manifest: str
    position_ms: int


@dataclass(frozen=True, slots=True)
class Timeline:
    """Evidence: what the room showed and said at which moment of its recording."""

    id: str
    pins: tuple[Pinned, ...] = ()
    disclosures: tuple[Disclosed, ...] = ()
    corrections: tuple[Correction, ...] = ()
    recordings: tuple[Recording, ...] = ()
    unlabelled: tuple[Unlabelled, ...] = ()
    coupons: tuple[HandedOut, ...] = ()

    @property
    def shown(self) -> tuple[HandedOut, ...]:
        """The coupons that the room shows now."""
        return tuple(one for one in self.coupons if one.until_ms is None)

    def place(self, started_at: datetime, offset_ms: int) -> Place | None:
        """Where to find a moment again: in the last recording that had begun by then."""
        moment = started_at + offset_ms * _MS
        begun = [one for one in self.recordings if one.began_at <= moment]
        if not begun:
            return None
        last = max(begun, key=lambda one: one.began_at)
        return Place(last.manifest, (moment - last.began_at) // _MS)


def evolve(timeline: Timeline, fact: object) -> Timeline:
    if getattr(fact, "session_id", None) != timeline.id:
        return timeline
    match fact:
        case ProductPinned():
            pinned = Pinned(fact.sku, fact.sequence, fact.offset_ms)
            return replace(timeline, pins=(*_ended(timeline, fact.offset_ms), pinned))
        case ProductUnpinned():
            return replace(timeline, pins=_ended(timeline, fact.offset_ms))
        case SellerDisclosed():
            disclosed = Disclosed(
                fact.sku,
                fact.merchant_id,
                fact.legal_name,
                fact.sequence,
                fact.offset_ms,
                fact.address,
                fact.contact,
            )
            return replace(timeline, disclosures=(*timeline.disclosures, disclosed))
        case CouponHandedOut():
            handed = HandedOut(fact.coupon_id, fact.terms, fact.sequence, fact.offset_ms)
            return replace(timeline, coupons=(*timeline.coupons, handed))
        case CouponTakenDown(sequence=sequence, offset_ms=offset_ms):
            coupons = tuple(
                replace(one, until_ms=offset_ms) if one.sequence == sequence else one
                for one in timeline.coupons
            )
            return replace(timeline, coupons=coupons)
        case CorrectionIssued():
            correction = Correction(fact.number, fact.said, fact.corrected, fact.offset_ms)
            return replace(timeline, corrections=(*timeline.corrections, correction))
        case RecordingRegistered(manifest=manifest):
            others = (one for one in timeline.recordings if one.manifest != manifest)
            recording = Recording(manifest, fact.began_at, fact.sha256)
            return replace(timeline, recordings=(*others, recording))
        case AiLabelMissed(offset_ms=offset_ms):
            gap = Unlabelled(offset_ms)
            return replace(timeline, unlabelled=(*timeline.unlabelled, gap))
        case AiLabelRestored(offset_ms=offset_ms) if timeline.unlabelled:
            *before, last = timeline.unlabelled
            gaps = (*before, replace(last, until_ms=offset_ms))
            return replace(timeline, unlabelled=gaps)
        case EvidenceDeleted():
            return Timeline(timeline.id)
        case _:
            return timeline


def _ended(timeline: Timeline, offset_ms: int) -> tuple[Pinned, ...]:
    *before, last = timeline.pins or (None,)
    if last is None or last.until_ms is not None:
        return timeline.pins
    return (*(pin for pin in before if pin), replace(last, until_ms=offset_ms))

"""The timeline of a session: what it pinned, from when until when, counted from its start."""

from dataclasses import dataclass, replace

from shared.events.livestream import ProductPinned, ProductUnpinned


@dataclass(frozen=True, slots=True)
class Pinned:
    """One product, pinned for a while; `until_ms` is open while it still is."""

    sku: str
    sequence: int
    from_ms: int
    until_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Timeline:
    """Evidence: which product the room showed at which moment of its recording."""

    id: str
    pins: tuple[Pinned, ...] = ()


def evolve(timeline: Timeline, fact: object) -> Timeline:
    match fact:
        case ProductPinned(session_id=timeline.id):
            pinned = Pinned(fact.sku, fact.sequence, fact.offset_ms)
            return replace(timeline, pins=(*_ended(timeline, fact.offset_ms), pinned))
        case ProductUnpinned(session_id=timeline.id):
            return replace(timeline, pins=_ended(timeline, fact.offset_ms))
        case _:
            return timeline


def _ended(timeline: Timeline, offset_ms: int) -> tuple[Pinned, ...]:
    *before, last = timeline.pins or (None,)
    if last is None or last.until_ms is not None:
        return timeline.pins
    return (*(pin for pin in before if pin), replace(last, until_ms=offset_ms))

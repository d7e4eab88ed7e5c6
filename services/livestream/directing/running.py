"""The running order: changed while the session is under way, and what of it still fits. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from services.livestream.directing.moves import must_be_under_way, must_run
from services.livestream.directing.session import Asker, RunningOrderProposed, Session
from services.livestream.record.timeline import Pinned
from services.livestream.showing.goods import Goods
from shared.events.livestream import RunningOrderChanged, Slot
from shared.refusal import Refused

Stage: TypeAlias = Literal["shown", "on", "to-come"]


@dataclass(frozen=True, slots=True)
class Run:
    """When a slot was, is or will be shown, in milliseconds from the start of the session."""

    slot: Slot
    stage: Stage
    from_ms: int
    until_ms: int


@dataclass(frozen=True, slots=True)
class Rundown:
    """The run-of-show against the clock; `falls_out` are positions that end after the session."""

    runs: tuple[Run, ...]
    length_ms: int
    falls_out: tuple[int, ...]


# Changing it -------------------------------------------------------------------------------------


def change(
    session: Session,
    slots: Sequence[Slot],
    goods: Iterable[Goods],
    asker: Asker,
    *,
    seen: int | None,
    at: datetime,
) -> list[RunningOrderChanged | RunningOrderProposed]:
    """Change the running order of a session that is under way, as version *seen* stands.

    Slots may be moved, shortened and dropped at once. Another price, product, number of units or
    limit waits for a second person, as every price change in a live room does.
    """
    must_run(session, asker)
    must_be_under_way(session, "running-order")
    _must_have_seen(session, seen)
    ordered = tuple(sorted(slots, key=lambda slot: slot.position))
    _must_fit(session, ordered)
    if kept_out := [one.id for one in goods if one.kept_out]:
        raise Refused("session.never-live", "No live room may sell all of this.", skus=kept_out)
    if ordered == session.slots:
        return []
    if Counter(map(_terms, ordered)) - Counter(map(_terms, session.slots)):
        return [RunningOrderProposed(session.id, asker.id, ordered)]
    return [_changed(session, ordered, at, by=asker.id)]


def approve(
    session: Session, asker: Asker, *, seen: int | None, at: datetime
) -> list[RunningOrderChanged]:
    """Agree, as the second person, to the running order that waits for one."""
    must_be_under_way(session, "running-order")
    _must_have_seen(session, seen)
    if session.proposal is None:
        raise Refused("running-order.none", "No running order waits for a second person.")
    if not asker.organises or asker.id in (session.proposal.by, session.host_id):
        raise Refused(
            "running-order.own-approval",
            "An organiser other than who wants the change, and than the host, approves it.",
            kind="forbidden",
        )
    _must_fit(session, session.proposal.slots)
    slots, by = session.proposal.slots, session.proposal.by
    return [_changed(session, slots, at, by=by, approved_by=asker.id)]


def _changed(
    session: Session,
    slots: tuple[Slot, ...],
    at: datetime,
    *,
    by: str,
    approved_by: str | None = None,
) -> RunningOrderChanged:
    return RunningOrderChanged(
        session_id=session.id,
        version=session.order + 1,
        slots=slots,
        offset_ms=session.offset_ms(at),
        by=by,
        approved_by=approved_by,
    )


def _terms(slot: Slot) -> tuple[object, ...]:
    return slot.sku, slot.price.amount, slot.price.currency, slot.units, slot.per_buyer


def _must_have_seen(session: Session, seen: int | None) -> None:
    if seen is not None and seen != session.order:
        raise Refused(
            "version.stale",
            "The running order has changed since you read it.",
            kind="stale",
            version=session.order,
        )


def _must_fit(session: Session, slots: Sequence[Slot]) -> None:
    """Refuse an order that leaves out what is pinned, or units that deals hold or have sold."""
    if not slots:
        raise Refused("session.empty", "There is no run-of-show.", kind="invalid")
    if len({slot.position for slot in slots}) < len(slots):
        raise Refused("session.positions", "Two slots have one position.", kind="invalid")
    allowed = _units((slot.sku, slot.units) for slot in slots)
    if session.pin and session.pin.sku not in allowed:
        raise Refused("running-order.pinned", "It is pinned just now.", sku=session.pin.sku)
    used = _units((lot.sku, lot.units) for lot in session.lots)
    if short := sorted(sku for sku, units in used.items() if units > allowed[sku]):
        raise Refused("running-order.units", "Deals have more units than that.", skus=short)


def _units(pairs: Iterable[tuple[str, int]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for sku, units in pairs:
        total[sku] += units
    return total


# Against the clock -------------------------------------------------------------------------------


def rundown(session: Session, pins: Sequence[Pinned], at: datetime) -> Rundown:
    """Lay the run-of-show out against the clock at *at*.

    A slot is shown once its product has been pinned in its turn: the first pin of a product is its
    first slot, the second its second. What is to come follows on what is on, one after the other.
    """
    began = session.started_at or session.starts_at or at
    length_ms = round(((session.ends_at or at) - began).total_seconds() * 1000)
    now = session.offset_ms(at) if session.started_at else 0
    runs = tuple(_laid_out(session.slots, pins, now))
    late = tuple(
        run.slot.position for run in runs if run.stage == "to-come" and run.until_ms > length_ms
    )
    return Rundown(runs, length_ms, late)


def _laid_out(slots: Sequence[Slot], pins: Sequence[Pinned], now: int) -> Iterator[Run]:
    turns: dict[str, list[Pinned]] = {}
    for pin in pins:
        turns.setdefault(pin.sku, []).append(pin)
    shown = {slot.position: turns[slot.sku].pop(0) for slot in slots if turns.get(slot.sku)}
    seconds = {slot.position: slot.seconds for slot in slots}
    free = now
    for position, pin in shown.items():
        if pin.until_ms is None:
            free = max(now, pin.from_ms + seconds[position] * 1000)
    for slot in slots:
        pin = shown.get(slot.position)
        if pin is None:
            yield Run(slot, "to-come", free, free + slot.seconds * 1000)
            free += slot.seconds * 1000
        elif pin.until_ms is not None:
            yield Run(slot, "shown", pin.from_ms, pin.until_ms)
        else:
            yield Run(slot, "on", pin.from_ms, max(now, pin.from_ms + slot.seconds * 1000))

"""Where an order comes from: which pin of which session, or which booth; frozen when it is placed.

An order belongs to the pin that is active when it is placed, else to the last pin of one of its
products that ended no more than three minutes before, else to the shelf.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from services.orders.pool.session import Session
from shared.events.ids import Sku
from shared.events.orders import Attribution

RECENT_MS = 180_000


def of_room(
    session: Session,
    skus: Collection[Sku],
    now: datetime,
    *,
    device: str | None = None,
    activity_id: str | None = None,
) -> Attribution:
    """Of an order placed in the room of *session*."""
    offset = _offset_ms(session, now)
    pins = [session.shown[sku] for sku in skus if sku in session.shown]
    active = [pin for pin in pins if pin.until_ms is None]
    recent = [
        pin for pin in pins if pin.until_ms is not None and offset - pin.until_ms <= RECENT_MS
    ]
    last = max(active or recent, key=lambda pin: pin.sequence, default=None)
    return Attribution(
        rule="pin-active" if active else "pin-recent" if recent else "shelf",
        session_id=session.id,
        host_id=session.host_id or None,
        pin_sequence=last.sequence if last else None,
        offset_ms=offset,
        device=device,
        activity_id=activity_id,
    )


def _offset_ms(session: Session, now: datetime) -> int:
    if session.started_at is None:
        return 0
    return max(0, (now - session.started_at) // timedelta(milliseconds=1))

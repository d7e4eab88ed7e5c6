"""The pin: the one product a room shows; whoever moves it says which pin they have seen."""

from datetime import datetime

from services.livestream.moves import must_run, unpinned
from services.livestream.session import Asker, Session
from shared.events.livestream import ProductPinned, ProductUnpinned
from shared.refusal import Refused

MOST_PINS = 2_000
"""How often one session may pin: its timeline is one document."""


def pin(
    session: Session, sku: str, expected_sequence: int, asker: Asker, at: datetime
) -> list[ProductPinned]:
    """Show *sku* now; what was pinned before is unpinned by it."""
    _must_show(session, asker, expected_sequence)
    if sku not in session.skus:
        raise Refused("pin.not-in-show", "It is not in the run-of-show.", sku=sku)
    if session.sequence >= MOST_PINS:
        raise Refused("pin.limit", f"A session may pin {MOST_PINS} times.", kind="limit")
    return [
        ProductPinned(
            session_id=session.id,
            sku=sku,
            sequence=session.sequence + 1,
            offset_ms=session.offset_ms(at),
        )
    ]


def unpin(
    session: Session, expected_sequence: int | None, asker: Asker, at: datetime
) -> list[ProductUnpinned]:
    """Show nothing."""
    _must_show(session, asker, expected_sequence)
    if session.pin is None:
        raise Refused("pin.none", "Nothing is pinned.")
    return unpinned(session, at)


def _must_show(session: Session, asker: Asker, expected_sequence: int | None) -> None:
    must_run(session, asker)
    if session.status != "live":
        raise Refused(
            "pin.not-live",
            f"A session that is {session.status} pins nothing.",
            state=session.status,
        )
    if expected_sequence is not None and expected_sequence != session.sequence:
        raise Refused(
            "pin.stale",
            "Somebody has moved the pin since you looked.",
            kind="stale",
            sequence=session.sequence,
        )

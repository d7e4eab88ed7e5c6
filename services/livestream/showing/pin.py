"""The pin: the one product a room shows; whoever moves it says which pin they have seen."""

from datetime import datetime

from services.livestream.directing.moves import must_run, unpinned
from services.livestream.directing.session import Asker, RehearsalPinned, Session, may
from services.livestream.showing.seller import Seller
from shared.events.livestream import ProductPinned, ProductUnpinned, SellerDisclosed
from shared.refusal import Refused

MOST_PINS = 2_000
"""How often one session may pin: its timeline is one document."""


def pin(
    session: Session,
    sku: str,
    expected_sequence: int,
    seller: Seller,
    asker: Asker,
    *,
    at: datetime,
) -> list[ProductPinned | SellerDisclosed | RehearsalPinned]:
    """Show *sku* now, and who sells it; what was pinned before is unpinned by it.

    A room that shows clearly who sells is not itself liable as the seller (SPC 2022 art. 12). In a
    rehearsal it is for those alone who run the room.
    """
    _must_show(session, expected_sequence, asker, at)
    if sku not in session.skus:
        raise Refused("pin.not-in-show", "It is not in the run-of-show.", sku=sku)
    if session.sequence >= MOST_PINS:
        raise Refused("pin.limit", f"A session may pin {MOST_PINS} times.", kind="limit")
    sequence, offset_ms = session.sequence + 1, session.offset_ms(at)
    if session.status == "rehearsal":
        return [RehearsalPinned(session.id, sku, sequence)]
    if seller.legal_name is None:
        raise Refused("pin.seller-unknown", "Nobody knows who sells it.", sku=sku)
    return [
        ProductPinned(session_id=session.id, sku=sku, sequence=sequence, offset_ms=offset_ms),
        SellerDisclosed(
            session_id=session.id,
            sku=sku,
            merchant_id=seller.id,
            legal_name=seller.legal_name,
            address=seller.address,
            contact=seller.contact,
            sequence=sequence,
            offset_ms=offset_ms,
        ),
    ]


def unpin(
    session: Session, expected_sequence: int | None, asker: Asker, at: datetime
) -> list[ProductUnpinned | RehearsalPinned]:
    """Show nothing."""
    _must_show(session, expected_sequence, asker, at)
    if session.pin is None:
        raise Refused("pin.none", "Nothing is pinned.")
    if session.status == "rehearsal":
        return [RehearsalPinned(session.id, None, session.sequence + 1)]
    return [*unpinned(session, at)]


def _must_show(session: Session, expected_sequence: int | None, asker: Asker, at: datetime) -> None:
    if not may(session, asker.id, "pin", at):
        must_run(session, asker)
    if session.status not in ("live", "rehearsal"):
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

"""What livestream says: sessions, what they pin, deals they ask for and show, their audience."""

from shared.events.livestream.audience import (
    AudienceEvent,
    AudienceSampled,
)
from shared.events.livestream.deal import (
    DealClosed,
    DealEvent,
    DealRequested,
    DealShown,
)
from shared.events.livestream.session import (
    HostType,
    ProductPinned,
    ProductUnpinned,
    SessionApproved,
    SessionCancelled,
    SessionEnded,
    SessionEvent,
    SessionPaused,
    SessionResumed,
    SessionScheduled,
    SessionStarted,
    SessionState,
    Slot,
    TallyState,
)

__all__ = [
    "AudienceEvent",
    "AudienceSampled",
    "DealClosed",
    "DealEvent",
    "DealRequested",
    "DealShown",
    "HostType",
    "ProductPinned",
    "ProductUnpinned",
    "SessionApproved",
    "SessionCancelled",
    "SessionEnded",
    "SessionEvent",
    "SessionPaused",
    "SessionResumed",
    "SessionScheduled",
    "SessionStarted",
    "SessionState",
    "Slot",
    "TallyState",
]

"""Why something is done; a cause acts once."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cause:
    """What a change is done because of: a request, an event heard, or a timer.

    Attributes:
        key: The name of the cause, unique in a service: `http:<caller>:<route>:<Idempotency-Key>`,
            the id of the event heard, or the timer's id. The first outcome is replayed to the same key.
        fingerprint: A digest of what was asked; the same key with another one is refused.
        causation: What subscribers are told caused the facts (an event id, a request id).
        correlation: The id that ties together all that follows from one wish.
        traceparent: W3C trace context to hand on, or empty.
    """

    key: str
    fingerprint: str = ""
    causation: str = ""
    correlation: str = ""
    traceparent: str = ""

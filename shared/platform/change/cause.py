"""Why something is done; a cause acts once."""

from typing import NamedTuple, Self

from shared.events.base import Stamp


class Cause(NamedTuple):
    """What a change is done because of: a request, an event heard, or a timer.

    Attributes:
        key: The cause's name, unique in a service: `http:<caller>:<route>:<Idempotency-Key>`,
            `event:<id>` of an event heard, or the timer's id. The first outcome is replayed to the
            same.
        fingerprint: A digest of what was asked; the same key with another one is refused.
        causation: What subscribers are told caused the facts (an event id, a request id).
        correlation: The id that ties together all that follows from one wish.
        traceparent: W3C trace context to hand on, or empty.
        patient: Whether it waits as long as it takes (an event, a timer) instead of being told to
            come back (a request).
        heard: The envelope, if the cause is an event that was heard.
    """

    key: str
    fingerprint: str = ""
    causation: str = ""
    correlation: str = ""
    traceparent: str = ""
    patient: bool = False
    heard: Stamp | None = None

    @classmethod
    def of(cls, stamp: Stamp) -> Self:
        """The cause that an event heard is."""
        name, wish, trace = stamp.id, stamp.correlationid, stamp.traceparent
        return cls(f"event:{name}", "", name, wish, trace, patient=True, heard=stamp)

    def also(self, what: str) -> "Cause":
        """A further cause out of this one, for a second change it leads to."""
        return self._replace(key=f"{self.key}:{what}")

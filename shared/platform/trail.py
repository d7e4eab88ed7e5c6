"""What ties log lines, facts and spans to one wish: ids that are taken over and handed on."""

import re
from contextvars import ContextVar
from typing import NamedTuple, Self

from shared.events.ids import new_id

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}")
_TRACEPARENT = re.compile(
    r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?"
)


class Traceparent(NamedTuple):
    """W3C trace context: which trace, which step of it, and whether it is being recorded."""

    trace_id: str
    span_id: str
    sampled: bool = False

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Read a `traceparent` header; None when it is not one."""
        found = _TRACEPARENT.fullmatch(text)
        if not found or (found[4] and text.startswith("00")):
            return None
        return cls(found[1], found[2], bool(int(found[3], 16) & 1))

    def __str__(self) -> str:
        return f"00-{self.trace_id}-{self.span_id}-0{self.sampled:d}"


class Trail(NamedTuple):
    """The ids of what is being done: this request or event, the wish it began with, its trace."""

    request_id: str
    correlation_id: str
    traceparent: str

    @classmethod
    def begin(cls, request_id: str = "", correlation_id: str = "", traceparent: str = "") -> Self:
        """Take over the ids that came in and are sound; make the others."""
        given = bool(request_id and _ID.fullmatch(request_id))
        if not given:
            request_id = new_id()
        if not (correlation_id and _ID.fullmatch(correlation_id)):
            correlation_id = request_id
        if not (traceparent and Traceparent.parse(traceparent)):
            # The request's own, where it is ours: nothing else is as new.
            trace_id = (new_id() if given else request_id).replace("-", "")
            traceparent = f"00-{trace_id}-{trace_id[16:]}-00"
        return cls(request_id, correlation_id, traceparent)

    @property
    def trace_id(self) -> str:
        return self.traceparent[3:35]


current: ContextVar[Trail | None] = ContextVar("trail", default=None)
"""The trail of what this task is doing; every log line carries it."""

"""A window: from when, and until when; the end is no longer part of it."""

from datetime import datetime
from typing import NamedTuple

from shared.refusal import Refused


class Window(NamedTuple):
    """A stretch of time."""

    opens: datetime
    closes: datetime

    def overlaps(self, other: "Window") -> bool:
        return self.opens < other.closes and other.opens < self.closes

    def within(self, other: "Window") -> bool:
        return other.opens <= self.opens and self.closes <= other.closes


def window(opens: datetime, closes: datetime) -> Window:
    """A window that is one: it closes after it opens."""
    if opens >= closes:
        raise Refused("window.empty", "It must end after it begins.", kind="invalid")
    return Window(opens, closes)

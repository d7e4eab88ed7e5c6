"""A visit: what a viewer's heartbeats come to, whichever replica hears them.

Nothing is remembered of a viewer. Each heartbeat is answered with a stamp, signed, that says when
it was; the next one brings it along, and what lies between the two was watched.
"""

import hmac
import re
from hashlib import blake2b
from typing import NamedTuple

EVERY = 30
"""Seconds from heartbeat to heartbeat."""
_LONGEST_MS = 45_000
"""So much one heartbeat can prove: one interval, and half of one for a slow network."""
_OVER_MS = 90_000
"""After three heartbeats missed it is another visit."""

_STAMP = re.compile(r"([0-9]{1,15})\.([0-9a-f]{24})")


class Beat(NamedTuple):
    """What one heartbeat proves: that a visit has begun, or that this long was watched."""

    entered: bool
    watched_ms: int


class Visits:
    """Names viewers and stamps their heartbeats, both with a key of our own."""

    def __init__(self, key: bytes) -> None:
        self._key = blake2b(key, person=b"feira.visits").digest()

    def name(self, session_id: str, who: str) -> bytes:
        """A viewer's name in one session, out of which *who* cannot be told without the key."""
        return blake2b(f"{session_id}\0{who}".encode(), key=self._key, digest_size=16).digest()

    def stamp(self, name: bytes, now_ms: int) -> str:
        """Attest that *name* was there at *now_ms* (of the Unix epoch)."""
        return f"{now_ms}.{self._signature(name, now_ms)}"

    def beat(self, name: bytes, stamp: str, now_ms: int) -> Beat:
        """Tell what a heartbeat at *now_ms* with the last *stamp* proves; a false one is none."""
        since = self._read(name, stamp)
        if since is None or not 0 <= now_ms - since <= _OVER_MS:
            return Beat(entered=True, watched_ms=0)
        return Beat(entered=False, watched_ms=min(now_ms - since, _LONGEST_MS))

    def _read(self, name: bytes, stamp: str) -> int | None:
        found = _STAMP.fullmatch(stamp)
        if found is None:
            return None
        at_ms = int(found[1])
        return at_ms if hmac.compare_digest(found[2], self._signature(name, at_ms)) else None

    def _signature(self, name: bytes, at_ms: int) -> str:
        return blake2b(name + at_ms.to_bytes(8), key=self._key, digest_size=12).hexdigest()

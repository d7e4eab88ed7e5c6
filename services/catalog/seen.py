"""Which version a wish was made on."""

from collections.abc import Sequence
from typing import TypeVar

from shared.platform.change.aggregate import AnyRef, View
from shared.refusal import Refused

F = TypeVar("F")

NEW = 0
"""Seen by one who saw nothing: the thing is meant to be new."""


def meant(view: View, ref: AnyRef, seen: int | None, said: Sequence[F]) -> Sequence[F]:
    """What is *said*, unless it was wished for on an old picture of *ref*.

    *seen* is None for a wish that is meant whatever stands. Who wishes for what stands already
    changes nothing, so that any picture will do.
    """
    if said and seen == NEW and view.version(ref):
        raise Refused(
            "version.missing",
            "It stands already: say with If-Match which version you have seen.",
            kind="stale",
            version=view.version(ref),
        )
    if said:
        view.expect(ref, seen)
    return said

"""The life of a session: which move leads where. docs/livestream.md has the picture."""

from collections.abc import Mapping
from typing import Literal, NamedTuple, TypeAlias

Status: TypeAlias = Literal[
    "new",
    "scheduled",
    "approved",
    "rehearsal",
    "live",
    "paused",
    "ended",
    "archived",
    "cancelled",
]

Public: TypeAlias = Literal[
    "scheduled", "approved", "live", "paused", "ended", "archived", "cancelled"
]
"""What the public is told: a session in rehearsal looks approved."""


class Move(NamedTuple):
    """From which states a move may be made, and to which it leads."""

    sources: frozenset[Status]
    target: Status


def _move(target: Status, *sources: Status) -> Move:
    return Move(frozenset(sources), target)


MOVES: Mapping[str, Move] = {
    "schedule": _move("scheduled", "new", "scheduled", "approved"),
    "approve": _move("approved", "scheduled"),
    "rehearse": _move("rehearsal", "approved"),
    "end_rehearsal": _move("approved", "rehearsal"),
    "start": _move("live", "approved", "rehearsal"),
    "pause": _move("paused", "live"),
    "resume": _move("live", "paused"),
    "end": _move("ended", "live", "paused"),
    "archive": _move("archived", "ended"),
    "cancel": _move("cancelled", "scheduled", "approved", "rehearsal"),
}
"""Each move. A changed plan has to be approved anew; a rehearsal goes back or goes live."""

WAITS: Mapping[Status, str] = {
    "scheduled": "somebody other than the host to approve its run-of-show",
    "approved": "the host to go live, with nothing missing on the checklist",
    "rehearsal": "the host to go back, or to go live",
    "live": "the host to pause or to end it",
    "paused": "the host to go on or to end it",
    "ended": "the last of its orders to be over",
}
"""What a session waits for where it stands; where it is not named, it waits for nothing more."""


def picture() -> str:
    """The table as a state diagram (Mermaid)."""
    order = ("new", *WAITS)
    steps = [
        f"    {'[*]' if source == 'new' else source} --> {move.target}: {name.replace('_', ' ')}"
        for name, move in MOVES.items()
        for source in order
        if source in move.sources
    ]
    ends = [f"    {end} --> [*]" for end in sorted(_ends())]
    return "\n".join(["stateDiagram-v2", *steps, *ends]) + "\n"


def _ends() -> set[Status]:
    return {move.target for move in MOVES.values() if move.target not in WAITS}

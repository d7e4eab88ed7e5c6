"""The body of a request: read to its end, never too large, never too deep."""

import re

from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive

from shared.platform.web.problem import Problem

LIMIT = 256 * 1024
"""Bytes of a request body, unless a service says otherwise."""

DEEPEST = 32
"""How deep JSON may be nested; parsers fall over far beyond it."""

_TEXT = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_OPENING = frozenset(b"[{")


def nesting(json: bytes) -> int:
    """How deep brackets are nested in *json*, brackets inside texts left out."""
    level = deepest = 0
    for mark in _TEXT.sub(b"", json).translate(None, _NOT_BRACKETS):
        level += 1 if mark in _OPENING else -1
        deepest = max(deepest, level)
    return deepest


def check_nesting(body: bytes) -> None:
    """Refuse JSON that is nested too deep to be parsed."""
    # So few brackets cannot be nested too deep; only beyond is a closer look worth it.
    if body.count(b"[") + body.count(b"{") > DEEPEST and nesting(body) > DEEPEST:
        raise Problem(400, "too-deep", f"JSON may be nested {DEEPEST} levels deep.")


def too_large(limit: int) -> Problem:
    """Build the refusal of a body of more than *limit* bytes; the rest of it is not waited for."""
    return Problem(
        413, "too-large", f"A body may have {limit} bytes.", headers={"Connection": "close"}
    )


def guarded(receive: Receive, limit: int) -> Receive:
    """Count what is received, and look at the nesting of the whole once it is there."""
    pieces: list[bytes] = []
    taken = 0

    async def receive_guarded() -> Message:
        nonlocal taken
        message = await receive()
        if message["type"] != "http.request":
            return message
        piece = message.get("body", b"")
        taken += len(piece)
        if taken > limit:
            raise too_large(limit)
        pieces.append(piece)
        if not message.get("more_body", False):
            check_nesting(piece if len(pieces) == 1 else b"".join(pieces))
        return message

    return receive_guarded


async def read(receive: Receive) -> bytes:
    """Receive a whole body."""
    pieces: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        pieces.append(message.get("body", b""))
        if not message.get("more_body", False):
            return pieces[0] if len(pieces) == 1 else b"".join(pieces)

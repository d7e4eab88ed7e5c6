"""Frames: what a room says, as bytes. Each is written once for all viewers of a kind."""

from collections.abc import Callable
from typing import Any, NamedTuple

import orjson
from websockets.frames import Frame, Opcode


class Framing(NamedTuple):
    """How a kind of viewers is written to.

    Attributes:
        event: One event: its name, JSON on one line, its id.
        retry: For how many milliseconds the viewer is to wait before it comes back after a break.
        ping: Keeps proxies from closing a silent connection, and finds out who is gone.
    """

    event: Callable[[str, bytes, str], bytes]
    retry: Callable[[int], bytes]
    ping: bytes


def json(data: Any) -> bytes:  # noqa: ANN401 - whatever JSON can say
    """Write *data* as JSON on one line; times in UTC end with Z."""
    return orjson.dumps(data, option=orjson.OPT_UTC_Z)


# Server-sent events (WHATWG), each a chunk of its own (RFC 9112, 7.1) -----------------------------


def _chunk(text: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(text), text)


def _event(event: str, data: bytes, id: str) -> bytes:
    return _chunk(b"event: %b\nid: %b\ndata: %b\n\n" % (event.encode(), id.encode(), data))


def _retry(milliseconds: int) -> bytes:
    return _chunk(b"retry: %d\n\n" % milliseconds)


EVENTS = Framing(_event, _retry, _chunk(b": ping\n\n"))
LAST_CHUNK = b"0\r\n\r\n"
"""The answer is complete."""


# WebSocket (RFC 6455): text frames {"event", "id", "data"} ----------------------------------------


def _text(text: bytes) -> bytes:
    return Frame(Opcode.TEXT, text).serialize(mask=False)


def _event_text(event: str, data: bytes, id: str) -> bytes:
    return _text(b'{"event":"%b","id":"%b","data":%b}' % (event.encode(), id.encode(), data))


def _retry_text(milliseconds: int) -> bytes:
    return _text(b'{"event":"retry","id":null,"data":{"milliseconds":%d}}' % milliseconds)


TEXTS = Framing(_event_text, _retry_text, Frame(Opcode.PING, b"").serialize(mask=False))

FRAMINGS = (EVENTS, TEXTS)

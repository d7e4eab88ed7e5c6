"""Frames: what a room says, as bytes of an event stream (WHATWG server-sent events)."""

from typing import Any

import orjson

PING = b": ping\n\n"
"""A comment: keeps proxies from closing a silent stream, and finds out who is gone."""


def frame(event: str, data: bytes, id: str) -> bytes:
    """One event; *data* is JSON on one line."""
    return b"event: %b\nid: %b\ndata: %b\n\n" % (event.encode(), id.encode(), data)


def retry(milliseconds: int) -> bytes:
    """Tell the viewer how long to wait before it comes back after a break."""
    return b"retry: %d\n\n" % milliseconds


def json(data: Any) -> bytes:  # noqa: ANN401 - whatever JSON can say
    """Write *data* as JSON on one line; times in UTC end with Z."""
    return orjson.dumps(data, option=orjson.OPT_UTC_Z)

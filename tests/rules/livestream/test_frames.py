"""Frames: read back by parsers of others, however many are joined in one write."""

import json
from typing import Any

import h11
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode
from websockets.protocol import Protocol, Side

from services.livestream.room import frames
from services.livestream.room.frames import EVENTS, LAST_CHUNK, TEXTS

NAMES = st.sampled_from(["pin", "stock", "snapshot"])
LONG = st.sampled_from([0, 100, 200, 70_000]).map("x".__mul__)  # lengths of one to eight bytes
DATA = st.dictionaries(st.text(max_size=5), st.integers(-9, 9) | LONG, max_size=3)
MESSAGES = st.lists(st.tuples(NAMES, DATA), max_size=3)


@given(MESSAGES)
def test_joined_events_are_one_sound_answer(messages: list[tuple[str, dict[str, Any]]]) -> None:
    client = h11.Connection(h11.CLIENT)
    client.send(h11.Request(method="GET", target="/", headers=[("Host", "fair")]))
    client.receive_data(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    said = [
        EVENTS.event(name, frames.json(data), str(n)) for n, (name, data) in enumerate(messages)
    ]
    client.receive_data(b"".join((EVENTS.retry(1234), *said, EVENTS.ping, LAST_CHUNK)))
    body = b""
    while not isinstance(event := client.next_event(), h11.EndOfMessage):
        if isinstance(event, h11.Data):
            body += bytes(event.data)
    first, *told, ping, rest = body.split(b"\n\n")
    assert (first, ping, rest) == (b"retry: 1234", b": ping", b"")
    assert [_read(event) for event in told] == [
        {"event": name, "id": str(n), "data": data} for n, (name, data) in enumerate(messages)
    ]


@given(MESSAGES)
def test_joined_texts_are_sound_frames(messages: list[tuple[str, dict[str, Any]]]) -> None:
    client = Protocol(Side.CLIENT)
    said = [TEXTS.event(name, frames.json(data), str(n)) for n, (name, data) in enumerate(messages)]
    client.receive_data(b"".join((TEXTS.retry(1234), *said, TEXTS.ping)))
    told = [event for event in client.events_received() if isinstance(event, Frame)]
    assert [frame.opcode for frame in told] == [Opcode.TEXT] * (len(messages) + 1) + [Opcode.PING]
    first, *rest = [json.loads(bytes(frame.data)) for frame in told[:-1]]
    assert first == {"event": "retry", "id": None, "data": {"milliseconds": 1234}}
    assert rest == [
        {"event": name, "id": str(n), "data": data} for n, (name, data) in enumerate(messages)
    ]


def _read(event: bytes) -> dict[str, Any]:
    fields = dict(line.split(": ", 1) for line in event.decode().split("\n"))
    return fields | {"data": json.loads(fields["data"])}

"""The buyers' side of the wire: asks again when it must, and reads what a room says."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from deploy.demo import wire
from deploy.demo.sse import Frame, Rooms
from deploy.demo.wire import Door, NoAnswer

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
BUSY = b"HTTP/1.1 503 Busy\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n"


@asynccontextmanager
async def answering(*answers: bytes) -> AsyncIterator[tuple[str, list[bytes]]]:
    """A server that answers one request after the other like this; nothing is: it hangs up."""
    asked: list[bytes] = []
    script = iter(answers)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            try:
                asked.append(await reader.readuntil(b"\r\n\r\n"))
            except asyncio.IncompleteReadError:
                break
            answer = next(script, b"")
            if not answer:
                break
            writer.write(answer)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", asked
    finally:
        server.close()


async def test_a_buyer_whose_line_breaks_asks_again_with_the_same_key() -> None:
    async with answering(b"", BUSY, OK) as (url, asked):
        door = Door(url)
        answer = await door.ask("POST", "/orders", key="k-1")
        door.close()
    assert (answer.status, answer.tries) == (200, 3)
    assert len(asked) == 3
    assert all(b"Idempotency-Key: k-1" in request for request in asked)


async def test_what_has_no_key_is_not_asked_twice() -> None:
    async with answering(b"", OK) as (url, asked):
        door = Door(url)
        with pytest.raises(NoAnswer):
            await door.ask("POST", "/payments/p/pay")
        door.close()
    assert len(asked) == 1


async def test_a_server_that_is_never_there_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "PATIENCE", 0.3)
    door = Door("http://127.0.0.1:1")
    with pytest.raises(NoAnswer):
        await door.ask("GET", "/livez")


async def test_one_line_carries_many_questions_and_chunked_answers() -> None:
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n[1\r\n1\r\n]\r\n0\r\n\r\n"
    async with answering(chunked, OK, chunked) as (url, _):
        door = Door(url, lines=1)
        found = [(await door.ask("GET", "/orders")).json for _ in range(3)]
        door.close()
    assert found == [[1], {}, [1]]


STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"


async def test_a_viewer_reads_frames_however_they_are_cut_and_comes_back_where_it_was() -> None:
    frame = b'event: pin\nid: e-7\ndata: {"sku":"tart"}\n\n'
    asked: list[bytes] = []
    heard: list[Frame] = []
    enough = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(STREAM + b": hello\n\n")
        for at in range(0, len(frame), 5):
            writer.write(frame[at : at + 5])
            await writer.drain()
            await asyncio.sleep(0)
        writer.close()

    def hear(said: Frame) -> None:
        heard.append(said)
        if len(heard) == 2:
            enough.set()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    rooms = Rooms(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    async with asyncio.timeout(10):
        await rooms.watch("/rooms/r/stream", "token", hear, enough)
    server.close()
    assert heard == [Frame("e-7", "pin", {"sku": "tart"})] * 2
    assert b"Last-Event-ID: e-7" in asked[1]
    assert b"Last-Event-ID" not in asked[0]
    assert (rooms.open_now, rooms.reopened >= 1) == (0, True)

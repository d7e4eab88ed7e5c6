"""Streams in trouble: readers who stall, more viewers than fit, a server told to stop."""

import asyncio
import os
import re
import signal
import socket
import sys
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any

import httpx
import pytest
from prometheus_client import REGISTRY

from services.livestream.room.picture import Said
from tests.services.livestream.studio import BISCUITS, Studio, watching
from tests.support.eventually import eventually


def cuts(reason: str) -> float:
    return REGISTRY.get_sample_value("feira_room_cuts_total", {"reason": reason}) or 0.0


@asynccontextmanager
async def asking(url: str, session_id: str, *, window: int = 0) -> AsyncGenerator[socket.socket]:
    """Ask for a stream and read nothing of it; a small *window* fills up soon."""
    host, port = url.removeprefix("http://").split(":")
    with socket.socket() as stream:
        if window:
            stream.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
        stream.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(stream, (host, int(port)))
        asked = f"GET /rooms/{session_id}/stream HTTP/1.1\r\nHost: {host}\r\n\r\n"
        await loop.sock_sendall(stream, asked.encode())
        yield stream


async def let_in(stream: socket.socket) -> None:
    """Read until the room is seen."""
    read = b""
    async with asyncio.timeout(30):
        while b"event: snapshot" not in read:
            read += await asyncio.get_running_loop().sock_recv(stream, 65_536)


async def to_the_end(stream: socket.socket) -> bytes:
    """Read until the server closes."""
    loop = asyncio.get_running_loop()
    read = bytearray()
    async with asyncio.timeout(10):
        while chunk := await loop.sock_recv(stream, 1 << 20):
            read += chunk
    return bytes(read)


async def test_a_reader_who_stalls_is_cut_and_the_others_notice_nothing(studio: Studio) -> None:
    session_id = await studio.live()
    room = await studio.hall.room(session_id)
    before = cuts("slow")
    async with (
        watching(studio.url, session_id) as viewer,
        asking(studio.url, session_id, window=4096) as stalled,
    ):
        await eventually(lambda: len(room.viewers) == 2)
        said = 0
        while len(room.viewers) == 2:
            assert said < 10_000, "the stalled reader is never cut"
            room.say([Said("pin", {"number": said, "text": "x" * 2000})])
            said += 1
            if said % 20 == 0:
                await viewer.sees("pin", lambda data, last=said - 1: data["number"] == last)
        assert cuts("slow") == before + 1
        room.say([Said("pin", {"number": said})])
        await viewer.sees("pin", lambda data: data["number"] == said)
        numbers = [message.data["number"] for message in viewer.messages if message.event == "pin"]
        assert numbers == list(range(said + 1))
        read = await to_the_end(stalled)
    assert b"event: snapshot" in read
    assert not read.endswith(b"0\r\n\r\n"), "a cut answer must not look complete"
    *_, last, cut = re.findall(rb"event: (\w+)\nid: (\S+)", read)
    assert cut == (b"cut", last[1]), "they are to go on after the last they read"


async def test_a_flood_of_messages_cuts_nobody_who_reads(studio: Studio) -> None:
    session_id = await studio.live()
    room = await studio.hall.room(session_id)
    async with watching(studio.url, session_id) as viewer:
        await viewer.sees("snapshot")
        room.say(Said("pin", {"number": number}) for number in range(600))
        await viewer.sees("pin", lambda data: data["number"] == 599)
        numbers = [message.data["number"] for message in viewer.messages if message.event == "pin"]
        assert numbers == list(range(600))
        room.say(Said("pin", {"number": number}) for number in range(600, 3000))
        await viewer.sees("reset")  # more than is remembered: all is told anew
        room.say([Said("pin", {"number": 3000})])
        await viewer.sees("pin", lambda data: data["number"] == 3000)
        assert "cut" not in viewer.names


async def test_who_has_too_much_to_say_on_a_stream_is_cut(studio: Studio) -> None:
    session_id = await studio.live()
    room = await studio.hall.room(session_id)
    before = cuts("noisy")
    async with (
        watching(studio.url, session_id) as viewer,
        asking(studio.url, session_id) as talker,
    ):
        await let_in(talker)
        await asyncio.get_running_loop().sock_sendall(talker, 10_000 * b"hello\r\n")
        await eventually(lambda: cuts("noisy") == before + 1)
        room.say([Said("pin", {"number": 1})])
        await viewer.sees("pin")


async def test_after_a_stream_nothing_can_be_asked_for(studio: Studio) -> None:
    session_id = await studio.live()
    asked = f"GET /rooms/{session_id}/stream HTTP/1.1\r\nHost: fair\r\n\r\n"
    reader, writer = await asyncio.open_connection(*studio.url.removeprefix("http://").split(":"))
    writer.write(asked.encode() * 2)
    head = await reader.readuntil(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert b"urn:feira:problem:pipelined" in await reader.readuntil(b"}")
    writer.close()


async def test_a_reader_who_pauses_for_a_moment_loses_nothing(studio: Studio) -> None:
    session_id = await studio.live()
    room = await studio.hall.room(session_id)
    async with asking(studio.url, session_id, window=4096) as stream:
        await eventually(lambda: len(room.viewers) == 1)
        [viewer] = room.viewers
        said = 0
        while not viewer.stalled_since:
            assert said < 10_000, "the reader never stalls"
            for _ in range(20):
                room.say([Said("pin", {"number": said, "text": "x" * 2000})])
                said += 1
            await eventually(lambda: viewer.stalled_since or viewer.position == room.last)
        for _ in range(100):
            room.say([Said("pin", {"number": said})])
            said += 1
        loop = asyncio.get_running_loop()
        read = bytearray()
        async with asyncio.timeout(20):
            while f'"number":{said - 1}}}'.encode() not in read[-4096:]:
                read += await loop.sock_recv(stream, 1 << 20)
        found = [int(number) for number in re.findall(rb'"number":(\d+)', read)]
        assert found == list(range(said))
        assert not viewer.over
    await eventually(lambda: not room.viewers)


async def test_more_viewers_than_a_replica_serves_are_sent_to_another(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    session_id = await studio.live()
    monkeypatch.setattr(studio.hall, "_most", 1)
    async with watching(studio.url, session_id) as viewer:
        await viewer.sees("snapshot")
        full = await studio.anybody.get(f"/rooms/{session_id}/stream")
        assert (full.status_code, full.headers["retry-after"]) == (503, "5")
        assert (await studio.anybody.get(f"/rooms/{session_id}")).status_code == 200


async def test_who_leaves_is_no_longer_counted(studio: Studio) -> None:
    session_id = await studio.live()
    room = await studio.hall.room(session_id)
    async with watching(studio.url, session_id) as viewer:
        await viewer.sees("audience", lambda data: data["online"] == 1)
        async with watching(studio.url, session_id):
            await viewer.sees("audience", lambda data: data["online"] == 2)
        await eventually(lambda: len(room.viewers) == 1)
    await eventually(lambda: not room.viewers)


@asynccontextmanager
async def process(env: dict[str, str], database: str, role: str) -> AsyncGenerator[tuple[Any, str]]:
    """Livestream as a process of its own, as it is run in earnest."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    running = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "services.livestream", "--role", role),
        env=os.environ
        | env
        | {
            "FEIRA_LIVESTREAM_PORT": str(port),
            "FEIRA_LIVESTREAM_DATABASE": database,
            "FEIRA_LOG": "warning",
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        async with httpx.AsyncClient() as client:

            async def ready() -> bool:
                with suppress(httpx.TransportError):
                    return (await client.get(f"{url}/readyz")).is_success
                return False

            await eventually(ready, within=30, pause=0.1)
        yield running, url
    finally:
        if running.returncode is None:
            running.kill()
            await running.wait()


async def test_told_to_stop_it_ends_open_streams_in_good_order_and_soon(
    studio: Studio, stack: dict[str, Any], database: str, token: Callable[..., str]
) -> None:
    session_id = await studio.live()
    env = {name: value for name, value in stack["env"].items() if name != "FEIRA_LIVESTREAM_PORT"}
    async with (
        process(env, database, "api") as (running, url),
        AsyncExitStack() as doors,
        watching(url, session_id) as viewer,
    ):
        streams = [await doors.enter_async_context(asking(url, session_id)) for _ in range(200)]
        await asyncio.gather(*map(let_in, streams))
        await studio.pin(session_id, BISCUITS, 0)
        await viewer.sees("pin")
        began = time.monotonic()
        running.send_signal(signal.SIGTERM)
        ends = await asyncio.gather(*map(to_the_end, streams))
        output, _ = await running.communicate()
        took = time.monotonic() - began
        await eventually(lambda: viewer.ended)
    assert running.returncode == 0, output
    assert took < 6, took
    assert all(b"event: pin" in end and end.endswith(b"0\r\n\r\n") for end in ends)
    assert b"error" not in output.lower(), output


async def test_another_replica_shows_the_same_room(
    studio: Studio, stack: dict[str, Any], database: str
) -> None:
    session_id = await studio.live()
    async with (
        process(stack["env"], database, "api") as (_, url),
        watching(studio.url, session_id) as here,
        watching(url, session_id) as there,
    ):
        await studio.pin(session_id, BISCUITS, 0)
        pins = [(await viewer.sees("pin")).data for viewer in (here, there)]
        assert pins[0] == pins[1]
        for viewer in (here, there):
            await viewer.sees("audience", lambda data: data["online"] == 2)
        async with watching(url, session_id, last_id=here.last_id) as moved:
            whole = await moved.sees("snapshot")
        assert moved.names[:2] == ["reset", "snapshot"]
        assert whole.data["pin"]["sku"] == BISCUITS

"""Rooms on WebSockets: read by a client of somebody else's, and tried by those who mean no good."""

import asyncio
import json
import socket
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest
from prometheus_client import REGISTRY
from websockets.client import ClientProtocol
from websockets.frames import Close, Frame, Opcode
from websockets.uri import parse_uri

from services.livestream.app import assemble
from services.livestream.room.picture import Picture, Said
from services.livestream.room.viewer import MOST_HEARD
from services.livestream.settings import LivestreamSettings
from tests.services.livestream.studio import BISCUITS, Message, Studio, watching
from tests.support.eventually import eventually
from tests.support.serving import Client, serving, settings_for

ASKING = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec_WebSocket_Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec_WebSocket_Version": "13",
}
MASK = b"\0\0\0\0"


class Viewer:
    """One connection, its protocol kept by a client that others wrote."""

    def __init__(self, end: socket.socket, url: str) -> None:
        self._end = end
        self._client = ClientProtocol(parse_uri(url))
        self._client.send_request(self._client.connect())
        self.messages: list[Message] = []
        self.retry = 0
        self.pings = self.pongs = 0

    async def send(self, *frames: bytes) -> None:
        """Send *frames*, and whatever the protocol wants said."""
        told = b"".join((*self._client.data_to_send(), *frames))
        await asyncio.get_running_loop().sock_sendall(self._end, told)

    async def read(self) -> bool:
        """Read what is there; whether more may come."""
        async with asyncio.timeout(30):
            data = await asyncio.get_running_loop().sock_recv(self._end, 1 << 20)
        if not data:
            self._client.receive_eof()
            return False
        self._client.receive_data(data)
        for event in self._client.events_received():
            if isinstance(event, Frame):
                self._hear(event)
        return True

    def _hear(self, frame: Frame) -> None:
        self.pings += frame.opcode is Opcode.PING
        self.pongs += frame.opcode is Opcode.PONG
        if frame.opcode is Opcode.TEXT:
            message = Message(**json.loads(bytes(frame.data)))
            if message.event == "retry":
                self.retry = message.data["milliseconds"]
            else:
                self.messages.append(message)

    async def sees(self, event: str, which: Callable[[Any], bool] = lambda _: True) -> Message:
        """Read until there is such a message."""
        while True:
            for message in self.messages:
                if message.event == event and which(message.data):
                    return message
            assert await self.read(), f"no such {event} among {self.messages}"

    async def closed(self) -> Close:
        """Read to the end; how the server closes."""
        while await self.read():
            pass
        assert self._client.close_rcvd
        return self._client.close_rcvd

    @property
    def names(self) -> list[str]:
        return [message.event for message in self.messages]


@asynccontextmanager
async def connected(
    url: str, session_id: str, *, last_id: str = "", window: int = 0
) -> AsyncGenerator[Viewer]:
    """A viewer on a WebSocket; a small *window* fills up soon."""
    asked = f"?last_event_id={last_id}" if last_id else ""
    place = f"{url.replace('http', 'ws')}/rooms/{session_id}/socket{asked}"
    host, port = url.removeprefix("http://").split(":")
    with socket.socket() as end:
        if window:
            end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
        end.setblocking(False)
        await asyncio.get_running_loop().sock_connect(end, (host, int(port)))
        viewer = Viewer(end, place)
        await viewer.send()
        yield viewer


def framed(opcode: Opcode, data: bytes, *, masked: bool = True) -> bytes:
    return Frame(opcode, data).serialize(mask=masked)


def number(expected: int) -> Callable[[Any], bool]:
    return lambda data: data["number"] == expected


def cuts(reason: str) -> float:
    return REGISTRY.get_sample_value("feira_room_cuts_total", {"reason": reason}) or 0.0


async def test_a_socket_shows_what_the_stream_shows(studio: Studio) -> None:
    session_id = await studio.live()
    async with (
        watching(studio.url, session_id) as stream,
        connected(studio.url, session_id) as viewer,
    ):
        whole = await viewer.sees("snapshot")
        assert (whole.data["status"], whole.data["pin"]) == ("live", None)
        assert 1_000 <= viewer.retry <= 4_000
        await stream.sees("snapshot")
        room = await studio.hall.room(session_id)
        room.say([Said("pin", {"sku": BISCUITS}), Said("stock", {"free": 7}, "free")])
        for event in ("pin", "stock"):
            assert await viewer.sees(event) == await stream.sees(event)


async def test_who_comes_back_gets_exactly_what_they_missed_on_a_socket_too(
    studio: Studio,
) -> None:
    session_id = await studio.live()
    room = await studio.hall.room(session_id)
    async with connected(studio.url, session_id) as viewer:
        await viewer.sees("snapshot")
        room.say([Said("pin", {"number": 1})])
        seen = await viewer.sees("pin")
    await eventually(lambda: not room.viewers)
    room.say(Said("pin", {"number": missed}) for missed in (2, 3))
    async with connected(studio.url, session_id, last_id=seen.id) as back:
        await back.sees("pin", number(3))
        assert [message.data for message in back.messages[:2]] == [{"number": 2}, {"number": 3}]


async def test_after_a_gap_everything_is_told_anew(studio: Studio) -> None:
    session_id = await studio.live()
    for strange in ("0badcafe-7", "nonsense", "1"):
        async with connected(studio.url, session_id, last_id=strange) as viewer:
            await viewer.sees("snapshot")
            assert viewer.names[:2] == ["reset", "snapshot"]


async def test_a_slow_reader_is_cut_and_goes_on_where_they_were_cut(studio: Studio) -> None:
    session_id = await studio.live()
    room = await studio.hall.room(session_id)
    before = cuts("slow")
    async with (
        connected(studio.url, session_id) as viewer,
        connected(studio.url, session_id, window=4096) as slow,
    ):
        await viewer.sees("snapshot")
        await eventually(lambda: len(room.viewers) == 2)
        said = 0
        while len(room.viewers) == 2:
            assert said < 10_000, "the slow reader is never cut"
            room.say([Said("pin", {"number": said, "text": "x" * 2000})])
            said += 1
            if said % 20 == 0:
                await viewer.sees("pin", number(said - 1))
        assert cuts("slow") == before + 1
        assert (await slow.closed()) == Close(1013, "slow")
        *_, last, cut = slow.messages
        assert (cut.event, cut.data, cut.id) == ("cut", {"reason": "slow"}, last.id)
        async with connected(studio.url, session_id, last_id=cut.id) as back:
            await back.sees("pin", number(said - 1))
        numbers = [
            message.data["number"]
            for message in (*slow.messages, *back.messages)
            if message.event == "pin"
        ]
        assert numbers == list(range(said))


@pytest.mark.parametrize(
    ("frames", "code"),
    [
        pytest.param(framed(Opcode.TEXT, b"hello"), 1003, id="text"),
        pytest.param(framed(Opcode.BINARY, b"\1"), 1003, id="binary"),
        pytest.param(framed(Opcode.TEXT, b"x" * (MOST_HEARD + 1)), 1009, id="long"),
        pytest.param(b"\x81\xff" + (1 << 40).to_bytes(8, "big") + MASK, 1009, id="longest"),
        pytest.param(framed(Opcode.TEXT, b"hello", masked=False), 1002, id="unmasked"),
        pytest.param(b"\x83\x80" + MASK, 1002, id="an opcode that is none"),
        pytest.param(b"\xf1\x80" + MASK, 1002, id="bits that mean nothing"),
        pytest.param(b"\x09\x80" + MASK, 1002, id="a ping in pieces"),
        pytest.param(b"\x80\x80" + MASK, 1002, id="the rest of nothing"),
        pytest.param(framed(Opcode.PING, b"") * 10_000, 1008, id="10,000 pings"),
        pytest.param(framed(Opcode.TEXT, b"hello") * 10_000, 1003, id="10,000 messages"),
        pytest.param(framed(Opcode.CLOSE, b"\x03\xe8"), 1000, id="goodbye"),
    ],
)
async def test_who_talks_is_cut_and_told_why_and_the_others_notice_nothing(
    studio: Studio, frames: bytes, code: int
) -> None:
    session_id = await studio.live()
    room = await studio.hall.room(session_id)
    async with (
        connected(studio.url, session_id) as viewer,
        connected(studio.url, session_id) as talker,
    ):
        await talker.sees("snapshot")
        await viewer.sees("snapshot")
        await talker.send(frames)
        room.say([Said("pin", {"number": 1})])
        assert (await talker.closed()).code == code
        await viewer.sees("pin", number(1))
        await eventually(lambda: len(room.viewers) == 1)


async def test_a_ping_is_answered_and_one_who_is_silent_is_asked(studio: Studio) -> None:
    session_id = await studio.live()
    room = await studio.hall.room(session_id)
    async with connected(studio.url, session_id) as viewer:
        await viewer.sees("snapshot")
        await viewer.send(framed(Opcode.PING, b"there?"))
        await room.ping()
        while not (viewer.pings and viewer.pongs):
            assert await viewer.read()
        await viewer.send()
        room.say([Said("pin", {"number": 1})])
        await viewer.sees("pin", number(1))


async def test_a_room_that_is_not_there_a_false_token_and_no_handshake_are_refused(
    studio: Studio,
) -> None:
    session_id = await studio.live()
    at = f"/rooms/{session_id}/socket"
    forged = f"/rooms/{session_id[:-4]}0000/socket"
    liar = Client(studio.url, "not.a.token")
    for ask, status, code in (
        (studio.anybody.ask("GET", forged, **ASKING), 404, "session.unknown"),
        (studio.anybody.ask("GET", "/rooms/!/socket", **ASKING), 422, "invalid"),
        (liar.ask("GET", at, **ASKING), 401, "token-invalid"),
        (studio.anybody.ask("GET", at), 426, "no-websocket"),
        (studio.anybody.ask("GET", at, **ASKING | {"Upgrade": "h2c"}), 426, "no-websocket"),
        (studio.anybody.ask("GET", at, **ASKING | {"Sec_WebSocket_Key": "x"}), 400, "no-websocket"),
        (
            studio.anybody.ask("GET", at, **ASKING | {"Sec_WebSocket_Version": "8"}),
            400,
            "no-websocket",
        ),
    ):
        answer = await ask
        assert answer.status_code == status, answer.text
        assert answer.json()["type"] == f"urn:feira:problem:{code}"
    await liar.close()
    room = await studio.hall.room(session_id)
    assert not room.viewers


async def test_a_replica_that_stops_says_goodbye_and_nothing_is_lost(
    studio: Studio, stack: dict[str, Any], database: str
) -> None:
    session_id = await studio.live()
    another = assemble(settings_for(LivestreamSettings, stack["env"], database=database))
    async with AsyncExitStack() as viewers:
        async with serving(another, "api") as url:
            some = [
                await viewers.enter_async_context(connected(url, session_id)) for _ in range(50)
            ]
            for viewer in some:
                await viewer.sees("snapshot")
            (await another.hall.room(session_id)).say([Said("pin", {"number": 1})])
            leaving = asyncio.gather(*(_leave(viewer) for viewer in some))
        ends = await leaving
    assert ends == [Close(1001, "")] * 50
    assert all("pin" in viewer.names for viewer in some)


async def test_what_is_said_in_the_last_moment_comes_before_the_goodbye(
    studio: Studio, stack: dict[str, Any], database: str
) -> None:
    session_id = await studio.live()
    another = assemble(settings_for(LivestreamSettings, stack["env"], database=database))
    async with (
        serving(another, "api") as url,
        connected(url, session_id) as viewer,
    ):
        await viewer.sees("snapshot")
        (await another.hall.room(session_id)).say([Said("pin", {"number": 1})])
        another.hall.end()  # the room had not a moment to send it
        assert await _leave(viewer) == Close(1001, "")
        assert viewer.names[-1] == "pin"


async def test_who_is_let_in_while_a_replica_stops_is_sent_on(
    studio: Studio, stack: dict[str, Any], database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    session_id = await studio.live()
    another = assemble(settings_for(LivestreamSettings, stack["env"], database=database))
    stopping, load = asyncio.Event(), another.hall._load

    async def load_late(session_id: str) -> Picture:
        await stopping.wait()
        return await load(session_id)

    async def wait_until_closed(url: str) -> None:
        async def refused() -> bool:
            try:
                _, writer = await asyncio.open_connection(*url.removeprefix("http://").split(":"))
            except OSError:
                return True
            writer.close()
            return False

        await eventually(refused)
        stopping.set()

    monkeypatch.setattr(another.hall, "_load", load_late)
    monkeypatch.setattr(another.hall, "end", lambda: None)  # it comes when all requests have ended
    async with AsyncExitStack() as viewers:
        async with serving(another, "api") as url:
            viewer = await viewers.enter_async_context(connected(url, session_id))
            await eventually(lambda: another.hall._loading)
            leaving = asyncio.gather(_leave(viewer), wait_until_closed(url))
        assert (await leaving)[0] == Close(1001, "")


async def _leave(viewer: Viewer) -> Close:
    """Answer the goodbye, as clients do."""
    while await viewer.read():
        await viewer.send()
    return await viewer.closed()

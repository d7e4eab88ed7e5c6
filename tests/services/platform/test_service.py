"""The life of a service process: what it is told, how it starts, and how it leaves."""

import asyncio
import json
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.services.platform.issuer import served
from tests.support.eventually import eventually

ROOT = Path(__file__).parents[3]
TOLD = {
    "FEIRA_KAFKA": "127.0.0.1:1",
    "FEIRA_MONGO": "mongodb://ana:canary@127.0.0.1:1/?replicaSet=rs0",
    "FEIRA_ISSUER": "http://127.0.0.1:1",
    "FEIRA_JWKS": "http://127.0.0.1:1/jwks",
    "FEIRA_STALL_PORT": "0",
}


async def launch(*argv: str, **told: str) -> asyncio.subprocess.Process:
    ours = {k: v for k, v in os.environ.items() if not k.startswith("FEIRA_")}
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.services.platform.stall",
        *argv,
        cwd=ROOT,
        env=ours | TOLD | told,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


class Stall:
    """A stall as a process of its own, and what it said."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.said: list[dict[str, Any]] = []
        self.listening = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            self.said.append(json.loads(line))

    @classmethod
    @asynccontextmanager
    async def open(cls, *argv: str, **told: str) -> AsyncGenerator["Stall"]:
        stall = cls(await launch(*argv, **told))
        try:
            (said,) = await eventually(lambda: stall.told("listening"), within=40)
            stall.url = said["url"]
            yield stall
        finally:
            if stall.process.returncode is None:
                stall.process.kill()
            await stall.process.wait()
            await stall.listening

    url = ""

    def told(self, event: str) -> list[dict[str, Any]]:
        return [line for line in self.said if line["event"] == event]

    def parts(self, event: str) -> list[str]:
        return [line["part"] for line in self.told(event)]

    async def left(self) -> tuple[int, float]:
        """The exit code, and the seconds until it came."""
        began = time.monotonic()
        code = await asyncio.wait_for(self.process.wait(), 30)
        await self.listening
        return code, time.monotonic() - began

    def tell_to_stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)

    @asynccontextmanager
    async def visited(self) -> AsyncGenerator[httpx.AsyncClient]:
        async with httpx.AsyncClient(base_url=self.url, trust_env=False, timeout=20) as client:
            yield client


async def wrong(*argv: str, **told: str) -> tuple[str, float]:
    """What a process that is told something wrong says, and after how long it is gone."""
    began = time.monotonic()
    process = await launch(*argv, **told)
    out, said = await process.communicate()
    assert process.returncode == 2, said
    assert out == b""
    return said.decode(), time.monotonic() - began


async def test_wrong_settings_end_it_at_once_with_a_sentence_each() -> None:
    said, seconds = await wrong(
        FEIRA_MONGO="canary", FEIRA_ISSUER="", FEIRA_LOG="canary", FEIRA_STALL_PROT="1"
    )
    assert said.splitlines() == [
        "FEIRA_ISSUER is not set.",
        "FEIRA_LOG is not acceptable: Input should be 'debug', 'info' or 'warning'.",
        "FEIRA_MONGO is not acceptable: it should be a mongodb:// URI.",
        "FEIRA_STALL_PROT is not a setting of stall, did you mean FEIRA_STALL_PORT?",
    ]
    assert seconds < 10  # well under one on a machine of its own


async def test_an_unknown_role_ends_it_too() -> None:
    said, _ = await wrong("--role", "cook")
    assert "'all', 'api', 'worker'" in said


async def test_a_port_that_is_taken_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        process = await launch(FEIRA_STALL_PORT=port)
        _, said = await process.communicate()
    assert process.returncode == 1
    assert said.decode().startswith(f"FEIRA_STALL_PORT: 127.0.0.1:{port}: ")


async def test_secrets_are_not_shown_at_start() -> None:
    async with Stall.open(FEIRA_LOG="debug") as stall:
        (shown,) = stall.told("settings")
        assert shown["FEIRA_KAFKA"] == "127.0.0.1:1"
        stall.tell_to_stop()
        assert (await stall.left())[0] == 0
    assert "canary" not in json.dumps(stall.said)


async def test_it_lives_though_nothing_it_needs_is_there_and_says_why_it_is_not_ready() -> None:
    async with Stall.open() as stall, stall.visited() as visitor:
        assert (await visitor.get("/livez")).json() == {"status": "alive"}
        answer = await visitor.get("/readyz")
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "1"
        assert answer.json()["type"] == "urn:feira:problem:not-ready"
        assert "no keys to check tokens with" in answer.json()["detail"]


async def test_parts_open_in_order_and_close_in_reverse() -> None:
    async with Stall.open() as stall:
        await eventually(lambda: stall.parts("opened") == ["counter", "kitchen"], within=30)
        stall.tell_to_stop()
        code, seconds = await stall.left()
        assert code == 0
        assert seconds < 5
        assert stall.parts("closed") == ["kitchen", "counter"]


@pytest.mark.parametrize(
    ("role", "opened", "orders"),
    [
        ("all", ["counter", "kitchen"], 401),
        ("api", ["counter"], 401),
        ("worker", ["counter", "kitchen"], 404),
    ],
)
async def test_a_role_decides_what_works_and_what_is_served(
    role: str, opened: list[str], orders: int
) -> None:
    async with Stall.open("--role", role) as stall, stall.visited() as visitor:
        await eventually(lambda: stall.parts("opened") == opened, within=30)
        assert (await visitor.post("/orders")).status_code == orders
        assert (await visitor.get("/livez")).status_code == 200
        assert (await visitor.get("/metrics")).status_code == 200


async def test_a_worker_gets_work_while_the_issuer_is_away() -> None:
    async with Stall.open("--role", "worker") as stall, stall.visited() as visitor:

        async def ready() -> bool:
            return (await visitor.get("/readyz")).status_code == 200

        assert await eventually(ready)


async def test_a_part_that_does_not_start_is_tried_again_and_holds_up_those_after_it() -> None:
    async with Stall.open(FEIRA_STALL_SHUTTER="stuck") as stall:
        assert await eventually(lambda: stall.told("part does not start"))
        await eventually(lambda: stall.parts("opened") == ["counter", "kitchen"], within=30)


async def test_a_part_that_hangs_while_starting_does_not_keep_it_from_answering() -> None:
    async with Stall.open(FEIRA_STALL_SHUTTER="jammed") as stall, stall.visited() as visitor:
        answer = await visitor.get("/readyz")
        assert "Shutter is starting." in answer.json()["troubles"]
        stall.tell_to_stop()
        assert (await stall.left())[0] == 0
        assert stall.parts("closed") == []


async def test_a_part_says_itself_why_there_should_be_no_work() -> None:
    async with Stall.open(FEIRA_STALL_SHUTTER="half") as stall, stall.visited() as visitor:
        answer = await visitor.get("/readyz")
        assert "The shutter is half open." in answer.json()["troubles"]


async def test_open_streams_end_and_requests_under_way_are_answered_when_it_stops() -> None:
    async with Stall.open() as stall, stall.visited() as visitor:
        baking = asyncio.create_task(visitor.get("/baking"))
        async with visitor.stream("GET", "/ovens") as stream:
            lines = stream.aiter_lines()
            assert await anext(lines) == "data: hot"
            stall.tell_to_stop()
            rest = [line async for line in lines]
        assert "data: closing" in rest
        assert (await baking).json() == {"tart": "done"}
        code, seconds = await stall.left()
        assert code == 0
        assert seconds < 5


async def test_a_thousand_open_streams_do_not_keep_it() -> None:
    async with Stall.open() as stall:
        port = int(stall.url.rsplit(":", 1)[1])
        streams = [await asyncio.open_connection("127.0.0.1", port) for _ in range(1_000)]
        for _, writer in streams:
            writer.write(b"GET /ovens HTTP/1.1\r\nHost: stall\r\n\r\n")
        for reader, _ in streams:
            await reader.readuntil(b"data: hot\n\n")
        stall.tell_to_stop()
        code, seconds = await stall.left()
        for reader, writer in streams:
            assert b"data: closing" in await reader.read()
            writer.close()
            await writer.wait_closed()
        assert code == 0
        assert seconds < 10


async def test_a_request_that_never_ends_is_cut_off_in_time() -> None:
    async with Stall.open() as stall, stall.visited() as visitor:
        stuck = asyncio.create_task(visitor.get("/stuck"))
        await eventually(lambda: visitor.get("/livez"))
        stall.tell_to_stop()
        code, seconds = await stall.left()
        assert (code, seconds < 20) == (0, True)
        answer = await stuck
        assert (answer.status_code, answer.json()["type"]) == (503, "urn:feira:problem:cut-off")
        assert stall.parts("closed") == ["kitchen", "counter"]


async def test_a_part_that_does_not_stop_is_left_behind_in_time() -> None:
    async with Stall.open(FEIRA_STALL_SHUTTER="heavy") as stall:
        await eventually(lambda: stall.parts("opened") == ["counter", "kitchen"], within=30)
        stall.tell_to_stop()
        code, seconds = await stall.left()
        assert (code, seconds < 20) == (0, True)
        assert stall.told("part does not stop in time")


async def test_told_to_stop_twice_it_goes_at_once() -> None:
    async with Stall.open() as stall, stall.visited() as visitor:
        stuck = asyncio.create_task(visitor.get("/stuck"))
        await eventually(lambda: visitor.get("/livez"))
        stall.tell_to_stop()
        await asyncio.sleep(0.3)  # two signals at the same moment may arrive as one
        stall.tell_to_stop()
        code, seconds = await stall.left()
        assert code == 128 + signal.SIGTERM
        assert seconds < 3
        await asyncio.gather(stuck, return_exceptions=True)


async def test_spans_go_where_they_are_wanted_and_continue_the_callers_trace() -> None:
    received: list[bytes] = []

    async def collect(request: Request) -> Response:
        received.append(await request.body())
        return Response()

    collector = Starlette(routes=[Route("/v1/traces", collect, methods=["POST"])])
    async with (
        served(collector) as url,
        Stall.open(FEIRA_OTLP=url) as stall,
        stall.visited() as visitor,
    ):
        trace = "4bf92f3577b34da6a3ce929d0e0e4736"
        headers = {"traceparent": f"00-{trace}-00f067aa0ba902b7-01"}
        answer = await visitor.get("/trail", headers=headers)
        assert answer.json()["trace_id"] == trace
        assert "00f067aa0ba902b7" not in answer.json()["traceparent"]
        stall.tell_to_stop()
        assert (await stall.left())[0] == 0
    told = b"".join(received)
    assert b"feira-stall" in told
    assert b"GET /trail" in told
    assert bytes.fromhex(trace) in told


async def test_libraries_log_in_the_same_form_as_we_do() -> None:
    async with Stall.open() as stall:
        stall.tell_to_stop()
        await stall.left()
        assert stall.said
        for line in stall.said:
            assert {"event"} <= line.keys()

"""A service as one more process on a database of its own, as it is run in earnest."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from typing import Any

import httpx
import orjson

from deploy.local.home import PROJECT
from tests.support.eventually import eventually
from tests.support.house import House
from tests.support.serving import free_port

_LONGEST = 64 * 1024 * 1024


@contextmanager
def replica(
    house: House, service: str, role: str, database: str, *, port: int = 0
) -> Generator[tuple[int, str]]:
    """A replica of *service*: its process, and where it answers. Killed by others, it may be."""
    port = port or free_port()
    own = f"FEIRA_{service.upper()}_"
    told = {
        **house.stack.environment.service(service),
        f"{own}DATABASE": database,
        f"{own}PORT": str(port),
        "FEIRA_LOG": "warning",
    }
    process = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-m", f"services.{service}", "--role", role],
        cwd=PROJECT,
        env={**os.environ, "PYTHONPATH": str(PROJECT), **told},
    )
    try:
        yield process.pid, f"http://127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


async def up(url: str) -> None:
    """Wait until what answers at *url* wants work."""
    await eventually(partial(_ready, url), within=60)


async def _ready(url: str) -> bool:
    async with httpx.AsyncClient() as client:
        try:
            return (await client.get(f"{url}/readyz")).is_success
        except httpx.TransportError:
            return False


class Helper:
    """A program of the bench in a process of its own: JSON lines in, a JSON line back for each."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process, self.pid = process, process.pid

    async def ask(self, **wish: Any) -> dict[str, Any]:
        """Ask for one thing and wait until it is done."""
        self.tell(**wish)
        return await self.hear()

    def tell(self, **wish: Any) -> None:
        assert self._process.stdin, "a pipe was asked for"
        self._process.stdin.write(orjson.dumps(wish, option=orjson.OPT_APPEND_NEWLINE))

    async def hear(self) -> dict[str, Any]:
        assert self._process.stdout, "a pipe was asked for"
        async with asyncio.timeout(120):
            line = await self._process.stdout.readline()
        if not line:
            raise RuntimeError("a program of the bench ended, its log above")
        return orjson.loads(line)


@asynccontextmanager
async def helper(module: str) -> AsyncGenerator[Helper]:
    """Run `python -m tests.bench.<module>` until the block ends."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", f"tests.bench.{module}"),
        cwd=PROJECT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=_LONGEST,
    )
    try:
        yield Helper(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def wishes() -> AsyncGenerator[dict[str, Any]]:
    """In a helper: what it is asked for, a line each, until nobody asks any more."""
    reader = asyncio.StreamReader(limit=_LONGEST)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    async for line in reader:
        yield orjson.loads(line)


def done(**told: Any) -> None:
    """In a helper: answer the wish."""
    sys.stdout.buffer.write(orjson.dumps(told, option=orjson.OPT_APPEND_NEWLINE))
    sys.stdout.buffer.flush()

"""A service as a process: its parts brought up and let go in order, its doors by role."""

import argparse
import asyncio
import gc
import os
import socket
import sys
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from types import FrameType
from typing import Literal, NoReturn, TypeVar, get_args

import structlog
import uvicorn
from fastapi import APIRouter, FastAPI
from typing_extensions import override

from shared.platform.bus.relay import Relay
from shared.platform.part import Part
from shared.platform.settings import Settings
from shared.platform.telemetry import configure_logs
from shared.platform.web.app import Spans, create_app
from shared.platform.web.auth import Verifier
from shared.platform.web.wire import Wire

Role = Literal["all", "api", "worker"]
S = TypeVar("S", bound=Settings)

_REQUESTS_END = 8
"""Seconds that requests under way have to finish after the signal to stop."""
_PARTS_END = 10.0
"""Seconds the parts have after that, together."""
_PART_STARTS = 5.0

log = structlog.get_logger(__name__)


class Service:
    """What a service consists of; `app.py` of each service builds one, `run` gives it a process.

    Attributes:
        routers: HTTP in, where the role is `api` or `all`.
        parts: What is always there: the database, the unit of work.
        background: What works unasked, where the role is `worker` or `all`: relay, subscriber,
            timers.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        routers: Sequence[APIRouter] = (),
        parts: Sequence[Part] = (),
        background: Sequence[Part] = (),
        verifier: Verifier | None = None,
        description: str = "",
    ) -> None:
        self.settings, self.description = settings, description
        self.routers, self.parts, self.background = routers, parts, background
        self.verifier = verifier or Verifier(settings.issuer, settings.jwks, settings.audience)

    def app(self, role: Role = "all", spans: Spans | None = None) -> FastAPI:
        """Make the ASGI application of one *role*; its lifespan is the life of the parts."""
        doors = () if role == "worker" else self.routers
        # A worker asks nobody for a token, so it works on while the issuer is away.
        keeper = () if role == "worker" else (self.verifier,)
        background = () if role == "api" else self.background
        for part in background:
            if isinstance(part, Relay):
                part.follow = role == "worker"  # the units of work are other processes then
        household = Household([*keeper, *self.parts, *background])
        return create_app(
            f"Feira {self.settings.service}",
            *doors,
            verifier=self.verifier,
            description=self.description,
            troubles=household.troubles,
            lifespan=household.life,
            origins=self.settings.origins.split(),
            spans=spans,
        )


class Household:
    """Parts living together: each starts when those before it have, and they leave in reverse."""

    def __init__(self, parts: list[Part]) -> None:
        self.parts = parts
        self._up: list[Part] = []
        self._holdup = "The service has not started yet."

    def troubles(self) -> list[str]:
        """Why the service should get no work now, a sentence each."""
        told = [trouble for part in self._up if (trouble := part.trouble())]
        return told if len(self._up) == len(self.parts) else [*told, self._holdup]

    @asynccontextmanager
    async def life(self, _app: FastAPI) -> AsyncGenerator[None]:
        """Live as long as the application; what will not start holds up readiness, not life."""
        rising = asyncio.create_task(self._rise(), name="parts start")
        await asyncio.wait({rising}, timeout=_PART_STARTS)
        try:
            yield
        finally:
            rising.cancel()
            await asyncio.gather(rising, return_exceptions=True)
            await self._leave()

    async def _rise(self) -> None:
        for part in self.parts:
            name, pause = type(part).__name__, 0.5
            self._holdup = f"{name} is starting."
            while True:
                try:
                    await part.start()
                    break
                except Exception as error:
                    self._holdup = f"{name} does not start: {type(error).__name__}."
                    log.exception("part does not start", part=name)
                await asyncio.sleep(pause)
                pause = min(pause * 2, 10.0)
            self._up.append(part)

    async def _leave(self) -> None:
        deadline = asyncio.get_running_loop().time() + _PARTS_END
        for part in reversed(self._up):
            name = type(part).__name__
            try:
                async with asyncio.timeout_at(deadline):
                    await part.stop()
            except TimeoutError:
                log.warning("part does not stop in time", part=name)
            except Exception:
                log.exception("part does not stop cleanly", part=name)
        self._up.clear()


class Server(uvicorn.Server):
    """Ends open streams before it waits for them; asked to stop twice, it goes at once."""

    def __init__(self, app: FastAPI, port: int = 0) -> None:
        """Serve *app*, on *port* of this machine alone unless sockets are given to `run`."""
        super().__init__(
            uvicorn.Config(
                app,
                port=port,
                lifespan="on",
                http=Wire,
                ws="none",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_keep_alive=65,
                timeout_graceful_shutdown=_REQUESTS_END,
            )
        )
        self._stopping: asyncio.Event = app.state.stopping

    @override
    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if self.should_exit:
            os._exit(128 + sig)
        # Not kept for later as the base class does: to stop when asked is no failure, exit code 0.
        self.should_exit = True

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for listener in sockets or ():
            host, port = listener.getsockname()[:2]
            log.info("listening", url=f"http://{f'[{host}]' if ':' in host else host}:{port}")

    @override
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._stopping.set()
        await super().shutdown(sockets)


def run(
    settings: type[S], assemble: Callable[[S], Service], argv: Sequence[str] | None = None
) -> NoReturn:
    """Be `python -m services.<name> --role all|api|worker`: read, assemble, serve, stop cleanly."""
    parser = argparse.ArgumentParser(prog=f"python -m services.{settings.service}")
    parser.add_argument("--role", choices=get_args(Role), default="all", help="(default: all)")
    role: Role = parser.parse_args(argv).role
    told = settings.load()
    configure_logs(told.service, told.log, told.log_format)
    log.debug("settings", **told.redacted())
    listener = _listen(told)
    app = assemble(told).app(role, _spans(told))
    spare_the_collector()
    share_the_interpreter()
    take_open_files()
    Server(app).run(sockets=[listener])
    sys.exit(0)


def spare_the_collector() -> None:
    """Look for cycles rarely: what a service makes dies when it is let go, and is made in heaps.

    At the usual thresholds the collector takes a fifth of the time of a busy service.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def share_the_interpreter() -> None:
    """Let a thread that MongoDB has answered wait a millisecond for its turn, not five.

    A commit waits for its turn a dozen times, and everybody in it waits with it.
    """
    sys.setswitchinterval(0.001)


def take_open_files() -> None:
    """Take as many open files as the system lets this process have: each viewer is one."""
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415 # not everywhere

    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):  # unlimited, where the system has a limit all the same
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _listen(told: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in told.host else socket.AF_INET
    try:
        return socket.create_server((told.host, told.port), family=family, backlog=2048)
    except OSError as error:
        sys.exit(f"{told.variable('port')}: {told.host}:{told.port}: {error.strerror}.")


def _spans(told: Settings) -> Spans | None:
    if not told.otlp:
        return None
    try:
        from shared.platform import spans  # noqa: PLC0415 # an extra, only where it is wanted
    except ImportError:
        sys.exit(f"{told.variable('otlp')} is set, but the extra `telemetry` is not installed.")
    return spans.record_spans(told.otlp, told.service), spans.traceparent_in_force

"""The entry every request passes: ids, limits, numbers, and the last word on faults."""

import asyncio
import time
from collections.abc import Callable

import structlog
from prometheus_client import Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.platform import trail
from shared.platform.telemetry import BUCKETS
from shared.platform.trail import Trail
from shared.platform.web.body import LIMIT, check_nesting, guarded, too_large
from shared.platform.web.hot import Answer, HotRoute, HotRoutes, refusal
from shared.platform.web.problem import Problem, problem_of, render

log = structlog.get_logger(__name__)

SECONDS = Histogram(
    "feira_http_request_seconds",
    "Time until the first byte of the answer, by route template.",
    ("method", "route", "status"),
    buckets=BUCKETS,
)

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_FAULT = Problem(500, "fault", "Something went wrong here; the instance names the log entries.")
_CUT_OFF = Problem(
    503,
    "cut-off",
    "The service had to stop before this was done; try again with the same Idempotency-Key.",
    headers={"Retry-After": "1"},
)


class Entry:
    """One plain ASGI middleware instead of a stack of them.

    Attributes:
        fast: Routes that answer without the router.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        limit: int = LIMIT,
        traceparent: Callable[[], str] | None = None,
        fast: HotRoutes | None = None,
    ) -> None:
        self.app, self.limit, self.fast = app, limit, fast or HotRoutes()
        self._traceparent = traceparent

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        began = time.perf_counter()
        headers: dict[bytes, bytes] = dict(scope["headers"])
        now = _trail(headers, self._traceparent() if self._traceparent else "")
        mark = trail.current.set(now)
        answered = False

        async def send_marked(message: Message) -> None:
            nonlocal answered
            if message["type"] == "http.response.start":
                answered = True
                message["headers"] = [*message.get("headers", ()), *_marks(now)]
                _measure(scope, message["status"], time.perf_counter() - began)
            await send(message)

        try:
            if scope["type"] == "http":
                length = headers.get(b"content-length")
                if length is not None and length.isdigit() and int(length) > self.limit:
                    raise too_large(self.limit)
                receive = guarded(receive, self.limit)
                if found := self.fast.find(scope["method"], scope["path"]):
                    route, scope["path_params"] = found
                    app = route.handle
                else:
                    app = self.app
            else:
                app = self.app
            await app(scope, receive, send_marked)
        except asyncio.CancelledError:
            if not answered and scope["type"] == "http":
                await render(_CUT_OFF)(scope, receive, send_marked)
            raise
        except Exception as error:
            if answered or scope["type"] != "http":
                raise  # too late to say it better; the server logs it and cuts the connection
            await render(_problem(error, scope))(scope, receive, send_marked)
        finally:
            trail.current.reset(mark)


async def answer(route: HotRoute, scope: Scope, body: bytes) -> Answer:
    """Answer a request for a hot *route* that is there as a whole, as the entry would.

    For a task of its own, which keeps the trail. It is always answered, even when cancelled.
    """
    began = time.perf_counter()
    now = _trail(dict(scope["headers"]))
    trail.current.set(now)
    try:
        check_nesting(body)
        told = await route.answer(scope, body)
    except asyncio.CancelledError:
        told = refusal(_CUT_OFF)
    except Exception as error:  # noqa: BLE001 - the last word on faults
        told = refusal(_problem(error, scope))
    told.headers.extend(_marks(now))
    _measure(scope, told.status, time.perf_counter() - began)
    return told


def _trail(headers: dict[bytes, bytes], traceparent: str = "") -> Trail:
    """Take over the ids that came with the request."""
    return Trail.begin(
        headers.get(b"x-request-id", b"").decode("latin-1"),
        headers.get(b"x-correlation-id", b"").decode("latin-1"),
        traceparent or headers.get(b"traceparent", b"").decode("latin-1"),
    )


def _problem(error: Exception, scope: Scope) -> Problem:
    """What is answered to *error*; a fault of ours is logged, and told without its inside."""
    problem = problem_of(error)
    if problem is None:
        log.error("fault", method=scope["method"], path=scope["path"], exc_info=error)
    return problem or _FAULT


def _marks(now: Trail) -> tuple[tuple[bytes, bytes], ...]:
    """The headers of every answer."""
    return (b"x-request-id", now.request_id.encode()), (b"x-content-type-options", b"nosniff")


_meters: dict[tuple[str, str, int], Callable[[float], None]] = {}


def _measure(scope: Scope, status: int, seconds: float) -> None:
    method = scope.get("method", "WS")
    # What callers make up must not become labels without end.
    known = method if method in _METHODS else "other"
    key = (known, getattr(scope.get("route"), "path", "unmatched"), status)
    observe = _meters.get(key)
    if observe is None:
        observe = _meters[key] = SECONDS.labels(*key[:2], str(status)).observe
    observe(seconds)
    log.debug("answered", method=method, path=scope["path"], status=status, seconds=seconds)

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
from shared.platform.web.body import LIMIT, guarded, too_large
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
        fast: Routes with a fixed path that answer without the router, by method and path.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        limit: int = LIMIT,
        traceparent: Callable[[], str] | None = None,
        fast: dict[tuple[str, str], ASGIApp] | None = None,
    ) -> None:
        self.app, self.limit, self.fast = app, limit, fast or {}
        self._traceparent = traceparent
        self._meters: dict[tuple[str, str, int], Callable[[float], None]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        began = time.perf_counter()
        headers: dict[bytes, bytes] = dict(scope["headers"])
        now = self._trail(headers)
        mark = trail.current.set(now)
        answered = False

        async def send_marked(message: Message) -> None:
            nonlocal answered
            if message["type"] == "http.response.start":
                answered = True
                message["headers"] = [
                    *message.get("headers", ()),
                    (b"x-request-id", now.request_id.encode()),
                    (b"x-content-type-options", b"nosniff"),
                ]
                self._measure(scope, message["status"], time.perf_counter() - began)
            await send(message)

        try:
            if scope["type"] == "http":
                length = headers.get(b"content-length")
                if length is not None and length.isdigit() and int(length) > self.limit:
                    raise too_large(self.limit)
                receive = guarded(receive, self.limit)
                app = self.fast.get((scope["method"], scope["path"]), self.app)
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
            problem = problem_of(error)
            if problem is None:
                log.exception("fault", method=scope["method"], path=scope["path"])
                problem = _FAULT
            await render(problem)(scope, receive, send_marked)
        finally:
            trail.current.reset(mark)

    def _trail(self, headers: dict[bytes, bytes]) -> Trail:
        """Take over the ids that came with the request."""
        traceparent = self._traceparent() if self._traceparent else ""
        return Trail.begin(
            headers.get(b"x-request-id", b"").decode("latin-1"),
            headers.get(b"x-correlation-id", b"").decode("latin-1"),
            traceparent or headers.get(b"traceparent", b"").decode("latin-1"),
        )

    def _measure(self, scope: Scope, status: int, seconds: float) -> None:
        method = scope.get("method", "WS")
        # What callers make up must not become labels without end.
        known = method if method in _METHODS else "other"
        key = (known, getattr(scope.get("route"), "path", "unmatched"), status)
        observe = self._meters.get(key)
        if observe is None:
            observe = self._meters[key] = SECONDS.labels(*key[:2], str(status)).observe
        observe(seconds)
        log.debug("answered", method=method, path=scope["path"], status=status, seconds=seconds)

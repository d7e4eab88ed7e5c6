"""The HTTP application of a service: one entry, one way to say no, nothing served unasked."""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager
from functools import cache, partial
from http import HTTPStatus

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from opentelemetry.trace import TracerProvider
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.routing import Match, Route

from shared.platform.web.auth import Verifier, access_table
from shared.platform.web.body import LIMIT
from shared.platform.web.entry import Entry
from shared.platform.web.health import health
from shared.platform.web.hot import HotRoutes
from shared.platform.web.idempotency import check_causes
from shared.platform.web.openapi import describe
from shared.platform.web.problem import problem_of, render
from shared.refusal import Busy, Refused

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]
Spans = tuple[TracerProvider, Callable[[], str]]
"""Where spans go, and how to tell the trace context in force."""

_SHOWN_HEADERS = ("ETag", "Link", "Location", "Retry-After", "X-Request-Id")


def create_app(
    title: str,
    *routers: APIRouter,
    verifier: Verifier,
    description: str = "",
    version: str = "1",
    troubles: Callable[[], list[str]] = list,
    lifespan: Lifespan | None = None,
    limit: int = LIMIT,
    origins: Iterable[str] = (),
    spans: Spans | None = None,
) -> FastAPI:
    """Put a service's *routers* together.

    Raises TypeError naming a route that does not say whom it serves, or changes something without
    a cause.

    Args:
        title: What the OpenAPI page is called.
        routers: Taken over as they are, flat: a router in a router costs every request.
        verifier: Checks the access tokens.
        description: What the OpenAPI page begins with.
        version: The version of the interface.
        troubles: Why the service should get no work now, a sentence each.
        lifespan: What lives as long as the application.
        limit: Bytes a request body may have.
        origins: Web origins whose pages may call, besides the service's own.
        spans: Where spans go, when they are wanted.
    """
    app = FastAPI(
        title=title,
        description=description,
        version=version,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        exception_handlers=dict.fromkeys(
            (HTTPException, RequestValidationError, Refused, Busy), _say_no
        ),
        telemetry={
            "tracing": spans is not None,
            "tracer_provider": spans[0] if spans else None,
            "operation_spans": False,
            "metrics": False,
            "logs": False,
            "auto_configure": False,
        },
    )
    for router in (health, *routers):
        app.router.routes.extend(router.routes)
    access_table(app)
    check_causes(app)
    # Spans are named by the router, so where they are recorded nothing goes past it.
    app.state.fast = fast = HotRoutes(None if spans else app)
    app.add_middleware(Entry, limit=limit, fast=fast, traceparent=spans[1] if spans else None)
    if allowed := list(origins):
        app.add_middleware(
            CORSMiddleware,
            allow_origins=allowed,
            allow_methods=["*"],
            allow_headers=["*"],
            expose_headers=_SHOWN_HEADERS,
            max_age=600,
        )
    app.state.verifier = verifier
    app.state.troubles = troubles
    app.state.stopping = asyncio.Event()
    app.openapi = cache(partial(describe, app))
    return app


async def _say_no(request: Request, error: Exception) -> Response:
    problem = problem_of(error)
    if problem is None:
        raise error
    response = render(problem)
    if problem.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        # Routes of one path may be several; the router names the methods of the first alone.
        routes = [route for route in request.app.router.routes if isinstance(route, Route)]
        near = [route for route in routes if route.matches(request.scope)[0] is Match.PARTIAL]
        allowed = {method for route in near for method in route.methods or ()}
        response.headers["Allow"] = ", ".join(sorted(allowed))
    return response

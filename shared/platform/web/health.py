"""What whoever runs a service asks it: does it live, may it get work, how is it doing."""

from collections.abc import Callable

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from shared.platform.web.auth import public
from shared.platform.web.problem import Problem

health = APIRouter(dependencies=[public], include_in_schema=False)


@health.get("/livez")
async def livez() -> dict[str, str]:
    """Tell that the event loop still turns."""
    return {"status": "alive"}


@health.get("/readyz")
async def readyz(request: Request) -> dict[str, str]:
    """Tell whether the service should get work; if not, every part says why."""
    if request.app.state.stopping.is_set():
        raise _not_ready(["The service is stopping."])
    troubles: Callable[[], list[str]] = request.app.state.troubles
    if told := troubles():
        raise _not_ready(told)
    return {"status": "ready"}


@health.get("/metrics")
async def metrics() -> Response:
    """Write the numbers down for Prometheus."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


def _not_ready(told: list[str]) -> Problem:
    return Problem(503, "not-ready", " ".join(told), headers={"Retry-After": "1"}, troubles=told)

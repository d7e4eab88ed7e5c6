"""How a no, a fault or a mistake reads over HTTP: problem details (RFC 9457)."""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from http import HTTPStatus
from typing import Any

import orjson
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from pydantic_core import ErrorDetails
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from shared.platform import trail
from shared.platform.mongo import is_away
from shared.refusal import Busy, Kind, Refused

MEDIA_TYPE = "application/problem+json"

STATUS: Mapping[Kind, int] = {
    "missing": 404,
    "conflict": 409,
    "forbidden": 403,
    "limit": 429,
    "invalid": 422,
    "stale": 412,
}
"""Which HTTP status each kind of refusal is; here and nowhere else."""

_MEMBERS = frozenset({"type", "title", "status", "detail", "instance"})
_MOST_ERRORS = 50
_AWAY = "The database cannot be reached now; try again, with the same Idempotency-Key if any."
_TELLTALE = frozenset({"union_tag_invalid", "uuid_parsing"})
"""Kinds of mistakes whose message repeats what was sent."""


class Problem(HTTPException):
    """A no of the door itself: who asks, how it is asked; rules say `Refused` instead."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str = "",
        *,
        headers: Mapping[str, str] | None = None,
        **facts: object,
    ) -> None:
        super().__init__(status, detail, headers)
        self.code = code
        self.facts = facts


def problem_of(error: Exception) -> Problem | None:
    """The one table from what was raised to what is answered; None for a fault of our own."""
    problem: Problem | None = None
    match error:
        case Problem():
            problem = error
        case Refused(code=code, kind=kind, detail=detail, facts=facts):
            wait = {"Retry-After": str(seconds)} if (seconds := facts.get("retry_after")) else None
            problem = _with_facts(Problem(STATUS[kind], code, detail, headers=wait), facts)
        case Busy(retry_after=seconds):
            wait = {"Retry-After": str(max(1, math.ceil(seconds)))}
            problem = Problem(503, "busy", "Too much at once; nothing was done.", headers=wait)
        case HTTPException(status_code=400):
            problem = Problem(400, "malformed", "The request cannot be read.")
        case RequestValidationError(body=bytes()):
            problem = not_json()
        case RequestValidationError():
            problem = _mistakes(error.errors())
        case ClientDisconnect():
            problem = Problem(400, "incomplete", "The request ended before its body did.")
        case HTTPException(status_code=status, detail=detail, headers=headers):
            code = HTTPStatus(status).phrase.lower().replace(" ", "-")
            problem = Problem(status, code, detail, headers=headers)
        case _ if is_away(error):
            problem = Problem(503, "away", _AWAY, headers={"Retry-After": "2"})
        case _:
            pass  # a fault of our own, logged by the entry and told without its inside
    return problem


def not_json() -> Problem:
    """Build the refusal of a body that does not say it is JSON."""
    return Problem(415, "not-json", "Send JSON, with Content-Type: application/json.")


def body_missing() -> Problem:
    """Build the refusal of a request without the body it takes."""
    return _mistakes([{"type": "missing", "loc": ("body",), "msg": "Field required"}])


def mistakes(error: ValidationError, *where: str) -> Problem:
    """What is wrong with a part of a request that was read on its own, *where* it stood."""
    faults = error.errors(include_url=False, include_context=False)
    return _mistakes([fault | {"loc": (*where, *fault["loc"])} for fault in faults])


def _mistakes(faults: Sequence[ErrorDetails | Mapping[str, Any]]) -> Problem:
    if any(fault["type"] == "json_invalid" for fault in faults):
        return Problem(400, "malformed", "The body is not well-formed JSON.")
    return Problem(
        422, "invalid", "Some of what was sent is not acceptable.", errors=list(_told(faults))
    )


def _told(faults: Sequence[ErrorDetails | Mapping[str, Any]]) -> Iterator[dict[str, str]]:
    """Say where and what, never the value itself."""
    for fault in faults[:_MOST_ERRORS]:
        telltale = fault["type"] in _TELLTALE
        yield {
            "location": ".".join(str(step)[:64] for step in fault["loc"]),
            "message": "This value is not acceptable." if telltale else fault["msg"],
        }


def _with_facts(problem: Problem, facts: Mapping[str, object]) -> Problem:
    """Add facts as members of their own; one that is named like a standard member steps aside."""
    problem.facts = {
        (f"fact_{name}" if name in _MEMBERS else name): value for name, value in facts.items()
    }
    return problem


@cache
def title_of(code: str) -> str:
    """Read a code as words: `stock.sold-out` is "Stock: sold out"."""
    return code.replace(".", ": ", 1).replace("-", " ").capitalize()


def told(problem: Problem) -> tuple[bytes, dict[str, str]]:
    """A problem as it is answered: its body, and the headers that are its own."""
    now = trail.current.get()
    members: dict[str, object] = {
        "type": f"urn:feira:problem:{problem.code}",
        "title": title_of(problem.code),
        "status": problem.status_code,
    }
    if problem.detail:
        members["detail"] = problem.detail
    if now is not None:
        members["instance"] = f"urn:feira:request:{now.request_id}"
    return _written(members | problem.facts), {
        "cache-control": "no-store",
        **(problem.headers or {}),
    }


def _written(members: Mapping[str, object]) -> bytes:
    """Write JSON; integers of more than 64 bits, too (RFC 8259 §6 has no bounds)."""
    try:
        return orjson.dumps(members, default=str, option=orjson.OPT_NON_STR_KEYS)
    except orjson.JSONEncodeError:  # slower, but nothing is too large or too odd for it
        return json.dumps(members, default=str, ensure_ascii=False).encode(errors="replace")


def render(problem: Problem) -> Response:
    """Write a problem down as the answer."""
    body, headers = told(problem)
    return Response(body, problem.status_code, headers, MEDIA_TYPE)

"""The OpenAPI page, made whole: every route lists what it may answer, errors included."""

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts

from shared.platform.web.auth import accesses, public
from shared.platform.web.idempotency import takes_cause
from shared.platform.web.problem import MEDIA_TYPE, title_of
from shared.platform.web.version import demands_version, takes_version

_ERRORS: dict[int, tuple[str, str]] = {
    400: ("malformed", "The request cannot be read."),
    401: ("token-missing", "No access token, or one that is not sound."),
    403: ("role-missing", "Not for this caller."),
    404: ("not-found", "No such thing."),
    409: ("order.closed", "Not as things stand."),
    412: ("stale", "Decided on an old picture; read again."),
    413: ("too-large", "The body is too large."),
    415: ("not-json", "The body is not JSON."),
    422: ("invalid", "Some of what was sent is not acceptable."),
    428: ("version-missing", "Say with If-Match which version you have seen."),
    429: ("order.limit", "Enough for now."),
    503: ("busy", "Too much at once; nothing was done, try again."),
}

_WAIT = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds to wait."}}
_HEADERS: dict[int, Any] = {
    401: {"WWW-Authenticate": {"schema": {"type": "string"}}},
    429: _WAIT,
    503: _WAIT,
}
_MORE_MEMBERS: dict[int, Any] = {
    422: {"errors": [{"location": "body.lines.0.quantity", "message": "Field required"}]}
}

_PROBLEM: dict[str, Any] = {
    "type": "object",
    "title": "Problem",
    "description": "Problem details (RFC 9457); facts that help to do better are further members.",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string", "format": "uri", "description": "What is wrong, stable."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string", "format": "uri", "description": "Names this request."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["location", "message"],
                "properties": {"location": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
    "additionalProperties": True,
}


def describe(app: FastAPI) -> dict[str, Any]:
    """Write the OpenAPI page of *app*."""
    page = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes
    )
    used: set[int] = set()
    for context in iter_route_contexts(app.routes):
        if isinstance(context.original_route, APIRoute) and context.include_in_schema:
            for method in context.methods or ():
                operation = page["paths"][context.path_format][method.lower()]
                used |= _complete(operation, context)
    parts = page.setdefault("components", {})
    schemas = parts.setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas["Problem"] = _PROBLEM
    parts["responses"] = {f"Problem{status}": _answer(status) for status in sorted(used)}
    return page


def _complete(operation: dict[str, Any], context: RouteContext) -> set[int]:
    answers: dict[str, Any] = operation["responses"]
    if "HTTPValidationError" in str(answers.get("422")):
        del answers["422"]
    statuses = set(_errors(context))
    for status in sorted(statuses):
        answers.setdefault(str(status), {"$ref": f"#/components/responses/Problem{status}"})
    for parameter in operation.get("parameters", ()):
        if parameter["name"] == "Idempotency-Key":
            parameter["required"] = True
            parameter["schema"] = {"type": "string", "pattern": "^[!-~]{1,255}$"}
        elif parameter["name"] == "If-Match":
            parameter["required"] = demands_version(context.dependant)
            parameter["schema"] = {"type": "string", "examples": ['"7"', "*"]}
    return statuses


def _errors(context: RouteContext) -> Iterator[int]:
    """Which errors a route may answer with, as its declaration tells."""
    dependant: Dependant = context.dependant
    within = list(_all(dependant))
    if any(access is not public.dependency for access in accesses(dependant)):
        yield from (401, 403, 503)
    if dependant.path_params:
        yield from (404, 422)
    if any(inner.query_params for inner in within):
        yield from (400, 422)
    if takes_cause(dependant):
        yield from (400, 409, 422, 429, 503)
    if context.body_field is not None:
        yield from (400, 413, 415, 422)
    if takes_version(dependant):
        yield 412
    if demands_version(dependant):
        yield 428


def _all(dependant: Dependant) -> Iterator[Dependant]:
    yield dependant
    for inner in dependant.dependencies:
        yield from _all(inner)


def _answer(status: int) -> dict[str, Any]:
    code, detail = _ERRORS[status]
    example: dict[str, Any] = {
        "type": f"urn:feira:problem:{code}",
        "title": title_of(code),
        "status": status,
        "detail": detail,
        "instance": "urn:feira:request:0199d0a4-6c4e-7cc3-8f57-2f3a4b5c6d7e",
    } | _MORE_MEMBERS.get(status, {})
    answer: dict[str, Any] = {
        "description": detail,
        "content": {
            MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "example": example}
        },
    }
    if status in _HEADERS:
        answer["headers"] = _HEADERS[status]
    return answer

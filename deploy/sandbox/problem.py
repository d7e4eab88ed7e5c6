"""How the sandbox says no over HTTP: problem+json (RFC 9457), and how it reads a body."""

from http import HTTPStatus
from typing import TypeVar

import orjson
from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from deploy.sandbox.payments import Refused

Model = TypeVar("Model", bound=BaseModel)

BODY_LIMIT = 64 * 1024
STATUS = {
    "missing": HTTPStatus.NOT_FOUND,
    "conflict": HTTPStatus.CONFLICT,
    "mismatch": HTTPStatus.UNPROCESSABLE_ENTITY,
}


class Problem(Exception):
    """An answer that is not the one hoped for."""

    def __init__(self, status: int, code: str, detail: str, **more: object) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.more = more


def json(content: object, status: int = HTTPStatus.OK) -> Response:
    return Response(orjson.dumps(content), status, media_type="application/json")


async def read(request: Request, model: type[Model]) -> Model:
    """Read the body as *model*; an empty body is an empty object."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > BODY_LIMIT:
            raise Problem(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                "body_too_large",
                f"a body may have {BODY_LIMIT} bytes",
            )
    try:
        return model.model_validate_json(body or b"{}")
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=False, include_input=False)
        if faults[0]["type"] == "json_invalid":
            raise Problem(HTTPStatus.BAD_REQUEST, "not_json", faults[0]["msg"]) from error
        where = [
            {"where": ".".join(map(str, fault["loc"])), "message": fault["msg"]} for fault in faults
        ]
        raise Problem(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "invalid_body",
            "the body is not as agreed",
            errors=where,
        ) from error


def number(request: Request, name: str, default: int, highest: int) -> int:
    """Read a whole number of the query string."""
    value = request.query_params.get(name, str(default))
    if not (value.isascii() and value.isdigit() and int(value) <= highest):
        raise Problem(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "invalid_query",
            f"{name} must be a whole number from 0 to {highest}",
        )
    return int(value)


async def answer(_: Request, error: Exception) -> Response:
    """Turn whatever went wrong into problem+json."""
    headers: dict[str, str] = {}
    match error:
        case Problem():
            problem = error
        case Refused():
            problem = Problem(STATUS[error.kind], error.code, error.detail)
        case HTTPException():
            headers.update(error.headers or {})
            problem = Problem(error.status_code, "http", error.detail)
        case _:
            problem = Problem(
                HTTPStatus.INTERNAL_SERVER_ERROR, "internal", "the sandbox failed; see its log"
            )
    if problem.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    body = {
        "type": "about:blank",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "code": problem.code,
        "detail": problem.detail,
        **problem.more,
    }
    return Response(
        orjson.dumps(body), problem.status, headers, media_type="application/problem+json"
    )

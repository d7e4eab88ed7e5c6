"""A wish acts once: the Idempotency-Key of a request becomes the cause of what it changes."""

import re
from collections.abc import Iterator
from contextlib import suppress
from hashlib import blake2b
from typing import Annotated

import orjson
from fastapi import Depends, FastAPI, Header, Request
from fastapi.dependencies.models import Dependant
from fastapi.params import Depends as Dependency
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.types import Scope

from shared.platform import trail
from shared.platform.change.cause import Cause
from shared.platform.web.auth import Caller, caller_of
from shared.platform.web.problem import Problem

UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})

_KEY = re.compile(rb"[!-~]{1,255}")


def fingerprint(body: bytes) -> str:
    """Digest what was asked; the same JSON written another way has the same."""
    # What is not JSON, or nothing at all, is taken letter for letter.
    with suppress(orjson.JSONDecodeError):
        body = orjson.dumps(orjson.loads(body), option=orjson.OPT_SORT_KEYS)
    return blake2b(body, digest_size=16).hexdigest()


def cause_of(scope: Scope, caller: Caller, body: bytes) -> Cause:
    """Name the cause this request is. Raises Problem (400) without a usable key."""
    key = b""
    for name, value in scope["headers"]:
        if name == b"idempotency-key":
            key = value
            break
    if not _KEY.fullmatch(key):
        raise Problem(
            400,
            "idempotency-key",
            "This takes an Idempotency-Key header: 1 to 255 visible ASCII characters, "
            "a new one for each wish, the same one when you try again.",
        )
    now = trail.current.get() or trail.Trail.begin()
    return Cause(
        key=f"http:{caller.subject}:{scope['method']} {scope['path']}:{key.decode()}",
        fingerprint=fingerprint(body),
        causation=f"request:{now.request_id}",
        correlation=now.correlation_id,
        traceparent=now.traceparent,
    )


async def _because(
    request: Request,
    _key: Annotated[
        str | None,
        Header(alias="Idempotency-Key", description="New for each wish, the same when retried."),
    ] = None,
) -> Cause:
    return cause_of(request.scope, await caller_of(request.scope), await request.body())


because: Dependency = Depends(_because)
"""For every route that changes something: `asked: Annotated[Cause, because]`."""


class _WithoutCause:
    def __init__(self, reason: str) -> None:
        self.reason = reason

    async def __call__(self) -> None:
        """Nothing to do: the route only had to say so."""


def without_cause(reason: str) -> Dependency:
    """Mark an unsafe route that needs no Idempotency-Key, and say why, among its dependencies."""
    if not reason:
        raise TypeError("say why this route needs no cause")
    return Depends(_WithoutCause(reason))


def is_because(call: object) -> bool:
    """Whether a dependency is the cause."""
    return call is _because


def is_without_cause(call: object) -> bool:
    """Whether a dependency marks a route that needs no cause."""
    return isinstance(call, _WithoutCause)


def takes_cause(dependant: Dependant) -> bool:
    """Whether a route takes an Idempotency-Key."""
    return any(is_because(call) for call in _calls(dependant))


def check_causes(app: FastAPI) -> None:
    """See that every unsafe route has a cause or says why not. Raises TypeError naming the one."""
    for context in iter_route_contexts(app.routes):
        if not isinstance(context.original_route, APIRoute):
            continue
        if UNSAFE.isdisjoint(context.methods or ()) or takes_cause(context.dependant):
            continue
        if not any(is_without_cause(call) for call in _calls(context.dependant)):
            raise TypeError(
                f"{context.path} ({context.name}) changes something without a cause: take "
                "`asked: Annotated[Cause, because]`, or `without_cause(reason)` as a dependency"
            )


def _calls(dependant: Dependant) -> Iterator[object]:
    for inner in dependant.dependencies:
        yield inner.call
        yield from _calls(inner)

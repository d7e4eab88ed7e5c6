"""Hot routes: written like any other route, answered without the framework's machinery.

    hot = APIRouter(route_class=HotRoute)

    @hot.post("/orders", status_code=201)
    async def place(
        caller: Annotated[Caller, allow("buyer")], asked: Annotated[Cause, because], wish: Wish
    ) -> Placed: ...

The declaration is read once: access, cause, path parameters and one JSON body, or the request whose
raw body is there. What else a route may take is refused there and then; such a route is an ordinary
one.
"""

import inspect
from collections.abc import Callable, Coroutine, Iterable
from functools import partial
from typing import Any, NamedTuple, get_type_hints

from fastapi import FastAPI
from fastapi.datastructures import DefaultPlaceholder
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts
from pydantic import TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send
from typing_extensions import override

from shared.platform.web.auth import Access, caller_of
from shared.platform.web.body import read
from shared.platform.web.idempotency import cause_of, is_because, is_without_cause
from shared.platform.web.problem import (
    MEDIA_TYPE,
    Problem,
    body_missing,
    mistakes,
    not_json,
    problem_of,
    told,
)

_JSON = (b"content-type", b"application/json")


class Answer(NamedTuple):
    """A whole answer."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


def refusal(problem: Problem) -> Answer:
    """A problem as a whole answer."""
    body, own = told(problem)
    headers = [
        (b"content-type", MEDIA_TYPE.encode()),
        (b"content-length", str(len(body)).encode()),
        *((name.lower().encode(), value.encode("latin-1")) for name, value in own.items()),
    ]
    return Answer(problem.status_code, headers, body)


class HotRoute(APIRoute):
    """A route whose request is read and whose answer is written in one step each."""

    def __init__(
        self,
        path: str,
        endpoint: Callable[..., Any],
        **options: Any,  # noqa: ANN401 # FastAPI's own, handed through
    ) -> None:
        super().__init__(path, endpoint, **options)
        self._call: Callable[..., Coroutine[Any, Any, Any]] = endpoint
        self._doors: list[Access] = []
        self._callers: list[str] = []
        self._causes: list[str] = []
        self._request = self.dependant.request_param_name
        self._read_declaration()
        hints = get_type_hints(endpoint, include_extras=True)
        self._path = {p.name: TypeAdapter[Any](hints[p.name]) for p in self.dependant.path_params}
        self._body = {p.name: TypeAdapter[Any](hints[p.name]) for p in self.dependant.body_params}
        self._write = partial(
            TypeAdapter[Any](self.response_model).dump_json,
            by_alias=self.response_model_by_alias,
            exclude_none=self.response_model_exclude_none,
        )

    def _read_declaration(self) -> None:
        declared = self.dependant
        too_much = [*declared.query_params, *declared.header_params, *declared.cookie_params]
        if not inspect.iscoroutinefunction(self._call) or too_much or len(declared.body_params) > 1:
            raise TypeError(
                f"{self.path}: a hot route is an async function of a caller, a cause, "
                "path parameters and one body, or the request"
            )
        for inner in declared.dependencies:
            self._take(inner)

    def _take(self, inner: Dependant) -> None:
        """Place what a dependency stands for."""
        if isinstance(inner.call, Access):
            self._doors.append(inner.call)
            self._callers += [inner.name] if inner.name else []
        elif is_because(inner.call):
            self._causes += [inner.name] if inner.name else []
        elif not is_without_cause(inner.call):
            raise TypeError(f"{self.path}: a hot route cannot depend on {inner.call!r}")

    @override
    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.methods and scope["method"] not in self.methods:
            await super().handle(scope, receive, send)
            return
        told = await self._told(scope, await read(receive))
        if isinstance(told, Response):  # it goes on for as long as it likes: a stream
            await told(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": told.status, "headers": told.headers})
        await send({"type": "http.response.body", "body": told.body})

    async def answer(self, scope: Scope, body: bytes) -> Answer:
        """Answer one request, whose *body* is there. Raises only what is a fault of ours."""
        told = await self._told(scope, body)
        if isinstance(told, Response):
            return Answer(told.status_code, told.raw_headers, bytes(told.body))
        return told

    async def _told(self, scope: Scope, body: bytes) -> Answer | Response:
        scope["route"] = self
        try:
            result = await self._ask(scope, body)
        except Exception as error:
            problem = problem_of(error)
            if problem is None:
                raise
            return refusal(problem)
        if isinstance(result, Response):
            return result
        written = result if isinstance(result, bytes) else self._write(result)
        length = str(len(written)).encode()
        return Answer(self.status_code or 200, [_JSON, (b"content-length", length)], written)

    async def _ask(self, scope: Scope, body: bytes) -> object:
        caller = await caller_of(scope)
        for door in self._doors:
            door.admit(caller)
        asked: dict[str, object] = dict.fromkeys(self._callers, caller)
        for name in self._causes:
            asked[name] = cause_of(scope, caller, body)
        if self._request:
            asked[self._request] = _request(scope, body)
        where: tuple[str, ...] = ("body",)
        try:
            for name, adapter in self._body.items():
                _expect_json(scope, body)
                asked[name] = adapter.validate_json(body)
            for name, adapter in self._path.items():
                where = ("path", name)
                asked[name] = adapter.validate_python(scope["path_params"][name])
        except ValidationError as error:
            raise mistakes(error, *where) from None
        return await self._call(**asked)


def _request(scope: Scope, body: bytes) -> Request:
    """The request as it came; its *body* need not be waited for."""

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return Request(scope, receive)


def _expect_json(scope: Scope, body: bytes) -> None:
    kind = next((value for name, value in scope["headers"] if name == b"content-type"), b"")
    if kind != b"application/json":
        kind = kind.partition(b";")[0].strip().lower()
        if kind != b"application/json" and not kind.endswith(b"+json"):
            raise not_json() if body else body_missing()
    if not body:
        raise body_missing()


class HotRoutes:
    """Finds the hot route of a request without the router.

    Left to the router are routes whose answer goes on (a stream), and those whose path may be meant
    for a route declared before.
    """

    def __init__(self, app: FastAPI | None = None) -> None:
        """Index the routes of *app*; those of none, and none is hot.

        Raises TypeError for a hot route that was given further dependencies when it was included.
        """
        self._fixed: dict[tuple[str, str], HotRoute] = {}
        self._shaped: dict[tuple[str, int], list[tuple[list[str], HotRoute]]] = {}
        before: list[tuple[str, list[str]]] = []
        for context in iter_route_contexts(app.routes) if app else ():
            route, shape = context.original_route, (context.path or "").split("/")
            methods = context.methods or set[str]()
            if isinstance(route, HotRoute):
                if len(context.dependencies) != len(route.dependencies):
                    raise TypeError(f"{context.path}: give a hot route its dependencies itself")
                kind = route.response_class
                whole = kind is Response or isinstance(kind, DefaultPlaceholder)
                if whole and not any(
                    method in methods and _may_be_meant(shape, other) for method, other in before
                ):
                    self._take(methods, shape, route)
            before += [(method, shape) for method in methods]

    def _take(self, methods: Iterable[str], shape: list[str], route: HotRoute) -> None:
        for method in methods:
            if "{" in route.path:
                self._shaped.setdefault((method, len(shape)), []).append((shape, route))
            else:
                self._fixed[method, route.path] = route

    def find(self, method: str, path: str) -> tuple[HotRoute, dict[str, str]] | None:
        """The route that *path* (decoded) is for, and what stands at the places in its path."""
        if route := self._fixed.get((method, path)):
            return route, {}
        said = path.split("/")
        for shape, route in self._shaped.get((method, len(said)), ()):
            found: dict[str, str] = {}
            for ours, theirs in zip(shape, said, strict=True):
                if ours.startswith("{"):
                    if not theirs:
                        break
                    found[ours[1:-1]] = theirs
                elif ours != theirs:
                    break
            else:
                return route, found
        return None


def _may_be_meant(ours: list[str], theirs: list[str]) -> bool:
    """Whether a path can fit both shapes; a place of a kind of its own may fit anything."""
    if any(":" in part for part in theirs):
        return True
    return len(ours) == len(theirs) and all(
        a == b or "{" in (a[:1], b[:1]) for a, b in zip(ours, theirs, strict=True)
    )

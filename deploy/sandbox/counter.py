"""The counter customs and the carrier stand behind: who may ask, one key one answer, trouble."""

import hashlib
import hmac
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from random import Random
from typing import Annotated, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deploy.sandbox.payments import Refused
from deploy.sandbox.problem import Problem, json, read

Endpoint = Callable[[Request], Awaitable[Response]]
Percent = Annotated[float, Field(ge=0, le=100)]
Milliseconds = Annotated[int, Field(ge=0, le=600_000)]

LONGEST_KEY = 255


class Trouble(BaseModel):
    """What shall go wrong with whoever is asked; percents are of the questions it concerns.

    Attributes:
        http_before_percent: Answers 503, and nothing has happened.
        http_after_percent: Answers 503, and all has happened.
        lost_percent: Callbacks that never leave.
        delay_ms: How long what follows takes.
        seed: The same seed and the same questions give the same answers.
    """

    model_config = ConfigDict(strict=True, extra="forbid")

    http_before_percent: Percent = 0
    http_after_percent: Percent = 0
    lost_percent: Percent = 0
    delay_ms: Milliseconds = 0
    seed: int = 0


T = TypeVar("T", bound=Trouble)


class Counter(Generic[T]):
    """Asks for the key, makes the trouble that was ordered, and answers one key once."""

    def __init__(self, kind: type[T], key: str) -> None:
        self._kind = kind
        self._bearer = f"Bearer {key}".encode()
        self._answers: dict[tuple[str, str], tuple[str, object]] = {}
        self._order(kind())

    def strikes(self, percent: float) -> bool:
        return self._random.random() * 100 < percent

    def routes(self, path: str) -> list[Route]:
        """Where trouble is ordered, shown and ended."""
        return [
            Route(path, self._take_order, methods=["POST"]),
            Route(path, self._show, methods=["GET"]),
            Route(path, self._end, methods=["DELETE"]),
        ]

    def guarded(self, act: Endpoint) -> Endpoint:
        """Wrap what only who has the key may ask, and what may fail under it on demand."""

        async def asked(request: Request) -> Response:
            given = request.headers.get("Authorization", "").encode("latin-1")
            if not hmac.compare_digest(given, self._bearer):
                raise Problem(HTTPStatus.UNAUTHORIZED, "wrong_key", "the API key is not known")
            out_of_order = Problem(
                HTTPStatus.SERVICE_UNAVAILABLE, "fault", "out of order on demand; ask again"
            )
            if self.strikes(self.trouble.http_before_percent):
                raise out_of_order
            response = await act(request)
            if self.strikes(self.trouble.http_after_percent):
                raise out_of_order
            return response

        return asked

    def once(
        self, request: Request, scope: str, wish: BaseModel, act: Callable[[str], object]
    ) -> Response:
        """Do *act* and answer what it returns; the same key and wish get that answer again."""
        key = request.headers.get("Idempotency-Key", "")
        if not 1 <= len(key) <= LONGEST_KEY:
            raise Problem(
                HTTPStatus.BAD_REQUEST,
                "key_required",
                f"an Idempotency-Key of 1 to {LONGEST_KEY} characters is required",
            )
        canonical = wish.model_dump_json().encode()
        fingerprint = hashlib.blake2b(canonical, digest_size=16).hexdigest()
        if (scope, key) not in self._answers:
            self._answers[scope, key] = fingerprint, act(key)
        known, answer = self._answers[scope, key]
        if known != fingerprint:
            raise Refused("mismatch", "key_reused", "this Idempotency-Key came with another body")
        return json(answer, HTTPStatus.CREATED)

    def _order(self, trouble: T) -> None:
        self.trouble = trouble
        self._random = Random(trouble.seed)  # noqa: S311 - trouble is repeatable, not secret

    async def _take_order(self, request: Request) -> Response:
        self._order(await read(request, self._kind))
        return await self._show(request)

    async def _show(self, _: Request) -> Response:
        return json(self.trouble.model_dump())

    async def _end(self, _: Request) -> Response:
        self._order(self._kind())
        return Response(status_code=HTTPStatus.NO_CONTENT)

"""Those outside whom orders asks: how they are called, and what a no or a silence of theirs means.

What is sent to them may be personal, and so may their answers; so no error says more than the
method, the path, a status and a code.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import TypeVar

import orjson
from pydantic import BaseModel, ValidationError

from shared.platform.outside.outbound import Answer, Outbound, Unanswered

DEADLINE = 8.0
LONGEST = 1024 * 1024
"""Bytes of an answer that are read: as many as thousands of refunds of one payment would take."""

_LATER = frozenset({408, 425, 429})
_ANSWERS = [range(200, 300), range(400, 500)]
_FOR_GOOD = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY})
"""What says no to what was asked; any other 4xx is about how we ask, which may yet be mended."""

M = TypeVar("M", bound=BaseModel)


class Forged(Exception):
    """What somebody outside did not send, or not now, or not to us."""


class Unreachable(Exception):
    """They did not answer, or not as they should; what was asked may have happened."""


class Declined(Unreachable):
    """They answered no; what was asked did not happen, and to ask the same again is no use.

    Attributes:
        code: Why, for programs; where they do not say, the status.
    """

    def __init__(self, what: str, code: str = "") -> None:
        super().__init__(what)
        self.code = code


class Party:
    """Somebody outside, called at *url*: the operator has named it, not a stranger.

    A part of the service.
    """

    def __init__(self, to: str, url: str) -> None:
        self._url = url.rstrip("/")
        self._outside = Outbound(to, deadline=DEADLINE, most=LONGEST)

    async def start(self) -> None:
        await self._outside.start()

    async def stop(self) -> None:
        await self._outside.stop()

    def trouble(self) -> str | None:
        """That somebody outside is away is no reason to sell nothing."""
        return None

    async def _send(
        self, method: str, path: str, headers: Mapping[str, str], content: bytes = b""
    ) -> Answer:
        """Call, and bring a yes or a no; whatever leaves that open is Unreachable."""
        try:
            answer = await self._outside.ask(
                method, f"{self._url}{path}", headers=headers, content=content
            )
        except Unanswered as error:
            raise Unreachable(f"{method} {path}: {error.why}") from error
        status = answer.status
        if status in _LATER or not answer.whole or not any(status in each for each in _ANSWERS):
            raise Unreachable(f"{method} {path}: status {status}")
        return answer


class _Problem(BaseModel):
    code: str


class KeyedParty(Party):
    """One who knows us by a bearer key, as all in `deploy/sandbox` do."""

    def __init__(self, to: str, url: str, key: str) -> None:
        super().__init__(to, url)
        self._key = key

    async def ask(
        self, kind: type[M], method: str, path: str, wish: object = None, key: str = ""
    ) -> M:
        """One call, answered by *kind*.

        Raises Declined on a no that stays one, and Unreachable when there is no answer to rely
        on: what was asked may have happened, and may be asked again with the same *key*.
        """
        headers = {"Authorization": f"Bearer {self._key}"}
        if key:
            headers["Idempotency-Key"] = key
        if wish is not None:
            headers["Content-Type"] = "application/json"
        content = b"" if wish is None else orjson.dumps(wish)
        answer, of = await self._send(method, path, headers, content), f"{method} {path}"
        if answer.status in _FOR_GOOD:
            code = _code(answer)
            raise Declined(f"{of}: status {answer.status} {code}", code)
        if answer.status >= HTTPStatus.BAD_REQUEST:
            raise Unreachable(f"{of}: status {answer.status}")
        return understood(kind, answer.body, of)


def understood(kind: type[M], body: bytes | str, of: str) -> M:
    """Read an answer to *of*. Raises Unreachable for what tells nothing of it."""
    try:
        return kind.model_validate_json(body)
    except ValidationError:
        # Not chained: such an error quotes what it could not read.
        raise Unreachable(f"{of}: not an answer to that") from None


def _code(answer: Answer) -> str:
    try:
        return _Problem.model_validate_json(answer.body).code
    except ValidationError:
        return str(answer.status)

"""What every adapter is: a part of the service that calls one provider over HTTP."""

from collections.abc import Mapping
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from services.orders.psp.provider import Unreachable
from shared.platform.outside.outbound import Answer, Outbound, Unanswered

DEADLINE = 8.0
LONGEST = 1024 * 1024
"""Bytes of an answer that are read: as many as thousands of refunds of one payment would take."""

_LATER = frozenset({408, 425, 429})
_ANSWERS = [range(200, 300), range(400, 500)]

M = TypeVar("M", bound=BaseModel)


class Adapter:
    """Calls a provider at *url*, wherever that is: the operator has named it, not a stranger."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._outside = Outbound("payments", deadline=DEADLINE, most=LONGEST)

    async def start(self) -> None:
        await self._outside.start()

    async def stop(self) -> None:
        await self._outside.stop()

    def trouble(self) -> str | None:
        """A provider that is away is no reason to sell nothing."""
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
            raise Unreachable(f"{method} {path}: {error!r}") from error
        status = answer.status
        if status in _LATER or not answer.whole or not any(status in each for each in _ANSWERS):
            raise Unreachable(f"{method} {path}: status {status}")
        return answer


def check_about(wanted: str, given: str) -> None:
    """See that an answer is about what was asked for. Raises ValueError."""
    if given != wanted:
        raise ValueError("this is an answer to something else")


def understood(kind: type[M], body: bytes | str, of: str) -> M:
    """Read an answer to *of*. Raises Unreachable for what tells nothing of it."""
    try:
        return kind.model_validate_json(body)
    except ValidationError as error:
        raise Unreachable(f"{of}: {error!r}") from error

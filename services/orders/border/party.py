"""What the adapters of customs and carrier share: one way to ask the sandbox, and to know it."""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import TypeVar

import orjson
from pydantic import BaseModel, ValidationError

from services.orders.psp.adapter import DEADLINE
from services.orders.psp.keys import TOLERANCE_SECONDS
from services.orders.psp.provider import Forged, Unreachable
from shared.platform.outside.outbound import Outbound, Unanswered

_WELL = range(200, 300)
_FOR_GOOD = frozenset({404, 409, 422})
_LONGEST = 256 * 1024
"""Bytes of an answer that are read; a shipment has tens of nodes, not thousands."""

A = TypeVar("A", bound=BaseModel)


class Declined(Exception):
    """A no that stays one: to ask the same again is no use.

    Attributes:
        code: Why, for programs.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class _Problem(BaseModel):
    code: str


class Party:
    """Somebody outside who is asked with a bearer key. A part of the service.

    What is sent may be personal; so no error says more than the method, the path and a code.
    """

    def __init__(self, to: str, url: str, key: str) -> None:
        """Call it at *url*, wherever that is: the operator has named it, not a stranger."""
        self._url, self._key = url.rstrip("/"), key
        self._outside = Outbound(to, deadline=DEADLINE, most=_LONGEST)

    async def start(self) -> None:
        await self._outside.start()

    async def stop(self) -> None:
        await self._outside.stop()

    def trouble(self) -> str | None:
        """That somebody outside is away is no reason to sell nothing."""
        return None

    async def ask(
        self, kind: type[A], method: str, path: str, wish: object = None, key: str = ""
    ) -> A:
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
        try:
            answer = await self._outside.ask(
                method, f"{self._url}{path}", headers=headers, content=content
            )
            if answer.status in _FOR_GOOD:
                raise Declined(_Problem.model_validate_json(answer.body).code)
            if answer.status not in _WELL:
                raise Unreachable(f"{method} {path}: status {answer.status}")
            return kind.model_validate_json(answer.body)
        except Unanswered as error:
            raise Unreachable(f"{method} {path}: {error.why}") from error
        except ValidationError:
            # Not chained: such an error quotes what it could not read.
            raise Unreachable(f"{method} {path}: not an answer to that") from None


def check_signed(secret: bytes, headers: Mapping[str, str], body: bytes, now: datetime) -> None:
    """See that the sandbox signed *body* (HMAC over time, nonce and raw body), and just now.

    Raises Forged.
    """
    stamp, nonce = headers.get("x-sandbox-timestamp", ""), headers.get("x-sandbox-nonce", "")
    expected = hmac.new(secret, f"{stamp}.{nonce}.".encode() + body, hashlib.sha256).hexdigest()
    given = headers.get("x-sandbox-signature", "")
    if not hmac.compare_digest(expected.encode(), given.encode()):
        raise Forged("the signature does not fit")
    check_moment(stamp, 1, now)


def check_moment(stamp: str, per_second: int, now: datetime) -> None:
    """See that *stamp*, so many *per_second* since 1970, is near *now*. Raises Forged."""
    fresh = stamp.isascii() and stamp.isdecimal()
    if not fresh or abs(now.timestamp() - int(stamp) / per_second) > TOLERANCE_SECONDS:
        raise Forged("it is too old, or from the future")

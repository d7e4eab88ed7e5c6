"""The window on the mail: what was received, how much of it, and orders to refuse some."""

import re
from http import HTTPStatus
from itertools import islice
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deploy.sandbox.mail import Mailbox, Refusal
from deploy.sandbox.problem import json, number, read


class NewRefusal(BaseModel):
    """Refuse the next letters to a domain, or to the addresses a pattern finds."""

    model_config = ConfigDict(strict=True, extra="forbid")

    address_regex: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    domain: Annotated[str, Field(min_length=1, max_length=253)] | None = None
    code: Literal[451, 550]
    times: Annotated[int, Field(ge=1, le=10**9)] = 1

    @model_validator(mode="after")
    def one_of_two(self) -> "NewRefusal":
        if (self.address_regex is None) == (self.domain is None):
            raise ValueError("give either address_regex or domain")
        self.pattern()
        return self

    def pattern(self) -> re.Pattern[str]:
        expression = self.address_regex or f"@{re.escape(self.domain or '')}$"
        try:
            return re.compile(expression, re.IGNORECASE)
        except re.error as error:
            raise ValueError(f"address_regex is no pattern: {error}") from error


class Mailroom:
    """Shows the mailbox over HTTP."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox

    def routes(self) -> list[Route]:
        return [
            Route("/mail", self.find, methods=["GET"]),
            Route("/mail", self.clear, methods=["DELETE"]),
            Route("/mail/stats", self.stats, methods=["GET"]),
            Route("/mail/faults", self.order_faults, methods=["POST"]),
            Route("/mail/faults", self.show_faults, methods=["GET"]),
            Route("/mail/faults", self.end_faults, methods=["DELETE"]),
        ]

    async def find(self, request: Request) -> Response:
        limit = number(request, "limit", 100, 1_000) or 1
        after = number(request, "cursor", 0, 10**12)
        found = self._mailbox.letters(after=after, to=request.query_params.get("to"))
        page = list(islice(found, limit))
        more = next(found, None) is not None
        return json(
            {
                "mail": [letter.view() for letter in page],
                "next_cursor": str(page[-1].id) if more else None,
            }
        )

    async def clear(self, _: Request) -> Response:
        self._mailbox.clear()
        return Response(status_code=HTTPStatus.NO_CONTENT)

    async def stats(self, _: Request) -> Response:
        return json(self._mailbox.stats())

    async def order_faults(self, request: Request) -> Response:
        wish = await read(request, NewRefusal)
        self._mailbox.refusals.append(Refusal(wish.pattern(), wish.code, wish.times))
        return json(self._orders(), HTTPStatus.CREATED)

    async def show_faults(self, _: Request) -> Response:
        return json(self._orders())

    async def end_faults(self, _: Request) -> Response:
        self._mailbox.refusals.clear()
        return Response(status_code=HTTPStatus.NO_CONTENT)

    def _orders(self) -> dict[str, object]:
        return {
            "faults": [
                {"address_regex": order.pattern.pattern, "code": order.code, "left": order.left}
                for order in self._mailbox.refusals
            ]
        }

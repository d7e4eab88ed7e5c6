"""A festival that stands on a stage: where its services are, who may do what there."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx

from deploy.demo.stage import Stage
from shared.events.ids import new_id


@dataclass(frozen=True)
class Staged:
    """A festival under way.

    Attributes:
        token: Signs an access token: `token("host", "lee")`.
    """

    stage: Stage
    urls: dict[str, str]
    token: Callable[..., str]

    @property
    def pages(self) -> str:
        return self.urls["livestream"]

    async def do(
        self, service: str, method: str, path: str, token: str, body: object = None
    ) -> Any:
        """Ask a service for something, and see that it is done."""
        headers = {"Idempotency-Key": new_id()}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        async with httpx.AsyncClient() as http:
            answer = await http.request(
                method, self.urls[service] + path, json=body, headers=headers
            )
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

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

    async def goes_on_air(self, session_id: str) -> None:
        """Open a room: somebody looks after its chat, and its host goes live."""
        path, host = f"/sessions/{session_id}", self.token("host", f"host-{session_id}")
        moderator = self.token("organiser", "organiser-2")
        await self.do("livestream", "POST", f"{path}/presence", moderator)
        await self.do("livestream", "POST", f"{path}/start", host)

    async def last_in(self, session_id: str) -> str:
        """What the product is called in English that a session shows last."""
        organiser = self.token("organiser", "organiser-2")
        plan = await self.do("livestream", "GET", f"/sessions/{session_id}", organiser)
        product = await self.do("catalog", "GET", f"/products/{plan['slots'][-1]['sku']}", "")
        return product["names"]["en"]

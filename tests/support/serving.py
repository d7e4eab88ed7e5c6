"""A service under test: its real application on a real port, in the test's own process."""

import asyncio
import socket
from collections.abc import AsyncGenerator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, TypeVar

import httpx

from shared.events.ids import new_id
from shared.platform.service import Role, Server, Service
from shared.platform.settings import Settings
from tests.support.eventually import eventually

S = TypeVar("S", bound=Settings)


def settings_for(kind: type[S], env: Mapping[str, str], **own: Any) -> S:
    """What the stack tells a service, with *own* in place of some of it."""
    fields: dict[str, Any] = {
        name: env[kind.variable(name)] for name in kind.model_fields if kind.variable(name) in env
    }
    fields |= {"port": 0, "log": "warning", **own}
    return kind(**fields)


@asynccontextmanager
async def serving(service: Service, role: Role = "all") -> AsyncGenerator[str]:
    """Serve on the port of its settings until the block ends; gives the base URL, once ready."""
    server = Server(service.app(role), service.settings.port)
    task = asyncio.create_task(server.serve())
    try:
        await eventually(lambda: server.started, within=20)
        port = server.servers[0].sockets[0].getsockname()[1]
        url = f"http://127.0.0.1:{port}"
        async with httpx.AsyncClient() as client:

            async def ready() -> bool:
                return (await client.get(f"{url}/readyz")).is_success

            await eventually(ready, within=30)
        yield url
    finally:
        server.should_exit = True
        await task


def free_port() -> int:
    """A port that nobody has now; for a service that must say beforehand where it will be."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


class Client:
    """Somebody with a token at the doors of a service; each wish has a key of its own."""

    def __init__(self, url: str, token: str) -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._client = httpx.AsyncClient(base_url=url, headers=headers, timeout=30)

    async def ask(
        self, method: str, path: str, json: object = None, *, key: str = "", **headers: str
    ) -> httpx.Response:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if method != "GET":
            sent["Idempotency-Key"] = key or new_id()
        return await self._client.request(method, path, json=json, headers=sent)

    async def get(self, path: str) -> httpx.Response:
        return await self.ask("GET", path)

    def stream(self, path: str) -> AbstractAsyncContextManager[httpx.Response]:
        """An answer that is read as it comes."""
        return self._client.stream("GET", path)

    async def post(self, path: str, json: object = None, *, key: str = "") -> httpx.Response:
        return await self.ask("POST", path, json, key=key)

    async def put(
        self, path: str, json: object = None, *, key: str = "", **headers: str
    ) -> httpx.Response:
        return await self.ask("PUT", path, json, key=key, **headers)

    async def close(self) -> None:
        await self._client.aclose()

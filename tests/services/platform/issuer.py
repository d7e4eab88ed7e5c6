"""An issuer of tokens that really publishes its keys, and can be taken away."""

import asyncio
import json
import socket
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any, Self

import uvicorn
from joserfc.jwk import ECKey, KeySet, OKPKey, RSAKey
from joserfc.jws import JWSRegistry
from joserfc.util import urlsafe_b64encode
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from tests.support.eventually import eventually

Key = OKPKey | ECKey | RSAKey


ALGORITHM = {"OKP": "EdDSA", "EC": "ES256", "RSA": "RS256"}


def new_key(algorithm: str = "EdDSA", kid: str = "k1") -> Key:
    match algorithm:
        case "EdDSA":
            return OKPKey.generate_key("Ed25519", {"kid": kid})
        case "ES256":
            return ECKey.generate_key("P-256", {"kid": kid})
        case _:
            return RSAKey.generate_key(2048, {"kid": kid})


@asynccontextmanager
async def served(app: Starlette, listener: socket.socket | None = None) -> AsyncGenerator[str]:
    """Serve *app* on a real port of this machine; gives its URL."""
    listener = listener or socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_config=None, lifespan="off", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server._serve([listener]))  # pyright: ignore[reportPrivateUsage] # leaves signals alone
    await eventually(lambda: server.started)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await serving


class Issuer:
    """Signs tokens, and answers for the keys that `published` holds.

    Attributes:
        fetches: How often the keys were asked for.
        delay: For how long it lets whoever asks wait.
        junk: What it publishes besides keys.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.begin()

    def begin(self) -> None:
        """Be as new."""
        self.key = new_key()
        self.published: list[Key] = [self.key]
        self.fetches = 0
        self.delay = 0.0
        self.away = False
        self.junk: list[Any] = []

    @classmethod
    @asynccontextmanager
    async def open(cls) -> AsyncGenerator[Self]:
        listener = socket.create_server(("127.0.0.1", 0))
        issuer = cls(f"http://127.0.0.1:{listener.getsockname()[1]}")

        async def jwks(_request: Request) -> JSONResponse:
            issuer.fetches += 1
            await asyncio.sleep(issuer.delay)
            if issuer.away:
                return JSONResponse({}, 503)
            keys = KeySet(list(issuer.published)).as_dict(private=False)["keys"]
            return JSONResponse({"keys": [*issuer.junk, *keys]})

        async with served(Starlette(routes=[Route("/jwks", jwks)]), listener):
            yield issuer

    @property
    def jwks(self) -> str:
        return f"{self.url}/jwks"

    def claims(self, *roles: str, subject: object = "ana", **more: object) -> dict[str, Any]:
        now = int(time.time())
        claims: dict[str, Any] = {
            "iss": self.url,
            "aud": "feira",
            "sub": subject,
            "iat": now,
            "exp": now + 600,
            "jti": "t1",
            "roles": list(roles),
        } | more
        return {name: value for name, value in claims.items() if value is not None}

    def token(
        self,
        *roles: str,
        key: Key | None = None,
        header: dict[str, Any] | None = None,
        **claims: object,
    ) -> str:
        key = key or self.key
        name = ALGORITHM[key.key_type]
        algorithm = JWSRegistry.algorithms[name]
        protected = {"alg": name, "typ": "at+jwt", "kid": key.kid} | (header or {})
        claimed = self.claims(*roles, **claims)
        return forge(protected, claimed, lambda signed: algorithm.sign(signed, key))


def forge(header: dict[str, Any], claims: dict[str, Any], sign: Callable[[bytes], bytes]) -> str:
    """Sign anything at all, as a forger would."""
    signed = f"{_segment(header)}.{_segment(claims)}"
    return f"{signed}.{urlsafe_b64encode(sign(signed.encode())).decode()}"


def unsigned(header: dict[str, Any], claims: dict[str, Any]) -> str:
    return f"{_segment(header)}.{_segment(claims)}."


def _segment(part: dict[str, Any]) -> str:
    return urlsafe_b64encode(json.dumps(part).encode()).decode()

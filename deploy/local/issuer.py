"""Signs access tokens where there is no identity provider, and publishes the keys for them."""

import os
import re
import sys
import time
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import uvicorn
from joserfc import jwt
from joserfc.jwk import KeySet, OKPKey
from joserfc.jws import JWSRegistry
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from typing_extensions import override

from deploy.local.failure import Failure
from deploy.local.home import Home, locked, read_json, write_json
from deploy.local.ports import Ports

ROLES = ("organiser", "merchant", "host", "cashier", "buyer", "operator", "integrator")
ALGORITHM = "EdDSA"
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class _Registry(JWSRegistry):
    """Signs with EdDSA by that name: few who check tokens know its newer one (RFC 9864)."""

    @override
    def get_alg(self, name: str) -> Any:
        return self.algorithms[name]


_REGISTRY = _Registry(algorithms=[ALGORITHM])


class Issuer:
    """The signing keys of one home, the newest first."""

    def __init__(self, path: Path, url: str) -> None:
        self._path = path
        self.url = url

    @classmethod
    def load(cls, home: Home | Path | None = None, url: str | None = None) -> "Issuer":
        """Open a home's issuer, making a first key; *url* is the `iss` of its tokens."""
        home = Home(home) if isinstance(home, Path) else home or Home.default()
        told = (
            url
            or os.environ.get("FEIRA_ISSUER")
            or read_json(home.stack).get("issuer", {}).get("url")
        )
        issuer = cls(
            home.root / "issuer" / "key.json",
            told or f"http://127.0.0.1:{Ports(home).get('issuer') or Ports(home).settle('issuer')}",
        )
        if not issuer.keys:
            (home.root / "issuer").mkdir(parents=True, exist_ok=True)
            with locked(home.root / "issuer" / "lock", within=10):
                if not issuer.keys:
                    issuer.rotate()
        return issuer

    @property
    def keys(self) -> list[OKPKey]:
        return [OKPKey.import_key(key) for key in read_json(self._path).get("keys", [])]

    def rotate(self) -> OKPKey:
        """Sign with a new key from now on; tokens signed before stay good."""
        key = OKPKey.generate_key("Ed25519", {"use": "sig", "alg": ALGORITHM}, auto_kid=True)
        keys = [key, *self.keys]
        write_json(self._path, {"keys": [each.as_dict(private=True) for each in keys]})
        return key

    def token(self, role: str, subject: str, *, hours: float = 8, **claims: Any) -> str:  # noqa: ANN401 - a claim may be any JSON
        """Sign an access token (RFC 9068) for one role; *claims* adds to it or overrides."""
        if role not in ROLES:
            raise Failure(f"There is no role {role!r}; the roles are {', '.join(ROLES)}.")
        if role == "merchant" and "merchant_id" not in claims:
            raise Failure("A merchant's token must say which merchant: --merchant m01.")
        now = int(time.time())
        stated: dict[str, Any] = {
            "iss": self.url,
            "sub": subject,
            "aud": os.environ.get("FEIRA_AUDIENCE") or "feira",
            "iat": now,
            "exp": now + int(hours * 3600),
            "jti": str(uuid.uuid4()),
            "roles": [role],
            **claims,
        }
        key = self.keys[0]
        header = {"alg": ALGORITHM, "typ": "at+jwt", "kid": key.kid}
        return jwt.encode(header, stated, key, registry=_REGISTRY)

    def jwks(self) -> dict[str, Any]:
        return dict(KeySet([*self.keys]).as_dict(private=False))


def app(issuer: Issuer, origins: Sequence[str] = ()) -> Starlette:
    """Publish the keys; to pages of *origins*, if any, hand out tokens for the asking."""

    async def jwks(_: Request) -> JSONResponse:
        return JSONResponse(issuer.jwks(), headers={"Cache-Control": "public, max-age=60"})

    async def configuration(_: Request) -> JSONResponse:
        return JSONResponse(
            {
                "issuer": issuer.url,
                "jwks_uri": f"{issuer.url}/.well-known/jwks.json",
                "response_types_supported": ["token"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": [ALGORITHM],
                "claims_supported": ["iss", "sub", "aud", "roles", "merchant_id", "locale"],
            }
        )

    async def livez(_: Request) -> JSONResponse:
        return JSONResponse({"status": "ok"})

    async def demo(request: Request) -> JSONResponse:
        """A token for whoever asks from one of the *origins*: on one's own machine, for the pages.

        A page of another origin cannot send this Content-Type without asking first, and is told no.
        """
        if request.headers.get("origin") not in origins:
            return JSONResponse({"detail": "This is for the pages of this stack."}, 403)
        wish: dict[str, Any] = await request.json()
        role, subject = str(wish.get("role")), str(wish.get("subject"))
        if role not in ROLES or not re.fullmatch(r"[\w-]{1,64}", subject):
            return JSONResponse({"detail": "Say which role, and who."}, 422)
        merchant = wish.get("merchant_id", "m01")
        claims: dict[str, Any] = {"merchant_id": merchant} if role == "merchant" else {}
        return JSONResponse({"token": issuer.token(role, subject, **claims)})

    cors = Middleware(
        CORSMiddleware,
        allow_origins=origins,
        allow_methods=["GET", "POST"],
        allow_headers=["content-type"],
    )
    return Starlette(
        middleware=[cors] if origins else [],
        routes=[
            *([Route("/demo/tokens", demo, methods=["POST"])] if origins else []),
            Route("/.well-known/jwks.json", jwks),
            Route("/.well-known/openid-configuration", configuration),
            Route("/livez", livez),
        ],
    )


def main() -> None:
    home = Home.default()
    port = Ports(home).get("issuer")
    if port is None:
        sys.exit("The issuer needs FEIRA_ISSUER_PORT.")
    host = os.environ.get("FEIRA_ISSUER_HOST") or "127.0.0.1"
    # Only where nobody but this machine gets in: elsewhere no page is handed anything.
    origins = os.environ.get("FEIRA_ORIGINS", "").split() if host in LOOPBACK else []
    uvicorn.run(app(Issuer.load(home), origins), host=host, port=port, log_level="warning")


if __name__ == "__main__":
    main()

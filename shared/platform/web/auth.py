"""Who asks, and whether they may: tokens in, callers out; every route says whom it serves."""

import re
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal, cast, get_args

from fastapi import Depends, FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.openapi.models import HTTPBearer
from fastapi.params import Depends as Dependency
from fastapi.routing import APIRoute, APIWebSocketRoute, iter_route_contexts
from fastapi.security.base import SecurityBase
from joserfc import jwt
from joserfc.errors import JoseError, UnsupportedAlgorithmError
from joserfc.jws import JWSRegistry, extract_compact
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError
from starlette.requests import HTTPConnection
from starlette.types import Scope
from typing_extensions import override

from shared.events.ids import BuyerId, Id, Locale
from shared.platform.web.keys import KeyRing
from shared.platform.web.problem import Problem

Role = Literal["organiser", "merchant", "host", "cashier", "buyer", "operator", "integrator"]

ALGORITHMS = ("EdDSA", "ES256", "RS256")
LEEWAY = 30.0
"""Seconds the issuer's clock may differ from ours."""

_REMEMBERED = 10_000
_LONGEST = 8_192
_ANYONE, _SIGNED_IN = frozenset({"anyone"}), frozenset({"signed-in"})


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: an opaque subject and what the issuer says they are."""

    subject: str = ""
    roles: frozenset[str] = frozenset()
    merchant_id: str | None = None
    locale: Locale | None = None

    @property
    def anonymous(self) -> bool:
        return not self.subject


_NOBODY = Caller()


class _Claims(BaseModel):
    model_config = ConfigDict(strict=True)

    iss: str
    sub: BuyerId
    aud: str | list[str]
    exp: float
    nbf: float = 0
    iat: float = 0
    roles: list[Annotated[str, StringConstraints(max_length=64)]] = []
    merchant_id: Id | None = None
    locale: str | None = None


class _Algorithms(JWSRegistry):
    """Only our three; without the library's advice to call EdDSA by its newer name."""

    @override
    def get_alg(self, name: str) -> Any:
        if name not in ALGORITHMS:
            raise UnsupportedAlgorithmError(f"Algorithm {name!r} is not allowed")
        return self.algorithms[name]


_ALGORITHMS = _Algorithms(algorithms=list(ALGORITHMS), strict_check_header=False)


class Verifier:
    """Checks access tokens (RFC 9068) of one issuer for one audience; a part of the service.

    A verdict is remembered until the token expires, so a busy caller costs a dictionary lookup.
    """

    def __init__(
        self,
        issuer: str,
        jwks_url: str,
        audience: str,
        *,
        keys: KeyRing | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._issuer, self._audience, self._now = issuer, audience, now
        self._keys = keys or KeyRing(jwks_url)
        self._losses = 0
        self._known: OrderedDict[str, tuple[Caller, float]] = OrderedDict()
        self.start, self.stop, self.trouble = self._keys.start, self._keys.stop, self._keys.trouble

    def known(self, token: str) -> Caller | None:
        """The one this *token* was issued to, if it was looked at before and has not expired."""
        if self._losses != self._keys.losses:
            self._losses = self._keys.losses
            self._known.clear()
        known = self._known.get(token)
        if known is None or known[1] <= self._now():
            return None
        self._known.move_to_end(token)
        return known[0]

    async def caller(self, token: str) -> Caller:
        """The one this *token* was issued to. Raises Problem (401), or Busy without any keys."""
        if known := self.known(token):
            return known
        caller, expires = await self._verify(token)
        self._known[token] = caller, expires
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return caller

    async def _verify(self, token: str) -> tuple[Caller, float]:
        if len(token) > _LONGEST or not token.isascii():
            raise _unauthorised("malformed")
        try:
            header = extract_compact(token.encode()).headers()
            if str(header.get("typ")).lower().removeprefix("application/") != "at+jwt":
                raise _unauthorised("of another type")
            # The header only names a key of ours; keys it carries or points to are never looked at.
            key = await self._keys.find(str(header.get("kid")))
            if key is None:
                raise _unauthorised("signed by an unknown key")
            claims = _Claims.model_validate(jwt.decode(token, key, registry=_ALGORITHMS).claims)
        except (JoseError, ValidationError, ValueError, TypeError) as error:
            raise _unauthorised("not sound") from error
        self._check(claims)
        locale = cast("Locale", claims.locale) if claims.locale in get_args(Locale) else None
        caller = Caller(claims.sub, frozenset(claims.roles), claims.merchant_id, locale)
        return caller, claims.exp

    def _check(self, claims: _Claims) -> None:
        now = self._now()
        audience = [claims.aud] if isinstance(claims.aud, str) else claims.aud
        if claims.iss != self._issuer:
            raise _unauthorised("of another issuer")
        if self._audience not in audience:
            raise _unauthorised("for another audience")
        if claims.exp + LEEWAY <= now:
            raise _unauthorised("expired")
        if max(claims.nbf, claims.iat) - LEEWAY > now:
            raise _unauthorised("not valid yet")


def _unauthorised(how: str) -> Problem:
    told = f"The access token is {how}."
    challenge = f'Bearer realm="feira", error="invalid_token", error_description="{told}"'
    return Problem(401, "token-invalid", told, headers={"WWW-Authenticate": challenge})


_USUAL = b"Bearer "
_BEARER = re.compile(rb"bearer +([A-Za-z0-9._~+/=-]+) *", re.IGNORECASE)


async def caller_of(scope: Scope) -> Caller:
    """Who sends this request; anonymous without a token. Raises Problem for a token not sound."""
    caller = scope.get("feira.caller")
    if caller is None:
        caller = _NOBODY
        for name, value in scope["headers"]:
            if name == b"authorization":
                verifier: Verifier = scope["app"].state.verifier
                caller = verifier.known(value[len(_USUAL) :].decode("latin-1"))
                if caller is None or not value.startswith(_USUAL):
                    found = _BEARER.fullmatch(value)
                    if found is None:
                        raise _unauthorised("not a bearer token")
                    caller = await verifier.caller(found[1].decode())
                break
        scope["feira.caller"] = caller
    return caller


class Access:
    """Whom a route serves: a dependency that hands the route its caller, or turns them away."""

    roles: frozenset[str] = _ANYONE

    async def __call__(self, connection: HTTPConnection) -> Caller:
        return self.admit(await caller_of(connection.scope))

    def admit(self, caller: Caller) -> Caller:
        return caller


class _Restricted(Access, SecurityBase):
    """Serves those who hold one of some roles; OpenAPI shows it as a bearer token."""

    model = HTTPBearer(bearerFormat="JWT", description="An access token of the issuer (RFC 9068).")
    scheme_name = "bearer"

    def __init__(self, roles: frozenset[str]) -> None:
        self.roles = roles

    @override
    def admit(self, caller: Caller) -> Caller:
        if caller.anonymous:
            challenge = {"WWW-Authenticate": 'Bearer realm="feira"'}
            raise Problem(401, "token-missing", "This takes an access token.", headers=challenge)
        if self.roles is not _SIGNED_IN and self.roles.isdisjoint(caller.roles):
            raise Problem(403, "role-missing", f"This is for: {', '.join(sorted(self.roles))}.")
        return caller


public: Dependency = Depends(Access())
"""For routes anyone may call; a token, if one is sent, still has to be sound."""

signed_in: Dependency = Depends(_Restricted(_SIGNED_IN))
"""For routes that anyone with a sound token may call, whatever their roles."""


def allow(*roles: Role) -> Dependency:
    """For routes that serve those who hold one of *roles*.

    Used as `caller: Annotated[Caller, allow("host")]` or in the `dependencies` of a route.
    """
    if not roles or not set(roles) <= set(get_args(Role)):
        raise TypeError(f"{roles} are not all roles; these are: {', '.join(get_args(Role))}")
    return Depends(_Restricted(frozenset(roles)))


def access_table(app: FastAPI) -> list[tuple[str, str, tuple[str, ...]]]:
    """Every route of *app*: method, path, and the roles served (or "anyone", or "signed-in").

    Raises TypeError naming the first route that does not say whom it serves.
    """
    table: list[tuple[str, str, tuple[str, ...]]] = []
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if not isinstance(route, APIRoute | APIWebSocketRoute):
            continue
        served = [found.roles for found in accesses(context.dependant)]
        if not served:
            raise TypeError(
                f"{context.path} ({context.name}) does not say whom it serves: "
                "give it a caller with `allow(...)`, `signed_in` or `public`"
            )
        roles = _narrowest(served)
        table.extend((m, context.path or "", roles) for m in sorted(context.methods or {"WS"}))
    return sorted(table, key=lambda row: (row[1], row[0]))


def accesses(dependant: Dependant) -> Iterator[Access]:
    """Every access rule among the dependencies of a route, however deep."""
    for inner in dependant.dependencies:
        if isinstance(inner.call, Access):
            yield inner.call
        yield from accesses(inner)


def _narrowest(served: list[frozenset[str]]) -> tuple[str, ...]:
    for general in (_ANYONE, _SIGNED_IN):
        served = [roles for roles in served if roles != general] or [general]
    return tuple(sorted(frozenset.intersection(*served)))

"""The issuer's public keys: fetched, kept fresh, and kept on while the issuer is away."""

import asyncio
import time
from collections.abc import Callable
from typing import Any, TypeAlias, cast

import httpx
import structlog
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, JWKRegistry, OKPKey, RSAKey

from shared.refusal import Busy

Key: TypeAlias = ECKey | OKPKey | RSAKey

FRESH = 600.0
"""Seconds after which the keys are fetched again."""
STALE = 86_400.0
"""Seconds for which they still serve when the issuer cannot be reached."""
_ASK_EVERY = 30.0
_RETRY_AFTER = 1.0
_PATIENCE = 5.0

log = structlog.get_logger(__name__)


class KeyRing:
    """The keys published at one URL, a part of the service.

    Attributes:
        losses: How often a key was withdrawn; whoever remembers a verdict forgets it then.
    """

    def __init__(self, url: str, *, now: Callable[[], float] = time.monotonic) -> None:
        self._url, self._now = url, now
        self._keys: dict[str, Key] = {}
        self._fetched = self._asked = float("-inf")
        self._fetching: asyncio.Task[None] | None = None
        self._keeping: asyncio.Task[None] | None = None
        self._away = "they have not been fetched yet"
        self.losses = 0

    async def start(self) -> None:
        """Fetch the keys, and again every ten minutes; sooner when that fails."""
        self._keeping = asyncio.create_task(self._keep(), name="issuer keys")

    async def stop(self) -> None:
        """Let go of what is still under way."""
        tasks = [task for task in (self._keeping, self._fetching) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def trouble(self) -> str | None:
        """Say when there is no key to check a token with."""
        if self._now() - self._fetched > STALE:
            return f"There are no keys to check tokens with: {self._away}."
        return None

    async def find(self, kid: str) -> Key | None:
        """Find the key named *kid*. Raises Busy when there are no keys at all.

        An unknown name is asked after, but not for every token that makes one up.
        """
        if kid not in self._keys:
            due = self._now() - self._asked >= (_RETRY_AFTER if self.trouble() else _ASK_EVERY)
            if due or self._under_way():
                await self._fetch_once()
        if self.trouble():
            raise Busy(_RETRY_AFTER)
        return self._keys.get(kid)

    async def _keep(self) -> None:
        while True:
            await self._fetch_once()
            age = self._now() - self._fetched
            await asyncio.sleep(FRESH if age < FRESH else _RETRY_AFTER)

    async def _fetch_once(self) -> None:
        """Fetch, or wait for the fetch that is already under way."""
        if self._fetching is None or not self._under_way():
            self._asked = self._now()
            self._fetching = asyncio.create_task(self._fetch(), name="fetch issuer keys")
        await asyncio.shield(self._fetching)

    def _under_way(self) -> bool:
        return self._fetching is not None and not self._fetching.done()

    async def _fetch(self) -> None:
        try:
            async with asyncio.timeout(_PATIENCE), httpx.AsyncClient(trust_env=False) as client:
                answer = (await client.get(self._url)).raise_for_status()
            published = _read(answer.json())
        except Exception as error:  # noqa: BLE001 # whatever is answered, the old keys serve on
            self._away = f"{self._url} answers with {type(error).__name__}"
            log.warning("issuer keys not fetched", url=self._url, error=repr(error))
            return
        if not self._keys.keys() <= published.keys():
            self.losses += 1
        self._keys, self._fetched = published, self._now()


def _read(key_set: dict[str, Any]) -> dict[str, Key]:
    """Take the usable keys of a key set: named, asymmetric, for signatures."""
    usable: dict[str, Key] = {}
    for entry in key_set["keys"]:
        try:
            if entry.get("kty") in {"EC", "OKP", "RSA"} and entry.get("use", "sig") == "sig":
                usable[entry["kid"]] = cast("Key", JWKRegistry.import_key(entry))
        except (JoseError, AttributeError, KeyError, ValueError, TypeError) as error:
            log.warning("issuer key not usable", error=repr(error))
    return usable

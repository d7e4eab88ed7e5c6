"""The parts that are our own programs: the issuer of tokens, the sandbox, the services."""

import http.client
import os
import sys
from collections.abc import Callable, Sequence

from deploy.local.home import PROJECT, Home
from deploy.local.part import Recipe, Say, terms_of
from deploy.local.ports import Ports

Env = dict[str, str]

# What a shell may tell every program alike; all else that concerns one carries its name.
COMMON = ("FEIRA_LOG", "FEIRA_OTLP")


class App:
    """A Python program of this project that listens on HTTP."""

    patience = 60.0
    grace = 20.0

    def __init__(
        self,
        home: Home,
        name: str,
        command: Sequence[str],
        env: Callable[[], Env],
        *,
        also: Sequence[str] = (),
        health: str = "/livez",
    ) -> None:
        self._home = home
        self.name = name
        self.ports = (name, *also)
        self._command = command
        self._health = health
        self._env = env

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def terms(self) -> str:
        own = f"FEIRA_{self.name.upper()}_"
        said = {
            key: value for key, value in os.environ.items() if key.startswith(own) or key in COMMON
        }
        return terms_of(list(self._command), {**said, **self._env()})

    def prepare(self, say: Say) -> None:
        """It has all it needs."""

    def recipe(self) -> Recipe:
        return Recipe([sys.executable, "-m", *self._command], self._environment())

    def ready(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self._port or 0, timeout=2)
        try:
            connection.request("GET", self._health)
            return connection.getresponse().status == http.client.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def diagnose(self, log: str) -> str | None:
        """A Python program that ends badly says why in its last line."""
        lines = log.strip().splitlines()
        return f"{self.name} stopped while starting: {lines[-1].strip()}" if lines else None

    @property
    def _port(self) -> int | None:
        return Ports(self._home).get(self.ports[0])

    def _environment(self) -> Env:
        return {
            # The driver's threads would each take an arena of their own from glibc.
            "MALLOC_ARENA_MAX": "2",
            **os.environ,
            "PYTHONUNBUFFERED": "1",
            "PYTHONPATH": str(PROJECT),
            "FEIRA_HOME": str(self._home.root),
            **self._env(),
        }

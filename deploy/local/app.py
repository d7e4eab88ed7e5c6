"""The parts that are our own programs: the issuer of tokens, the sandbox, the services."""

import http.client
import os
import sys
from collections.abc import Callable, Sequence

from deploy.local.home import PROJECT, Home
from deploy.local.part import Recipe, Say, terms_of
from deploy.local.ports import Ports

Env = dict[str, str]

# What tells this stack where it is, and nothing to a program in it.
NOT_PASSED_ON = (
    "FEIRA_HOME",
    "FEIRA_MONGOD",
    "FEIRA_LOCAL_KAFKA_HEAP_MB",
    "FEIRA_LOCAL_MONGO_CACHE_GB",
)


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
        told = {
            key: value for key, value in self._environment().items() if key.startswith("FEIRA_")
        }
        for key in NOT_PASSED_ON:
            told.pop(key, None)
        return terms_of(list(self._command), told)

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
            **os.environ,
            "PYTHONUNBUFFERED": "1",
            "PYTHONPATH": str(PROJECT),
            "FEIRA_HOME": str(self._home.root),
            **self._env(),
        }

"""A real MongoDB, a replica set of one, from a mongod that a wheel brings."""

import importlib.util
import os
import re
import shlex
import shutil
import stat
import time
from pathlib import Path

from deploy.local import replica_set
from deploy.local.failure import Failure
from deploy.local.home import Home
from deploy.local.part import Recipe, Say, terms_of
from deploy.local.ports import Ports, is_open
from deploy.local.process import Records, spawn, tail


class Mongo:
    """The MongoDB of one home."""

    name = "mongo"
    ports = ("mongo",)
    patience = 60.0
    grace = 30.0

    def __init__(self, home: Home) -> None:
        self._home = home
        self._data = home.root / "mongo" / "data"
        self._cache = os.environ.get("FEIRA_LOCAL_MONGO_CACHE_GB") or "1"

    @property
    def url(self) -> str:
        return f"mongodb://{self._address}/?replicaSet={replica_set.NAME}"

    @property
    def terms(self) -> str:
        return terms_of(self._argv)

    def prepare(self, say: Say) -> None:
        say(self.name, "looking for mongod")
        binary()
        self._data.mkdir(parents=True, exist_ok=True)

    def recipe(self) -> Recipe:
        if self._home.remembered("mongo").get("address", self._address) != self._address:
            self._move()
        self._home.remember("mongo", {"address": self._address})
        return Recipe([*self._argv, "--replSet", replica_set.NAME], os.environ)

    def ready(self) -> bool:
        port = Ports(self._home).get("mongo")
        return port is not None and is_open(port) and replica_set.is_primary(self._address)

    def diagnose(self, log: str) -> str | None:
        wrong = re.search(r"error while loading shared libraries: \S+|version `\S+' not found", log)
        if wrong:
            return (
                f"The mongod at {binary()} was built for another system ({wrong[0]}): "
                "set FEIRA_MONGOD to a mongod of this one."
            )
        if "DBPathInUse" in log:
            return f"Another mongod, not started by this stack, is using {self._data}."
        return None

    @property
    def _address(self) -> str:
        return f"127.0.0.1:{Ports(self._home).get('mongo')}"

    @property
    def _argv(self) -> list[str]:
        port = str(Ports(self._home).get("mongo"))
        argv = [str(binary()), "--dbpath", str(self._data)]
        argv += ["--bind_ip", "127.0.0.1", "--port", port, "--quiet"]
        argv += ["--wiredTigerCacheSizeGB", self._cache, "--oplogSize", "1024"]
        argv += ["--setParameter", "diagnosticDataCollectionEnabled=false"]
        argv += ["--setParameter", "transactionLifetimeLimitSeconds=3"]
        return [*argv, *shlex.split(os.environ.get("FEIRA_MONGOD_ARGS", ""))]

    def _move(self) -> None:
        """Start it alone for a moment, to be told of its new address."""
        alone = spawn(
            self.name, self._argv, os.environ, terms="moving", log=self._home.log(self.name)
        )
        Records(self._home).keep(alone)
        deadline = time.monotonic() + self.patience
        while not replica_set.readdress(self._address):
            if not alone.alive or time.monotonic() > deadline:
                alone.stop(grace=self.grace)
                raise Failure(
                    f"The data in {self._data} could not be moved to {self._address}.",
                    evidence=tail(self._home.log(self.name)),
                )
        alone.stop(grace=self.grace)


def binary() -> Path:
    """Find mongod: FEIRA_MONGOD, the wheel's, or the one on PATH."""
    named = os.environ.get("FEIRA_MONGOD")
    if named:
        if not os.access(named, os.X_OK):
            raise Failure(f"FEIRA_MONGOD is {named}, which is not a program that can be run.")
        return Path(named)
    wheel = importlib.util.find_spec("fiftyone")
    for place in (wheel and wheel.submodule_search_locations) or ():
        found = Path(place, "db", "bin", "mongod")
        if found.exists():
            _make_runnable(found)
            return found
    on_path = shutil.which("mongod")
    if on_path is None:
        raise Failure(
            "No mongod found: install the extra `local` of this project, or set FEIRA_MONGOD."
        )
    return Path(on_path)


def _make_runnable(program: Path) -> None:
    if os.access(program, os.X_OK):
        return
    try:
        program.chmod(program.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
    except PermissionError:
        raise Failure(f"{program} may not be run, and its owner must allow it.") from None

"""A real MongoDB, a replica set of one, from a mongod that a wheel brings."""

import contextlib
import importlib.util
import os
import re
import shlex
import shutil
import stat
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from deploy.local.failure import Failure
from deploy.local.home import Home
from deploy.local.part import Recipe, Say, terms_of
from deploy.local.ports import Ports, is_open

REPLICA_SET = "feira"
NOT_YET_INITIALIZED = 94

Document = dict[str, Any]


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
        return f"mongodb://{self._address}/?replicaSet={REPLICA_SET}"

    @property
    def terms(self) -> str:
        return terms_of(self._argv)

    def prepare(self, say: Say) -> None:
        say(self.name, "looking for mongod")
        binary()
        self._data.mkdir(parents=True, exist_ok=True)

    def recipe(self) -> Recipe:
        return Recipe(self._argv, os.environ)

    @property
    def _argv(self) -> list[str]:
        port = str(Ports(self._home).get("mongo"))
        argv = [str(binary()), "--dbpath", str(self._data), "--replSet", REPLICA_SET]
        argv += ["--bind_ip", "127.0.0.1", "--port", port, "--quiet"]
        argv += ["--wiredTigerCacheSizeGB", self._cache, "--oplogSize", "1024"]
        argv += ["--setParameter", "diagnosticDataCollectionEnabled=false"]
        return [*argv, *shlex.split(os.environ.get("FEIRA_MONGOD_ARGS", ""))]

    def ready(self) -> bool:
        """Be a primary under the present address, whatever the data folder remembers."""
        port = Ports(self._home).get("mongo")
        if port is None or not is_open(port):
            return False
        client: MongoClient[Document] = MongoClient(
            "127.0.0.1", port, directConnection=True, serverSelectionTimeoutMS=2_000
        )
        # An error only means: not yet. The patience of the part bounds how often that is believed.
        with contextlib.suppress(PyMongoError), client:
            if self._member(client) == self._address:
                return bool(client.admin.command("hello")["isWritablePrimary"])
        return False

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

    def _member(self, client: MongoClient[Document]) -> str:
        """Return the address the replica set knows itself by, and put it right if it is another."""
        try:
            config: Document = client.admin.command("replSetGetConfig")["config"]
        except OperationFailure as error:
            if error.code != NOT_YET_INITIALIZED:
                raise
            only: Document = {"_id": REPLICA_SET, "members": [{"_id": 0, "host": self._address}]}
            client.admin.command("replSetInitiate", only)
            return self._address
        member: Document = config["members"][0]
        if member["host"] != self._address:
            config["version"] += 1
            config["members"] = [{**member, "host": self._address}]
            client.admin.command("replSetReconfig", config, force=True)
        return self._address


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


def objection(uri: str) -> str:
    """Ask a MongoDB that is not ours whether it will do; no objection when it will."""
    try:
        client: MongoClient[Document] = MongoClient(uri, serverSelectionTimeoutMS=5_000)
        with client:
            hello: Document = client.admin.command("hello")
    except PyMongoError as error:
        return f"does not answer: {str(error).split(',')[0]}"
    return "" if "setName" in hello else "is not a replica set, which transactions need"

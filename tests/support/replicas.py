"""A MongoDB of three: members are killed and come back, and somebody else becomes the primary."""

import os
import signal
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from deploy.local.home import Home
from deploy.local.mongo import binary
from deploy.local.ports import Ports
from deploy.local.process import Process, spawn, tail
from deploy.local.replica_set import NAME
from tests.support.eventually import eventually

ELECTION_MS = 2_000
"""How long the others do without their primary before they elect another one."""

Document = dict[str, Any]


@dataclass
class Member:
    """One mongod of the set."""

    address: str
    argv: list[str]
    log: Path
    process: Process

    def command(self, name: str, value: object = 1, **more: Any) -> Document:
        """Tell this member alone. Raises PyMongoError where it is away."""
        with MongoClient[Document](
            self.address, directConnection=True, serverSelectionTimeoutMS=1_000
        ) as client:
            return client.admin.command(name, value, **more)

    @property
    def leads(self) -> bool:
        """Whether it is the primary and takes writes."""
        try:
            return bool(self.command("hello")["isWritablePrimary"])
        except PyMongoError:
            return False


class Replicas:
    """A replica set of three; give FEIRA_MONGO its *url*."""

    def __init__(self, root: Path) -> None:
        self._home = Home(root)
        self.members: list[Member] = []
        self.killed = 0

    @property
    def url(self) -> str:
        hosts = ",".join(member.address for member in self.members)
        return f"mongodb://{hosts}/?replicaSet={NAME}"

    async def start(self) -> None:
        """Start three, make them a set, wait until one of them takes writes."""
        self._home.make()
        for number in range(3):
            self.members.append(self._begin(f"mongo_{number}"))
        await eventually(lambda: all(map(_answers, self.members)), within=60)
        hosts = [
            {"_id": number, "host": member.address} for number, member in enumerate(self.members)
        ]
        settings = {"electionTimeoutMillis": ELECTION_MS, "heartbeatIntervalMillis": 500}
        wanted = {"_id": NAME, "members": hosts, "settings": settings}
        self.members[0].command("replSetInitiate", wanted)
        await self.whole()

    def stop(self) -> None:
        """Nothing that was written is wanted any more."""
        for member in self.members:
            member.process.stop(grace=0)

    async def primary(self) -> Member:
        """The one that takes writes, once there is one."""
        [leading, *_] = await eventually(lambda: [each for each in self.members if each.leads])
        return leading

    async def kill_primary(self) -> Member:
        """Kill the primary as a machine that loses its power would."""
        killed = await self.primary()
        os.kill(killed.process.pid, signal.SIGKILL)
        await eventually(lambda: not killed.process.alive)
        self.killed += 1
        return killed

    async def revive(self) -> None:
        """Start again whatever is dead."""
        for member in self.members:
            if not member.process.alive:
                member.process = self._spawn(member.argv, member.log)
        await self.whole()

    async def whole(self) -> None:
        """Wait until one leads and the two others follow it."""

        def states() -> bool:
            told = self.members[0].command("replSetGetStatus")["members"]
            return sorted(each["stateStr"] for each in told) == ["PRIMARY", *["SECONDARY"] * 2]

        async def stands() -> bool:
            try:
                return states()
            except PyMongoError:
                return False

        try:
            await eventually(stands, within=60, pause=0.1)
        except TimeoutError:
            evidence = "\n".join(tail(member.log, 5) for member in self.members)
            raise TimeoutError(f"the replica set does not stand:\n{evidence}") from None
        await self.primary()

    def _begin(self, name: str) -> Member:
        port = Ports(self._home).settle(name)
        data = self._home.root / name
        data.mkdir(parents=True, exist_ok=True)
        argv = [str(binary()), "--dbpath", str(data), "--replSet", NAME, "--quiet"]
        argv += ["--bind_ip", "127.0.0.1", "--port", str(port), "--oplogSize", "990"]
        argv += ["--wiredTigerCacheSizeGB", "0.5"]
        for parameter in (
            "diagnosticDataCollectionEnabled=false",
            "transactionLifetimeLimitSeconds=3",
            "enableTestCommands=1",
        ):
            argv += ["--setParameter", parameter]
        log = self._home.log(name)
        return Member(f"127.0.0.1:{port}", argv, log, self._spawn(argv, log))

    @staticmethod
    def _spawn(argv: list[str], log: Path) -> Process:
        return spawn("mongo", argv, os.environ, terms="a set of three", log=log)


def _answers(member: Member) -> bool:
    try:
        member.command("ping")
    except PyMongoError:
        return False
    return True


@contextmanager
def a_set_of_three(root: Path) -> Generator[Replicas]:
    """Three members, started by whoever enters; none of them is left when the block ends."""
    replicas = Replicas(root)
    try:
        yield replicas
    finally:
        replicas.stop()

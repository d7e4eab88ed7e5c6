"""The stack as a whole: which parts there are, and in which order they start and stop."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from deploy import SERVICES
from deploy.local import kafka, replica_set
from deploy.local.app import App
from deploy.local.environment import Environment
from deploy.local.failure import Abandoned, Failure
from deploy.local.home import PROJECT, Home, read_json, write_json
from deploy.local.kafka import Kafka
from deploy.local.mongo import Mongo
from deploy.local.page import describe
from deploy.local.part import Part, Say, Starter
from deploy.local.ports import Ports
from deploy.local.process import Records

WORLD = ("issuer", "sandbox")
KNOWN = ("infra", *WORLD, *SERVICES)

Job = Callable[[], None]


@dataclass(frozen=True)
class Row:
    """One part as a person wants to see it."""

    part: str
    state: str
    url: str
    seconds: float | None = None
    resident: int | None = None


def silent(_part: str, _doing: str) -> None:
    """Say nothing."""


class Stack:
    """A Kafka, a MongoDB and the programs around them, in one home."""

    def __init__(self, home: Home | Path | None = None, *, say: Say = silent) -> None:
        self.home = Home(home) if isinstance(home, Path) else home or Home.default()
        self.environment = Environment(self.home)
        self._say = say
        self._records = Records(self.home)
        self._ports = Ports(self.home)
        env = self.environment
        self.kafka = Kafka(self.home)
        self.mongo = Mongo(self.home)
        self.apps = {
            "issuer": App(self.home, "issuer", ["deploy.local.issuer"], env.issuer),
            "sandbox": App(
                self.home, "sandbox", ["deploy.sandbox"], env.sandbox, also=["sandbox_smtp"]
            ),
        }
        for name in SERVICES:
            command = [f"services.{name}", "--role", "all"]
            told = partial(env.service, name)
            self.apps[name] = App(self.home, name, command, told, health="/readyz")

    @property
    def parts(self) -> Sequence[Part]:
        return (self.kafka, self.mongo, *self.apps.values())

    def up(self, only: Collection[str] | str = (), *, anew: Collection[str] = ()) -> dict[str, Any]:
        """Start what is not running, replace what is ill, leave the rest; return stack.json.

        *only* names some of KNOWN, as a collection or with commas. Kafka, MongoDB and the topics
        are always wanted; a service wants the issuer and the sandbox too. *anew* names those of
        our own programs that are stopped first, to run the code and the settings of now.
        """
        wanted = _wanted(only)
        try:
            self.home.make()
            with self.home.locked(waiting=self._waiting):
                self._stop(self.apps[name] for name in anew)
                return self._up(wanted)
        except OSError as error:
            raise Failure(f"{error.filename or self.home.root}: {error.strerror}.") from error

    def down(self) -> list[str]:
        """Stop all of this home that runs, even after a crash; return the names of what ran."""
        if not self.home.root.exists():
            return []
        with self.home.locked(waiting=self._waiting):
            return self._down()

    def reset(self) -> None:
        """Stop, and forget every order and event; keep addresses, keys and downloads."""
        if not self.home.root.exists():
            return
        with self.home.locked(waiting=self._waiting):
            self._down()
            for folder in ("kafka", "mongo", "sandbox", "logs"):
                shutil.rmtree(self.home.root / folder, ignore_errors=True)

    def status(self) -> list[Row]:
        """Look at every part that was started, and ask it how it is."""
        with ThreadPoolExecutor() as pool:
            rows = pool.map(self._row, self.parts)
            return [row for row in rows if row is not None]

    def read(self) -> dict[str, Any] | None:
        """Return stack.json of a stack that was started and not stopped."""
        return read_json(self.home.stack) or None

    def topics(self) -> None:
        """Run the job that makes the topics."""
        self._say("topics", "making topics")
        done = subprocess.run(
            [sys.executable, "-m", "deploy.topics"],
            cwd=PROJECT,
            env={**os.environ, **self.environment.infra()},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise Failure(
                "The topics could not be made.", evidence=(done.stdout + done.stderr)[-2000:]
            )
        self._say("topics", "ready")

    def _up(self, wanted: Collection[str]) -> dict[str, Any]:
        starter = Starter(self.home, self._say)
        try:
            _together(starter, [partial(self._kafka, starter), partial(self._mongo, starter)])
            world = [partial(starter.ensure, self.apps[name]) for name in WORLD if name in wanted]
            self._settle(wanted)
            _together(starter, [self.topics, *world])
            _together(
                starter,
                [partial(starter.ensure, self.apps[name]) for name in SERVICES if name in wanted],
            )
        except BaseException:
            self._stop(starter.started)
            self._publish()
            raise
        return self._publish()

    def _settle(self, wanted: Collection[str]) -> None:
        """Choose the services' ports before any of them starts: each is told of the others."""
        for name in SERVICES:
            process = self._records.get(name)
            starts = name in wanted and not (process and process.alive)
            if starts or self._ports.get(name) is None:
                self._ports.settle(name)

    def _kafka(self, starter: Starter) -> None:
        other = self.environment.other_kafka
        if other is None:
            starter.ensure(self.kafka)
            return
        starter.stop(self.kafka)
        if not kafka.answers(other):
            raise Failure(f"FEIRA_KAFKA is {other}, and no Kafka answers there.")
        self._say("kafka", "ready")

    def _mongo(self, starter: Starter) -> None:
        other = self.environment.other_mongo
        if other is None:
            starter.ensure(self.mongo)
            return
        starter.stop(self.mongo)
        objection = replica_set.objection(other)
        if objection:
            raise Failure(f"The MongoDB that FEIRA_MONGO names {objection}.")
        self._say("mongo", "ready")

    def _waiting(self) -> None:
        self._say("stack", "waiting for another feira to finish")

    def _down(self) -> list[str]:
        running = [process.part for process in self._records.all() if process.alive]
        self._stop([part for part in self.parts if part.name in running])
        self.home.stack.unlink(missing_ok=True)
        for process in self._records.all():
            self._records.drop(process.part)
        return running

    def _stop(self, parts: Iterable[Part]) -> None:
        """Stop the services first: they have work to finish in Kafka and MongoDB."""
        starter = Starter(self.home, self._say)
        parts = list(parts)
        for services in (True, False):
            some = [part for part in parts if (part.name in SERVICES) is services]
            with ThreadPoolExecutor() as pool:
                list(pool.map(starter.stop, some))

    def _publish(self) -> dict[str, Any]:
        env = self.environment
        processes = self._records.all()
        ours = any(process.alive for process in processes)
        if not ours and not (env.other_kafka and env.other_mongo):
            self.home.stack.unlink(missing_ok=True)
            return {}
        page = describe(env, processes, SERVICES)
        write_json(self.home.stack, page)
        return page

    def _row(self, part: Part) -> Row | None:
        other = {"kafka": self.environment.other_kafka, "mongo": self.environment.other_mongo}
        if other.get(part.name):
            return Row(part.name, "not ours", str(other[part.name]))
        process = self._records.get(part.name)
        if process is None:
            return None
        ready = part.ready() and process.listens_on(self._ports.get(part.ports[0]))
        if not process.alive:
            return Row(part.name, "dead", part.url, process.seconds)
        state = "ready" if ready else "not ready"
        return Row(part.name, state, part.url, process.seconds, process.resident)


def _wanted(only: Collection[str] | str) -> Collection[str]:
    names = set(only.split(",")) if isinstance(only, str) and only else set(only)
    unknown = names - set(KNOWN)
    if unknown:
        raise Failure(f"There is no part {min(unknown)!r}; the parts are {', '.join(KNOWN)}.")
    if not names:
        return KNOWN
    return names | set(WORLD) if names & set(SERVICES) else names


def _together(starter: Starter, jobs: Sequence[Job]) -> None:
    """Run jobs side by side; when one fails, the others give up, and the failure is told."""
    if not jobs:
        return
    with ThreadPoolExecutor(len(jobs)) as pool:
        futures = [pool.submit(job) for job in jobs]
        try:
            wait(futures, return_when=FIRST_EXCEPTION)
        except BaseException:
            starter.give_up.set()
            raise
        if any(future.done() and future.exception() for future in futures):
            starter.give_up.set()
    errors = [error for future in futures if (error := future.exception())]
    for error in errors:
        if not isinstance(error, Abandoned):
            raise error

"""What every part of the stack can do, and how one is brought to life."""

import hashlib
import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from deploy.local.failure import Abandoned, Failure
from deploy.local.home import Home
from deploy.local.ports import Ports
from deploy.local.process import Process, Records, spawn, tail

Say = Callable[[str, str], None]
"""Told what a part is doing: its name, and a few words."""

TRIES = 4
PROBE_EVERY = 0.05


@dataclass(frozen=True)
class Recipe:
    """How to start a part now."""

    argv: Sequence[str]
    env: Mapping[str, str]


class Part(Protocol):
    """One process of the stack."""

    @property
    def name(self) -> str: ...
    @property
    def url(self) -> str: ...
    @property
    def ports(self) -> Sequence[str]:
        """Names of the ports it listens on, its main one first."""
        ...

    @property
    def patience(self) -> float:
        """Seconds it may take to become ready."""
        ...

    @property
    def grace(self) -> float:
        """Seconds it may take to stop by itself."""
        ...

    @property
    def terms(self) -> str:
        """What it runs on, in short: a process started on other terms is replaced."""
        ...

    def prepare(self, say: Say) -> None:
        """Fetch and set up what it needs, once."""
        ...

    def recipe(self) -> Recipe: ...
    def ready(self) -> bool:
        """Speak to it. May take the next step towards being ready."""
        ...

    def diagnose(self, log: str) -> str | None:
        """Say in one sentence why it died, when its log gives that away."""
        ...


class Starter:
    """Brings parts to life in one home; keeps what is healthy, replaces what is not."""

    def __init__(self, home: Home, say: Say) -> None:
        self._home = home
        self._say = say
        self._ports = Ports(home)
        self._records = Records(home)
        self.started: list[Part] = []
        self.give_up = threading.Event()

    def ensure(self, part: Part) -> None:
        since = time.monotonic()
        if self._healthy(part):
            self._say(part.name, "ready")
            return
        self.stop(part)
        self._say(part.name, "preparing")
        part.prepare(self._say)
        if self.give_up.is_set():
            raise Abandoned
        for attempt in range(1, TRIES + 1):
            for port in part.ports:
                self._ports.settle(port)
            recipe = part.recipe()
            process = spawn(
                part.name, recipe.argv, recipe.env, terms=part.terms, log=self._home.log(part.name)
            )
            self._records.keep(process)
            self.started.append(part)
            self._say(part.name, "starting")
            if self._comes_up(part, process):
                self._records.keep(replace(process, seconds=time.monotonic() - since))
                self._say(part.name, "ready")
                return
            log = tail(self._home.log(part.name), 200)
            if "address already in use" not in log.lower() or attempt == TRIES:
                raise died(part, log)
            # Somebody took the port between our look and its bind.
            self._say(part.name, "port taken meanwhile, trying another")
            self.stop(part)
            for port in part.ports:
                self._ports.forget(port)

    def stop(self, part: Part) -> None:
        process = self._records.get(part.name)
        if process is not None and process.alive:
            self._say(part.name, "stopping")
            process.stop(grace=part.grace)
        self._records.drop(part.name)

    def _healthy(self, part: Part) -> bool:
        process = self._records.get(part.name)
        if process is None or not process.alive:
            return False
        if any(self._ports.get(port) is None for port in part.ports):
            return False
        if process.terms != part.terms:
            self._say(part.name, "its settings have changed")
            return False
        return self._comes_up(part, process, within=5.0)

    def _comes_up(self, part: Part, process: Process, *, within: float | None = None) -> bool:
        """Wait until it is ready; False when it died, or missed a deadline that was given."""
        deadline = time.monotonic() + (within or part.patience)
        while True:
            # Whoever answers may have taken the port from us: it must be the process we started.
            if part.ready() and process.listens_on(self._ports.get(part.ports[0])):
                return True
            if not process.alive:
                return False
            if self.give_up.is_set():
                raise Abandoned
            if time.monotonic() > deadline:
                if within is not None:
                    return False
                raise Failure(
                    f"{part.name} was not ready within {part.patience:.0f} s.",
                    evidence=tail(self._home.log(part.name)),
                )
            time.sleep(PROBE_EVERY)


def died(part: Part, log: str) -> Failure:
    lines = log.splitlines()[-20:]
    evidence = "\n".join(lines)
    lowered = log.lower()
    if "no space left on device" in lowered:
        return Failure(f"{part.name} stopped because the disk is full.", evidence=evidence)
    if "address already in use" in lowered:
        sentence = f"{part.name} found its port taken {TRIES} times in a row."
        return Failure(sentence, evidence=evidence)
    sentence = part.diagnose(log) or f"{part.name} stopped while starting."
    said = lines and lines[-1].strip() in sentence
    return Failure(sentence, evidence="\n".join(lines[:-1]) if said else evidence)


def terms_of(*facts: object) -> str:
    """Condense what a process was started with, secrets included, so that it may be kept."""
    return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()[:16]

"""Where a stack lives on disk: its data, logs, keys, process records, and what it remembers."""

import contextlib
import fcntl
import json
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any, cast

from deploy.local.failure import Failure

PROJECT = Path(__file__).resolve().parents[2]
LEAST_FREE_BYTES = 1 << 30


def nothing() -> None:
    """Do nothing while waiting."""


class Home:
    """The folder of one stack. Jars and Java are shared by all stacks of a project."""

    def __init__(self, root: Path) -> None:
        self.root = root.expanduser().resolve()
        self.logs = self.root / "logs"
        self.records = self.root / "run"
        self.stack = self.root / "stack.json"

    @classmethod
    def default(cls) -> "Home":
        """Take FEIRA_HOME, else `.feira` in the project."""
        return cls(Path(os.environ.get("FEIRA_HOME") or PROJECT / ".feira"))

    @property
    def tools(self) -> Path:
        return PROJECT / ".feira" / "tools"

    def log(self, part: str) -> Path:
        return self.logs / f"{part}.log"

    def make(self) -> None:
        for folder in (self.root, self.logs, self.records, self.tools):
            folder.mkdir(parents=True, exist_ok=True)
        self.root.chmod(0o700)
        free = shutil.disk_usage(self.root).free
        if free < LEAST_FREE_BYTES:
            raise Failure(
                f"The disk of {self.root} has {free >> 20} MiB free; Kafka and MongoDB need 1 GiB."
            )

    def remembered(self, name: str) -> dict[str, Any]:
        """Read a small JSON memory of this home, empty when there is none."""
        return read_json(self.root / f"{name}.json")

    def remember(self, name: str, memory: dict[str, Any]) -> None:
        write_json(self.root / f"{name}.json", memory)

    def secret(self, name: str) -> str:
        """Return a random secret that stays the same as long as this home does."""
        memory = self.remembered("secrets")
        if name not in memory:
            memory[name] = secrets.token_urlsafe(32)
            self.remember("secrets", memory)
        return cast("str", memory[name])

    @contextlib.contextmanager
    def locked(self, *, waiting: Callable[[], None] = nothing) -> Generator[None]:
        """Keep every other start and stop of this home out, for as long as this one takes."""
        self.root.mkdir(parents=True, exist_ok=True)
        with locked(self.root / "lock", within=300, waiting=waiting):
            yield


@contextlib.contextmanager
def locked(path: Path, *, within: float, waiting: Callable[[], None] = nothing) -> Generator[None]:
    """Hold an advisory lock, which the system frees when its holder dies."""
    since = time.monotonic()
    with path.open("a") as handle:
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() - since > within:
                    raise Failure(f"Another feira has held {path} for {within:.0f} s.") from None
                waiting()
                time.sleep(0.2)
        yield


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object; a missing or torn file counts as empty: all of it can be made anew."""
    try:
        return cast("dict[str, Any]", json.loads(path.read_bytes()))
    except (FileNotFoundError, json.JSONDecodeError):
        return {}


def write_json(path: Path, value: dict[str, Any]) -> None:
    """Write a file that only its owner reads, in one piece or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(descriptor, "w") as handle:
            json.dump(value, handle, indent=2)
        Path(draft).replace(path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise

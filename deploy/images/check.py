"""Checks what no container engine is needed for: the Dockerfile, and compose.yaml's shape."""

import subprocess
import sys
from pathlib import Path

import yaml

from deploy import SERVICES

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
    wrong = list(dangling(yaml.safe_load((ROOT / COMPOSE).read_text(encoding="utf-8"))))
    sys.stderr.write("".join(f"{COMPOSE}: {what}\n" for what in wrong))
    return 1 if failed or wrong else 0


def _run(command: list[str]) -> bool:
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)  # noqa: S603 - our own
    if done.returncode:
        sys.stderr.write(done.stdout + done.stderr)
    return not done.returncode


def dangling(compose: dict[str, dict[str, dict[str, object]]]) -> list[str]:
    """What compose.yaml names that is not there: services waited for, files built from."""
    services = compose["services"]
    wrong = [f"no service {name}" for name in SERVICES if name not in services]
    for name, service in services.items():
        waits = service.get("depends_on", {})
        if isinstance(waits, dict):
            wrong += [f"{name} waits for {other}" for other in waits if other not in services]
    return wrong


if __name__ == "__main__":
    sys.exit(main())

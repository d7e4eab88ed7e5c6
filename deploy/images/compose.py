"""What compose.yaml must hold to, as far as no container engine is needed to see it."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, TypeAlias

import yaml

from deploy import SERVICES
from deploy.language.hearers import settings_of

FOLDER = Path(__file__).parents[1] / "compose"

Compose: TypeAlias = dict[str, Any]
Parts: TypeAlias = Mapping[str, Compose]

_OF_THE_IMAGE = frozenset({"host", "port"})
"""Where a service listens its image says."""

_ANSWERED = frozenset({"database"})
"""What no service has to be told although its settings name no default: it knows its own name."""

_DEMANDED = re.compile(r"\$\{(\w+):\?")
_KAFKAS_OWN = "/tmp/kafka-logs"  # noqa: S108 - where Kafka writes when nobody says where


def read() -> tuple[Compose, str]:
    """compose.yaml, and the file of variables with which it can be tried."""
    compose = yaml.safe_load((FOLDER / "compose.yaml").read_text(encoding="utf-8"))
    return compose, (FOLDER / "sandbox.env").read_text(encoding="utf-8")


def faults(compose: Compose, sandbox: str) -> Iterator[str]:
    """What is wrong, a sentence each."""
    services: Parts = compose["services"]
    for name in SERVICES:
        if name in services:
            yield from _misled(name, services[name].get("environment", {}))
        else:
            yield f"there is no service {name}"
    for name, service in services.items():
        waits = service.get("depends_on", {})
        yield from (f"{name} waits for {other}" for other in waits if other not in services)
    yield from _forgetful(services["kafka"])
    said = {line.partition("=")[0] for line in sandbox.splitlines()}
    demanded = set(_DEMANDED.findall(yaml.safe_dump(compose, width=10_000)))
    yield from (f"sandbox.env does not say {name}" for name in sorted(demanded - said))


def _forgetful(kafka: Compose) -> Iterator[str]:
    """Whether facts outlive the container: every directory of Kafka's log is on a volume."""
    mounts = {PurePosixPath(volume.split(":")[1]) for volume in kafka.get("volumes", ())}
    for folder in kafka["environment"].get("KAFKA_LOG_DIRS", _KAFKAS_OWN).split(","):
        path = PurePosixPath(folder)
        if mounts.isdisjoint({path, *path.parents}):
            yield f"kafka writes its log to {folder}, which is on no volume"


def _misled(name: str, environment: Mapping[str, str | None]) -> Iterator[str]:
    """Whether *name* can be told all its settings, and what it must be told has no default."""
    kind = settings_of(name)
    fields = {kind.variable(field): field for field in kind.model_fields}
    for variable, field in fields.items():
        if field in _OF_THE_IMAGE:
            continue
        if variable not in environment:
            yield f"{name} cannot be told {variable}"
        elif kind.model_fields[field].is_required() and field not in _ANSWERED:
            value = environment[variable] or ""
            if not value or ("${" in value and not _DEMANDED.match(value)):
                yield f"{name} starts without anybody having said {variable}"
    yield from (f"{name} knows no {each}" for each in environment if each not in fields)

"""Images and Compose, as far as they can be seen to be right without a container engine."""

import copy
import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from deploy import SERVICES
from deploy.images import compose, dockerfile
from deploy.language.hearers import settings_of

IMAGES = Path(compose.__file__).parent
Change = Callable[[dict[str, Any]], object]


def environment(of: dict[str, Any], service: str) -> dict[str, Any]:
    return of["services"][service]["environment"]


def test_what_is_in_the_project_can_be_deployed() -> None:
    parts, sandbox = compose.read()
    assert list(compose.faults(parts, sandbox)) == []
    assert list(dockerfile.faults(dockerfile.read(), parts)) == []


@pytest.mark.parametrize(
    ("said", "instead", "complaint"),
    [
        ("COPY web .", "COPY site .", "pages copies site, which is not there"),
        ("COPY web .", "COPY docs .", "pages copies docs, which .dockerignore keeps out"),
        ("--from=pages", "--from=page", "livestream copies from page, which is no stage"),
        (
            "--outDir /pages",
            "--outDir /dist",
            "livestream is told that its pages are in /app/web, where none are put",
        ),
        (
            "ENV FEIRA_LIVESTREAM_WEB=/app/web",
            "ENV FEIRA_LIVESTREAM_WEB=/web",
            "compose.yaml does not leave FEIRA_LIVESTREAM_WEB at /web",
        ),
        ("ARG NODE=22", "ARG NODE=18", "the pages are built with Node.js 18 and want >=20.19"),
        ("AS sandbox", "AS sand", "sandbox is built from sandbox, which is no stage"),
        ("AS pages", "AS web", "no stage makes the pages, or none serves them"),
    ],
)
def test_what_an_image_would_lack_is_told_before_it_is_built(
    said: str, instead: str, complaint: str
) -> None:
    text = dockerfile.read()
    assert said in text
    parts, _ = compose.read()
    assert complaint in list(dockerfile.faults(text.replace(said, instead), parts))


def test_a_livestream_without_its_pages_is_told() -> None:
    parts, _ = compose.read()
    parts["services"]["livestream"]["build"]["target"] = "service"
    complaint = "compose.yaml builds livestream without the pages"
    assert complaint in list(dockerfile.faults(dockerfile.read(), parts))


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        pytest.param(
            lambda c: environment(c, "kafka").pop("KAFKA_LOG_DIRS"),
            "kafka writes its log to /tmp/kafka-logs, which is on no volume",
            id="Kafka forgets with its container",
        ),
        pytest.param(
            lambda c: c["services"]["kafka"].pop("volumes"),
            "kafka writes its log to /var/lib/kafka/data, which is on no volume",
            id="Kafka has no volume",
        ),
        pytest.param(
            lambda c: environment(c, "orders").update(
                {"FEIRA_ORDERS_PAYMENTS_KEY": "${FEIRA_ORDERS_PAYMENTS_KEY:-known}"}
            ),
            "orders starts without anybody having said FEIRA_ORDERS_PAYMENTS_KEY",
            id="a secret that everybody knows",
        ),
        pytest.param(
            lambda c: environment(c, "notify").update(FEIRA_NOTIFY_SENDER=None),
            "notify starts without anybody having said FEIRA_NOTIFY_SENDER",
            id="nothing instead of an address",
        ),
        pytest.param(
            lambda c: environment(c, "notify").pop("FEIRA_NOTIFY_WEBHOOK_ALLOW"),
            "notify cannot be told FEIRA_NOTIFY_WEBHOOK_ALLOW",
            id="a setting out of reach",
        ),
        pytest.param(
            lambda c: environment(c, "catalog").update(FEIRA_CATALOG_ROLE="api"),
            "catalog knows no FEIRA_CATALOG_ROLE",
            id="a setting that is none",
        ),
        pytest.param(
            lambda c: environment(c, "catalog").update(FEIRA_AUDIENCE="${FEIRA_CROWD:?who}"),
            "sandbox.env does not say FEIRA_CROWD",
            id="the try does not say all",
        ),
        pytest.param(
            lambda c: c["services"]["orders"]["depends_on"].update(godot={}),
            "orders waits for godot",
            id="waiting for nobody",
        ),
        pytest.param(
            lambda c: c["services"].pop("livestream"),
            "there is no service livestream",
            id="a service left out",
        ),
    ],
)
def test_what_would_go_wrong_in_a_deployment_is_told_before(change: Change, complaint: str) -> None:
    found, sandbox = compose.read()
    found = copy.deepcopy(found)
    change(found)
    assert complaint in list(compose.faults(found, sandbox))


@pytest.mark.parametrize("service", SERVICES)
def test_an_image_listens_to_all_at_the_port_it_shows(service: str, tmp_path: Path) -> None:
    """Whatever it is told: what asks whether it is healthy asks there."""
    python = tmp_path / "python"
    python.write_text('#!/bin/sh\necho "$@"\nenv\n')
    python.chmod(0o755)
    own = f"FEIRA_{service.upper()}"
    said = subprocess.run(  # noqa: S603 - our own
        [IMAGES / "serve", "--role", "api"],
        env={"PATH": f"{tmp_path}:{os.environ['PATH']}", "SERVICE": service, f"{own}_PORT": "8002"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    dockerfile = (IMAGES / "Dockerfile").read_text(encoding="utf-8")
    [port] = re.findall(r"^EXPOSE (\d+)$", dockerfile, re.MULTILINE)
    assert f"http://127.0.0.1:{port}/readyz" in dockerfile
    assert said[0] == f"-m services.{service} --role api"
    assert {f"{own}_HOST=0.0.0.0", f"{own}_PORT={port}"} <= set(said)


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_listens_at_the_same_port_unless_it_is_told_another(service: str) -> None:
    assert settings_of(service).model_fields["port"].default == 8000

"""stack.json: the page on which a running stack tells everybody else how to join it."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from deploy.local.environment import Environment
from deploy.local.process import Process


def describe(
    env: Environment, processes: Iterable[Process], services: Iterable[str]
) -> dict[str, Any]:
    """Write down what is alive, and every variable that a program needs to join it."""
    alive = {process.part: process for process in processes if process.alive}
    told = env.infra()
    page: dict[str, Any] = {
        "version": 1,
        "started_at": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "kafka": {"url": told["FEIRA_KAFKA"], **_traces(alive, "kafka")},
        "mongo": {"url": told["FEIRA_MONGO"], **_traces(alive, "mongo")},
    }
    if "issuer" in alive:
        told |= env.issuer()
        places = {"url": told["FEIRA_ISSUER"], "jwks": told["FEIRA_JWKS"]}
        page["issuer"] = {**places, **_traces(alive, "issuer")}
    if "sandbox" in alive:
        told |= env.sandbox()
        places = {
            "payments": env.url("sandbox"),
            "customs": env.url("sandbox"),
            "carrier": env.url("sandbox"),
            "mail": env.url("sandbox"),
            "smtp": env.smtp(),
        }
        page["sandbox"] = {**places, **_traces(alive, "sandbox")}
    running = [name for name in services if name in alive]
    for name in running:
        told |= env.service(name)
    page["services"] = {name: {"url": env.url(name), **_traces(alive, name)} for name in running}
    page["env"] = told
    return page


def _traces(alive: Mapping[str, Process], part: str) -> dict[str, Any]:
    process = alive.get(part)
    return {"pid": process and process.pid, "log": process and process.log}

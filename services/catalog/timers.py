"""Time in: merchants who are to be looked at again."""

from typing import Any

from services.catalog.queries import Queries
from services.catalog.registry import Registry
from shared.platform.timers import Timer


def timers(registry: Registry, queries: Queries) -> list[Timer[Any]]:
    return [Timer("verification", queries.unverified, registry.expire, every=5.0)]

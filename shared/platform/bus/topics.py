"""The topics a deployment needs."""

from collections.abc import Iterable

from shared.events.base import topics


def dead_letters(service: str) -> str:
    """The topic where *service* puts what it could not take in."""
    return f"feira.{service}.dead.v1"


def all_topics(services: Iterable[str]) -> list[str]:
    """Every topic of a deployment: the published language and each service's dead letters."""
    owners = tuple(services)
    said = [topic for topic in topics() if topic.split(".")[1] in owners]
    return sorted({*said, *map(dead_letters, owners)})

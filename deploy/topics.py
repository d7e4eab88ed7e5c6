"""The job that makes the topics: `python -m deploy.topics`, once before the services start.

Nothing else makes topics. What is there already is left as it is, and refused if it is weaker than
what the published language promises: other partitions, fewer copies, facts forgotten too soon.
"""

import asyncio
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

from deploy import SERVICES
from shared.events.base import PARTITIONS
from shared.platform.bus.topics import all_topics

DAYS = 24 * 3600 * 1000
KEEP, MOST = 7 * DAYS, 14 * DAYS
"""How long facts stay on their topics, in ms: as long as promised, and no longer than journals know
what has acted already."""


def promised(name: str, replicas: int) -> dict[str, str]:
    """How the topic *name* is kept: how things stand for ever, facts for a week, of any number."""
    config = {
        "cleanup.policy": "compact" if ".state." in name else "delete",
        "min.insync.replicas": str(max(1, replicas - 1)),
        "unclean.leader.election.enable": "false",
    }
    if config["cleanup.policy"] == "delete":
        config |= {"retention.ms": str(KEEP), "retention.bytes": "-1"}
    return config


def weaknesses(topic: Mapping[str, Any], kept: Mapping[str, str], replicas: int) -> Iterator[str]:
    """In what a *topic*, *kept* as the brokers tell, is weaker than promised."""
    name, partitions = topic["topic"], topic["partitions"]
    if len(partitions) != PARTITIONS:
        yield f"{name} has {len(partitions)} partitions, not {PARTITIONS}"
    copies = min(len(partition["replicas"]) for partition in partitions)
    if copies < replicas:
        yield f"{name} has {copies} copies, not {replicas}"
    for key, wanted in promised(name, replicas).items():
        told = kept.get(key, wanted)
        if not _as_good(key, told, wanted):
            meant = f"from {KEEP} to {MOST}" if key == "retention.ms" else wanted
            yield f"{name} has {key}={told}, not {meant}"


def _as_good(key: str, told: str, wanted: str) -> bool:
    match key:
        case "retention.ms":
            return KEEP <= int(told) <= MOST
        case "min.insync.replicas":
            return int(told) >= int(wanted)
        case _:
            return told == wanted


async def make_topics(kafka: str, replicas: int) -> list[str]:
    """Make what is missing; returns the names made. ValueError for a topic that is too weak."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        names = all_topics(SERVICES)
        every: list[Any] = await admin.describe_topics()
        there = {topic["topic"]: topic for topic in every if topic["topic"] in names}
        kept = await _configs(admin, list(there))
        weak = [
            what
            for name, topic in there.items()
            for what in weaknesses(topic, kept[name], replicas)
        ]
        if weak:
            raise ValueError("; ".join(weak))
        missing = [name for name in names if name not in there]
        if missing:
            await _make(admin, missing, replicas)
        return missing
    finally:
        await admin.close()


async def _configs(admin: AIOKafkaAdminClient, names: Sequence[str]) -> dict[str, dict[str, str]]:
    """How topics are kept, as the brokers tell."""
    asked = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    answers: list[Any] = await admin.describe_configs(asked) if asked else []
    told: dict[str, dict[str, str]] = {}
    for answer in answers:
        for code, why, _, name, entries in answer.resources:
            if code:
                raise ValueError(f"{name} cannot be looked at: {why or for_code(code).__name__}")
            told[name] = {entry[0]: entry[1] for entry in entries}
    return told


async def _make(admin: AIOKafkaAdminClient, names: Sequence[str], replicas: int) -> None:
    answer: Any = await admin.create_topics(
        [
            NewTopic(name, PARTITIONS, replicas, topic_configs=promised(name, replicas))
            for name in names
        ]
    )
    for name, code, *why in answer.topic_errors:
        error = for_code(code)
        if code and error is not TopicAlreadyExistsError:
            raise ValueError(f"{name}: {error.__name__} {' '.join(map(str, why))}")


def main() -> int:
    kafka = os.environ.get("FEIRA_KAFKA", "")
    if not kafka:
        sys.stderr.write("FEIRA_KAFKA is not set: say where Kafka is, as host:port.\n")
        return 2
    try:
        made = asyncio.run(make_topics(kafka, int(os.environ.get("FEIRA_TOPIC_REPLICAS", "1"))))
    except (KafkaError, ValueError, OSError) as error:
        sys.stderr.write(f"The topics are not as they should be: {error}.\n")
        return 1
    sys.stdout.write(f"{len(made)} topics made, {len(all_topics(SERVICES))} there.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

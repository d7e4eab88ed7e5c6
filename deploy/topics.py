"""The job that makes the topics: `python -m deploy.topics`, once before the services start.

Nothing else makes topics. What is there already is left as it is, and refused if it is weaker than
what the published language promises.
"""

import asyncio
import os
import sys
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

from deploy import SERVICES
from shared.events.base import PARTITIONS
from shared.platform.bus.topics import all_topics

DAYS = 24 * 3600 * 1000
KEEP = str(7 * DAYS)
"""How long facts stay on their topics, in ms; journals keep them longer (14 days)."""


def _wanted(name: str, replicas: int) -> NewTopic:
    compacted = ".state." in name
    config = {
        "cleanup.policy": "compact" if compacted else "delete",
        "min.insync.replicas": str(max(1, replicas - 1)),
        "unclean.leader.election.enable": "false",
        "compression.type": "producer",
    }
    if not compacted:
        config["retention.ms"] = KEEP
    return NewTopic(name, PARTITIONS, replicas, topic_configs=config)


async def make_topics(kafka: str, replicas: int) -> list[str]:
    """Make what is missing; returns the names made. ValueError for a topic that is too weak."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        names = all_topics(SERVICES)
        there: dict[str, Any] = {topic["topic"]: topic for topic in await admin.describe_topics()}
        for name in names:
            found = there.get(name)
            if found and len(found["partitions"]) != PARTITIONS:
                raise ValueError(
                    f"{name} has {len(found['partitions'])} partitions, not {PARTITIONS}"
                )
        missing = [name for name in names if name not in there]
        if missing:
            answer: Any = await admin.create_topics([_wanted(name, replicas) for name in missing])
            for name, code, *why in answer.topic_errors:
                error = for_code(code)
                if code and error is not TopicAlreadyExistsError:
                    raise ValueError(f"{name}: {error.__name__} {' '.join(map(str, why))}")
        return missing
    finally:
        await admin.close()


def main() -> int:
    kafka = os.environ.get("FEIRA_KAFKA", "")
    if not kafka:
        sys.stderr.write("FEIRA_KAFKA is not set: say where Kafka is, as host:port.\n")
        return 2
    try:
        made = asyncio.run(make_topics(kafka, int(os.environ.get("FEIRA_TOPIC_REPLICAS", "1"))))
    except (KafkaError, ValueError, OSError) as error:
        sys.stderr.write(f"The topics could not be made: {error}\n")
        return 1
    sys.stdout.write(f"{len(made)} topics made, {len(all_topics(SERVICES))} there.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Reading all that is on Kafka, once, from the first record to the last."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any, TypeAlias

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from deploy import SERVICES

Record: TypeAlias = "ConsumerRecord[bytes, bytes]"

OURS = tuple(f"feira.{service}." for service in SERVICES)
"""How the topics of the services begin; tests have others, on which anything may stand."""


async def every_record(
    kafka: str, topics: Sequence[str] = (), *, since: datetime | None = None
) -> AsyncIterator[Record]:
    """Every record of those topics, or of all the services', from the first to the last of now.

    Partitions are named, and so is where each begins: a consumer that is only asked for the
    beginning may have begun at the end by then. *since* leaves out what was said before.
    """
    places = await _places(kafka, topics)
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka, enable_auto_commit=False)
    await consumer.start()
    try:
        begins = await consumer.beginning_offsets(places)
        ends = await consumer.end_offsets(places)
        if since:
            at = int(since.timestamp() * 1000)
            later = await consumer.offsets_for_times(dict.fromkeys(places, at))
            for place, found in later.items():
                begins[place] = found.offset if found else ends[place]
        left = {place for place in places if begins[place] < ends[place]}
        consumer.assign(left)
        for place in left:
            consumer.seek(place, begins[place])
        while left:
            for records in (await consumer.getmany(timeout_ms=500)).values():
                for record in records:
                    yield record
            for place in list(left):
                if await consumer.position(place) >= ends[place]:
                    left.discard(place)
                    consumer.pause(place)
    finally:
        await consumer.stop()


async def _places(kafka: str, topics: Sequence[str]) -> list[TopicPartition]:
    """Every partition of those topics, or of all that the services have."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        there: list[dict[str, Any]] = await admin.describe_topics(list(topics) or None)
    finally:
        await admin.close()
    return [
        TopicPartition(found["topic"], partition["partition"])
        for found in there
        for partition in found["partitions"]
        if topics or found["topic"].startswith(OURS)
    ]

"""Kafka as a stranger sees it: every record since the beginning, and how far the services are."""

from dataclasses import dataclass
from typing import Any, cast

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from deploy.local.stack import SERVICES
from shared.events.base import PARTITIONS
from shared.platform.bus.topics import all_topics, dead_letters

SIGNALS = "/signals/"
"""What the source of a record has in it that is said, may be lost, and is in no journal."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record: the fact and what its envelope says."""

    id: str
    type: str
    source: str
    sequence: str
    topic: str
    partition: int
    offset: int
    key: str
    value: bytes


class Bus:
    """Everything said on every topic since `open`, heard with no group and no trace."""

    def __init__(self, kafka: str) -> None:
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=kafka,
            enable_auto_commit=False,
            fetch_max_wait_ms=100,
            max_partition_fetch_bytes=4 * 1024 * 1024,
        )
        self._admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
        self._began: dict[TopicPartition, int] = {}
        self.records: list[Record] = []
        """Facts, in order of offset within each partition."""
        self.signals = 0
        """Records that are no facts of a journal: samples of audiences and the like."""
        self.dead = 0
        """Records that a service could not take in."""

    async def open(self) -> None:
        """Note where every topic ends now."""
        await self._consumer.start()
        await self._admin.start()
        places = [
            TopicPartition(topic, number)
            for topic in all_topics(SERVICES)
            for number in range(PARTITIONS)
        ]
        self._consumer.assign(places)
        self._began = await self._consumer.end_offsets(places)
        for place, offset in self._began.items():
            self._consumer.seek(place, offset)

    async def close(self) -> None:
        await self._consumer.stop()
        await self._admin.close()

    async def listen(self) -> int:
        """Hear all that was said up to now; returns how many records there are."""
        ends = await self._consumer.end_offsets(list(self._began))
        behind = dict(ends)
        for place in ends:
            if await self._consumer.position(place) >= ends[place]:
                del behind[place]
        while behind:
            found = await self._consumer.getmany(timeout_ms=200, max_records=20_000)
            for place, records in found.items():
                for record in records:
                    self._take(record)
                if records and records[-1].offset + 1 >= ends[place]:
                    behind.pop(place, None)
        return len(self.records)

    async def behind(self) -> dict[str, int]:
        """How many records each service has not taken in yet."""
        ends = await self._consumer.end_offsets(list(self._began))
        left: dict[str, int] = {}
        for group in SERVICES:
            committed = {
                place: at.offset
                for place, at in (await self._admin.list_consumer_group_offsets(group)).items()
                if at.offset >= 0
            }
            heard = {place.topic for place in committed}
            left[group] = sum(
                max(0, ends[place] - committed.get(place, began))
                for place, began in self._began.items()
                if place.topic in heard
            )
        return left

    def _take(self, record: Any) -> None:  # noqa: ANN401 - the library's record is of any key and value
        headers = {name: value.decode() for name, value in record.headers}
        if record.topic in {dead_letters(service) for service in SERVICES}:
            self.dead += 1
        elif SIGNALS in headers.get("ce_source", ""):
            self.signals += 1
        else:
            self.records.append(
                Record(
                    id=headers.get("ce_id", ""),
                    type=headers.get("ce_type", ""),
                    source=headers.get("ce_source", ""),
                    sequence=headers.get("ce_sequence", ""),
                    topic=record.topic,
                    partition=record.partition,
                    offset=record.offset,
                    key=cast("bytes", record.key).decode(),
                    value=cast("bytes", record.value),
                )
            )

"""Dead letters: what a service could not take in, kept whole on its own topic, with the error."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

import structlog
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError, MessageSizeTooLargeError
from prometheus_client import Counter

from shared.events.base import instant
from shared.platform.bus.hearing import Record
from shared.platform.bus.topics import dead_letters

log = structlog.get_logger(__name__)

DEAD = Counter("feira_dead_letters_total", "Records given up", ["topic"])

ANY_SIZE = 64 * 1024 * 1024
"""The broker says what is too large, not the producer."""


class DeadLetters:
    """Where *service* puts records it gives up."""

    def __init__(self, kafka: str, service: str) -> None:
        self._kafka, self._topic = kafka, dead_letters(service)
        self._producer: AIOKafkaProducer | None = None

    async def put(self, record: Record, error: BaseException) -> None:
        """Keep *record* with the *error*; comes back only when Kafka has it.

        One too large to be kept whole leaves the place where the original stands.
        """
        place = TopicPartition(record.topic, record.partition)
        why = _why(place, record.offset, error)
        value = record.value if record.value is not None or record.key is not None else b""
        try:
            await self._keep(record.key, value, [*record.headers, *why])
        except MessageSizeTooLargeError:
            size = str(len(record.value or b"")).encode()
            await self._keep(None, b"", [*why, ("feira-cut", size)])

    async def put_unread(self, place: TopicPartition, offset: int, error: BaseException) -> None:
        """Keep the place of a record that nobody here can read."""
        await self._keep(None, b"", _why(place, offset, error))

    async def close(self) -> None:
        if self._producer:
            await self._producer.stop()

    async def _keep(
        self, key: bytes | None, value: bytes | None, headers: Sequence[tuple[str, bytes]]
    ) -> None:
        while True:
            try:
                producer = self._producer or await self._open()
                await producer.send_and_wait(self._topic, value, key=key, headers=headers)
            except MessageSizeTooLargeError:
                raise
            except KafkaError as away:
                log.warning("dead letter waits for Kafka", error=repr(away)[:200])
                await asyncio.sleep(0.5)
            else:
                return

    async def _open(self) -> AIOKafkaProducer:
        producer = AIOKafkaProducer(
            bootstrap_servers=self._kafka, acks="all", max_request_size=ANY_SIZE
        )
        try:
            await producer.start()
        except BaseException:
            await producer.stop()
            raise
        self._producer = producer
        return producer


def _why(place: TopicPartition, offset: int, error: BaseException) -> list[tuple[str, bytes]]:
    """Count and tell what is given up; returns the headers that say so."""
    said = f"{type(error).__name__}: {error}"[:1000]
    log.error(
        "record given up",
        topic=place.topic,
        partition=place.partition,
        offset=offset,
        error=said,
    )
    DEAD.labels(place.topic).inc()
    return [
        ("feira-error", said.encode(errors="replace")),
        ("feira-topic", place.topic.encode()),
        ("feira-partition", str(place.partition).encode()),
        ("feira-offset", str(offset).encode()),
        ("feira-given-up-at", instant(datetime.now(UTC)).encode()),
    ]

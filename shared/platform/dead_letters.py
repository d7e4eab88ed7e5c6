"""Dead letters: what a service could not take in, kept whole on its own topic, with the error."""

import asyncio
from datetime import UTC, datetime

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from prometheus_client import Counter

from shared.events.base import instant
from shared.platform.hearing import Record
from shared.platform.kafka import dead_letters

log = structlog.get_logger(__name__)

DEAD = Counter("feira_dead_letters_total", "Records given up", ["topic"])


class DeadLetters:
    """Where *service* puts records it gives up."""

    def __init__(self, kafka: str, service: str) -> None:
        self._kafka, self._service = kafka, service
        self._producer: AIOKafkaProducer | None = None

    async def put(self, record: Record, error: BaseException) -> None:
        """Keep *record* with the *error*; comes back only when Kafka has it."""
        said = f"{type(error).__name__}: {error}"[:1000]
        log.error(
            "record given up",
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            error=said,
        )
        DEAD.labels(record.topic).inc()
        headers = [
            *record.headers,
            ("feira-error", said.encode()),
            ("feira-topic", record.topic.encode()),
            ("feira-partition", str(record.partition).encode()),
            ("feira-offset", str(record.offset).encode()),
            ("feira-given-up-at", instant(datetime.now(UTC)).encode()),
        ]
        while True:
            try:
                await self._send(record, headers)
            except KafkaError as away:
                log.warning("dead letter waits for Kafka", error=repr(away)[:200])
                await asyncio.sleep(0.5)
            else:
                return

    async def _send(self, record: Record, headers: list[tuple[str, bytes]]) -> None:
        if self._producer is None:
            producer = AIOKafkaProducer(bootstrap_servers=self._kafka, acks="all")
            await producer.start()
            self._producer = producer
        await self._producer.send_and_wait(
            dead_letters(self._service), record.value, key=record.key, headers=headers
        )

    async def close(self) -> None:
        if self._producer:
            await self._producer.stop()

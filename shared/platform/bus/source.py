"""The source: FastStream's batch subscriber, every option set that would otherwise lose events."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError
from faststream.kafka import KafkaBroker, TopicPartition
from faststream.kafka.message import KafkaMessage
from faststream.middlewares import AckPolicy

from shared.platform.bus.hearing import Record

log = structlog.get_logger(__name__)

Take = Callable[[Sequence[Record]], Awaitable[None]]


class Source:
    """Hands batches of records over as they are, from the moment Kafka is there.

    No header may fail, ask for a reply or be decoded; nothing is committed but by who takes them.
    """

    def __init__(
        self,
        kafka: str,
        name: str,
        take: Take,
        *,
        graceful: int,
        **options: Any,  # noqa: ANN401 - FastStream's own, handed through
    ) -> None:
        """Call *take* with each batch; on closing it has *graceful* seconds to end."""
        self._kafka, self._name, self._take = kafka, name, take
        self._graceful, self._options = graceful, options
        self._topics: Sequence[str] = ()
        self._broker: KafkaBroker | None = None
        self._subscriber: Any = None

    @property
    def consumer(self) -> AIOKafkaConsumer:
        """The client underneath; there once it is open."""
        return self._subscriber.consumer

    async def open(
        self,
        ready: Callable[[AIOKafkaConsumer], Awaitable[None]],
        *,
        topics: Sequence[str] = (),
        partitions: Sequence[TopicPartition] = (),
    ) -> None:
        """Hear *topics* or *partitions*: connect, however long Kafka is away, and end *ready*."""
        self._options |= {"partitions": partitions} if partitions else {}
        self._topics = topics
        pause = 0.2
        while True:
            self._broker = broker = self._build()
            try:
                await broker.start()
                await ready(self.consumer)
            except (KafkaError, OSError) as error:
                log.warning("kafka away", error=repr(error)[:200])
                await broker.stop()
                await asyncio.sleep(pause)
                pause = min(pause * 2, 3.0)
            else:
                return

    async def close(self) -> None:
        """Finish the batch in hand, then let go."""
        if self._broker:
            await self._broker.stop()

    def _build(self) -> KafkaBroker:
        broker = KafkaBroker(
            self._kafka,
            client_id=self._name,
            apply_types=False,
            allow_auto_create_topics=False,
            graceful_timeout=self._graceful,
            logger=None,
            consumer_only=True,
        )
        self._subscriber = broker.subscriber(
            *self._topics,
            batch=True,
            batch_timeout_ms=20,
            parser=self._parse,
            decoder=_as_it_is,
            ack_policy=AckPolicy.MANUAL,
            no_reply=True,
            **self._options,
        )
        self._subscriber(self._take)
        return broker

    async def _parse(self, records: tuple[Record, ...]) -> KafkaMessage:
        return KafkaMessage(
            body=records,
            raw_message=records,
            headers={},
            message_id="",
            correlation_id="",
            consumer=self.consumer,
        )


async def _as_it_is(message: KafkaMessage) -> Any:  # noqa: ANN401 - FastStream's decoder
    return message.body

"""How far a consumer is behind Kafka, told for as long as it lives, whether it hears or not."""

import asyncio
from collections.abc import Callable, Mapping

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import IllegalStateError
from prometheus_client import Gauge

LAG = Gauge("feira_subscriber_lag", "Records not yet heard", ["topic", "partition"])

EVERY_SECONDS = 2.0

Positions = Callable[[], Mapping[TopicPartition, int | None]]


class Lag:
    """Measures the partitions that are ours, and forgets those that are another's."""

    def __init__(self, consumer: AIOKafkaConsumer, positions: Positions) -> None:
        self._consumer, self._positions = consumer, positions
        self._told: set[TopicPartition] = set()

    async def tell(self) -> None:
        """Go on measuring until cancelled."""
        try:
            while True:
                self._measure(self._positions())
                await asyncio.sleep(EVERY_SECONDS)
        finally:
            self._measure({})

    def _measure(self, positions: Mapping[TopicPartition, int | None]) -> None:
        for place in self._told - set(positions):
            LAG.remove(*place)
        self._told = set(positions)
        for place, position in positions.items():
            LAG.labels(*place).set(self._behind(place, position))

    def _behind(self, place: TopicPartition, position: int | None) -> int:
        try:
            end = self._consumer.highwater(place)
        except IllegalStateError:  # another's by now
            return 0
        return 0 if end is None or position is None else max(0, end - position)

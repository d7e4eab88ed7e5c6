"""Fetching: records as soon as there are any, and past those that cannot be read.

The client library fails on a header whose name is not UTF-8. Left to itself it would fail on it for
ever, and lose what it had taken from other partitions in the same breath.
"""

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import IllegalStateError

from shared.platform.bus.hearing import Record

Records: TypeAlias = dict[TopicPartition, list[Record]]

PATIENCE = 1_000
"""How long to wait for records, in ms: they are handed over the moment they come."""


class Fetch:
    """Takes the place of the consumer's own `getmany`."""

    def __init__(
        self,
        consumer: AIOKafkaConsumer,
        unreadable: Callable[[TopicPartition, int], Awaitable[None]],
    ) -> None:
        """Fetch by *consumer*; tell *unreadable* where something was stepped over."""
        self._consumer, self._unreadable = consumer, unreadable
        self._getmany: Callable[..., Awaitable[Records]] = consumer.getmany
        self._careful: dict[TopicPartition, int] = {}
        """How many records at a time are taken where one of the next cannot be read."""

    async def __call__(self, *_: TopicPartition, max_records: int, **__: object) -> Records:
        """What has come since the last call, from all partitions."""
        if not self._careful:
            before = self.positions()
            try:
                return await self._getmany(timeout_ms=PATIENCE, max_records=max_records)
            except UnicodeDecodeError:
                await self._go_back(before)
                self._careful = dict.fromkeys(self._consumer.assignment(), max_records)
            except Exception:
                await self._go_back(before)
                raise
        return await self._carefully(max_records)

    def positions(self) -> dict[TopicPartition, int | None]:
        """The next offset to be handed over of each partition that is ours; None if not known."""
        inside: Any = self._consumer
        subscription = inside._subscription.subscription  # noqa: SLF001 - `position` would wait
        standing = subscription.assignment if subscription else None
        if standing is None:
            return {}
        return {
            place: state.position if state.has_valid_position else None
            for place in standing.tps
            for state in [standing.state_value(place)]
        }

    async def _go_back(self, before: dict[TopicPartition, int | None]) -> None:
        """Take again what was taken and not handed over."""
        for place in self._consumer.assignment():
            try:
                if (position := before.get(place)) is None:
                    await self._consumer.seek_to_committed(place)
                else:
                    self._consumer.seek(place, position)
            except IllegalStateError:  # another's by now
                continue

    async def _carefully(self, max_records: int) -> Records:
        """Take from each partition by itself; ever less from one that fails, then step over."""
        found: Records = {}
        for place, size in list(self._careful.items()):
            try:
                position: int = await self._consumer.position(place)
                try:
                    patience = 20 if size == max_records else PATIENCE
                    records = await self._getmany(place, timeout_ms=patience, max_records=size)
                    found |= records
                    if records and size < max_records:
                        continue
                except UnicodeDecodeError:
                    if size > 1:
                        self._careful[place] = size // 8 or 1
                        self._consumer.seek(place, position)
                        continue
                    await self._unreadable(place, position)
                    self._consumer.seek(place, position + 1)
            except IllegalStateError:  # another's by now
                pass
            del self._careful[place]
        return found

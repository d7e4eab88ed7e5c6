"""The sender: journal pages into record batches, and a producer replaced when it errs."""

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from functools import cache, lru_cache
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, ProducerClosed

from shared.events.base import catalogue, instant, schema_url
from shared.platform.mongo import Document

PAGES = 64
"""About how many pages are sent at once; what is the same in all of one is written once."""


@cache
def _fixed_headers(type: str) -> tuple[tuple[str, bytes], ...]:
    event = catalogue.get(type)
    return (
        ("content-type", b"application/json"),
        ("ce_specversion", b"1.0"),
        ("ce_type", type.encode()),
        *([("ce_dataschema", schema_url(event).encode())] if event else []),
    )


@lru_cache(maxsize=PAGES)
def _time(at: datetime) -> bytes:
    return instant(at).encode()


def headers_of(
    page: Mapping[str, Any], said: Mapping[str, Any], index: int
) -> list[tuple[str, bytes]]:
    """The CloudEvents attributes of the event *said* as entry *index* of a journal page."""
    key = said["key"].encode()
    headers = [
        *_fixed_headers(said["type"]),
        ("ce_id", said["id"].encode()),
        ("ce_source", page["source"].encode()),
        ("ce_time", _time(page["at"])),
        ("ce_subject", key),
        ("ce_partitionkey", key),
        ("ce_sequence", b"%012d.%05d" % (page["turn"], index)),
    ]
    if said["change"] >= 0:
        why = page["changes"][said["change"]]
        headers.append(("ce_causationid", why["causation"].encode()))
        if why["correlation"]:
            headers.append(("ce_correlationid", why["correlation"].encode()))
        if why["traceparent"]:
            headers.append(("traceparent", why["traceparent"].encode()))
    return headers


class Sender:
    """An idempotent producer of whole batches; `drop` it after an error, it opens anew."""

    def __init__(self, kafka: str) -> None:
        self._kafka = kafka
        self._producer: AIOKafkaProducer | None = None

    async def open(self, within: float) -> None:
        """Connect, unless connected. Raises KafkaError, or TimeoutError after *within* seconds."""
        if self._producer:
            return
        producer = AIOKafkaProducer(
            bootstrap_servers=self._kafka,
            acks="all",
            enable_idempotence=True,
            max_batch_size=512 * 1024,
            compression_type="lz4",
            request_timeout_ms=15_000,
        )
        try:
            async with asyncio.timeout(within):
                await producer.start()
        except BaseException:
            await producer.stop()
            raise
        self._producer = producer

    async def drop(self) -> None:
        """Let the producer go, and what it still holds with it: the journal has it.

        An idempotent one that erred may never recover; and to stop one is to wait until it has sent
        everything, which with Kafka away is for ever, and then repeats what another has long said.
        """
        producer, self._producer = self._producer, None
        if producer is None:
            return
        inside: Any = producer
        routine: asyncio.Task[None] = inside._sender.sender_task  # noqa: SLF001 - no other way
        for _ in range(2):  # asked once, it waits for its requests; asked twice, it goes
            routine.cancel()
            await asyncio.wait({routine}, timeout=1)
        inside._message_accumulator.fail_all(ProducerClosed())  # noqa: SLF001 - no other way
        with suppress(KafkaError):
            await producer.stop()

    async def send(self, pages: Iterable[Document]) -> int:
        """Send all events of *pages* and wait until Kafka has them; returns how many.

        Raises KafkaError; then any part of them may have been sent.
        """
        producer = self._producer
        if producer is None:
            raise ProducerClosed
        open_batches: dict[tuple[str, int], Any] = {}
        full: list[tuple[tuple[str, int], Any]] = []
        count = 0
        for page in pages:
            at = int(page["at"].timestamp() * 1000)
            for index, said in enumerate(page["events"]):
                place = (said["topic"], said["partition"])
                key, value = said["key"].encode(), said["value"]
                headers = headers_of(page, said, index)
                batch = open_batches.get(place)
                if batch is None:
                    batch = open_batches[place] = producer.create_batch()
                if batch.append(key=key, value=value, timestamp=at, headers=headers) is None:
                    full.append((place, batch))
                    batch = open_batches[place] = producer.create_batch()
                    batch.append(key=key, value=value, timestamp=at, headers=headers)
                count += 1
        acknowledged = [
            await producer.send_batch(batch, topic, partition=partition)
            for (topic, partition), batch in [*full, *open_batches.items()]
        ]
        await asyncio.gather(*acknowledged)
        return count

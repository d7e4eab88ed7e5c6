"""Where a key lives: as Kafka's own Java clients place it."""

import pytest
from aiokafka.partitioner import murmur2 as reference
from hypothesis import given
from hypothesis import strategies as st

from shared.events.base import PARTITIONS
from shared.events.partition import murmur2, partition_of
from shared.platform.bus.topics import all_topics, dead_letters


@pytest.mark.parametrize(
    ("key", "hashed"),  # from Kafka's own UtilsTest
    [
        (b"21", -973932308),
        (b"foobar", -790332482),
        (b"a-little-bit-long-string", -985981536),
        (b"a-little-bit-longer-string", -1486304829),
        (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        (b"abc", 479470107),
    ],
)
def test_keys_hash_as_the_java_clients_hash_them(key: bytes, hashed: int) -> None:
    assert murmur2(key) == hashed & 0xFFFFFFFF


@given(st.binary(max_size=200))
def test_any_key_hashes_as_another_client_hashes_it(key: bytes) -> None:
    assert murmur2(key) == reference(key) & 0xFFFFFFFF


@given(st.text(max_size=64))
def test_every_key_has_one_place_among_the_partitions(key: str) -> None:
    assert partition_of(key) == (reference(key.encode()) & 0x7FFFFFFF) % PARTITIONS


def test_each_service_has_a_topic_for_what_it_gives_up() -> None:
    assert dead_letters("orders") == "feira.orders.dead.v1"
    named = all_topics(["orders", "notify"])
    assert {"feira.orders.dead.v1", "feira.notify.dead.v1", "feira.orders.order.v1"} <= set(named)
    assert named == sorted(set(named))

"""Which partition a key lives on: as Kafka's Java clients say, so that foreign topics line up."""

from functools import lru_cache
from struct import unpack_from

from shared.events.base import PARTITIONS

_SEED, _M, _MASK = 0x9747B28C, 0x5BD1E995, 0xFFFFFFFF


def murmur2(key: bytes) -> int:
    """The hash Kafka's Java clients place keys with, so that joins with foreign topics line up."""
    length = len(key)
    h = _SEED ^ length
    words = length >> 2
    for word in unpack_from(f"<{words}I", key):
        k = word * _M & _MASK
        h = (h * _M & _MASK) ^ ((k ^ k >> 24) * _M & _MASK)
    tail = key[words << 2 :]
    if tail:
        h = (h ^ int.from_bytes(tail, "little")) * _M & _MASK
    h = (h ^ h >> 13) * _M & _MASK
    return h ^ h >> 15


@lru_cache(maxsize=65_536)
def partition_of(key: str) -> int:
    """The partition of every topic on which *key* keeps its order."""
    return (murmur2(key.encode()) & 0x7FFFFFFF) % PARTITIONS

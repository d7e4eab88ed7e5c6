"""The job that makes the topics, and what it says of topics that somebody else made."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource

from deploy.local.stack import Stack
from deploy.topics import make_topics, promised, weaknesses
from shared.events.catalog import ListingState
from shared.events.orders import OrderEvent
from tests.support.eventually import eventually

FACTS, STATES = OrderEvent.topic, ListingState.topic


@pytest.fixture
def kafka(running: Stack) -> str:
    return running.up("infra")["kafka"]["url"]


@asynccontextmanager
async def kept_otherwise(kafka: str, topic: str, **config: str) -> AsyncGenerator[None]:
    """Somebody keeps *topic* in another way, for a while."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    whole = promised(topic, 1)
    changed = {name.replace("_", "."): value for name, value in config.items()}
    try:
        await admin.alter_configs([ConfigResource("topic", topic, whole | changed)])
        yield
    finally:
        await admin.alter_configs([ConfigResource("topic", topic, whole)])
        await admin.close()
        await eventually(lambda: fine(kafka))


async def refused(kafka: str, complaint: str) -> bool:
    """Whether that is what the job complains about; brokers learn of a change one after another."""
    try:
        await make_topics(kafka, 1)
    except ValueError as no:
        return complaint in str(no)
    return False


async def fine(kafka: str) -> bool:
    return not await refused(kafka, "")


async def test_topics_that_are_there_as_promised_are_left_alone(kafka: str) -> None:
    assert await make_topics(kafka, 1) == []


@pytest.mark.parametrize(
    ("topic", "config", "complaint"),
    [
        (FACTS, {"retention_ms": "3600000"}, "retention.ms=3600000, not from 604800000"),
        # What journals no longer know would act again when it is heard again.
        (FACTS, {"retention_ms": "-1"}, "retention.ms=-1, not from 604800000 to 1209600000"),
        (FACTS, {"retention_bytes": "1048576"}, "retention.bytes=1048576, not -1"),
        (FACTS, {"cleanup_policy": "compact"}, "cleanup.policy=compact, not delete"),
        (STATES, {"cleanup_policy": "delete"}, "cleanup.policy=delete, not compact"),
        (STATES, {"cleanup_policy": "compact,delete"}, "cleanup.policy=compact,delete, not"),
        (
            FACTS,
            {"unclean_leader_election_enable": "true"},
            "unclean.leader.election.enable=true, not",
        ),
    ],
)
async def test_a_topic_that_is_kept_otherwise_than_promised_is_refused(
    kafka: str, topic: str, config: dict[str, str], complaint: str
) -> None:
    async with kept_otherwise(kafka, topic, **config):
        await eventually(lambda: refused(kafka, f"{topic} has {complaint}"))


def test_a_topic_that_keeps_facts_somewhat_longer_is_fine() -> None:
    topic = {"topic": FACTS, "partitions": [{"replicas": [1]}] * 6}
    kept = promised(FACTS, 1) | {"retention.ms": "1000000000", "min.insync.replicas": "2"}
    assert list(weaknesses(topic, kept, 1)) == []


async def test_topics_with_fewer_copies_than_wanted_are_refused(kafka: str) -> None:
    with pytest.raises(ValueError, match=f"{FACTS} has 1 copies, not 3") as no:
        await make_topics(kafka, 3)
    assert f"{FACTS} has min.insync.replicas=1, not 2" in str(no.value)


def test_another_number_of_partitions_would_move_keys() -> None:
    topic = {"topic": FACTS, "partitions": [{"replicas": [1]}] * 5}
    assert list(weaknesses(topic, promised(FACTS, 1), 1)) == [f"{FACTS} has 5 partitions, not 6"]

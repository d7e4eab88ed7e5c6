"""What tests of the platform may ask for besides a Kafka and a MongoDB: a café that hears."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaProducer

from tests.support.bus import TOPICS, make_topics, new_group, speaking
from tests.support.cafe import Cafe, open_cafe


@pytest.fixture(scope="session")
async def bakery_topics(kafka: str) -> None:
    """What the bakery says its facts on."""
    await make_topics(kafka)


@pytest.fixture
async def cafe(mongo_url: str, database: str) -> AsyncIterator[Cafe]:
    async with open_cafe(mongo_url, database) as opened:
        yield opened


@pytest.fixture
async def voice(kafka: str) -> AsyncIterator[AIOKafkaProducer]:
    async with speaking(kafka) as producer:
        yield producer


@pytest.fixture
async def group(kafka: str, bakery_topics: None) -> str:
    return await new_group(kafka, TOPICS)


@pytest.fixture
def tart() -> str:
    """A sort of tart no other test knows: the topics are shared."""
    return f"tart-{uuid4().hex[:8]}"

"""One house for all the trouble; who makes it leaves the house standing."""

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.support.house import House, standing
from tests.support.replicas import Replicas, a_set_of_three


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    before = dict(os.environ)
    os.environ["FEIRA_ORDERS_HOLD_SECONDS"] = "8"
    try:
        with standing(tmp_path_factory.mktemp("trouble")) as house:
            yield house
    finally:
        os.environ.clear()
        os.environ.update(before)


@pytest.fixture(scope="module")
async def replicas(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Replicas]:
    """A MongoDB of three."""
    with a_set_of_three(Path(tmp_path_factory.mktemp("replicas"))) as replicas:
        await replicas.start()
        yield replicas


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, replicas: Replicas) -> Iterator[House]:
    """Orders alone, on a MongoDB of three; one buyer may keep many orders waiting.

    What is ordered online and not paid for expires soon; what is ordered in a room waits until
    orders, killed, is back.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FEIRA_MONGO", replicas.url)
        patch.setenv("FEIRA_ORDERS_HOLD_SECONDS", "8")
        patch.setenv("FEIRA_ORDERS_HOLD_SECONDS_LIVE", "120")
        patch.setenv("FEIRA_ORDERS_MAX_OPEN", "1000")
        with standing(tmp_path_factory.mktemp("shop"), "orders") as house:
            yield house

"""One house for all the trouble; who makes it leaves the house standing."""

import os
from collections.abc import Iterator

import pytest

from tests.support.house import House, standing


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

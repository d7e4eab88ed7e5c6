import os
from collections.abc import Generator
from pathlib import Path

import pytest

from deploy.local.stack import Stack


@pytest.fixture(autouse=True)
def no_settings_of_the_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("FEIRA_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def stack(tmp_path: Path) -> Generator[Stack]:
    """A stack that nobody started yet, in a home of its own."""
    own = Stack(tmp_path / "home")
    yield own
    own.down()


@pytest.fixture(scope="session")
def _lasting(tmp_path_factory: pytest.TempPathFactory) -> Generator[Stack]:
    own = Stack(tmp_path_factory.mktemp("running") / "home")
    yield own
    own.down()


@pytest.fixture
def running(_lasting: Stack) -> Stack:
    """A Kafka and a MongoDB that run, whatever the test before did to them."""
    rows = {row.part: row.state for row in _lasting.status()}
    if rows.get("kafka") != "ready" or rows.get("mongo") != "ready":
        _lasting.up("infra")
    return _lasting

import os
from collections.abc import Generator
from pathlib import Path

import pytest

from deploy.local.stack import Stack


@pytest.fixture(autouse=True)
def _no_settings_of_the_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("FEIRA_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def stack(tmp_path: Path) -> Generator[Stack]:
    """A stack that nobody started yet, in a home of its own."""
    own = Stack(tmp_path / "home")
    yield own
    own.down()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Generator[Stack]:
    """A Kafka and a MongoDB that run; a test that stops them starts them again."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("FEIRA_")]:
            patch.delenv(name)
        own = Stack(tmp_path_factory.mktemp("running") / "home")
        own.up("infra")
        yield own
        own.down()

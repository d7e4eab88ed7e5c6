"""What every test may ask for: a real Kafka and a real MongoDB, started once for the run."""

import os
import signal
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import hypothesis
import pytest
import structlog
from pymongo import MongoClient

# How long an example takes depends on who else works on this machine: nothing to assert.
hypothesis.settings.register_profile("feira", deadline=None)
hypothesis.settings.load_profile("feira")

# A traceback with every local takes seconds to draw, in which nothing under test moves.
structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.dev.set_exc_info,
        structlog.processors.TimeStamper(fmt="%H:%M:%S.%f", utc=False),
        structlog.dev.ConsoleRenderer(
            colors=False, exception_formatter=structlog.dev.plain_traceback
        ),
    ]
)


def pytest_configure() -> None:
    """Asked to end, end as by Ctrl-C: what was started is stopped."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, signal.default_int_handler)


_LONG = ("trouble", "browser", "festival", "local", "services/notify", "services/livestream")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first: no worker is to be left with one when all others are done."""
    here = Path(__file__).parent

    def rank(item: pytest.Item) -> int:
        at = item.path.relative_to(here).as_posix()
        return next((n for n, folder in enumerate(_LONG) if at.startswith(folder)), len(_LONG))

    items.sort(key=rank)


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """A private stack of Kafka, MongoDB, topics, issuer and sandbox, as its stack.json tells."""
    from deploy.local.stack import Stack

    home = Path(tmp_path_factory.mktemp("feira"))
    stack = Stack(home)
    # Some tests make the server itself fail; a server must be told that it is under test.
    os.environ["FEIRA_MONGOD_ARGS"] = "--setParameter enableTestCommands=1"
    try:
        yield stack.up(only="issuer,sandbox")
    finally:
        stack.down()


@pytest.fixture(scope="session")
def kafka(stack: dict[str, Any]) -> str:
    return os.environ.get("FEIRA_KAFKA") or stack["kafka"]["url"]


@pytest.fixture(scope="session")
def mongo_url(stack: dict[str, Any]) -> str:
    return os.environ.get("FEIRA_MONGO") or stack["mongo"]["url"]


@pytest.fixture(scope="session")
def token(stack: dict[str, Any]) -> Callable[..., str]:
    """Signs access tokens: `token("host", "lee")`."""
    from deploy.local.issuer import Issuer

    home = Path(stack["env"]["FEIRA_HOME"])
    return Issuer.load(home, stack["issuer"]["url"]).token


@pytest.fixture
async def database(mongo_url: str) -> AsyncIterator[str]:
    """The name of a database nobody else uses, gone afterwards."""
    name = f"test_{uuid4().hex[:12]}"
    yield name
    with MongoClient[dict[str, Any]](mongo_url) as client:
        client.drop_database(name)

"""Orders as a process of its own, to read all it says; and words that nobody else says."""

import asyncio
import os
import random
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from pymongo import MongoClient
from pymongo.database import Database

from services.orders.settings import OrdersSettings
from tests.services.orders.conftest import VAULT
from tests.support.canary import Mark
from tests.support.eventually import eventually
from tests.support.serving import free_port

REPOSITORY = Path(__file__).parents[3]


@dataclass
class Process:
    """Orders as a process of its own that says in its log all it ever says."""

    url: str
    kept: Database[dict[str, Any]]
    log: Path
    since: Mark
    """Before it began."""


@asynccontextmanager
async def talking(stack: dict[str, Any], log: Path, **settings: object) -> AsyncGenerator[Process]:
    """Orders at log level debug, told further *settings*; its database goes with it."""
    database, port = f"orders_{uuid4().hex[:8]}", free_port()
    own = {name: str(value) for name, value in (VAULT | settings).items()}
    told = {
        **os.environ,
        **stack["env"],
        **{OrdersSettings.variable(name): value for name, value in own.items()},
        "FEIRA_ORDERS_PAYMENTS": stack["sandbox"]["payments"],
        "FEIRA_ORDERS_CUSTOMS": stack["sandbox"]["customs"],
        "FEIRA_ORDERS_CARRIER": stack["sandbox"]["carrier"],
        "FEIRA_ORDERS_DATABASE": database,
        "FEIRA_ORDERS_PORT": str(port),
        "FEIRA_LOG": "debug",
    }
    with log.open("ab") as out, MongoClient[dict[str, Any]](stack["mongo"]["url"]) as mongo:
        since = Mark.now(mongo)
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "services.orders"),
            cwd=REPOSITORY,
            env=told,
            stdout=out,
            stderr=out,
        )
        try:
            url = f"http://127.0.0.1:{port}"
            async with httpx.AsyncClient() as client:

                async def ready() -> bool:
                    assert process.returncode is None, f"it has ended, see {log}"
                    with suppress(httpx.TransportError):
                        return (await client.get(f"{url}/readyz")).is_success
                    return False

                await eventually(ready)
            yield Process(url, mongo[database], log, since)
        finally:
            if process.returncode is None:
                process.terminate()
            assert await process.wait() == 0
            mongo.drop_database(database)


def rare(characters: int = 4) -> str:
    """Chinese characters in an order that nobody else has."""
    return "".join(chr(0x4E00 + random.randrange(0x5000)) for _ in range(characters))

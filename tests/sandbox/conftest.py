from collections.abc import AsyncGenerator

import pytest

from tests.sandbox.world import Merchant, Sandbox


@pytest.fixture(scope="session")
async def shared_sandbox() -> AsyncGenerator[Sandbox]:
    async with Sandbox.running() as sandbox:
        yield sandbox


@pytest.fixture
async def sandbox(shared_sandbox: Sandbox) -> AsyncGenerator[Sandbox]:
    yield shared_sandbox
    for orders in (
        "/faults",
        "/customs/faults",
        "/carrier/faults",
        "/mail/faults",
        "/mail",
    ):
        assert (await shared_sandbox.http.delete(orders)).status_code == 204


@pytest.fixture
async def merchant() -> AsyncGenerator[Merchant]:
    async with Merchant.listening() as merchant:
        yield merchant

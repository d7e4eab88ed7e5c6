"""Livestream for its tests: served in this process, on a database of its own."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from services.livestream.app import assemble
from services.livestream.settings import LivestreamSettings
from tests.services.livestream.studio import Studio
from tests.support.bus import speaking
from tests.support.serving import serving, settings_for


@pytest.fixture
async def studio(
    stack: dict[str, Any], kafka: str, token: Callable[..., str], database: str
) -> AsyncIterator[Studio]:
    """One replica, doing everything."""
    settings = settings_for(LivestreamSettings, stack["env"], database=database)
    service = assemble(settings)
    async with serving(service) as url, speaking(kafka) as bus:
        studio = Studio(url, token, bus, kafka, service.hall)
        studio.meter = service.meter
        yield studio
        await studio.close()

"""`python -m services.livestream --role all|api|worker`."""

import shared.platform.lean  # noqa: F401 # pyright: ignore[reportUnusedImport] # first
from services.livestream.app import assemble
from services.livestream.settings import LivestreamSettings
from shared.platform.service import run

run(LivestreamSettings, assemble)

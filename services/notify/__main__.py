"""`python -m services.notify --role all|api|worker`."""

import shared.platform.lean  # noqa: F401 # pyright: ignore[reportUnusedImport] # first
from services.notify.app import assemble
from services.notify.settings import NotifySettings
from shared.platform.service import run

run(NotifySettings, assemble)

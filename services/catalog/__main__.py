"""`python -m services.catalog --role all|api|worker`."""

import shared.platform.lean  # noqa: F401 # pyright: ignore[reportUnusedImport] # first
from services.catalog.app import assemble
from services.catalog.settings import CatalogSettings
from shared.platform.service import run

run(CatalogSettings, assemble)

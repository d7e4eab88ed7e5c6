"""`python -m services.catalog --role all|api|worker`."""

from services.catalog.app import assemble
from services.catalog.settings import CatalogSettings
from shared.platform.service import run

run(CatalogSettings, assemble)

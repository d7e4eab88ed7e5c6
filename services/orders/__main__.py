"""`python -m services.orders --role all|api|worker`."""

import shared.platform.lean  # noqa: F401 # pyright: ignore[reportUnusedImport] # first
from services.orders.app import assemble
from services.orders.settings import OrdersSettings
from shared.platform.service import run

run(OrdersSettings, assemble)

"""What catalog must be told: what every service is told, and nothing more."""

from shared.platform.settings import Settings


class CatalogSettings(Settings, service="catalog"):
    """FEIRA_CATALOG_*."""

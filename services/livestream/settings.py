"""What livestream alone must be told."""

from typing import Annotated

from pydantic import Field

from shared.platform.settings import Settings


class LivestreamSettings(Settings, service="livestream"):
    """FEIRA_LIVESTREAM_*.

    Attributes:
        max_viewers: How many viewers one process serves at most.
    """

    max_viewers: Annotated[int, Field(ge=1)] = 10_000

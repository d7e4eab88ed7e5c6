"""What livestream alone must be told."""

from typing import Annotated

from pydantic import Field

from shared.platform.settings import Settings


class LivestreamSettings(Settings, service="livestream"):
    """FEIRA_LIVESTREAM_*.

    Attributes:
        max_viewers: How many viewers one process serves at most.
        link_hosts: Hosts that links in a chat may lead to, blanks between; none by default.
    """

    max_viewers: Annotated[int, Field(ge=1)] = 10_000
    link_hosts: Annotated[str, Field(pattern=r"^[a-z0-9. -]*$")] = ""

    @property
    def trusted(self) -> frozenset[str]:
        """The hosts that links may lead to, also to those under them."""
        return frozenset(self.link_hosts.split())

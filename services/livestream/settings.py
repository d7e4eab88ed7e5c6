"""What livestream alone must be told."""

import secrets
from typing import Annotated

from pydantic import Field, SecretStr

from shared.platform.settings import Settings


class LivestreamSettings(Settings, service="livestream"):
    """FEIRA_LIVESTREAM_*.

    Attributes:
        max_viewers: How many viewers one process serves at most.
        viewer_key: What viewers are named and their heartbeats signed with; the same in every
            replica. Without one each process makes its own: then only one may serve a room.
        link_hosts: Hosts that links in a chat may lead to, blanks between; none by default.
    """

    max_viewers: Annotated[int, Field(ge=1)] = 10_000
    viewer_key: SecretStr = SecretStr("")
    link_hosts: Annotated[str, Field(pattern=r"^[a-z0-9. -]*$")] = ""

    @property
    def viewers_key(self) -> bytes:
        """The key of viewers' names, as told or made just now."""
        return self.viewer_key.get_secret_value().encode() or secrets.token_bytes(32)

    @property
    def trusted(self) -> frozenset[str]:
        """The hosts that links may lead to, also to those under them."""
        return frozenset(self.link_hosts.split())

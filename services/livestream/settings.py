"""What livestream alone must be told."""

import secrets
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, field_validator

from shared.platform.settings import Address, Settings

_ORIGINS = r"^((https?://(\*\.)?[a-z0-9.-]+(:[0-9]+)?)( |$))*$"


class LivestreamSettings(Settings, service="livestream"):
    """FEIRA_LIVESTREAM_*.

    Attributes:
        max_viewers: How many viewers one process serves at most.
        viewer_key: What viewers are named and their heartbeats signed with; the same in every
            replica. Without one each process makes its own: then only one may serve a room.
        link_hosts: Hosts that links in a chat may lead to, blanks between; none by default.
        web: The folder of the built pages, served at `/`; none are without it.
        web_catalog: Where the pages find catalog.
        web_orders: Where they find orders.
        web_notify: Where they find notify.
        web_video: Where the video of a session is, `{session_id}` in it; none without it.
        web_video_origins: Where else playlists and their pieces come from, such as a CDN: origins
            as a Content-Security-Policy names them, blanks between.
        web_demo: Whether the issuer hands out tokens to whoever asks, and the pages may offer so.
    """

    max_viewers: Annotated[int, Field(ge=1)] = 10_000
    viewer_key: SecretStr = SecretStr("")
    link_hosts: Annotated[str, Field(pattern=r"^[a-z0-9. -]*$")] = ""
    web: str = ""
    web_catalog: Address | Literal[""] = ""
    web_orders: Address | Literal[""] = ""
    web_notify: Address | Literal[""] = ""
    web_video: Address | Literal[""] = ""
    web_video_origins: Annotated[str, Field(pattern=_ORIGINS)] = ""
    web_demo: bool = False

    @field_validator("web")
    @classmethod
    def _is_built(cls, value: str) -> str:
        if value and not Path(value, "index.html").is_file():
            raise ValueError("it should be a folder with an index.html")
        return value

    @property
    def viewers_key(self) -> bytes:
        """The key of viewers' names, as told or made just now."""
        return self.viewer_key.get_secret_value().encode() or secrets.token_bytes(32)

    @property
    def trusted(self) -> frozenset[str]:
        """The hosts that links may lead to, also to those under them."""
        return frozenset(self.link_hosts.split())

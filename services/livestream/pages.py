"""The pages of the festival, where this service serves them: what they are told, whom they reach.

In a deployment any web server may do this; docs/web.md says with which headers.
"""

from collections.abc import Sequence
from pathlib import Path

from fastapi import APIRouter

from services.livestream.settings import LivestreamSettings
from shared.platform.web.pages import page_routes


def pages(told: LivestreamSettings) -> Sequence[APIRouter]:
    """The router of the pages; none where no folder of them is named."""
    if not told.web:
        return ()
    config = {
        "catalog": told.web_catalog,
        "orders": told.web_orders,
        "livestream": "",  # where the pages come from
        "notify": told.web_notify,
        "issuer": told.issuer,
        "video": told.web_video,
        "demo": told.web_demo,
    }
    reached = [told.web_catalog, told.web_orders, told.web_notify]
    reached += [told.issuer] if told.web_demo else []
    video = [told.web_video, *told.web_video_origins.split()]
    router = APIRouter()
    router.routes.extend(
        page_routes(
            Path(told.web),
            config,
            [address for address in reached if address],
            [address for address in video if address],
        )
    )
    return [router]

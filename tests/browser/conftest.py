import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from deploy.demo.stage import set_stage
from deploy.local import web
from deploy.local.failure import Failure
from deploy.local.home import Home
from deploy.local.issuer import Issuer
from deploy.local.stack import Stack
from tests.support import browsing
from tests.support.browsing import DESK, Visitor, visitor
from tests.support.eventually import eventually
from tests.support.playout import serving
from tests.support.staged import Staged

HOUR = 3600.0


@pytest.fixture(scope="package")
def chromium() -> str:
    found = browsing.find()
    if found is None:
        pytest.skip("No browser: install chromium to try the pages.")
    return found


@pytest.fixture(scope="package")
def video() -> Iterator[str]:
    """Where the video of every session is, an origin of its own: `{video}/sess-1/index.m3u8`."""
    with serving(Path(__file__).parent / "video") as url:
        yield url


@pytest.fixture(scope="package")
def house(
    chromium: str, video: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Any]]:
    """Everything up, with the pages as their sources are now."""
    home = Home(Path(tmp_path_factory.mktemp("browser") / "home"))
    said = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("FEIRA_")}
    os.environ["FEIRA_LIVESTREAM_WEB_VIDEO_ORIGINS"] = video
    stack = Stack(home)
    try:
        try:
            web.build(home, web.silent)
        except Failure as failure:
            pytest.skip(f"No pages: {failure.sentence}")
        yield stack.up()
    finally:
        stack.down()
        del os.environ["FEIRA_LIVESTREAM_WEB_VIDEO_ORIGINS"]
        os.environ.update(said)


@pytest.fixture(scope="package")
async def festival(house: dict[str, Any]) -> Staged:
    stage = await set_stage(house, seconds=HOUR, tell=lambda *_: None)
    issuer = Issuer.load(Path(house["env"]["FEIRA_HOME"]), house["issuer"]["url"])
    urls = {name: service["url"] for name, service in house["services"].items()}
    return Staged(stage, urls, issuer.token)


@pytest.fixture(scope="package")
async def browser(chromium: str, festival: Staged) -> AsyncIterator[Browser]:
    async with browsing.browsing(chromium) as browser:
        yield browser


@pytest.fixture(scope="package")
async def organiser(browser: Browser, festival: Staged) -> AsyncIterator[Visitor]:
    """An organiser at the console of the first room, whose chat they look after."""
    async with visitor(browser, festival.pages, size=DESK) as guest:
        await guest.goes("host/sess-1", festival.token("organiser", "organiser-2"))
        await expect(guest.page.get_by_role("heading", name="Run-of-show")).to_be_visible()
        yield guest


@pytest.fixture(scope="package")
async def host(browser: Browser, festival: Staged, organiser: Visitor) -> AsyncIterator[Visitor]:
    """The host at the console of the first room, which is on the air by now."""
    async with visitor(browser, festival.pages, size=DESK) as guest:
        page = guest.page
        await guest.goes("host/sess-1", festival.token("host", "host-sess-1"))
        moderator = page.get_by_role("listitem").filter(has_text="A moderator is here")
        await expect(moderator.get_by_text("Done")).to_be_visible()
        await page.get_by_role("button", name="Go live").click()
        await expect(page.get_by_role("button", name="End session")).to_be_visible()
        await eventually(lambda: _sells(festival))
        yield guest


async def _sells(festival: Staged) -> bool:
    """Whether orders has heard what the first room sells, and lets somebody have it."""
    buyer = festival.token("buyer", "early")
    wish = {
        "festival_id": festival.stage.festival.programme.festival.festival_id,
        "session_id": "sess-1",
        "lines": [{"sku": "FEI-BAK-005", "quantity": 1}],
    }
    order = await festival.do("orders", "POST", "/orders", buyer, wish)
    await festival.do("orders", "POST", f"/orders/{order['order_id']}/cancellation", buyer)
    return True

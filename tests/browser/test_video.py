"""A room with its video: a real HLS stream, from an origin of its own, played by the page."""

import asyncio

import pytest
from playwright.async_api import Browser, Route, expect

from tests.support.browsing import Visitor, visitor
from tests.support.on_air import ROOM
from tests.support.staged import Staged

pytestmark = pytest.mark.timeout(300)

HLS = "application/vnd.apple.mpegurl"
NO_HLS = "HTMLMediaElement.prototype.canPlayType = () => ''"
PLAYS_ON = """(video) => new Promise((done) => {
  const look = () => video.currentTime > 1 && video.videoWidth === 320 && done();
  video.addEventListener('timeupdate', look);
})"""


@pytest.mark.parametrize("script", [NO_HLS, ""], ids=["hls.js", "the browser itself"])
async def test_a_stream_from_an_origin_that_the_operator_names_plays_in_the_room(
    script: str, browser: Browser, festival: Staged, host: Visitor, video: str
) -> None:
    asked: list[str] = []

    async def with_video(route: Route) -> None:
        told = await (await route.fetch()).json()
        await route.fulfill(json=told | {"video": f"{video}/{{session_id}}/index.m3u8"})

    async with visitor(browser, festival.pages, service_workers="block") as guest:
        page = guest.page
        page.on("request", lambda request: asked.append(request.url))
        await page.route("**/config.json", with_video)
        await page.add_init_script(script)
        await guest.goes(ROOM)
        shown = page.locator("feira-stage video")
        async with asyncio.timeout(15):
            await shown.evaluate(PLAYS_ON)
        await expect(shown).to_have_js_property("muted", value=True)
        await page.get_by_role("button", name="Sound on").click()
        await expect(page.get_by_role("button", name="Mute")).to_be_visible()
        await expect(shown).to_have_js_property("muted", value=False)
        await expect(page.get_by_text("The picture is away.")).to_be_hidden()
        alone = await page.evaluate(f"document.createElement('video').canPlayType('{HLS}')")
    # hls.js comes only to a browser that does not play it alone.
    assert any("/assets/hls" in url for url in asked) != bool(alone)
    assert f"{video}/sess-1/bars0.ts" in asked or alone

"""The funnel in a real browser: a room seen, entered, a product tapped, its host followed."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import Browser, Locator, Request, Route, expect

from tests.support.browsing import PHONE, Visitor, visitor
from tests.support.on_air import ROOM, TART, pin
from tests.support.staged import Staged

pytestmark = pytest.mark.timeout(300)

MORNING = "Morning of cookies and sweets"
SOME, SHARE = re.compile(r"^[1-9]\d*$"), re.compile(r"^[1-9][\d.,]*%$")
HIDDEN = "Object.defineProperty(document, 'hidden', { configurable: true, get: () => true });"
SHOW = """() => {
  Object.defineProperty(document, 'hidden', { configurable: true, get: () => false });
  document.dispatchEvent(new Event('visibilitychange'));
}"""


DRAWN = """async () => {
  // The clock of the page stops frames, but not those who look at what is in view.
  for (let n = 0; n < 2; n += 1)
    await new Promise((done) => {
      const looks = new IntersectionObserver(() => done(looks.disconnect()));
      looks.observe(document.body);
    });
}"""


def figure(host: Visitor, name: str) -> Locator:
    """What stands under *name* among the figures of the console."""
    figures = host.page.get_by_role("region", name="Live figures")
    return figures.locator("div", has=host.page.get_by_text(name, exact=True)).locator("dd")


async def test_who_sees_a_room_enters_taps_and_follows_is_in_the_figures_of_its_host(
    browser: Browser, festival: Staged, host: Visitor
) -> None:
    await pin(host, TART)
    async with visitor(browser, festival.pages) as guest:
        page = guest.page
        room = page.get_by_role("link", name=MORNING)
        async with page.expect_request("**/impressions") as impressions:
            await guest.goes("")
            await room.scroll_into_view_if_needed()
        assert "sess-1" in json.loads((await impressions.value).post_data or "")["rooms"]
        assert (await (await impressions.value).response()).status == 202  # type: ignore[union-attr]

        beats: list[str] = []
        page.on("request", lambda sent: beats.append(sent.url) if "beat" in sent.url else None)
        async with page.expect_request("**/rooms/sess-1/cards") as exposed:
            await room.click()
            await expect(page.get_by_role("heading", name=TART)).to_be_visible()
        assert len(beats) == 1, "who comes in once is one visit"
        assert json.loads((await exposed.value).post_data or "")["exposed"] == ["FEI-BAK-001"]

        follow = page.get_by_role("button", name="Follow the host")
        await expect(follow).to_have_attribute("aria-pressed", "false")
        await follow.click()
        await page.get_by_role("button", name="A buyer").click()
        await expect(follow).to_have_attribute("aria-pressed", "true")
        async with page.expect_request("**/rooms/sess-1/cards") as clicked:
            await page.get_by_role("button", name="Buy CN").click()
        assert json.loads((await clicked.value).post_data or "")["clicked"] == ["FEI-BAK-001"]
        await page.get_by_role("button", name="Let it go").click()
        await expect(page.get_by_text("Yours until")).to_be_hidden()

        await page.reload()
        await expect(follow).to_have_attribute("aria-pressed", "true")

        await expect(figure(host, "Seen in lists")).to_have_text(SOME)
        await expect(figure(host, "Came in of times seen")).to_have_text(SHARE)
        await expect(figure(host, "Viewers seeing a card")).to_have_text(SOME)
        await expect(figure(host, "Taps of cards seen")).to_have_text(SHARE)
        await expect(figure(host, "New followers")).to_have_text("1")
        await expect(figure(host, "Viewers who followed")).to_have_text(SHARE)

        await follow.click()
        await expect(follow).to_have_attribute("aria-pressed", "false")
        await page.get_by_role("button", name="Sign out").click()
        await expect(follow).to_have_attribute("aria-pressed", "false")


async def test_what_is_half_in_view_for_a_second_of_a_page_looked_at_is_told_once_and_nothing_else(
    browser: Browser, festival: Staged, host: Visitor
) -> None:
    told: list[str] = []

    def hear(asked: Request) -> None:
        if asked.url.endswith("/impressions"):
            told.append(asked.url)

    async with visitor(browser, festival.pages) as guest:
        page = guest.page
        page.on("request", hear)
        await page.clock.install()
        await page.add_init_script(HIDDEN)
        await guest.goes("")
        room = page.get_by_role("link", name=MORNING)
        await room.scroll_into_view_if_needed()
        await page.clock.pause_at(datetime.now(UTC) + timedelta(minutes=2))
        await page.clock.run_for(60_000)
        assert not told  # a page that nobody looks at

        await page.evaluate("scrollTo(0, 0)")
        box = await room.bounding_box()
        assert box
        width, height = PHONE
        few = {"width": width, "height": int(box["y"] + box["height"] * 0.4)}
        await page.set_viewport_size(few)
        await page.evaluate(SHOW)
        await page.evaluate(DRAWN)
        await page.clock.run_for(60_000)
        assert not told  # less than half of it

        await page.set_viewport_size({"width": width, "height": height})
        await page.evaluate("scrollTo(0, 0)")
        await room.scroll_into_view_if_needed()
        await page.evaluate(DRAWN)
        await page.clock.run_for(900)
        await page.set_viewport_size(few)
        await page.evaluate("scrollTo(0, 0)")
        await page.evaluate(DRAWN)
        await page.clock.run_for(60_000)
        assert not told  # for less than a second

        await page.set_viewport_size({"width": width, "height": height})
        await room.scroll_into_view_if_needed()
        await page.evaluate(DRAWN)
        async with page.expect_request("**/impressions"):
            await page.clock.run_for(2_500)
        for place in ("document.body.scrollHeight", "0"):
            await page.evaluate(f"scrollTo(0, {place})")
            await page.evaluate(DRAWN)
            await page.clock.run_for(60_000)
        assert len(told) == 1


async def test_who_cannot_tell_what_they_see_buys_all_the_same(
    browser: Browser, festival: Staged, host: Visitor
) -> None:
    await pin(host, TART)
    lost: list[str] = []

    async def lose(route: Route) -> None:
        lost.append(route.request.url)
        await route.abort()

    async with visitor(browser, festival.pages) as guest:
        page = guest.page
        await page.route("**/cards", lose)
        await guest.goes(ROOM, festival.token("buyer", "zoe"))
        await page.get_by_role("button", name="Buy").click()
        await expect(page.get_by_text("Yours until")).to_be_visible()
        await page.get_by_role("button", name="Let it go").click()
        await expect(page.get_by_text("Yours until")).to_be_hidden()
        await expect(page.get_by_role("alert")).to_have_count(0)
    assert lost

"""The console before a session: rehearsed, its checklist filled, and only then on the air."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, Request, expect

from tests.support.browsing import DESK, visitor
from tests.support.staged import Staged

pytestmark = pytest.mark.timeout(300)

CONSOLE = "host/sess-3"
PRICED = "sess-6"
ANOTHER = "/sessions/sess-4"
ANOTHER_CONSOLE = "host/sess-4"
LOOKED_AT = frozenset({"rundown", "figures", "checklist", "silenced"})
HIDE = """(hidden) => {
  Object.defineProperty(document, 'hidden', { configurable: true, get: () => hidden });
  document.dispatchEvent(new Event('visibilitychange'));
}"""


async def test_a_checklist_that_is_not_whole_keeps_the_room_closed_and_says_why(
    browser: Browser, festival: Staged
) -> None:
    async with visitor(browser, festival.pages, size=DESK) as host:
        page = host.page
        await host.goes(CONSOLE, festival.token("host", "host-sess-3"))
        checks = page.get_by_role("region", name="Checklist").get_by_role("listitem")
        await expect(checks.first).to_be_visible()
        await expect(checks.filter(has_text="Missing")).to_have_count(1)
        why = "No moderator is here"
        await expect(checks.filter(has_text=why)).to_be_visible()
        await page.get_by_role("button", name="Go live").click()
        refused = page.get_by_role("status").filter(has_text="The checklist is not complete yet.")
        await expect(refused.filter(has_text=why)).to_be_visible()
        await page.locator("header select").select_option("zh-Hant")
        await expect(page.get_by_role("listitem").filter(has_text="沒有管理員在場")).to_be_visible()
        await page.locator("header select").select_option("en")

        await page.get_by_role("button", name="Rehearse").click()
        await expect(page.get_by_text("Rehearsal", exact=True)).to_be_visible()
        async with visitor(browser, festival.pages) as guest:
            await guest.goes("rooms/sess-3")
            await expect(guest.page.get_by_text("Soon", exact=True)).to_be_visible()
        await page.get_by_role("button", name="End the rehearsal").click()
        await expect(page.get_by_role("button", name="Rehearse")).to_be_visible()

        async with visitor(browser, festival.pages, size=DESK) as organiser:
            await organiser.goes(CONSOLE, festival.token("organiser", "organiser-2"))
            await expect(checks.filter(has_text="Missing")).to_have_count(0)
            await page.get_by_role("button", name="Go live").click()
            await expect(organiser.page.get_by_role("button", name="Pause")).to_be_visible()
        await expect(page.get_by_role("region", name="Checklist")).to_be_hidden()


async def test_another_price_in_a_session_under_way_waits_for_a_second_person(
    browser: Browser, festival: Staged
) -> None:
    await festival.goes_on_air(PRICED)
    last = await festival.last_in(PRICED)
    async with (
        visitor(browser, festival.pages, size=DESK) as host,
        visitor(browser, festival.pages, size=DESK) as organiser,
    ):
        # The second person looks at it already, and their clock stands still: no timer asks.
        await organiser.page.clock.install()
        async with organiser.page.expect_request(waits):
            await organiser.goes(f"host/{PRICED}", festival.token("organiser", "organiser-2"))
        await organiser.page.clock.pause_at(datetime.now(UTC) + timedelta(seconds=30))
        await host.goes(f"host/{PRICED}", festival.token("host", f"host-{PRICED}"))
        slot = host.page.get_by_role("listitem").filter(has_text=last)
        await slot.get_by_role("button", name="Change").click()
        await slot.get_by_label("New price (MOP)").fill("38.50")
        await slot.get_by_role("button", name="Propose the price").click()
        await expect(host.page.get_by_text("waits for a second person")).to_be_visible()
        await expect(host.page.get_by_role("button", name="Agree")).to_be_hidden()

        await organiser.page.get_by_role("button", name="Agree").click()
        row = organiser.page.get_by_role("listitem").filter(has_text=last)
        await expect(row.get_by_text("MOP 38.50")).to_be_visible()
        await expect(organiser.page.get_by_text("waits for a second person")).to_be_hidden()


async def test_a_console_that_nobody_looks_at_asks_nothing_until_it_is_looked_at_again(
    browser: Browser, festival: Staged
) -> None:
    asked: list[str] = []
    async with visitor(browser, festival.pages, size=DESK) as guest:
        page = guest.page
        await page.clock.install()
        await guest.goes(ANOTHER_CONSOLE, festival.token("host", "host-sess-4"))
        await expect(page.get_by_role("region", name="Checklist")).to_be_visible()
        await page.evaluate(HIDE, True)
        page.on("request", lambda request: asked.append(last_part(request.url)))
        await page.clock.fast_forward(60_000)
        # That the host is there is told all the same: nobody is to think they have left.
        async with page.expect_request("**/presence"):
            await page.clock.fast_forward(60_000)
        assert LOOKED_AT.isdisjoint(asked)
        async with page.expect_request("**/rundown"):
            await page.evaluate(HIDE, False)


async def test_a_session_that_nothing_records_is_given_a_recording_at_its_console(
    browser: Browser, festival: Staged
) -> None:
    organiser = festival.token("organiser", "organiser-2")
    plan = await festival.do("livestream", "GET", ANOTHER, organiser)
    names = ("festival_id", "zone_id", "titles", "starts_at", "ends_at", "slots")
    wish = {name: plan[name] for name in names} | {"host_id": "host-sess-4"}
    await festival.do("livestream", "PUT", "/sessions/unrecorded", organiser, wish)
    async with visitor(browser, festival.pages, size=DESK) as guest:
        page = guest.page
        await guest.goes("host/unrecorded", organiser)
        await page.get_by_role("button", name="Approve the run-of-show").click()
        recording = page.get_by_role("listitem").filter(has_text="Being recorded")
        await expect(recording.get_by_text("Nothing records the session.")).to_be_visible()
        await page.get_by_label("Where it is recorded").fill("https://media.feira.example/4.m3u8")
        await page.get_by_role("button", name="Record there").click()
        await expect(recording.get_by_text("Done")).to_be_visible()
        await expect(page.get_by_label("Where it is recorded")).to_be_hidden()


def waits(request: Request) -> bool:
    """Whether *request* is for a running order that is not known yet."""
    return last_part(request.url) == "rundown" and "if-none-match" in request.headers


def last_part(url: str) -> str:
    """The last part of a URL's path."""
    return urlsplit(url).path.rpartition("/")[2]

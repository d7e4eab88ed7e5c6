"""The festival page in a real browser, and what holds for all pages: speed, access, policy."""

import gzip
import re
from pathlib import Path

import pytest
from playwright.async_api import Browser, Response, expect

from tests.support.browsing import PHONE, grave_faults, visitor
from tests.support.staged import Staged

pytestmark = pytest.mark.timeout(300)

FIRST_LOAD = 150 * 1024
PAGES = {
    "": ("", "Programme"),
    "rooms/sess-2": ("buyer", "Afternoon: from sea to table"),
    "host/sess-2": ("host", "Run-of-show"),
    "till": ("cashier", "Open a shift"),
}


async def test_the_programme_is_one_and_nine_and_the_rest_and_the_zone_shows_its_sixty(
    browser: Browser, festival: Staged
) -> None:
    async with visitor(browser, festival.pages) as guest:
        page = guest.page
        await guest.goes("")
        await expect(page.get_by_text(re.compile(r"1 \+ 9 \+ 12"))).to_be_visible()
        products = page.get_by_role("region", name="Macau Quality Products").get_by_role("listitem")
        await expect(products).to_have_count(60)
        # At 0.8950 MOP 68.00 is CNY 60.86, and MOP 45.00 is CNY 40.275, which rounds half-up.
        await expect(products.first.get_by_text("CN¥60.86")).to_be_visible()
        brittle = products.filter(has_text="Crunchy peanut brittle")
        await expect(brittle.get_by_text("CN¥40.28")).to_be_visible()
        await page.get_by_role("button", name="Coffee").click()
        await expect(products).to_have_count(4)


@pytest.mark.parametrize("place", PAGES)
async def test_no_page_has_a_serious_fault_for_who_cannot_see_or_point(
    place: str, browser: Browser, festival: Staged
) -> None:
    role, heading = PAGES[place]
    # The checker is a script of its own, which the policy of our pages would not let in.
    async with visitor(browser, festival.pages, bypass_csp=True) as guest:
        subject = {"host": "host-sess-2", "cashier": "cashier-m03"}.get(role, "dora")
        await guest.goes(place, festival.token(role, subject) if role else "")
        await expect(guest.page.get_by_role("heading", name=heading)).to_be_visible()
        assert not await grave_faults(guest.page)


@pytest.mark.parametrize("place", PAGES)
async def test_a_first_visit_loads_at_most_150_kib(
    place: str, browser: Browser, festival: Staged
) -> None:
    loaded: dict[str, Response] = {}
    async with visitor(browser, festival.pages, service_workers="block") as guest:
        guest.page.on("response", lambda answer: loaded.setdefault(answer.url, answer))
        await guest.goes(place)
        await guest.page.wait_for_load_state("networkidle") if not place.startswith(
            "rooms"
        ) else await expect(guest.page.get_by_role("heading", name=PAGES[place][1])).to_be_visible()
        ours = [answer for url, answer in loaded.items() if url.startswith(festival.pages)]
        files = [answer for answer in ours if _is_file(answer.url, festival.pages)]
        weight = sum([len(gzip.compress(await answer.body())) for answer in files])
        packed = [answer.headers.get("content-encoding") for answer in files if ".js" in answer.url]
    assert files
    assert set(packed) == {"gzip"}
    assert weight <= FIRST_LOAD


def _is_file(url: str, home: str) -> bool:
    path = url.removeprefix(home).partition("#")[0]
    return path == "/" or Path(path).suffix in {".js", ".css", ".json", ".svg", ".webmanifest"}


@pytest.mark.parametrize("place", PAGES)
@pytest.mark.parametrize("locale", ["pt", "zh-Hant", "zh-Hans", "en"])
async def test_nothing_sticks_out_of_a_phone_in_any_language(
    locale: str, place: str, browser: Browser, festival: Staged
) -> None:
    async with visitor(browser, festival.pages, locale=locale) as guest:
        role, _ = PAGES[place]
        subject = {"host": "host-sess-2", "cashier": "cashier-m03"}.get(role, "dora")
        await guest.goes(place, festival.token(role, subject) if role else "")
        await expect(guest.page.get_by_role("heading", level=1)).to_be_visible()
        width = await guest.page.evaluate("document.documentElement.scrollWidth")
        assert width <= PHONE[0]

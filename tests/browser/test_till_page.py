"""A till in a real browser: sales without a network, told once it is back."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import Browser, Route, expect

from shared.events.base import instant
from tests.support.browsing import DESK, PHONE, Visitor, grave_faults, visitor
from tests.support.staged import Staged

pytestmark = pytest.mark.timeout(300)

TART = "Traditional almond cookies (12 pcs)"
GTIN = "2900010000015"

READER = """window.BarcodeDetector = class {
  static async getSupportedFormats() { return ['ean_13', 'qr_code']; }
  async detect(video) {
    if (!video.videoWidth) throw new DOMException('no picture yet', 'InvalidStateError');
    window.looks = (window.looks ?? 0) + 1;
    return window.code ? [{ rawValue: window.code, format: 'ean_13' }] : [];
  }
}"""
"""Stands in for a reader of bar codes: it reads what the test holds before the camera."""
PICTURE = """(video) => new Promise((done) => {
  const look = () => (video.videoWidth ? done() : video.requestVideoFrameCallback(look));
  look();
})"""
SHOW = """(code) => new Promise((done) => {
  window.code = code;
  const until = (window.looks ?? 0) + 2;
  const look = () => (window.looks >= until ? done() : requestAnimationFrame(look));
  look();
})"""


@pytest.fixture
async def cashier(browser: Browser, festival: Staged) -> AsyncIterator[Visitor]:
    """A cashier whose shift is open."""
    async with visitor(browser, festival.pages, size=DESK) as guest:
        await guest.goes("till", festival.token("cashier", "cashier-m01"))
        await guest.page.get_by_role("button", name="Open the shift").click()
        await expect(guest.page.get_by_role("button", name=f"One more: {TART}")).to_be_visible()
        yield guest


async def sell(cashier: Visitor, given: str = "MOP 100.00") -> None:
    """Scan one box of cookies, take the money."""
    page = cashier.page
    await page.get_by_label("Scan or type").fill(GTIN)
    await page.keyboard.press("Enter")
    await page.get_by_role("button", name=given).click()
    await page.get_by_role("button", name=re.compile("^Take MOP 68")).click()
    await expect(page.get_by_role("heading", name="Receipt")).to_be_visible()


async def test_a_till_in_use_keeps_nobody_out(browser: Browser, festival: Staged) -> None:
    # The checker is a script of its own, which the policy of our pages would not let in.
    async with visitor(browser, festival.pages, bypass_csp=True) as guest:
        await guest.goes("till", festival.token("cashier", "cashier-m04"))
        await guest.page.get_by_role("button", name="Open the shift").click()
        await guest.page.get_by_role("button", name="One more").first.click()
        await expect(guest.page.get_by_role("button", name="One less")).to_be_visible()
        assert not await grave_faults(guest.page)


async def test_where_the_browser_reads_no_bar_codes_there_is_no_camera_to_scan_with(
    browser: Browser, festival: Staged
) -> None:
    async with visitor(browser, festival.pages, size=PHONE) as guest:
        page = guest.page
        await page.add_init_script("delete window.BarcodeDetector")
        await guest.goes("till", festival.token("cashier", "cashier-m08"))
        await page.get_by_role("button", name="Open the shift").click()
        await expect(page.get_by_label("Scan or type")).to_be_visible()
        await expect(page.get_by_role("button", name="Scan with the camera")).to_be_hidden()


async def test_the_camera_puts_what_it_reads_into_the_basket_once_for_each_time_it_is_shown(
    browser: Browser, festival: Staged
) -> None:
    async with visitor(browser, festival.pages, size=PHONE, permissions=["camera"]) as guest:
        page = guest.page
        await page.add_init_script(READER)
        await guest.goes("till", festival.token("cashier", "cashier-m07"))
        await page.get_by_role("button", name="Open the shift").click()
        await page.get_by_role("button", name="Scan with the camera").click()
        picture = page.get_by_label("Camera", exact=True)
        await expect(picture).to_be_visible()
        await picture.evaluate(PICTURE)
        line = page.get_by_role("region", name="Basket").get_by_role("listitem")
        for units in ("1", "2"):
            await page.evaluate(SHOW, GTIN)
            await expect(line.filter(has_text=TART).get_by_role("status")).to_have_text(units)
            await page.evaluate(SHOW, "")
        await page.evaluate(SHOW, "4006381333931")
        await expect(page.get_by_text("Nothing found.").first).to_be_visible()
        await expect(line).to_have_count(1)
        await page.get_by_role("button", name="Camera off").click()
        await expect(picture).to_be_hidden()


async def test_a_shift_opens_however_late_the_festivals_are_told(
    browser: Browser, festival: Staged
) -> None:
    told = asyncio.Event()

    async def late(route: Route) -> None:
        await told.wait()
        await route.continue_()

    async with visitor(browser, festival.pages, size=DESK) as guest:
        await guest.page.route("**/festivals", late)
        await guest.goes("till", festival.token("cashier", "cashier-m05"))
        opening = guest.page.get_by_role("button", name="Open the shift")
        await expect(opening).to_be_disabled()
        told.set()
        await opening.click()
        await expect(guest.page.get_by_role("button", name="One more").first).to_be_visible()


async def test_what_goes_on_sale_during_a_shift_appears_on_the_till(
    browser: Browser, festival: Staged
) -> None:
    async def too_early(route: Route) -> None:
        answer = await route.fetch()
        told = await answer.json()
        for listing in told["items"]:
            listing["valid_from"] = instant(datetime.now(UTC) + timedelta(seconds=3))
        await route.fulfill(response=answer, json=told)

    async with visitor(browser, festival.pages, size=DESK) as guest:
        await guest.page.route("**/listings?*", too_early)
        await guest.goes("till", festival.token("cashier", "cashier-m06"))
        await guest.page.get_by_role("button", name="Open the shift").click()
        await expect(guest.page.get_by_text("Nothing found")).to_be_visible()
        await expect(guest.page.get_by_role("button", name="One more").first).to_be_visible()


async def test_a_till_sells_offline_survives_a_reload_and_tells_of_it_once_it_is_back(
    cashier: Visitor, festival: Staged
) -> None:
    page = cashier.page
    await sell(cashier)
    await expect(page.get_by_text("till-m01-000001").first).to_be_visible()
    await expect(page.get_by_role("img", name="QR code of the receipt")).to_be_visible()
    await page.get_by_role("button", name="Next customer").click()

    await page.get_by_role("button", name=f"Take 5 for offline: {TART}").click()
    await expect(page.get_by_text(re.compile(r"5 on this till until \d\d:\d\d"))).to_be_visible()
    await expect(page.get_by_text("Opens offline")).to_be_visible()

    await cashier.context.set_offline(offline=True)
    await expect(page.get_by_text("No connection")).to_be_visible()
    await sell(cashier)
    await expect(page.get_by_text("Provisional")).to_be_visible()
    await page.get_by_role("button", name="Next customer").click()
    await expect(page.get_by_text("1 to send")).to_be_visible()
    await expect(page.get_by_text("4 on this till until")).to_be_visible()

    await page.reload()
    await expect(page.get_by_text("1 to send")).to_be_visible()
    await expect(page.get_by_text("No connection")).to_be_visible()
    # What is not on this till is everybody's, and not to be sold unseen.
    rolls = "Seaweed egg rolls (12 pcs)"
    await expect(page.get_by_role("button", name=f"One more: {rolls}")).to_be_disabled()

    await cashier.context.set_offline(offline=False)
    await expect(page.get_by_text("1 to send")).to_be_hidden()
    await expect(page.get_by_text("till-m01-000002")).to_be_visible()
    till = await festival.do(
        "orders", "GET", "/tills/till-m01", festival.token("cashier", "cashier-m01")
    )
    assert (till["sales"], till["expected"]["amount"]) == (2, 50_000 + 2 * 6_800)
    assert [lease["left"] for lease in till["leases"]] == [4]

    await page.get_by_role("button", name="Close the shift").click()
    await page.get_by_label("Counted (MOP)").fill("636")
    await page.get_by_role("dialog").get_by_role("button", name="Close the shift").click()
    await expect(page.get_by_text("The drawer is right.")).to_be_visible()

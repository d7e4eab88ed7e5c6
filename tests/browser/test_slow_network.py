"""A room on a bad mobile network: what is seen first, what it weighs, and that one can buy."""

from typing import Any

import pytest
from playwright.async_api import Browser, Route, expect

from tests.support.browsing import Visitor, visitor
from tests.support.on_air import NATA, ROOM, pin
from tests.support.staged import Staged

pytestmark = pytest.mark.timeout(300)

FIRST_LOAD = 150 * 1024
KBIT = 1000 / 8
BAD = {
    "offline": False,
    "latency": 400,
    "downloadThroughput": 400 * KBIT,
    "uploadThroughput": 400 * KBIT,
}


async def test_on_a_slow_network_a_room_shows_where_things_will_be_then_the_product_and_sells_it(
    browser: Browser, festival: Staged, host: Visitor
) -> None:
    await pin(host, NATA)
    async with visitor(browser, festival.pages, service_workers="block") as guest:
        page, received = guest.page, await slowed(guest)
        token = festival.token("buyer", "quinn")
        await page.goto(f"{festival.pages}/#/{ROOM}#token={token}", wait_until="commit")
        await page.wait_for_selector("body > [aria-busy=true]")
        await page.wait_for_selector("feira-room [aria-busy=true]")
        await expect(page.get_by_role("heading", name=NATA)).to_be_visible()
        await expect(page.get_by_role("button", name="Buy CN")).to_be_visible()
        weight = sum(received.values())
        await page.get_by_role("button", name="Buy CN").click()
        await expect(page.get_by_text("Yours until")).to_be_visible()
    assert 20 * 1024 < weight <= FIRST_LOAD


async def test_a_page_whose_script_is_lost_on_the_way_asks_for_it_again(
    browser: Browser, festival: Staged
) -> None:
    lost: list[str] = []

    async def lose_the_first(route: Route) -> None:
        lost.append(route.request.url)
        await (route.abort() if len(lost) == 1 else route.continue_())

    async with visitor(browser, festival.pages, service_workers="block") as guest:
        await guest.page.clock.install()
        await guest.page.route("**/assets/app-*.js", lose_the_first)
        async with guest.page.expect_event("requestfailed"):
            await guest.goes("")
        await expect(guest.page.locator("body > [aria-busy=true]")).to_be_visible()
        await guest.page.clock.run_for(5_000)
        await expect(guest.page.get_by_role("heading", name="Programme")).to_be_visible()
    assert len(lost) == 2


async def slowed(guest: Visitor) -> dict[str, int]:
    """Slow a visitor's network down; returns the bytes of each answer as they come in, as sent."""
    received: dict[str, int] = {}

    def came(said: Any) -> None:
        which, size = said["requestId"], said["encodedDataLength"]
        received[which] = received.get(which, 0) + size

    def whole(said: Any) -> None:
        received[said["requestId"]] = said["encodedDataLength"]

    devtools = await guest.context.new_cdp_session(guest.page)
    devtools.on("Network.dataReceived", came)
    devtools.on("Network.loadingFinished", whole)
    await devtools.send("Network.enable")
    await devtools.send("Network.emulateNetworkConditions", BAD)
    return received

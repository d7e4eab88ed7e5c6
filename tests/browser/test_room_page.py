"""A live room in a real browser: a host and buyers through one whole deal."""

import re

import pytest
from playwright.async_api import Browser, Route, expect

from tests.support.browsing import Visitor, grave_faults, visitor
from tests.support.on_air import NATA, ROOM, TART, TART_IN, offer, pin, tab_to
from tests.support.staged import Staged

pytestmark = pytest.mark.timeout(300)


async def test_a_buyer_and_a_host_go_through_a_deal_with_a_reload_in_the_middle(
    browser: Browser, festival: Staged, host: Visitor
) -> None:
    async with visitor(browser, festival.pages) as buyer:
        page = buyer.page
        await buyer.goes(ROOM, festival.token("buyer", "ana"))
        card = page.get_by_role("article", name=TART)
        await offer(host, TART)

        await expect(card.get_by_text("Live deal")).to_be_visible()
        await expect(card.get_by_text("Sold by Blue Lantern Bakehouse")).to_be_visible()
        # MOP 48.00 at 0.8950, rounded once, half-up.
        await expect(card.get_by_text("CN¥42.96", exact=True)).to_be_visible()
        await expect(card.get_by_text("MOP 48.00")).to_be_visible()
        await expect(card.get_by_text("100 left")).to_be_visible()

        await page.get_by_role("button", name="Buy").click()
        yours = page.get_by_text(re.compile(r"Yours until \d\d:\d\d"))
        await expect(yours).to_be_visible()
        said = await yours.inner_text()
        await expect(host.page.get_by_text("99 of 100 left")).to_be_visible()

        await page.reload()
        await expect(page.get_by_text(said)).to_be_visible()

        await page.get_by_role("button", name="Pay CN¥42.96").click()
        async with buyer.context.expect_page() as opened:
            await page.get_by_role("link", name="Open the payment page").click()
        firm = await opened.value
        await expect(firm.get_by_text("CNY 42.96")).to_be_visible()
        await firm.get_by_role("button", name="Pay").click()
        await expect(firm.get_by_text("Paid.")).to_be_visible()
        await expect(page.get_by_text("Paid. Thank you!")).to_be_visible()
        await expect(host.page.get_by_text("1 sold")).to_be_visible()

        # One each is the limit of this deal, and the page says so.
        await page.get_by_role("button", name="Go on watching").click()
        await page.get_by_role("button", name="Buy").click()
        await expect(page.get_by_text("as many of this deal as one buyer may have")).to_be_visible()
        await page.get_by_role("button", name="Back to the room").click()

        await host.page.get_by_role("button", name=f"End deal: {TART}").click()
        await expect(card.get_by_text("Live deal")).to_be_hidden()


async def test_who_is_late_for_a_deal_reads_sold_out_and_may_have_it_off_the_shelf(
    browser: Browser, festival: Staged, host: Visitor
) -> None:
    session = f"/sessions/{festival.stage.first.session_id}"
    token = festival.token("host", "host-sess-1")
    await pin(host, NATA)
    wish = {"sku": "FEI-BAK-005", "units": 1}
    await festival.do("livestream", "POST", f"{session}/deals", token, wish)
    await host.page.reload()
    await host.page.get_by_role("button", name=f"Open deal: {NATA}").click()
    async with (
        visitor(browser, festival.pages) as first,
        visitor(browser, festival.pages) as second,
    ):
        for guest, name in ((first, "bo"), (second, "cai")):
            await guest.goes(ROOM, festival.token("buyer", name))
            await expect(guest.page.get_by_text("1 left")).to_be_visible()
        await first.page.get_by_role("button", name="Buy").click()
        await expect(first.page.get_by_text("Yours until")).to_be_visible()
        await expect(second.page.get_by_role("button", name="Sold out")).to_be_disabled()
        await second.page.get_by_role("button", name="Buy").click()
        await expect(second.page.get_by_text("Yours until")).to_be_visible()
    # With its last unit the deal has ended by itself.
    await expect(host.page.get_by_role("button", name=f"Prepare deal: {NATA}")).to_be_visible()


async def test_the_language_changes_without_a_reload_and_with_it_all_that_is_said(
    browser: Browser, festival: Staged, host: Visitor
) -> None:
    await pin(host, TART)
    async with visitor(browser, festival.pages, locale="pt") as guest:
        page = guest.page
        await guest.goes(ROOM)
        await page.evaluate("window.marked = true")
        for locale, name in TART_IN.items():
            await page.locator("header select").select_option(locale)
            await expect(page.get_by_role("heading", name=name)).to_be_visible()
            assert await page.evaluate("document.documentElement.lang") == locale
        assert await page.evaluate("window.marked")
        await page.locator("header select").select_option("zh-Hant")
        await expect(page.get_by_text("銷售商：藍燈籠烘焙坊")).to_be_visible()
        await page.reload()
        await expect(page.get_by_role("heading", name=TART_IN["zh-Hant"])).to_be_visible()


async def test_a_room_without_network_says_so_and_catches_up_when_it_is_back(
    browser: Browser, festival: Staged, host: Visitor
) -> None:
    brittle = "Crunchy peanut brittle"
    async with visitor(browser, festival.pages) as guest:
        await guest.goes(ROOM)
        await expect(guest.page.get_by_text("watching")).to_be_visible()
        await guest.context.set_offline(offline=True)
        await expect(guest.page.get_by_text("You are offline.")).to_be_visible()
        await pin(host, brittle)
        await guest.context.set_offline(offline=False)
        await expect(guest.page.get_by_text("You are offline.")).to_be_hidden()
        await expect(guest.page.get_by_role("heading", name=brittle)).to_be_visible()


async def test_an_order_whose_answer_is_lost_is_asked_for_again_and_placed_once(
    browser: Browser, festival: Staged, host: Visitor
) -> None:
    await pin(host, NATA)
    keys: list[str] = []

    async def lose_the_first(route: Route) -> None:
        if route.request.method == "POST":
            keys.append(route.request.headers["idempotency-key"])
        if len(keys) == 1 and route.request.method == "POST":
            await route.fetch()
            await route.abort()
        else:
            await route.continue_()

    async with visitor(browser, festival.pages) as guest:
        await guest.page.route("**/orders", lose_the_first)
        token = festival.token("buyer", "fay")
        await guest.goes(ROOM, token)
        await guest.page.get_by_role("button", name="Buy").click()
        await expect(guest.page.get_by_text("Yours until")).to_be_visible()
    assert len(keys) == 2
    assert len(set(keys)) == 1
    mine = await festival.do("orders", "GET", "/orders", token)
    assert len(mine["items"]) == 1


async def test_a_buyer_with_nothing_but_a_keyboard_signs_in_and_buys(
    browser: Browser, festival: Staged, host: Visitor
) -> None:
    await pin(host, TART)
    async with visitor(browser, festival.pages) as guest:
        page = guest.page
        await guest.goes(ROOM)
        await expect(page.get_by_role("button", name="Buy")).to_be_visible()
        await tab_to(guest, "Buy")
        await page.keyboard.press("Enter")
        await expect(page.get_by_text("Who are you?")).to_be_visible()
        await tab_to(guest, "A buyer")
        await page.keyboard.press("Enter")
        await expect(page.get_by_text("Yours until")).to_be_visible()
        await tab_to(guest, "Let it go")
        await page.keyboard.press("Space")
        await expect(page.get_by_text("Yours until")).to_be_hidden()


async def test_a_room_with_its_offer_and_its_order_keeps_nobody_out(
    browser: Browser, festival: Staged, host: Visitor
) -> None:
    await pin(host, NATA)
    # The checker is a script of its own, which the policy of our pages would not let in.
    async with visitor(browser, festival.pages, bypass_csp=True) as guest:
        await guest.goes(ROOM, festival.token("buyer", "eva"))
        await expect(guest.page.get_by_role("heading", name=NATA)).to_be_visible()
        assert not await grave_faults(guest.page)
        await guest.page.get_by_role("button", name="Buy").click()
        await guest.page.get_by_role("button", name="Pay").click()
        await expect(guest.page.get_by_role("img", name="QR code")).to_be_visible()
        assert not await grave_faults(guest.page)


async def test_a_room_whose_video_is_away_says_so_and_sells_on(
    browser: Browser, festival: Staged, host: Visitor
) -> None:
    await pin(host, NATA)

    async def with_video(route: Route) -> None:
        told = await (await route.fetch()).json()
        await route.fulfill(json=told | {"video": f"{festival.pages}/away/{{session_id}}.m3u8"})

    async with visitor(browser, festival.pages) as guest:
        await guest.page.route("**/config.json", with_video)
        await guest.goes(ROOM, festival.token("buyer", "gil"))
        await expect(guest.page.get_by_text("The picture is away.")).to_be_visible()
        await guest.page.get_by_role("button", name="Buy").click()
        await expect(guest.page.get_by_text("Yours until")).to_be_visible()


async def test_a_room_that_does_not_exist_says_so_and_leads_on(
    browser: Browser, festival: Staged
) -> None:
    async with visitor(browser, festival.pages) as guest:
        await guest.goes("rooms/nowhere")
        await expect(guest.page.get_by_text("There is no such room")).to_be_visible()
        await guest.page.get_by_role("link", name="See the festival").click()
        await expect(guest.page.get_by_role("heading", name="Programme")).to_be_visible()
